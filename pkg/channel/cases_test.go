package channel_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/occ/contacts/pkg/channel"
)

func ofMona(e *channel.Event) { e.ContactID = "mona" }

func TestWhoseRequest(t *testing.T) {
	address := channel.Person{Addresses: []channel.Address{{ExternalID: "x-1", Spellings: []string{"x-2"}}}}
	tests := map[string]struct {
		edit            func(*channel.Event)
		contact, thread string
		gone, waits     bool
	}{
		"by contactId":                      {func(e *channel.Event) { e.ContactID = "mona" }, "mona", "", false, false},
		"by the conversation":               {func(e *channel.Event) { e.Request.ConversationID = "c-1" }, "omar", "own-c-1", false, false},
		"contactId before conversation":     {func(e *channel.Event) { e.ContactID, e.Request.ConversationID = "mona", "c-1" }, "mona", "own-c-1", false, false},
		"by identity":                       {func(e *channel.Event) { e.Person = address }, "mona", "", false, false},
		"by phone":                          {func(e *channel.Event) { e.Person.Phone = "+201001234567" }, "omar", "", false, false},
		"conversation before person":        {func(e *channel.Event) { e.Person, e.Request.ConversationID = address, "c-1" }, "omar", "own-c-1", false, false},
		"the person, conversation not seen": {func(e *channel.Event) { e.Person, e.Request.ConversationID = address, "c-9" }, "mona", "own-c-9", false, false},
		"a contact that was deleted":        {func(e *channel.Event) { e.ContactID = "ex" }, "", "", true, false},
		"a conversation without contact":    {func(e *channel.Event) { e.Request.ConversationID = "c-2" }, "", "own-c-2", true, false},
		"nobody seen":                       {func(e *channel.Event) { e.ContactID, e.Person.Email = "who", "who@example.com" }, "", "", false, true},
		"a conversation not seen":           {func(e *channel.Event) { e.Request.ConversationID = "c-9" }, "", "", false, true},
		"nobody named":                      {func(*channel.Event) {}, "", "", false, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := newClinic()
			c.contacts["mona"], c.contacts["omar"], c.deleted["ex"] = 0, 0, true
			c.addresses["x-2"], c.addresses["+201001234567"] = "mona", "omar"
			c.conversations["c-1"], c.conversations["c-2"] = "omar", "ex"
			if err := c.ApplyRequest(t.Context(), requested(channel.Opened, 0, test.edit)); err != nil {
				t.Fatal(err)
			}
			r, there := c.requests["r-1"]
			if there == test.waits || len(c.waiting) == 1 != test.waits || r.ContactID != test.contact || r.ConversationID != test.thread || r.Gone != test.gone {
				t.Errorf("%+v, waiting %v", r, c.waiting)
			}
			if test.contact != "" && c.contacts[test.contact] != 1 {
				t.Errorf("counted %v", c.contacts)
			}
		})
	}
}

// story is what happens to three requests and two surveys of one contact, in order.
func story() []channel.Event {
	about := func(id string, more func(*channel.Event)) func(*channel.Event) {
		return func(e *channel.Event) {
			e.ID, e.Request.ID, e.Request.ConversationID = id+e.ID, id, "c-1"
			if more != nil {
				more(e)
			}
		}
	}
	bare := func(e *channel.Event) { e.Request.ConversationID, e.Request.Subject = "", "" }
	return []channel.Event{
		requested(channel.Opened, 1, about("r-1", nil)),
		requested(channel.Updated, 2, about("r-1", bare)),
		requested(channel.Opened, 3, about("r-2", func(e *channel.Event) { e.ContactID = "mona" })),
		requested(channel.Closed, 4, about("r-1", bare)),
		requested(channel.Opened, 4, about("r-3", func(e *channel.Event) { e.Person.Phone = "+201001234567" })),
		requested(channel.Updated, 5, about("r-2", nil)),
		requested(channel.Closed, 5, about("r-2", nil)),
		requested(channel.Deleted, 6, about("r-2", bare)),
		requested(channel.Opened, 7, about("r-1", func(e *channel.Event) { e.Request.Subject = "Again" })),
		surveyed("s-1", func(e *channel.Event) { e.Survey.RequestID = "r-1" }),
		surveyed("s-2", func(e *channel.Event) { e.Survey.RequestID = "r-2" }),
		surveyed("s-3", func(e *channel.Event) { e.Survey.ConversationID = "c-1" }),
		requested(channel.Updated, 8, about("r-3", func(e *channel.Event) { e.At = e.ReceivedAt })), // its clock was ahead
	}
}

