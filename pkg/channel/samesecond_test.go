package channel_test

import (
	"testing"
	"time"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/contact"
)

// WhatsApp and Telegram say only the second of a message. Somebody who writes again in the second of a deletion is
// somebody new, as long as nothing was heard from them in that second before.
func TestTheSecondOfADeletion(t *testing.T) {
	second := secondOf(5).Truncate(time.Second)
	after := func(milliseconds int) time.Time { return second.Add(time.Duration(milliseconds) * time.Millisecond) }
	mona := whatsApp(monaNumber, monaUserID)
	wrote := func(id string, at, received time.Time) channel.Event {
		e := happened(channel.Message, 0, mona)
		e.ID, e.At, e.ReceivedAt, e.WholeSecond = id, at, received, true
		return e
	}
	earlier := wrote("earlier", second.Add(-time.Hour), second.Add(-time.Hour))
	exact := wrote("exact", after(200), after(400))
	exact.WholeSecond = false
	imported := func(m *town, id string) {
		m.contacts[id] = contact.Contact{ID: id, Phone: "+" + monaNumber, WriteID: id, Version: 1, Identities: []contact.Identity{
			{Channel: contact.WhatsApp, AccountID: "line-1", ExternalID: monaNumber},
			{Channel: contact.WhatsApp, AccountID: "line-1", ExternalID: monaUserID, EveryAccount: true},
		}}
	}
	for name, test := range map[string]struct {
		before  []channel.Event
		then    func(m *town)
		after   []channel.Event
		returns bool
	}{
		"a message after it": {[]channel.Event{earlier}, nil, []channel.Event{wrote("new", second, after(400))}, true},
		"a message after it, and an old one": {
			[]channel.Event{earlier}, nil, []channel.Event{earlier, wrote("new", second, after(400)), earlier}, true,
		},
		"a message before it, repeated": {
			[]channel.Event{wrote("old", second, after(100))}, nil, []channel.Event{wrote("old", second, after(900))}, false,
		},
		"a message on each side, which nobody can tell from the repeated one": {
			[]channel.Event{wrote("old", second, after(100))}, nil,
			[]channel.Event{wrote("new", second, after(400)), wrote("old", second, after(900))}, false,
		},
		"a message that reached us before and was applied after": {
			[]channel.Event{earlier}, nil, []channel.Event{wrote("queued", second, after(300))}, false,
		},
		"a message that took a minute, as repetitions do": {
			[]channel.Event{earlier}, nil, []channel.Event{wrote("repeated", second, after(60_000))}, false,
		},
		"a message after it, together with a repeated one": {
			[]channel.Event{earlier}, nil,
			[]channel.Event{wrote("repeated", second, after(60_000)), wrote("new", second, after(400))}, true,
		},
		"a message of the second before": {
			[]channel.Event{earlier}, nil, []channel.Event{wrote("slow", second.Add(-time.Second), after(400))}, false,
		},
		"a message that says its milliseconds": {[]channel.Event{earlier}, nil, []channel.Event{exact}, false},
		"a contact that never wrote": {
			nil, func(m *town) { imported(m, "imported") }, []channel.Event{wrote("new", second, after(400))}, true,
		},
		"a contact that was heard, deleted, made again and deleted again": {
			[]channel.Event{wrote("old", second, after(100))},
			func(m *town) {
				m.delete(m.only(t).ID, after(200))
				imported(m, "again")
			},
			[]channel.Event{wrote("old", second, after(900))}, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := newTown()
			for _, e := range test.before {
				m.apply(t, []channel.Event{e})
			}
			if test.then != nil {
				test.then(m)
			}
			m.delete(m.only(t).ID, after(300))
			m.apply(t, test.after)
			for _, e := range test.after { // once more, and one by one
				e.ReceivedAt = e.ReceivedAt.Add(time.Hour)
				if test.returns {
					m.apply(t, []channel.Event{e})
				}
			}
			if (len(m.contacts) == 1) != test.returns || len(m.contacts) > 1 {
				t.Fatalf("%+v", m.contacts)
			}
			if test.returns && !m.only(t).CreatedAt.Equal(second) {
				t.Errorf("made of an older message: %+v", m.only(t))
			}
			later := wrote("later", second.Add(time.Second), after(1_500))
			m.apply(t, []channel.Event{later})
			if c := m.only(t); !c.LastInteractionAt.Equal(later.At) {
				t.Errorf("%+v", c)
			}
		})
	}
}

// A deletion that comes between the reading and the writing of an event is judged as one that came before.
func TestADeletionWhileAnEventIsApplied(t *testing.T) {
	second := secondOf(5).Truncate(time.Second)
	for received, returns := range map[time.Duration]bool{
		200 * time.Millisecond: false, 400 * time.Millisecond: true, time.Minute: false,
	} {
		m := newTown()
		e := happened(channel.Message, 0, whatsApp(monaNumber, ""))
		e.At, e.ReceivedAt, e.WholeSecond = second, second.Add(received), true
		m.fails = func(w channel.Write) error {
			m.fails = nil
			for claim := range w.Guards {
				m.gone[claim] = channel.Gone{At: second.Add(300 * time.Millisecond), WholeUntil: second.Add(-time.Millisecond)}
			}
			return nil
		}
		m.apply(t, []channel.Event{e})
		if (len(m.contacts) == 1) != returns {
			t.Errorf("received after %v: %+v", received, m.contacts)
		}
	}
}

// Somebody who is known by an identity may have been heard in the second in which another contact was deleted. They get
// nothing of the deleted one.
func TestTheSecondOfADeletionGivesNothingToOthers(t *testing.T) {
	m := newTown()
	second := secondOf(5).Truncate(time.Second)
	m.contacts["imported"] = contact.Contact{ID: "imported", Phone: "+" + monaNumber, WriteID: "w", Version: 1}
	e := happened(channel.Message, 0, whatsApp("", monaUserID))
	e.At, e.ReceivedAt, e.WholeSecond = second, second.Add(100*time.Millisecond), true
	m.apply(t, []channel.Event{e})
	m.delete("imported", second.Add(300*time.Millisecond))
	e.ReceivedAt, e.ID, e.Person.Phone = second.Add(400*time.Millisecond), "again", "+"+monaNumber
	m.apply(t, []channel.Event{e})
	if c := m.only(t); c.Phone != "" {
		t.Errorf("%+v", c)
	}
}
