package dynamo

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/occ/contacts/pkg/contact"
)

// spread is a table of n contacts whose names, labels and companies meet often, seldom and never, and those contacts.
func spread(t *testing.T, n int) (*Store, []contact.Contact) {
	s, contacts := fresh(t), make([]contact.Contact, n)
	for i := range contacts {
		c := person(i)
		c.Email, c.Phone, c.Name, c.Labels = "", "", fmt.Sprintf("Tester Xy%d Person", i), []string{"all"}
		if i%(n/300) == 0 {
			c.Name = fmt.Sprintf("Tester Mo%d Person", i)
		}
		if i < maxSorted { // an even spread of the oldest
			c.Name, c.Labels = c.Name+" Five", append(c.Labels, "five")
		}
		if c.Company = "Acme"; i%2 == 0 {
			c.Company = "Globex"
		}
		if i%2 == 1 || i%(n/100) == 0 {
			c.Labels = append(c.Labels, "odd")
		}
		if i%3 == 0 {
			c.Channel = contact.WhatsApp
		}
		if i%5 == 0 {
			c.LastInteractionAt = epoch.Add(time.Duration(i*7919%n) * time.Minute)
		}
		contacts[i] = c
	}
	load(t, s, contacts)
	return s, contacts
}

func words(words ...string) *contact.Search { return &contact.Search{Words: words} }

// A sort is exact up to 500 matches, however many entries are passed over to find them; no page of it costs more than it may, also
// one of a hundred contacts. The first pages tell: each collects anew.
func TestSortsAreExactUpTo500Matches(t *testing.T) {
	s, contacts := spread(t, 1_500)
	for name, q := range map[string]contact.Query{
		"a label":                  {Filter: contact.Filter{Label: "five"}},
		"a created range":          {Filter: contact.Filter{Before: contacts[maxSorted].CreatedAt}},
		"facets that seldom meet":  {Filter: contact.Filter{Label: "odd", Company: "globex"}},
		"a word":                   {Search: words("five")},
		"three words":              {Search: words("tester", "mo", "person")},
		"two words apart":          {Search: words("person", "mo")},
		"a rare word, a label":     {Search: words("mo"), Filter: contact.Filter{Label: "all"}},
		"facets, a common word":    {Search: words("tester"), Filter: contact.Filter{Label: "odd", Company: "globex"}},
		"a word, a channel of api": {Search: words("five"), Filter: contact.Filter{Channel: contact.API}},
	} {
		for _, q.Sort = range []contact.Sort{contact.SortName, contact.SortInteraction} {
			q.Workspace = ws
			got, worst, unsorted := walked(t, s, q, 100, 2)
			want := expected(narrowed(contacts, q.Filter), q)
			if unsorted || worst > pageUnits || len(got) < min(40, len(want)) {
				t.Errorf("%s by %s: unsorted %v, %d contacts on two pages of up to %v units", name, q.Sort, unsorted, len(got), worst)
			}
			if diff := gocmp.Diff(want[:min(len(want), len(got))], got); diff != "" {
				t.Errorf("%s by %s: %s", name, q.Sort, diff)
			}
			t.Logf("%s by %s: %d matches, pages of up to %v units", name, q.Sort, len(want), worst)
		}
	}
}

// No page of any combination costs more than 300 units, nor is anybody missed or repeated when pages are short.
func TestNoPageCostsMoreThanItMay(t *testing.T) {
	s, contacts := spread(t, 600)
	filters := []contact.Filter{
		{Label: "all"}, {Channel: contact.API}, {Channel: contact.Import}, {Channel: contact.WhatsApp, Label: "odd", Company: "globex"},
		{From: contacts[20].CreatedAt, Before: contacts[590].CreatedAt}, {Label: "all", Company: "acme", Channel: contact.WhatsApp},
	}
	tried := 0
	for _, search := range []*contact.Search{nil, words("tester"), words("person", "xy"), words("tester", "person", "xy1")} {
		for _, filter := range filters {
			for _, sort := range []contact.Sort{contact.SortDefault, contact.SortOldest, contact.SortName, contact.SortInteraction} {
				q := contact.Query{Workspace: ws, Search: search, Filter: filter, Sort: sort}
				tried++
				limit := 100
				if tried%3 == 0 {
					limit = 25
				}
				got, worst, unsorted := walked(t, s, q, limit, 1_000)
				want := expected(narrowed(contacts, filter), q)
				if unsorted || search != nil && sort == contact.SortDefault {
					slices.Sort(got)
					slices.Sort(want)
				}
				if diff := gocmp.Diff(strings.Join(want, "\n"), strings.Join(got, "\n")); diff != "" || worst > pageUnits {
					t.Errorf("%+v %+v by %q: %d a page of up to %v units %s", search, filter, sort, limit, worst, diff)
				}
			}
		}
	}
}

// walked reads a list to its end, or so many pages of it; worst is what its dearest page cost.
func walked(t *testing.T, s *Store, q contact.Query, limit, pages int) (ids []string, worst float64, unsorted bool) {
	t.Helper()
	q.Limit = limit
	for range pages {
		m := &meter{}
		page, err := s.through(m).List(context.Background(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range page.Contacts {
			ids = append(ids, c.ID)
		}
		worst, unsorted = max(worst, m.units), unsorted || page.Unsorted
		if q.After = page.Next; q.After == nil {
			break
		}
	}
	return ids, worst, unsorted
}
