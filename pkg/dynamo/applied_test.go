package dynamo

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/channel/channeltest"
	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/exporting"
	"github.com/occ/contacts/pkg/importing"
)

// applierOn applies events to a store, as channel-events does.
func applierOn(s *Store) *channel.Applier {
	return channel.NewApplier(s, nil, time.Now, uuid.NewString)
}

func batchOf(events ...channel.Event) []channel.Batch {
	return []channel.Batch{{Schema: channel.BatchSchema, Workspace: ws, Events: events}}
}

// hears applies events, each as a message of its own and one after the other.
func hears(t testing.TB, s *Store, events ...channel.Event) {
	t.Helper()
	for _, e := range events {
		for _, err := range applierOn(s).Apply(ctx, batchOf(e)) {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}

// said is an event of a person some seconds after the epoch, over a WhatsApp account.
func said(kind channel.Kind, second int, p channel.Person) channel.Event {
	at := epoch.Add(time.Duration(second) * time.Second)
	return channel.Event{
		Schema: channel.EventSchema, Workspace: ws, ID: fmt.Sprintf("%s %d %v", kind, second, p), Kind: kind, Channel: contact.WhatsApp, AccountID: "line-1",
		At: at, ReceivedAt: at, Direction: channel.Inbound, Person: p,
	}
}

func called(p channel.Person, profile, username string) channel.Person {
	p.ProfileName, p.Username = profile, username
	return p
}

// everybody are the contacts of the workspace, oldest first.
func everybody(t testing.TB, s *Store) []contact.Contact {
	t.Helper()
	var all []contact.Contact
	for q := (contact.Query{Workspace: ws, Sort: contact.SortOldest, Limit: 100}); ; {
		page, err := s.List(ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		if all = append(all, page.Contacts...); page.Next == nil {
			return all
		}
		q.After = page.Next
	}
}

// one is the only contact that there is.
func one(t testing.TB, s *Store) contact.Contact {
	t.Helper()
	all := everybody(t, s)
	if len(all) != 1 {
		t.Fatalf("%d contacts: %+v", len(all), all)
	}
	return all[0]
}

func whole(t testing.TB, s *Store) {
	t.Helper()
	found, err := s.Verify(ctx)
	if err != nil || len(found.Breaches) > 0 {
		t.Errorf("%q, %v", found.Breaches, err)
	}
}

// TestManyWebhooksOfOneNewSender: all at once make exactly one contact with one identity and right counts.
func TestManyWebhooksOfOneNewSender(t *testing.T) {
	n := 1_000
	if testing.Short() {
		n = 100
	}
	s := fresh(t)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			e := said(channel.Message, i, called(channeltest.WhatsApp("201001234567", ""), fmt.Sprint("Mona ", i), ""))
			if err := applierOn(s).Apply(ctx, batchOf(e))[0]; err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	c := one(t, s)
	last := epoch.Add(time.Duration(n-1) * time.Second)
	if len(c.Identities) != 1 || c.ConversationCount != 1 || !c.CreatedAt.Equal(epoch) || !c.LastInteractionAt.Equal(last) || c.DisplayName() != fmt.Sprint("Mona ", n-1) {
		t.Errorf("%+v", c)
	}
	conversation, err := s.FindConversation(ctx, ws, c.Identities[0].ConversationID)
	if err != nil || !conversation.StartedAt.Equal(epoch) || !conversation.LastMessageAt.Equal(last) {
		t.Errorf("%+v, %v", conversation, err)
	}
	whole(t, s)
}

// TestRacesOfFirstMessages: a few at once, again and again, of one sender each time, by number, by user id and by both.
func TestRacesOfFirstMessages(t *testing.T) {
	rounds := 500
	if testing.Short() {
		rounds = 50
	}
	s := fresh(t)
	for round := range rounds {
		number, userID := fmt.Sprintf("2010%08d", round), fmt.Sprintf("EG.user%d", round)
		people := []channel.Person{channeltest.WhatsApp(number, userID), channeltest.WhatsApp(number, ""), channeltest.WhatsApp("", userID), channeltest.WhatsApp(number, userID)}
		var all sync.WaitGroup
		for i, p := range people {
			all.Go(func() {
				if err := applierOn(s).Apply(ctx, batchOf(said(channel.Message, round*10+i, p)))[0]; err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	}
	contacts := everybody(t, s)
	for _, c := range contacts {
		if len(c.Identities) != 2 || c.ConversationCount != 1 || c.LastInteractionAt.Sub(c.CreatedAt) != 3*time.Second {
			t.Errorf("%+v", c)
		}
	}
	if len(contacts) != rounds {
		t.Errorf("%d contacts of %d people", len(contacts), rounds)
	}
	whole(t, s)
}

// Of the two contacts that one payload shows to be one person, the one without phone is joined: its id, notes, activity and labels are the other's.
func TestAJoin(t *testing.T) {
	s := fresh(t)
	hears(t, s, said(channel.Message, 1, called(channeltest.WhatsApp("", "EG.mona"), "Mona By Id", "mona.a")))
	bare := one(t, s)
	if err := service(s).AddLabel(ctx, ws, bare.ID, user, "VIP"); err != nil {
		t.Fatal(err)
	}
	note, err := service(s).AddNote(ctx, ws, bare.ID, user, "before", nil)
	if err != nil {
		t.Fatal(err)
	}
	hears(t, s, said(channel.Message, 2, channeltest.WhatsApp("201001234567", "")), said(channel.Message, 3, channeltest.WhatsApp("201001234567", "EG.mona")))
	c := one(t, s)
	if c.ID == bare.ID || c.MergedFrom[0] != bare.ID || get(t, s, bare.ID).ID != c.ID || len(c.Identities) != 2 || c.Labels[0] != "VIP" || c.ConversationCount != 1 || !c.CreatedAt.Equal(bare.CreatedAt) {
		t.Errorf("%+v", c)
	}
	for _, id := range []string{bare.ID, c.ID} {
		if _, err := service(s).AddNote(ctx, ws, id, user, "after by "+id, nil); err != nil {
			t.Error(err)
		}
	}
	if changed, err := service(s).UpdateNote(ctx, ws, c.ID, note.ID, user, "changed", contact.Precondition{}); err != nil || changed.Text != "changed" {
		t.Errorf("%+v, %v", changed, err)
	}
	var texts []string
	for after := ""; ; {
		page, next, err := service(s).Notes(ctx, ws, bare.ID, 2, after)
		if err != nil {
			t.Fatal(err)
		}
		for _, note := range page {
			texts = append(texts, note.Text)
		}
		if after = next; next == "" {
			break
		}
	}
	if want := []string{"after by " + c.ID, "after by " + bare.ID, "changed"}; !slices.Equal(texts, want) {
		t.Errorf("notes %q", texts)
	}
	activities, _, err := service(s).Activities(ctx, ws, c.ID, 50, "")
	var actions []string
	for _, a := range activities {
		actions = append(actions, a.Action)
	}
	if !slices.Contains(actions, "joined") || len(actions) < 6 || err != nil {
		t.Errorf("%q, %v", actions, err)
	}
	if err := service(s).DeleteNote(ctx, ws, c.ID, note.ID, user, contact.Precondition{}); err != nil {
		t.Error(err)
	}
	exported := map[string]exporting.Record{} // whoever was joined just now is given again
	err = s.Walk(ctx, ws, exporting.Selection{}, "", func(batch []exporting.Record, _ string) error {
		for _, record := range batch {
			exported[record.Contact.ID] = record
		}
		return nil
	})
	if err != nil || len(exported) != 1 || len(exported[c.ID].Notes) != 2 {
		t.Errorf("%+v, %v", exported, err)
	}
	whole(t, s)
	if err := service(s).Delete(ctx, ws, bare.ID, contact.Precondition{}); err != nil {
		t.Fatal(err)
	}
	hears(t, s, said(channel.Message, 1, channeltest.WhatsApp("", "EG.mona")), said(channel.Message, 2, channeltest.WhatsApp("201001234567", "")))
	if left := everybody(t, s); len(left) != 0 {
		t.Errorf("%+v", left)
	}
	whole(t, s)
}

// A join that is larger than a transaction moves its labels first.
func TestALargeJoin(t *testing.T) {
	s := fresh(t)
	hears(t, s, said(channel.Message, 1, channeltest.WhatsApp("", "EG.mona")))
	phoned := person(1)
	for n := range 40 {
		if err := service(s).AddLabel(ctx, ws, one(t, s).ID, user, fmt.Sprint("label ", n)); err != nil {
			t.Fatal(err)
		}
		phoned.Labels = append(phoned.Labels, fmt.Sprint("other ", n))
	}
	phoned.Phone, phoned.Company = "+201001234567", "Acme"
	create(t, s, phoned)
	hears(t, s, said(channel.Message, 3, channeltest.WhatsApp("201001234567", "EG.mona")))
	if c := one(t, s); len(c.Labels) != 80 || c.ID != phoned.ID {
		t.Errorf("%d labels: %+v", len(c.Labels), c)
	}
	whole(t, s)
}

// Messages from an old number that come late are of who has the new one, and nobody reads that in the tables.
func TestANumberChanges(t *testing.T) {
	s := fresh(t)
	old, now := channeltest.WhatsApp("201001234567", ""), channeltest.WhatsApp("201119998887", "")
	change := said(channel.NumberChanged, 5, now)
	change.Former = &old
	late := said(channel.Message, 2, old)
	hears(t, s, change)
	for _, it := range everything(t, s, s.tables.Jobs) {
		for name, value := range it {
			if text := it.text(name); slices.ContainsFunc([]string{"201119998887", "201001234567"}, func(number string) bool { return text == number }) {
				t.Errorf("%s holds %v", name, value)
			}
		}
	}
	hears(t, s, late, said(channel.Message, 9, now), late, change)
	c := one(t, s)
	if c.Phone != "+201119998887" || len(c.Identities) != 1 || c.Identities[0].ExternalID != "201119998887" || c.ConversationCount != 1 || !c.CreatedAt.Equal(late.At) {
		t.Errorf("%+v", c)
	}
	hears(t, s, said(channel.Message, 20, old)) // somebody else has the old number by now
	if all := everybody(t, s); len(all) != 2 {
		t.Errorf("%+v", all)
	}
	whole(t, s)
}

// What an agent changes and what events move do not overwrite one another.
func TestEditsAndEventsAtOnce(t *testing.T) {
	s := fresh(t)
	p := channeltest.WhatsApp("201001234567", "")
	hears(t, s, said(channel.Message, 0, p))
	id := one(t, s).ID
	var all sync.WaitGroup
	for n := range 20 {
		all.Go(func() {
			if err := applierOn(s).Apply(ctx, batchOf(said(channel.Message, n, p)))[0]; err != nil {
				t.Error(err)
			}
		})
		all.Go(func() {
			if err := service(s).AddLabel(ctx, ws, id, user, fmt.Sprint("label ", n)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if c := one(t, s); len(c.Labels) != 20 || c.Version != 21 || !c.LastInteractionAt.Equal(epoch.Add(19*time.Second)) || c.ConversationCount != 1 {
		t.Errorf("%+v", c)
	}
	whole(t, s)
}

// What events cost, reads included (README.md, "Access patterns"). A message to somebody known moves neither version nor ETag, and is no
// transaction; one that comes again writes nothing.
func TestEventsCost(t *testing.T) {
	m := &meter{}
	s := fresh(t).through(m)
	p := called(channeltest.WhatsApp("201001234567", "EG.mona"), "Mona Adel", "")
	hears(t, s, said(channel.Message, 0, channeltest.WhatsApp("201009999999", ""))) // the process knows the workspace and the secret
	for _, step := range []struct {
		what         string
		event        channel.Event
		units        float64
		puts, atOnce int
	}{
		{"a first message", said(channel.Message, 1, p), 37, 0, 1},
		{"the next one", said(channel.Message, 7, p), 13, 2, 0},
		{"the same again", said(channel.Message, 7, p), 6, 0, 0},
	} {
		before, err := s.Match(ctx, ws, importing.Keys{Phones: []string{p.Phone}})
		if err != nil {
			t.Fatal(err)
		}
		m.calls, m.units = nil, 0
		hears(t, s, step.event)
		if m.calls["PutItem"] != step.puts || m.calls["TransactWriteItems"] != step.atOnce || m.units > step.units {
			t.Errorf("%s: %v, %v units", step.what, m.calls, m.units)
		}
		for id, was := range before.ByID {
			if c := get(t, s, id); c.Version != was.Version || !c.UpdatedAt.Equal(was.UpdatedAt) || !c.LastInteractionAt.Equal(step.event.At) {
				t.Errorf("%s: %+v", step.what, c)
			}
		}
	}
}

// Lost answers and conflicts change nothing of what comes out.
func TestEventsUnderFaults(t *testing.T) {
	story := func() []channel.Event {
		old, now := channeltest.WhatsApp("201001234567", "EG.mona"), channeltest.WhatsApp("201119998887", "EG.mona")
		change := said(channel.NumberChanged, 5, now)
		change.Former = &old
		sms := said(channel.Message, 6, channel.Person{Phone: "+201119998887", Addresses: []channel.Address{{ExternalID: "+201119998887"}}})
		sms.Channel, sms.AccountID, sms.Untimed = contact.SMS, "+1555", true
		return []channel.Event{
			said(channel.Message, 1, channeltest.WhatsApp("", "EG.mona")), said(channel.Message, 2, channeltest.WhatsApp("201001234567", "")), said(channel.Message, 3, old), change, sms,
			said(channel.Message, 7, now), said(channel.CampaignMessage, 0, now),
		}
	}
	for name, transport := range map[string]func() http.RoundTripper{
		"lost transactions": func() http.RoundTripper { return &lossy{action: "TransactWriteItems", losses: 4} },
		"lost puts":         func() http.RoundTripper { return &lossy{action: "PutItem", losses: 3} },
		"conflicts":         func() http.RoundTripper { return &refusing{action: "TransactWriteItems", times: 7, body: conflict} }, // the secret is made in one call, which is sent 8 times
		"throttling":        func() http.RoundTripper { return &refusing{action: "PutItem", times: 7, body: throttled} },
	} {
		t.Run(name, func(t *testing.T) {
			s := fresh(t)
			hears(t, s.through(transport()), story()...)
			c := one(t, s)
			if len(c.Identities) != 3 || c.ConversationCount != 2 || c.Phone != "+201119998887" || c.Channel != contact.Campaign || !c.CreatedAt.Equal(epoch) {
				t.Errorf("%+v", c)
			}
			whole(t, s)
		})
	}
}

// People known by a channel alone are listed, sorted, and found by the words of profile name and username.
func TestPeopleWithoutNamesAreFound(t *testing.T) {
	s := fresh(t)
	hears(t, s,
		said(channel.Message, 1, called(channeltest.WhatsApp("", "EG.one"), "Zeinab Farouk", "zee.farouk_99")),
		said(channel.Message, 2, called(channeltest.WhatsApp("", "EG.two"), "", "adelmona")),
		said(channel.Message, 3, channeltest.WhatsApp("201001234567", "")))
	list := func(q contact.Query) (names []string) {
		q.Workspace, q.Limit = ws, 25
		page, err := s.List(ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range page.Contacts {
			names = append(names, c.DisplayName())
		}
		return names
	}
	if got := list(contact.Query{Sort: contact.SortName}); !slices.Equal(got, []string{"+201001234567", "adelmona", "Zeinab Farouk"}) {
		t.Errorf("by name: %q", got)
	}
	for q, want := range map[string]string{
		"zeinab": "Zeinab Farouk", "faro": "Zeinab Farouk", "zee": "Zeinab Farouk", "99": "Zeinab Farouk", "zee farouk": "Zeinab Farouk", "99 zeinab": "Zeinab Farouk",
		"zeinab zee": "Zeinab Farouk", "adelm": "adelmona", "@adelmona": "adelmona",
	} {
		search, err := contact.ParseSearch(q, func(string) (string, error) { return "", nil })
		if err != nil {
			t.Fatal(err)
		}
		if got := list(contact.Query{Search: search}); !slices.Equal(got, []string{want}) {
			t.Errorf("%q finds %q", q, got)
		}
	}
	whole(t, s)
}

// What random people do leaves the same in order, and shuffled with some of it twice and several at once.
func TestEventsInAnyOrderOnStorage(t *testing.T) {
	seeds := 20
	if testing.Short() {
		seeds = 4
	}
	for seed := range seeds {
		dice := rand.New(rand.NewPCG(uint64(seed), 1))
		events := liveliness(dice)
		straight, shuffled := fresh(t), fresh(t)
		hears(t, straight, events...)
		again := slices.Clone(events)
		for _, e := range events {
			if dice.IntN(10) < 3 {
				again = append(again, e)
			}
		}
		dice.Shuffle(len(again), func(i, j int) { again[i], again[j] = again[j], again[i] })
		var workers sync.WaitGroup
		for worker := range 3 {
			workers.Go(func() {
				for n := worker; n < len(again); n += 3 {
					if err := applierOn(shuffled).Apply(ctx, batchOf(again[n]))[0]; err != nil {
						t.Error(err)
					}
				}
			})
		}
		workers.Wait()
		if a, b := outside(t, straight), outside(t, shuffled); a != b {
			t.Fatalf("seed %d: %s\n%s", seed, a, b)
		}
		whole(t, straight)
		whole(t, shuffled)
	}
}

// liveliness are events of three people: some by number, some by user id, some by both; numbers and ids change.
func liveliness(dice *rand.Rand) (events []channel.Event) {
	for person := range 3 {
		number, userID := fmt.Sprintf("20100000000%d", person), fmt.Sprintf("EG.user%d", person)
		for step := range 6 {
			at := step*10 + dice.IntN(10)
			var says channel.Person
			switch kind := (person + dice.IntN(2)) % 3; {
			case person == 0 && dice.IntN(4) == 0:
				next := fmt.Sprintf("2011%08d", step)
				old, now := channeltest.WhatsApp(number, ""), channeltest.WhatsApp(next, "")
				change := said(channel.NumberChanged, at, now)
				change.Former, number = &old, next
				events = append(events, change)
				continue
			case person == 0:
				says = channeltest.WhatsApp(number, "")
			case kind == 1:
				says = channeltest.WhatsApp("", userID)
			default:
				says = channeltest.WhatsApp(number, userID)
			}
			e := said([]channel.Kind{channel.Message, channel.Message, channel.CampaignMessage}[dice.IntN(3)], at, called(says, fmt.Sprint("Name ", dice.IntN(3)), ""))
			e.AccountID = fmt.Sprint("line-", dice.IntN(2))
			events = append(events, e)
		}
	}
	slices.SortStableFunc(events, func(a, b channel.Event) int { return a.At.Compare(b.At) })
	for i := range events {
		events[i].ID = fmt.Sprintf("event %03d", i)
	}
	return events
}

// outside is what can be seen of the workspace, less ids and how often something was written.
func outside(t testing.TB, s *Store) string {
	t.Helper()
	all := everybody(t, s)
	var lines []string
	for _, c := range all {
		conversations, _, err := s.ConversationsOf(ctx, ws, c.Owners(), 100, "")
		if err != nil {
			t.Fatal(err)
		}
		var talks []string
		for _, v := range conversations {
			talks = append(talks, fmt.Sprint(v.AccountID, v.StartedAt, v.LastMessageAt))
		}
		slices.Sort(talks)
		identities := ""
		for _, i := range c.Identities {
			identities += fmt.Sprint(i.AccountID, i.ExternalID, i.ProfileName, i.FirstSeenAt, i.LastSeenAt)
		}
		lines = append(lines, fmt.Sprint(c.DisplayName(), c.Phone, c.Channel, c.CreatedAt, c.LastInteractionAt, c.ConversationCount, talks, identities))
	}
	slices.Sort(lines)
	return fmt.Sprintf("%q", lines)
}
