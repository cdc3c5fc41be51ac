package dynamo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/problem"
)

// ward is cases and what agents read of them, on a store.
type ward struct {
	*channel.Cases
	*channel.History
	t    testing.TB
	s    *Store
	dead []string
	lock sync.Mutex
}

func wardOn(t testing.TB, s *Store) *ward {
	w := &ward{t: t, s: s, History: channel.NewHistory(s, s)}
	w.Cases = channel.NewCases(s, w, func() time.Time { return s.now() })
	return w
}

// Send implements channel.DeadLetters.
func (w *ward) Send(_ context.Context, _ channel.Event, reason string) error {
	w.lock.Lock()
	defer w.lock.Unlock()
	w.dead = append(w.dead, reason)
	return nil
}

// event is one of a request, so many seconds after the epoch.
func event(action channel.RequestAction, id string, second int, edit func(*channel.Event)) channel.Event {
	e := channel.Event{
		Schema: 1, Workspace: ws, ID: fmt.Sprint(action, id, second), Kind: channel.RequestChanged, At: epoch.Add(time.Duration(second) * time.Second),
		ReceivedAt: epoch.Add(time.Hour), Request: &channel.Request{ID: id, Action: action, Subject: "Help", Status: string(action)},
	}
	if edit != nil {
		edit(&e)
	}
	return e
}

func answered(id string, second int, edit func(*channel.Event)) channel.Event {
	e := channel.Event{
		Schema: 1, Workspace: ws, ID: "survey" + id, Kind: channel.SurveySubmitted, At: epoch.Add(time.Duration(second) * time.Second), ReceivedAt: epoch.Add(time.Hour),
		Survey: &channel.Feedback{ID: id, Score: 1e300, MaxScore: 0.1, Comment: "Thank you, Mona"},
	}
	if edit != nil {
		edit(&e)
	}
	return e
}

func of(c contact.Contact) func(*channel.Event) { return func(e *channel.Event) { e.ContactID = c.ID } }

