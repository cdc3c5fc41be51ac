package dynamo

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/importing"
	"github.com/occ/contacts/pkg/problem"
)

// known is a contact with a timeline: three conversations, a request that is open and one that was deleted, and feedback.
func (w *ward) known() contact.Contact {
	w.t.Helper()
	c := person(7)
	c.Name, c.Labels, c.Identities = "Unforgettable Name", []string{"VIP"}, identities(3)
	c.Identities[0].Channel, c.Identities[0].AccountID, c.Identities[0].ExternalID, c.Identities[0].EveryAccount = contact.WhatsApp, "1", "EG.unforgettable", true
	create(w.t, w.s, c)
	w.converse(c, "c-1", "c-2", "c-3")
	w.play(
		event(channel.Opened, "r1", 1, func(e *channel.Event) { e.Request.ConversationID = "c-1" }), event(channel.Opened, "r2", 1, of(c)), event(channel.Deleted, "r2", 3, nil),
		answered("s1", 1, func(e *channel.Event) { e.Survey.ConversationID = "c-1" }), answered("s2", 2, func(e *channel.Event) { e.Survey.RequestID = "r1" }),
	)
	return get(w.t, w.s, c.ID)
}

// TestTheDeleteStory is that of the contract: refused while there is a request, a closed one too; then all of the person goes, and stays away.
func TestTheDeleteStory(t *testing.T) {
	s := fresh(t)
	w := wardOn(t, s)
	c := w.known()
	refused := func() {
		t.Helper()
		e, _ := errors.AsType[*problem.Error](service(s).Delete(ctx, ws, c.ID, contact.Precondition{}))
		if e == nil || e.Code != problem.ContactHasRequests || e.Requests != 1 {
			t.Fatal(e)
		}
	}
	refused()
	closed, deleted := event(channel.Closed, "r1", 5, nil), event(channel.Deleted, "r1", 6, nil)
	w.play(closed)
	refused()
	w.play(deleted)
	w.whole()
	if err := service(s).Delete(ctx, ws, c.ID, contact.Precondition{}); err != nil {
		t.Fatal(err)
	}
	w.whole()
	w.forgotten(c)
	for _, external := range []string{"c-1", "c-2", "c-3"} {
		one, err := w.Conversation(ctx, ws, external)
		if err != nil || one.CustomerName != channel.DeletedName || one.ContactID != "" || one.ExternalID != external || one.AccountID != "site" {
			t.Errorf("%+v, %v", one, err)
		}
	}

	// All of it again, and what comes late.
	old := answered("s3", 3, func(e *channel.Event) { e.ContactID = c.ID })
	w.play(
		event(channel.Opened, "r1", 1, func(e *channel.Event) { e.Request.ConversationID = "c-1" }), event(channel.Opened, "r2", 1, of(c)), closed, deleted,
		answered("s1", 1, func(e *channel.Event) { e.Survey.ConversationID = "c-1" }), answered("s2", 2, func(e *channel.Event) { e.Survey.RequestID = "r1" }), old,
		event(channel.Opened, "r9", 1, func(e *channel.Event) { e.Person.Phone = c.Phone }),
		event(channel.Opened, "r10", 1, func(e *channel.Event) {
			e.Channel, e.AccountID, e.Person.Addresses = contact.WhatsApp, "2", []channel.Address{{ExternalID: "EG.unforgettable", EveryAccount: true}}
		}),
	)
	if done, err := w.Sweep(ctx); err != nil || done.Waiting != 0 {
		t.Errorf("what is about somebody deleted waits: %+v, %v", done, err)
	}
	w.whole()
	for _, id := range []string{"s1", "s2", "s3"} {
		it, err := s.read(ctx, s.tables.Timeline, feedbackKey(ws, id))
		if err != nil || it == nil || it.text("comment")+it.text(attrContactID) != "" || it.text("score") != "1e+300" {
			t.Errorf("feedback %s is %v, %v", id, contents(it), err)
		}
	}

	// The person writes again, and is somebody new.
	again := person(8)
	again.Phone = c.Phone
	create(t, s, again)
	w.play(event(channel.Opened, "r11", 9, func(e *channel.Event) { e.Person.Phone = c.Phone }))
	if got := get(t, s, again.ID); got.RequestCount != 1 {
		t.Errorf("%+v", got)
	}
	w.whole()
}

// trailing is an index that has not caught up: the first so many queries of it find nothing.
type trailing struct {
	mu      sync.Mutex
	queries int
}

func (b *trailing) RoundTrip(r *http.Request) (*http.Response, error) {
	hides := false
	if action(r) == "Query" {
		var err error
		if r, err = rewritten(r, func(body map[string]any) { hides = body["IndexName"] == "owner" }); err != nil {
			return nil, err
		}
	}
	answer, err := http.DefaultTransport.RoundTrip(r)
	b.mu.Lock()
	defer b.mu.Unlock()
	if err != nil || !hides || b.queries == 0 {
		return answer, err
	}
	b.queries--
	return reread(answer, func(body map[string]any) { body["Items"], body["Count"] = []any{}, 0; delete(body, "LastEvaluatedKey") })
}