func (c *clinic) play(t *testing.T, events []channel.Event) {
	t.Helper()
	for _, e := range events {
		var err error
		if e.Kind == channel.SurveySubmitted {
			err = c.ApplySurvey(t.Context(), e)
		} else {
			err = c.ApplyRequest(t.Context(), e)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestOrderAndRepetitionDoNotMatter shuffles the story, repeats 30 % of it and lets the contact come at any time between.
func TestOrderAndRepetitionDoNotMatter(t *testing.T) {
	arrive := func(c *clinic) {
		c.contacts["mona"] = max(0, c.contacts["mona"])
		c.conversations["c-1"], c.addresses["+201001234567"] = "mona", "mona"
	}
	inOrder := newClinic()
	arrive(inOrder)
	inOrder.play(t, story())
	want := inOrder.state()
	if want != strings.ReplaceAll(want, "waiting", "") || inOrder.contacts["mona"] != 2 || len(inOrder.feedback) != 3 {
		t.Fatalf("in order: %s", want)
	}
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 1))
		events := story()
		for _, e := range story() {
			if random.Float64() < 0.3 {
				if e.At.Equal(e.ReceivedAt) {
					e.At, e.ReceivedAt = e.At.Add(time.Minute), e.ReceivedAt.Add(time.Minute)
				}
				events = append(events, e)
			}
		}
		random.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
		c := newClinic()
		at := random.IntN(len(events) + 1)
		c.play(t, events[:at])
		arrive(c)
		c.play(t, events[at:])
		for range 3 { // what waits for what waits itself
			if _, err := c.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		got := c.state()
		if stray := normalized(got); stray != normalized(want) {
			t.Fatalf("seed %d:\n%s\nwant\n%s", seed, stray, normalized(want))
		}
	}
}

// normalized leaves out whether a conversation was seen when it was linked (readers look), and when the event with the clock ahead came.
func normalized(state string) string {
	var lines []string
	for line := range strings.Lines(state) {
		line = strings.ReplaceAll(line, "ConversationSeen:true", "ConversationSeen:false")
		for minute := range 2 {
			ahead := noon.Add(24*time.Hour + time.Duration(minute)*time.Minute)
			line = strings.ReplaceAll(line, ahead.String(), "ahead")
			line = strings.ReplaceAll(line, ahead.Format("2006-01-02T15:04:05.000Z"), "ahead")
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "")
}

func TestTheClockAheadCountsOnce(t *testing.T) {
	c := newClinic()
	c.contacts["mona"] = 0
	ahead := requested(channel.Opened, 0, func(e *channel.Event) { e.ContactID, e.At = "mona", e.ReceivedAt })
	closed := requested(channel.Closed, 0, func(e *channel.Event) { e.At = ahead.At.Add(time.Second) })
	again := ahead
	again.At, again.ReceivedAt = ahead.At.Add(time.Minute), ahead.At.Add(time.Minute)
	c.play(t, []channel.Event{ahead, closed, again})
	if r := c.requests["r-1"]; r.Action != channel.Closed {
		t.Errorf("the repetition reopened it: %+v", r)
	}
}

func TestADeletedRequestStaysDeleted(t *testing.T) {
	c := newClinic()
	c.contacts["mona"] = 0
	c.play(t, []channel.Event{requested(channel.Deleted, 5, nil), requested(channel.Opened, 1, ofMona), requested(channel.Opened, 9, ofMona)})
	r := c.requests["r-1"]
	if r.Action != channel.Deleted || r.Subject != "" || r.ContactID != "mona" || c.contacts["mona"] != 0 || len(c.waiting) != 0 {
		t.Errorf("%+v, %s", r, c.state())
	}
}

func TestARequestNeverMoves(t *testing.T) {
	c := newClinic()
	c.contacts["mona"], c.contacts["omar"] = 0, 0
	c.play(t, []channel.Event{requested(channel.Opened, 0, ofMona), requested(channel.Updated, 1, func(e *channel.Event) { e.ContactID = "omar" })})
	if r := c.requests["r-1"]; r.ContactID != "mona" || r.Action != channel.Updated || c.contacts["mona"] != 1 || c.contacts["omar"] != 0 {
		t.Errorf("%+v, %v", r, c.contacts)
	}
}

func TestEventsWaitADay(t *testing.T) {
	c := newClinic()
	c.play(t, []channel.Event{
		requested(channel.Opened, 0, ofMona), surveyed("s-1", ofMona), requested(channel.Opened, 1, func(e *channel.Event) { e.Request.ID, e.Person.Phone = "r-2", "+2011" }),
	})
	sweep := func(want channel.CasesSwept) {
		t.Helper()
		got, err := c.Sweep(context.Background())
		if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("swept %+v, %v; want %+v", got, err, want)
		}
	}
	c.at = noon.Add(24*time.Hour - time.Second)
	c.play(t, []channel.Event{surveyed("s-1", ofMona)}) // a repetition waits no longer
	sweep(channel.CasesSwept{Waiting: 3})
	c.contacts["mona"] = 0
	c.at = noon.Add(24 * time.Hour)
	c.dead.err = errors.New("no queue")
	got, err := c.Sweep(t.Context())
	if err != nil || got.Applied != 2 || len(got.Failed) != 1 || len(c.waiting) != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	c.dead.err = nil
	sweep(channel.CasesSwept{Waiting: 1, Dead: 1})
	sweep(channel.CasesSwept{})
	reason := c.dead.reasons["opened-1"]
	if !strings.Contains(reason, "24 hours") || strings.Contains(reason, "2011") || c.contacts["mona"] != 1 || c.feedback["s-1"].ContactID != "mona" {
		t.Errorf("%q, %s", reason, c.state())
	}
}

func TestFeedbackComesOnce(t *testing.T) {
	c := newClinic()
	c.contacts["mona"], c.deleted["ex"], c.stale = 0, true, 2
	again := surveyed("s-1", ofMona)
	again.Survey.Comment = "another"
	c.play(t, []channel.Event{surveyed("s-1", ofMona), again, surveyed("s-2", func(e *channel.Event) { e.ContactID = "ex" })})
	if f := c.feedback["s-1"]; f.Comment != "Thank you" || f.Score != 4.5 || f.MaxScore != 5 || !f.SubmittedAt.Equal(noon) || f.ContactID != "mona" {
		t.Errorf("%+v", f)
	}
	if f := c.feedback["s-2"]; f.Comment != "" || f.Score != 4.5 || f.ContactID != "" {
		t.Errorf("the words of somebody deleted are kept: %+v", f)
	}
}

func TestUnusableCasesAreRefused(t *testing.T) {
	long := strings.Repeat("é", 10_001)
	for name, e := range map[string]channel.Event{
		"no request":     {Kind: channel.RequestChanged},
		"no requestId":   requested(channel.Opened, 0, func(e *channel.Event) { e.Request.ID = "" }),
		"long requestId": requested(channel.Opened, 0, func(e *channel.Event) { e.Request.ID = long }),
		"long subject":   requested(channel.Opened, 0, func(e *channel.Event) { e.Request.Subject = long }),
		"long status":    requested(channel.Opened, 0, func(e *channel.Event) { e.Request.Status = long }),
		"no action":      requested("burned", 0, nil),
		"no survey":      {Kind: channel.SurveySubmitted},
		"no surveyId":    surveyed("", nil),
		"long comment":   surveyed("s", func(e *channel.Event) { e.Survey.Comment = long }),
		"long request":   surveyed("s", func(e *channel.Event) { e.Survey.RequestID = long }),
		"no number":      surveyed("s", func(e *channel.Event) { e.Survey.Score = math.NaN() }),
		"infinite":       surveyed("s", func(e *channel.Event) { e.Survey.MaxScore = math.Inf(1) }),
	} {
		t.Run(name, func(t *testing.T) {
			c := newClinic()
			apply := c.ApplyRequest
			if e.Kind == channel.SurveySubmitted {
				apply = c.ApplySurvey
			}
			err := apply(t.Context(), e)
			if _, ok := errors.AsType[*channel.Refused](err); !ok || len(c.waiting) != 0 || strings.Contains(err.Error(), "é") {
				t.Errorf("%v", err)
			}
		})
	}
	c := newClinic()
	c.contacts["mona"] = 0
	c.play(t, []channel.Event{surveyed("s", func(e *channel.Event) { e.ContactID, e.Survey.Comment = "mona", long[2:] })})
	if len(c.feedback) != 1 {
		t.Error("10,000 characters are too many")
	}
}

func TestWhatIsAlwaysStaleFails(t *testing.T) {
	c := newClinic()
	c.contacts["mona"], c.stale = 0, 1000
	if err := c.ApplyRequest(t.Context(), requested(channel.Opened, 0, ofMona)); !errors.Is(err, channel.ErrConflict) {
		t.Error(err)
	}
	c.stale = 10
	c.play(t, []channel.Event{requested(channel.Opened, 0, ofMona)})
	if c.contacts["mona"] != 1 {
		t.Error(c.state())
	}
}

// A sweep that has no time left says so, and is no failure.
func TestASweepStopsInTime(t *testing.T) {
	m := newMemory()
	if err := m.Wait(t.Context(), channel.Waiting{Event: channel.Event{ID: "e"}, Since: noon}); err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	done, err := channel.NewCases(m, &graveyard{}, time.Now).Sweep(short)
	if err != nil || !done.Stopped || done.Waiting != 0 {
		t.Errorf("%+v, %v", done, err)
	}
}