func (w *ward) play(events ...channel.Event) {
	w.t.Helper()
	for _, e := range events {
		if err := w.apply(ctx, e); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *ward) apply(ctx context.Context, e channel.Event) error {
	if e.Kind == channel.SurveySubmitted {
		return w.ApplySurvey(ctx, e)
	}
	return w.ApplyRequest(ctx, e)
}

// converse stores conversations of a contact as their first messages do, the platform's of these ids.
func (w *ward) converse(c contact.Contact, externalIDs ...string) []channel.Conversation {
	w.t.Helper()
	var made []channel.Conversation
	for i, external := range externalIDs {
		id, err := w.s.conversationID(ctx, ws, external)
		if err != nil {
			w.t.Fatal(err)
		}
		conversation := channel.Conversation{
			Workspace: ws, ID: id, ExternalID: external, Channel: contact.Widget, AccountID: "site", ContactID: c.ID,
			StartedAt: epoch, LastMessageAt: epoch.Add(time.Duration(i) * time.Minute),
		}
		writeID := newWriteID()
		parts := []part{
			put(w.s.tables.Timeline, conversationItem(conversation, writeID), ifAbsent),
			w.s.onContact(ws, c.ID, "conversationCount = if_not_exists(conversationCount, :none) + :one", writeID, condition{values: item{":none": number(0), ":one": number(1)}}),
		}
		if err := w.s.transact(ctx, writeID, parts, 1); err != nil {
			w.t.Fatal(err)
		}
		made = append(made, conversation)
	}
	return made
}

// whole demands that the tables are sound.
func (w *ward) whole() {
	w.t.Helper()
	found, err := w.s.Verify(ctx)
	if err != nil || len(found.Breaches) > 0 {
		w.t.Errorf("%q, %v", found.Breaches, err)
	}
}

func (w *ward) ids(c contact.Contact) (requests, feedback []string) {
	w.t.Helper()
	for after := ""; ; {
		page, next, err := w.Requests(ctx, ws, c.ID, 2, after)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, r := range page {
			requests = append(requests, r.ID)
		}
		if after = next; next == "" {
			break
		}
	}
	page, _, err := w.Feedback(ctx, ws, c.ID, 100, "")
	if err != nil {
		w.t.Fatal(err)
	}
	for _, f := range page {
		feedback = append(feedback, f.ID)
	}
	return requests, feedback
}

func TestRequestsAreListedAndCounted(t *testing.T) {
	s, c := fresh(t), person(1)
	create(t, s, c)
	w := wardOn(t, s)
	w.converse(c, "c-1")
	inConversation := func(e *channel.Event) { e.Request.ConversationID = "c-1" }
	w.play(
		event(channel.Opened, "r#1", 10, of(c)), event(channel.Opened, "r/2", 30, inConversation), event(channel.Updated, "r3", 20, of(c)),
		event(channel.Opened, "r-4", 40, func(e *channel.Event) { e.Person.Phone, e.Request.ConversationID = c.Phone, "c-9" }),
		event(channel.Opened, "r5", 50, of(c)), event(channel.Deleted, "r5", 60, nil), event(channel.Closed, "r/2", 70, nil), event(channel.Opened, "r3", 25, nil),
	)
	if got, _ := w.ids(c); !slices.Equal(got, []string{"r-4", "r/2", "r3", "r#1"}) {
		t.Errorf("listed %q", got)
	}
	if got := get(t, s, c.ID); got.RequestCount != 4 || got.Version != 1 {
		t.Errorf("%+v", got)
	}
	page, _, err := w.Requests(ctx, ws, c.ID, 100, "")
	if err != nil || page[0].ConversationID != "" { // it was never seen
		t.Errorf("%+v, %v", page[0], err)
	}
	want := channel.Request{
		ID: "r/2", ConversationID: w.converseID("c-1"), ContactID: c.ID, Subject: "Help", Status: "closed", Action: channel.Closed,
		OpenedAt: epoch.Add(30 * time.Second), UpdatedAt: epoch.Add(70 * time.Second),
	}
	if diff := cmp.Diff(want, page[1]); diff != "" {
		t.Error(diff)
	}
	if !page[2].OpenedAt.Equal(epoch.Add(25 * time.Second)) {
		t.Errorf("what was opened late is opened at %v", page[2].OpenedAt)
	}
	w.whole()
	w.converse(c, "c-9")
	if page, _, err = w.Requests(ctx, ws, c.ID, 1, ""); err != nil || page[0].ConversationID != w.converseID("c-9") {
		t.Errorf("a conversation that came late is not shown: %+v, %v", page, err)
	}
}

func (w *ward) converseID(external string) string {
	w.t.Helper()
	id, err := w.s.conversationID(ctx, ws, external)
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

func TestFeedbackIsListed(t *testing.T) {
	s, c := fresh(t), person(1)
	create(t, s, c)
	w := wardOn(t, s)
	w.converse(c, "c-1")
	w.play(
		answered("s1", 10, func(e *channel.Event) { e.Survey.RequestID, e.ContactID = "r1", c.ID }),
		event(channel.Opened, "r1", 1, func(e *channel.Event) { e.Request.ConversationID = "c-1" }), answered("s#2", 20, func(e *channel.Event) { e.Survey.RequestID = "r1" }),
		answered("s1", 10, nil),
	)
	page, _, err := w.Feedback(ctx, ws, c.ID, 100, "")
	if err != nil || len(page) != 2 || page[0].ID != "s#2" {
		t.Fatalf("%+v, %v", page, err)
	}
	want := channel.Feedback{
		ID: "s1", RequestID: "r1", ConversationID: w.converseID("c-1"), ContactID: c.ID, Score: 1e300, MaxScore: 0.1, Comment: "Thank you, Mona", SubmittedAt: epoch.Add(10 * time.Second),
	}
	if diff := cmp.Diff(want, page[1]); diff != "" {
		t.Error(diff)
	}
	w.whole()
}

func TestConversationsAreRead(t *testing.T) {
	s, c := fresh(t), person(1)
	create(t, s, c)
	w := wardOn(t, s)
	made := w.converse(c, "c-1", "c-2", "c-3")
	page, next, err := w.Conversations(ctx, ws, c.ID, 2, "")
	if err != nil || len(page) != 2 || page[0].ID != made[2].ID || page[0].CustomerName != c.Name || next == "" {
		t.Fatalf("%+v, %q, %v", page, next, err)
	}
	if page, next, err = w.Conversations(ctx, ws, c.ID, 2, next); err != nil || len(page) != 1 || page[0].ID != made[0].ID || next != "" {
		t.Errorf("%+v, %q, %v", page, next, err)
	}
	for _, id := range []string{"c-2", made[1].ID} {
		one, err := w.Conversation(ctx, ws, id)
		if err != nil || one.ExternalID != "c-2" || one.CustomerName != c.Name || !one.StartedAt.Equal(epoch) {
			t.Errorf("%+v, %v", one, err)
		}
		if _, err := w.Conversation(ctx, "other", id); problem.CodeOf(err) != problem.NotFound {
			t.Errorf("another workspace reads it: %v", err)
		}
	}
	for _, list := range []func() error{
		func() error { _, _, err := w.Conversations(ctx, "other", c.ID, 2, ""); return err },
		func() error { _, _, err := w.Requests(ctx, ws, "nobody", 2, ""); return err },
		func() error { _, _, err := w.Feedback(ctx, "other", c.ID, 2, ""); return err },
		func() error { _, err := w.Conversation(ctx, ws, "c-9"); return err },
	} {
		if err := list(); problem.CodeOf(err) != problem.NotFound {
			t.Error(err)
		}
	}
	w.whole()
}

// TestOpeningRacesDeletion opens a request while its contact is deleted: one of both comes first, and the other knows.
func TestOpeningRacesDeletion(t *testing.T) {
	s := fresh(t)
	w := wardOn(t, s)
	kept := 0
	for round := range 200 {
		c, id := person(round), fmt.Sprint("r", round)
		create(t, s, c)
		var opened, deleted error
		var both sync.WaitGroup
		both.Go(func() {
			time.Sleep(rand.N(2 * time.Millisecond))
			opened = w.ApplyRequest(ctx, event(channel.Opened, id, 1, of(c)))
		})
		both.Go(func() {
			time.Sleep(rand.N(4 * time.Millisecond))
			deleted = service(s).Delete(ctx, ws, c.ID, contact.Precondition{})
		})
		both.Wait()
		r, err := s.StoredRequest(ctx, ws, id)
		switch {
		case opened != nil || err != nil || r.WriteID == "":
			t.Fatalf("round %d: %v, %v, %+v", round, opened, err, r)
		case deleted == nil && (r.ContactID != "" || !r.Gone):
			t.Fatalf("round %d: the contact is deleted and has %+v", round, r)
		case deleted != nil && (problem.CodeOf(deleted) != problem.ContactHasRequests || r.ContactID != c.ID || get(t, s, c.ID).RequestCount != 1):
			t.Fatalf("round %d: %v, %+v", round, deleted, r)
		case deleted != nil:
			kept++
		}
	}
	t.Logf("%d of 200 contacts kept", kept)
	w.whole()
}

// TestManyEventsAtOnce applies the shuffled and repeated events of some requests from many goroutines, while an agent edits the contact.
func TestManyEventsAtOnce(t *testing.T) {
	s, c := fresh(t), person(1)
	create(t, s, c)
	w := wardOn(t, s)
	var events []channel.Event
	for n := range 12 {
		id := fmt.Sprint("r", n)
		events = append(events, event(channel.Opened, id, 1, of(c)), event(channel.Closed, id, 3, of(c)), event(channel.Opened, id, 1, of(c)), answered(fmt.Sprint("s", n), n, of(c)))
		if n%3 == 0 {
			events = append(events, event(channel.Deleted, id, 2, nil))
		}
	}
	rand.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for n := worker; n < len(events); n += 8 {
				for w.apply(ctx, events[n]) != nil { // as the queue would
				}
			}
		})
	}
	all.Go(func() {
		for n := range 10 {
			patch := contact.Patch{Company: contact.Field[string]{Set: true, Value: fmt.Sprint("Company ", n)}}
			if _, err := service(s).Update(ctx, ws, c.ID, user, patch, contact.Precondition{}); err != nil {
				t.Error(err)
			}
		}
	})
	all.Wait()
	got := get(t, s, c.ID)
	requests, feedback := w.ids(c)
	if got.RequestCount != 8 || len(requests) != 8 || len(feedback) != 12 || got.Company != "Company 9" || got.Version != 11 || !got.HasFeedback {
		t.Errorf("%+v, %q, %q", got, requests, feedback)
	}
	w.whole()
}

