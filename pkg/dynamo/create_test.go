package dynamo

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/problem"
)

func TestCreateCostsNineUnits(t *testing.T) {
	s, m := fresh(t), &meter{}
	create(t, s, person(0)) // enters the workspace
	metered := s.through(m)
	metered.seen.add(ws, 0, epoch)
	create(t, metered, person(1))
	if m.units != 9 || m.indexes != 3 || m.calls["TransactWriteItems"] != 1 || len(m.calls) != 1 {
		t.Errorf("a creation cost %v units, %v of them in indexes, with %v; want 9, 3 and one transaction", m.units, m.indexes, m.calls)
	}
}

func TestEveryFieldComesBack(t *testing.T) {
	s, c := fresh(t), person(1)
	c.Name, c.Company = "Mona Adel El Sayed", "Acme # Söhne"
	c.Channel, c.Labels = contact.WhatsApp, []string{"VIP", "b"}
	c.Attributes = map[string]any{"plan": "gold <&> \"é\"\n", "seats": 0.1, "big": 1e21, "active": true, "empty-ish": " x"}
	c.Identities = []contact.Identity{{Channel: contact.WhatsApp, AccountID: "1", ExternalID: "2", Username: "u", ProfileName: "Mona", FirstSeenAt: epoch, LastSeenAt: epoch}}
	c.ConversationCount, c.RequestCount, c.LastInteractionAt = 3, 2, epoch
	create(t, s, c)
	got := get(t, s, c.ID)
	if got.WriteID == "" {
		t.Error("the item has no writeId")
	}
	c.WriteID, c.Shard = got.WriteID, shardOf(c.ID)
	if diff := cmp.Diff(c, got); diff != "" {
		t.Error(diff)
	}
	if _, err := s.Get(context.Background(), "other", c.ID); problem.CodeOf(err) != problem.NotFound {
		t.Errorf("another workspace reads it: %v", err)
	}
}

func TestDuplicateNamesTheOther(t *testing.T) {
	s := fresh(t)
	byEmail, byPhone, byIdentity := person(1), person(2), person(4)
	byIdentity.Identities = identities(3)
	create(t, s, byEmail, byPhone, byIdentity)
	tests := []struct {
		name         string
		email, phone string
		identities   []contact.Identity
		field, id    string
	}{
		{"e-mail", "PERSON1@example.com", "+201111", nil, "email", byEmail.ID},
		{"phone", "", byPhone.Phone, nil, "phone", byPhone.ID},
		{"both, the e-mail first", byEmail.Email, byPhone.Phone, nil, "email", byEmail.ID},
		{"identity", "", "", identities(5)[2:], "identity", byIdentity.ID},
		{"identity and phone, the phone first", "", byPhone.Phone, identities(1), "phone", byPhone.ID},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := person(3)
			c.Email, c.Phone, c.Identities = test.email, test.phone, test.identities
			err := s.Create(context.Background(), c, nil)
			e, _ := errors.AsType[*problem.Error](err)
			if e == nil || e.Code != problem.DuplicateContact || e.ContactID != test.id || e.Field != test.field {
				t.Errorf("got %+v, want field %s of %s", e, test.field, test.id)
			}
			if _, err := s.Get(context.Background(), ws, c.ID); problem.CodeOf(err) != problem.NotFound {
				t.Errorf("the refused contact is there: %v", err)
			}
		})
	}
	other := byIdentity
	other.Workspace, other.ID = "elsewhere", uuid.NewString()
	create(t, s, other) // workspaces do not share claims
}

func TestTwoAtOnceHaveOneWinner(t *testing.T) {
	s := fresh(t)
	for round := range 200 {
		one, other := person(2*round), person(2*round+1)
		switch round % 3 {
		case 0:
			other.Email = one.Email
		case 1:
			other.Phone = one.Phone
		case 2:
			one.Identities = []contact.Identity{{Channel: contact.SMS, ExternalID: fmt.Sprint(round)}}
			other.Identities = one.Identities
		}
		var errs [2]error
		var both sync.WaitGroup
		for i, c := range []contact.Contact{one, other} {
			both.Go(func() { errs[i] = s.Create(context.Background(), c, nil) })
		}
		both.Wait()
		winner, lost := one.ID, errs[1]
		if errs[0] != nil {
			winner, lost = other.ID, errs[0]
		}
		e, _ := errors.AsType[*problem.Error](lost)
		if (errs[0] == nil) == (errs[1] == nil) || e == nil || e.Code != problem.DuplicateContact || e.ContactID != winner {
			t.Fatalf("round %d: %v and %v", round, errs[0], errs[1])
		}
		get(t, s, winner)
	}
}

func TestLostAnswers(t *testing.T) {
	for losses := 1; losses <= 4; losses += 3 { // within the SDK's tries, and beyond them
		t.Run(fmt.Sprint(losses), func(t *testing.T) {
			s := fresh(t)
			create(t, s, person(0))
			net := &lossy{action: "TransactWriteItems", losses: losses}
			c := person(1)
			create(t, s.through(net), c)
			before := get(t, s, c.ID)
			net.lost = 0
			if err := update(s.through(net), before, func(c *contact.Contact) { c.Name, c.Email = "Other Name", "other@example.com" }); err != nil {
				t.Fatal(err)
			}
			if after := get(t, s, c.ID); after.Version != 2 || after.Name != "Other Name" {
				t.Errorf("after the update: %+v", after)
			}
			if entries := activities(t, s, c.ID); len(entries) != 1 {
				t.Errorf("%d activities, want 1", len(entries))
			}
			net.action, net.lost = "PutItem", 0
			settings := contact.Settings{DefaultRegion: "EG", Version: 1}
			if err := s.through(net).PutSettings(context.Background(), "lossy", settings); err != nil {
				t.Error(err)
			}
			if net.lost != losses {
				t.Errorf("%d answers were lost, want %d", net.lost, losses)
			}
		})
	}
}

func TestBusyTablesAreWaitedFor(t *testing.T) {
	for name, body := range map[string]string{"throttled": throttled, "conflict": conflict} {
		t.Run(name, func(t *testing.T) {
			s := fresh(t)
			create(t, s.through(&refusing{action: "TransactWriteItems", times: 5, body: body}), person(1))

			ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
			defer cancel()
			err := s.through(&refusing{action: "TransactWriteItems", times: 1000, body: body}).Create(ctx, person(2), nil)
			if code := problem.CodeOf(err); code != problem.Unavailable {
				t.Errorf("when it stays busy: %v, want %s", err, problem.Unavailable)
			}
		})
	}
}

// activities reads the entries of a contact's history.
func activities(t *testing.T, s *Store, id string) []item {
	t.Helper()
	var found []item
	err := s.eachOf(context.Background(), s.tables.Timeline, activityKey(ws, id, "", "").pk, "", func(it item) error {
		found = append(found, it)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