func TestWhatTheIndexHidesIsFoundLater(t *testing.T) {
	s := fresh(t)
	w := wardOn(t, s)
	c := w.known()
	w.play(event(channel.Deleted, "r1", 6, nil))
	lagging := s.through(&trailing{queries: 1000})
	if err := lagging.Delete(ctx, get(t, s, c.ID)); err != nil {
		t.Fatal(err)
	}
	if n, err := lagging.CleanUp(ctx); err != nil || n != 0 {
		t.Errorf("%d, %v", n, err)
	}
	if one, err := w.Conversation(ctx, ws, "c-1"); err != nil || one.CustomerName != channel.DeletedName {
		t.Errorf("visible before it is cleaned up: %+v, %v", one, err)
	}
	w.whole() // a ticket says that more is to be done
	w.forgotten(c)
}

// TestAContactThatOutgrewATransaction was joined of many: more claims and facets than a transaction takes.
func TestAContactThatOutgrewATransaction(t *testing.T) {
	s, c := fresh(t), person(1)
	c.Name = "one two three four five six seven eight"
	create(t, s, c)
	for c = get(t, s, c.ID); len(c.Identities) < 70; c = get(t, s, c.ID) {
		if err := update(s, c, func(c *contact.Contact) {
			n := len(c.Identities)
			c.Identities, c.Labels = append(c.Identities, identities(n + 10)[n:]...), append(c.Labels, fmt.Sprint("label", n), fmt.Sprint("more", n), fmt.Sprint("most", n))
		}); err != nil {
			t.Fatal(err)
		}
	}
	other := person(2)
	dead := s.through(&refusing{action: "Query", times: 1000, body: `{"__type":"com.amazon.coral.service#AccessDeniedException"}`})
	if err := dead.Delete(ctx, c); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(ctx, ws, c.ID); problem.CodeOf(err) != problem.NotFound {
		t.Errorf("the contact is visible: %v", err)
	}
	other.Email, other.Phone, other.Identities = c.Email, c.Phone, c.Identities[65:]
	create(t, s, other)
	w := wardOn(t, s)
	w.whole()
	c.Name, c.Email, c.Phone, c.Identities = "nobody", "", "", c.Identities[10:60]
	w.forgotten(c)
	tombstones := 0
	for _, it := range everything(t, s, s.tables.Jobs) {
		if it[attrDeletedAt] != nil {
			tombstones++
		}
	}
	if tombstones != 73 {
		t.Errorf("%d tombstones of 70 identities, a phone, an e-mail and a contact", tombstones)
	}
}

func TestADeletionOfTheLargestFitsOneTransaction(t *testing.T) {
	s, c := fresh(t), person(1)
	c.Name, c.Company, c.Channel, c.Identities = "one two three four five six seven eight", "Acme", contact.WhatsApp, identities(contact.MaxIdentities)
	for n := range contact.MaxLabels {
		c.Labels = append(c.Labels, fmt.Sprint("label", n))
	}
	create(t, s, c)
	c = get(t, s, c.ID)
	ticket := s.ticket(c, "w", s.now())
	parts, err := s.deletion(c, condition{}, ticket, func(k key) (part, error) { return s.tombstonePart(ctx, ws, k, timeOfDeletion(c, s.now()), "w") })
	if err != nil || len(parts) > maxTransactionItems || ticket[attrLeftover] != nil {
		t.Errorf("%d parts, %v", len(parts), err)
	}
	if err := s.Delete(ctx, c); err != nil {
		t.Error(err)
	}
	wardOn(t, s).forgotten(c)
}

func TestAnUndoneContactLeavesNoFeedback(t *testing.T) {
	s := fresh(t)
	bench := workbenchOn(t, s)
	ref := bench.imported("i-1", fileRow(2, nil))
	c := get(t, s, importing.ContactID("i-1", 2))
	w := wardOn(t, s)
	w.play(answered("s1", 1, of(c)))
	bench.undone(ref, nil)
	cleaned(t, s)
	if it, err := s.read(ctx, s.tables.Timeline, feedbackKey(ws, "s1")); err != nil || it.text("comment")+it.text(attrContactID) != "" {
		t.Errorf("%v, %v", contents(it), err)
	}
	w.whole()
}

func TestTombstonesExpire(t *testing.T) {
	s, c := fresh(t), person(1)
	create(t, s, c)
	if err := s.Delete(ctx, get(t, s, c.ID)); err != nil {
		t.Fatal(err)
	}
	late := event(channel.Opened, "r1", 1, func(e *channel.Event) { e.Person.Phone, e.At = c.Phone, s.now().Add(time.Hour) })
	early := late
	early.At = epoch
	for _, test := range []struct {
		e    channel.Event
		days int
		gone bool
	}{{early, 0, true}, {late, 0, false}, {early, 29, true}, {early, 31, false}} {
		s.now = func() time.Time { return time.Now().AddDate(0, 0, test.days) }
		if party, err := s.PersonParty(ctx, test.e); err != nil || party.Gone != test.gone {
			t.Errorf("after %d days, of an event of %v: %+v, %v", test.days, test.e.At, party, err)
		}
	}
}