func TestLostAnswersCountOnce(t *testing.T) {
	s, c := fresh(t), person(1)
	create(t, s, c)
	w := wardOn(t, s.through(&lossy{action: "TransactWriteItems", losses: 1000}))
	for _, e := range []channel.Event{
		event(channel.Opened, "r1", 1, of(c)), event(channel.Opened, "r2", 1, func(e *channel.Event) { e.ContactID, e.At = c.ID, e.ReceivedAt }), answered("s1", 1, of(c)),
		event(channel.Deleted, "r1", 1, nil),
	} {
		w.s.client, w.s.tables = s.through(&lossy{action: "TransactWriteItems", losses: 1}).client, s.tables
		if err := w.apply(ctx, e); err != nil {
			t.Fatal(err)
		}
	}
	if got := get(t, s, c.ID); got.RequestCount != 1 {
		t.Errorf("counted %d", got.RequestCount)
	}
	wardOn(t, s).whole()
}

func TestTheClockAheadCountsOnce(t *testing.T) {
	s, c := fresh(t), person(1)
	create(t, s, c)
	w := wardOn(t, s)
	ahead := func(minute int) channel.Event {
		return event(channel.Opened, "r1", 1, func(e *channel.Event) {
			e.ContactID, e.ReceivedAt = c.ID, e.ReceivedAt.Add(time.Duration(minute)*time.Minute)
			e.At = e.ReceivedAt
		})
	}
	w.play(ahead(0), event(channel.Closed, "r1", 3601, nil), ahead(5))
	r, err := s.StoredRequest(ctx, ws, "r1")
	if err != nil || r.Action != channel.Closed || !r.OpenedAt.Equal(epoch.Add(time.Hour)) {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestWaitingEventsAreApplied(t *testing.T) {
	s, c := fresh(t), person(1)
	w := wardOn(t, s)
	w.play(
		event(channel.Opened, "r1", 1, func(e *channel.Event) { e.Request.ConversationID = "c-1" }), answered("s1", 1, func(e *channel.Event) { e.Person.Email = c.Email }),
		event(channel.Opened, "r2", 1, func(e *channel.Event) {
			e.Channel, e.AccountID, e.Person.Addresses = contact.WhatsApp, "1", []channel.Address{{ExternalID: "nobody"}}
		}),
		event(channel.Opened, "r3", 1, func(e *channel.Event) {
			e.Channel, e.AccountID, e.Person.Addresses = contact.WhatsApp, "other", []channel.Address{{ExternalID: "EG.1", EveryAccount: true}}
		}),
	)
	c.Identities = []contact.Identity{{Channel: contact.WhatsApp, AccountID: "1", ExternalID: "EG.1", EveryAccount: true}}
	create(t, s, c)
	w.converse(c, "c-1")
	if done, err := w.Sweep(ctx); err != nil || done.Applied != 3 || done.Waiting != 4 || len(done.Failed) > 0 {
		t.Errorf("%+v, %v", done, err)
	}
	if requests, feedback := w.ids(c); len(requests) != 2 || len(feedback) != 1 {
		t.Errorf("%q, %q", requests, feedback)
	}
	s.now = func() time.Time { return time.Now().Add(25 * time.Hour) }
	if done, err := w.Sweep(ctx); err != nil || done.Dead != 1 || len(w.dead) != 1 {
		t.Errorf("%+v, %v", done, err)
	}
	if done, err := w.Sweep(ctx); err != nil || done.Waiting != 0 {
		t.Errorf("%+v, %v", done, err)
	}
	w.whole()
}

// TestJoinedContacts has a contact joined into another that had its own requests.
func TestJoinedContacts(t *testing.T) {
	s, a, b := fresh(t), person(1), person(2)
	create(t, s, a, b)
	w := wardOn(t, s)
	w.converse(a, "c-1")
	w.converse(b, "c-2")
	w.play(event(channel.Opened, "a1", 10, of(a)), event(channel.Opened, "b1", 20, of(b)), event(channel.Opened, "a2", 30, of(a)), answered("s1", 1, of(a)))
	a, b = get(t, s, a.ID), get(t, s, b.ID)
	joined := b
	joined.MergedFrom, joined.RequestCount, joined.ConversationCount, joined.Version = []string{a.ID}, 3, 2, 2
	parts, err := s.changing(b, joined, contact.Activity{At: epoch, Action: "joined"}, newWriteID())
	if err != nil {
		t.Fatal(err)
	}
	gone, err := s.deletion(a, ifUntouched(a), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	gone[0] = put(s.tables.Contacts, becameItem(contactKey(ws, a.ID), ws, a.ID, b.ID, newWriteID()), ifUntouched(a))
	if err := s.transact(ctx, newWriteID(), append(parts, gone...), 1); err != nil {
		t.Fatal(err)
	}
	w.whole()
	w.play(event(channel.Opened, "a3", 40, of(a)), event(channel.Deleted, "a2", 50, nil))
	for _, c := range []contact.Contact{a, b} {
		if requests, feedback := w.ids(c); !slices.Equal(requests, []string{"a3", "b1", "a1"}) || len(feedback) != 1 {
			t.Errorf("%q, %q", requests, feedback)
		}
		if page, _, err := w.Conversations(ctx, ws, c.ID, 10, ""); err != nil || len(page) != 2 || page[0].CustomerName != b.Name {
			t.Errorf("%+v, %v", page, err)
		}
	}
	if got := get(t, s, a.ID); got.ID != b.ID || got.RequestCount != 3 {
		t.Errorf("%+v", got)
	}
	w.whole()
	w.play(event(channel.Deleted, "a1", 50, nil), event(channel.Deleted, "a3", 50, nil), event(channel.Deleted, "b1", 50, nil))
	if err := service(s).Delete(ctx, ws, a.ID, contact.Precondition{}); err != nil {
		t.Fatal(err)
	}
	w.forgotten(a)
	w.forgotten(b)
}

// forgotten demands that nothing names a deleted contact any more, and that what it said is gone.
func (w *ward) forgotten(c contact.Contact) {
	w.t.Helper()
	t, ok := w.t.(*testing.T)
	if !ok {
		return
	}
	cleaned(t, w.s)
	if left := leftovers(t, w.s, c); len(left) != 0 {
		t.Errorf("left: %q", left)
	}
	values := []string{c.Name, c.ID, "Thank you", "Help"}
	if c.Email != "" {
		values = append(values, c.Email, c.Phone, reverse(c.Phone[1:]))
	}
	for _, identity := range c.Identities {
		values = append(values, identity.ExternalID)
	}
	for _, table := range []string{w.s.tables.Contacts, w.s.tables.Timeline, w.s.tables.Jobs} {
		for _, it := range everything(t, w.s, table) {
			for _, value := range values {
				if strings.Contains(contents(it), value) {
					t.Errorf("%v still says %q", it.key(), value)
				}
			}
		}
	}
	w.whole()
}

// contents is an item as text.
func contents(it item) string {
	var all []string
	for name := range it {
		all = append(all, name, it.text(name), fmt.Sprint(it.texts(name)), contents(it.members(name)))
	}
	return strings.Join(all, " ")
}
