package dynamo

import (
	"context"
	"fmt"
	"testing"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/importing"
)

// TestWhatAPageCosts holds the figures of README.md, "Access patterns": read units of a page of 25, with few contacts and with many.
func TestWhatAPageCosts(t *testing.T) {
	few, many := crowded(t, 300), crowded(t, 1800)
	tests := []struct {
		name   string
		query  contact.Query
		most   float64
		found  int // contacts on the page
		bursts bool
	}{
		{"no filter", contact.Query{}, 29, 25, false},
		{"oldest first", contact.Query{Sort: contact.SortOldest}, 29, 25, false},
		{"by name", contact.Query{Sort: contact.SortName}, 29, 25, false},
		{"by interaction", contact.Query{Sort: contact.SortInteraction}, 41, 25, false},
		{"beginning of e-mails", contact.Query{Search: &contact.Search{Email: "person"}}, 34, 25, false},
		{"whole e-mail", contact.Query{Search: &contact.Search{Email: "person7@example.com"}}, 9, 1, false},
		{"whole number", contact.Query{Search: &contact.Search{Phone: "+201000004567"}}, 2, 1, false},
		{"last digits", contact.Query{Search: &contact.Search{Digits: "4567", Words: []string{"4567"}}}, 49, 25, false},
		{"one word, also in e-mails", contact.Query{Search: &contact.Search{Words: []string{"person"}}}, 41, 25, false},
		{"a word of everybody", contact.Query{Search: &contact.Search{Words: []string{"test"}}}, 41, 25, false},
		{"two words side by side", contact.Query{Search: &contact.Search{Words: []string{"tester", "per"}}}, 41, 25, false},
		{"two words apart", contact.Query{Search: &contact.Search{Words: []string{"mona", "adel"}}}, 75, 25, false},
		{"three words, rare", contact.Query{Search: &contact.Search{Words: []string{"tester", "person", "zzz"}}}, 75, 0, true},
		{"sorted search", contact.Query{Search: &contact.Search{Email: "person1"}, Sort: contact.SortName}, 300, 25, true},
		{"sorted search, too many", contact.Query{Search: &contact.Search{Words: []string{"tester"}}, Sort: contact.SortName}, 300, 25, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var cost [2]float64
			for i, s := range []*Store{few, many} {
				m := &meter{}
				test.query.Workspace, test.query.Limit = ws, 25
				page, err := s.through(m).List(context.Background(), test.query)
				if err != nil {
					t.Fatal(err)
				}
				if cost[i] = m.units; m.units > test.most || len(page.Contacts) != test.found {
					t.Errorf("%v units for %d contacts, want at most %v for %d (%v)", m.units, len(page.Contacts), test.most, test.found, m.calls)
				}
			}
			if !test.bursts && cost[1] > cost[0]+2 { // a shard that holds more than its share is asked twice
				t.Errorf("it grows with the contacts: %v, then %v", cost[0], cost[1])
			}
			t.Logf("%v units, with six times the contacts %v", cost[0], cost[1])
		})
	}
}

// crowded is a table of n usual contacts.
func crowded(t *testing.T, n int) *Store {
	s := fresh(t)
	contacts := make([]contact.Contact, n)
	for i := range contacts {
		contacts[i] = person(i)
		switch i % 5 {
		case 0:
			contacts[i].Phone = fmt.Sprintf("+20100%05d4567", i)
		case 1:
			contacts[i].Name = fmt.Sprintf("Mona El%d Adel Zed", i)
		}
	}
	contacts[0].Phone = "+201000004567"
	load(t, s, contacts)
	return s
}

func TestWhatOtherReadsCost(t *testing.T) {
	s, m := fresh(t), &meter{}
	c := person(1)
	create(t, s, c)
	get(t, s.through(m), c.ID)
	if m.units != 1 {
		t.Errorf("reading a contact cost %v units, want 1", m.units)
	}
	*m = meter{}
	matches, err := s.through(m).Match(context.Background(), ws, importing.Keys{Emails: []string{c.Email, "nobody@example.com"}, Phones: []string{c.Phone}})
	if err != nil || matches.ByEmail[c.Email] != c.ID || matches.ByPhone[c.Phone] != c.ID || len(matches.ByID) != 1 {
		t.Errorf("matches %+v, %v", matches, err)
	}
	if m.units != 4 || m.calls["BatchGetItem"] != 2 {
		t.Errorf("looking up three keys cost %v units and %v", m.units, m.calls)
	}
	*m = meter{}
	matches, err = s.through(m).Match(context.Background(), ws, importing.Keys{IDs: []string{c.ID, c.ID, "gone"}, Emails: []string{c.Email}, Phones: []string{c.Phone}})
	if err != nil || matches.ByEmail[c.Email] != c.ID || matches.ByID[c.ID].Name != c.Name || len(matches.ByID) != 1 {
		t.Errorf("matches %+v, %v", matches, err)
	}
	if m.units != 4 || m.calls["BatchGetItem"] != 1 {
		t.Errorf("looking up two ids and two keys cost %v units and %v", m.units, m.calls)
	}
}