func TestEveryBreachOfATimelineIsFound(t *testing.T) {
	for name, sabotage := range map[string]func(b *breaker, c contact.Contact){
		"counts 2 requests and has 1": func(b *breaker, c contact.Contact) {
			b.write(b.s.tables.Contacts, contactKey(ws, c.ID), func(it item) { it["requestCount"] = number(2) })
		},
		"counts 1 requests and has 0": func(b *breaker, _ contact.Contact) { b.delete(b.s.tables.Timeline, requestKey(ws, "r1")) },
		"counts 3 conversations and has 2": func(b *breaker, _ contact.Contact) {
			w := wardOn(b.t, b.s)
			b.delete(b.s.tables.Timeline, conversationKey(ws, w.converseID("c-2")))
		},
		"#R#r1 A} is of contact gone": func(b *breaker, _ contact.Contact) { b.moved(requestKey(ws, "r1")) },
		"#R#r2 A} is of contact gone": func(b *breaker, _ contact.Contact) { b.moved(requestKey(ws, "r2")) },
		"#Y#s1 A} is of contact gone": func(b *breaker, _ contact.Contact) { b.moved(feedbackKey(ws, "s1")) },
		"is of contact gone, which": func(b *breaker, _ contact.Contact) {
			b.moved(conversationKey(ws, wardOn(b.t, b.s).converseID("c-2")))
		},
		"#A#gone": func(b *breaker, _ contact.Contact) {
			b.write(b.s.tables.Timeline, activityKey(ws, "gone", stamp(epoch), "w"), func(it item) { it["action"] = text("updated") })
		},
		"#N#n} belongs to no contact": func(b *breaker, _ contact.Contact) { b.set(noteKey(ws, "gone", "n"), "text", "x") },
		"#B#i} belongs to no contact": func(b *breaker, _ contact.Contact) { b.set(beforeImageKey(ws, "gone", "i"), "x", "x") },
		"#Y#s1 A} holds words of": func(b *breaker, _ contact.Contact) {
			b.write(b.s.tables.Timeline, feedbackKey(ws, "s1"), func(it item) {
				delete(it, attrContactID)
				delete(it, attrOwnerShard)
				delete(it, attrOwnerKey)
			})
		},
		"#R#r2 A} holds words of": func(b *breaker, _ contact.Contact) {
			b.write(b.s.tables.Timeline, requestKey(ws, "r2"), func(it item) { it["subject"] = text("Help") })
		},
		"stands elsewhere in the index": func(b *breaker, _ contact.Contact) {
			b.write(b.s.tables.Timeline, requestKey(ws, "r1"), func(it item) { it[attrOwnerKey] = text("2020") })
		},
		"none of table timeline": func(b *breaker, _ contact.Contact) {
			b.write(b.s.tables.Timeline, key{"stray", "A"}, func(item) {})
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := fresh(t)
			c := wardOn(t, s).known()
			wardOn(t, s).whole()
			sabotage(&breaker{t, s}, c)
			found, err := s.Verify(ctx)
			if err != nil || !strings.Contains(strings.Join(found.Breaches, "\n"), name) {
				t.Errorf("found %q, %v", found.Breaches, err)
			}
		})
	}
}

// moved gives an item of table timeline to a contact that is not there.
func (b *breaker) moved(k key) {
	b.t.Helper()
	b.write(b.s.tables.Timeline, k, func(it item) { it[attrContactID] = text("gone") })
}

func TestTimelinesCost(t *testing.T) {
	s := fresh(t)
	w := wardOn(t, s)
	c := w.known()
	for what, test := range map[string]struct {
		most float64
		do   func(w *ward) error
	}{
		"a request that is opened":         {12, func(w *ward) error { return w.ApplyRequest(ctx, event(channel.Opened, "r7", 7, of(c))) }},
		"a page of feedback":               {6, func(w *ward) error { _, _, err := w.Feedback(ctx, ws, c.ID, 25, ""); return err }},
		"a page of conversations":          {5, func(w *ward) error { _, _, err := w.Conversations(ctx, ws, c.ID, 25, ""); return err }},
		"a conversation by an external id": {4, func(w *ward) error { _, err := w.Conversation(ctx, ws, "c-1"); return err }},
		"an answer of a survey":            {11, func(w *ward) error { return w.ApplySurvey(ctx, answered("s7", 7, of(c))) }},
	} {
		t.Run(what, func(t *testing.T) {
			m := &meter{}
			through := s.through(m)
			if _, err := through.hidingKey(ctx); err != nil {
				t.Fatal(err)
			}
			m.units = 0
			if err := test.do(wardOn(t, through)); err != nil || m.units > test.most {
				t.Errorf("%v units with %v, %v", m.units, m.calls, err)
			}
			t.Logf("%v units", m.units)
		})
	}
}
