package dynamo

import (
	"testing"
	"time"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/channel/channeltest"
	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/problem"
)

// ofSecond is a message of which only the second is known.
func ofSecond(id string, at, received time.Time) channel.Event {
	e := said(channel.Message, 0, channeltest.WhatsApp("201001234567", "EG.mona"))
	e.ID, e.At, e.ReceivedAt, e.WholeSecond = id, at, received, true
	return e
}

func TestADeletionLeavesItsSecondToWhoWritesAgain(t *testing.T) {
	second := epoch.Add(time.Hour).Truncate(time.Second)
	after := func(milliseconds int) time.Time { return second.Add(time.Duration(milliseconds) * time.Millisecond) }
	earlier := ofSecond("earlier", second.Add(-time.Minute), second.Add(-time.Minute))
	old := ofSecond("old", second, after(100))
	ahead := ofSecond("ahead", after(60_000), after(100))
	imported := func(t *testing.T, s *Store) {
		c := person(1)
		c.Phone, c.Identities = "+201001234567", []contact.Identity{
			{Channel: contact.WhatsApp, AccountID: "line-1", ExternalID: "201001234567", FirstSeenAt: epoch, LastSeenAt: epoch},
			{
				Channel: contact.WhatsApp, AccountID: "line-1", ExternalID: "EG.mona", EveryAccount: true,
				FirstSeenAt: epoch, LastSeenAt: epoch,
			},
		}
		create(t, s, c)
	}
	for name, test := range map[string]struct {
		before  func(t *testing.T, s *Store)
		after   channel.Event
		returns bool
	}{
		"heard a minute before": {
			func(t *testing.T, s *Store) { hears(t, s, earlier) }, ofSecond("new", second, after(400)), true,
		},
		"never heard": {imported, ofSecond("new", second, after(400)), true},
		"received before the deletion, applied after it": {
			func(t *testing.T, s *Store) { hears(t, s, earlier) }, ofSecond("new", second, after(300)), false,
		},
		"heard in the same second": {
			func(t *testing.T, s *Store) { hears(t, s, old) }, ofSecond("old", second, after(900)), false,
		},
		"heard in the same second, and writing again": {
			func(t *testing.T, s *Store) { hears(t, s, earlier, old) }, ofSecond("new", second, after(900)), false,
		},
		"heard with a time ahead of ours": {func(t *testing.T, s *Store) { hears(t, s, ahead) }, ahead, false},
		"heard, deleted, and imported again": {
			func(t *testing.T, s *Store) {
				hears(t, s, old)
				deletedAt(t, s, after(200))
				imported(t, s)
			},
			ofSecond("old", second, after(900)), false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := fresh(t)
			test.before(t, s)
			deletedAt(t, s, after(300))
			hears(t, s, test.after)
			if left := everybody(t, s); (len(left) == 1) != test.returns {
				t.Fatalf("%+v", left)
			}
			if again := test.after; test.returns {
				again.ReceivedAt = after(60_000)
				hears(t, s, again)
				if c := one(t, s); !c.CreatedAt.Equal(second) || c.ConversationCount != 1 || c.Phone != "+201001234567" {
					t.Errorf("%+v", c)
				}
			}
			whole(t, s)
		})
	}
}

// deletedAt deletes the one contact at a time.
func deletedAt(t *testing.T, s *Store, at time.Time) {
	t.Helper()
	former := s.now
	defer func() { s.now = former }()
	s.now = func() time.Time { return at }
	if err := service(s).Delete(ctx, ws, one(t, s).ID, contact.Precondition{}); err != nil {
		t.Fatal(err)
	}
}

// What is heard between the reading of a contact and its deletion is covered by the tombstones, too.
func TestAContactThatIsHeardMeanwhileIsDeletedAsOfThen(t *testing.T) {
	s := fresh(t)
	second := epoch.Add(time.Hour).Truncate(time.Second)
	s.now = func() time.Time { return second.Add(300 * time.Millisecond) }
	hears(t, s, ofSecond("earlier", second.Add(-time.Minute), second.Add(-time.Minute)))
	c := one(t, s)
	late := ofSecond("late", second, second.Add(200*time.Millisecond))
	hears(t, s, late)
	if err := s.Delete(ctx, c); problem.CodeOf(err) != problem.VersionConflict {
		t.Fatal(err)
	}
	if err := service(s).Delete(ctx, ws, c.ID, at(c.ID, c.Version)); err != nil {
		t.Fatal(err)
	}
	late.ReceivedAt = second.Add(time.Minute)
	hears(t, s, late)
	if left := everybody(t, s); len(left) != 0 {
		t.Errorf("%+v", left)
	}
	whole(t, s)
}

// A deletion costs the same whether it leaves its second free or not.
func TestTheSecondOfADeletionCostsNothing(t *testing.T) {
	second := epoch.Add(time.Hour).Truncate(time.Second)
	cost := func(do func(s *Store)) float64 {
		s, m := fresh(t), &meter{}
		hears(t, s, ofSecond("earlier", second.Add(-time.Minute), second.Add(-time.Minute)))
		through := s.through(m)
		if _, err := through.hidingKey(ctx); err != nil {
			t.Fatal(err)
		}
		m.units = 0
		do(through)
		return m.units
	}
	silent := cost(func(s *Store) { deletedAt(t, s, second.Add(300*time.Millisecond)) })
	heard := cost(func(s *Store) { deletedAt(t, s, second.Add(-59_500*time.Millisecond)) })
	if silent != heard || silent == 0 {
		t.Errorf("%v units, and %v where the contact was heard in the second", silent, heard)
	}
	t.Logf("%v units", silent)
}
