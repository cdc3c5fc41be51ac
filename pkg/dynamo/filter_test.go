package dynamo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/occ/contacts/pkg/contact"
)

// mixed is a crowd with labels, companies and channels of every frequency.
func mixed(n int, seed uint64) []contact.Contact {
	random := rand.New(rand.NewPCG(seed, 2))
	contacts := crowd(n, seed)
	for i := range contacts {
		c := &contacts[i]
		for label, one := range map[string]int{"VIP": 2, "new": 4, "rare": 40} {
			if random.IntN(one) == 0 {
				c.Labels = append(c.Labels, label)
			}
		}
		c.Company = []string{"", "Acme", "acme", "Globex # 1"}[random.IntN(4)]
		c.Channel = []contact.Channel{contact.API, contact.Import, contact.WhatsApp, contact.SMS}[random.IntN(4)]
	}
	return contacts
}

// narrowed keeps the contacts that a filter lets through.
func narrowed(contacts []contact.Contact, f contact.Filter) []contact.Contact {
	return slices.DeleteFunc(slices.Clone(contacts), func(c contact.Contact) bool { return !f.Matches(c) })
}

func drawFilter(r *rapid.T) contact.Filter {
	minutes := rapid.SampledFrom([]int{-1, -1, 0, 3, 7, 10, 19, 30})
	at := func(name string) time.Time {
		if n := minutes.Draw(r, name); n >= 0 {
			return epoch.Add(time.Duration(n) * time.Minute)
		}
		return time.Time{}
	}
	return contact.Filter{
		Label:   rapid.SampledFrom([]string{"", "", "vip", "new", "rare", "nobody"}).Draw(r, "label"),
		Company: rapid.SampledFrom([]string{"", "", "acme", "globex # 1", "nobody"}).Draw(r, "company"),
		Channel: rapid.SampledFrom([]contact.Channel{"", "", contact.API, contact.WhatsApp, contact.Telegram}).Draw(r, "channel"),
		From:    at("from"), Before: at("before"),
	}
}

func TestFilteredListsAreComplete(t *testing.T) {
	s := fresh(t)
	contacts := mixed(250, 11)
	load(t, s, contacts)
	rapid.Check(t, func(r *rapid.T) {
		q := contact.Query{Workspace: ws, Filter: drawFilter(r), Sort: rapid.SampledFrom(sorts).Draw(r, "sort")}
		if rapid.Bool().Draw(r, "searched") {
			q.Search = rapid.SampledFrom(searches).Draw(r, "search")
		}
		got, _, unsorted, err := walk(s, q, func() int { return rapid.OneOf(rapid.IntRange(1, 8), rapid.IntRange(9, 100)).Draw(r, "limit") })
		if err != nil {
			r.Fatal(err)
		}
		want := expected(narrowed(contacts, q.Filter), q)
		if q.Search != nil && q.Sort == contact.SortDefault {
			slices.Sort(got)
			slices.Sort(want)
		}
		if unsorted {
			r.Error("few matches came unsorted")
		}
		if diff := gocmp.Diff(strings.Join(want, "\n"), strings.Join(got, "\n")); diff != "" {
			r.Errorf("%+v %+v\n%s", q, q.Search, diff)
		}
	})
}

// A join whose page ends without a find goes on where it stopped, and ends.
func TestAJoinThatFindsLittleGoesOn(t *testing.T) {
	s := fresh(t)
	var contacts []contact.Contact
	for i := range 3_000 {
		c := person(i)
		c.Email, c.Phone = "", ""
		if c.Labels = []string{"even"}; i%2 == 1 {
			c.Labels = []string{"odd"}
		}
		if c.Company = "Acme"; i%2 == 0 {
			c.Company = "Globex"
		}
		if i%500 == 499 { // odd and Globex: six of them
			c.Company = "Globex"
		}
		contacts = append(contacts, c)
	}
	load(t, s, contacts)
	for _, sort := range []contact.Sort{contact.SortNewest, contact.SortOldest} {
		q := contact.Query{Workspace: ws, Filter: contact.Filter{Label: "odd", Company: "globex"}, Sort: sort}
		got, pages, _, err := walk(s, q, fixed(25))
		if err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(expected(narrowed(contacts, q.Filter), q), got); diff != "" {
			t.Error(diff)
		}
		t.Logf("%d pages", pages)
	}
}

// TestWhatAFilteredPageCosts holds the figures of README.md, "Access patterns".
func TestWhatAFilteredPageCosts(t *testing.T) {
	sizes := []int{400, 2_400}
	stores := make([]*Store, len(sizes))
	for i, n := range sizes {
		stores[i] = fresh(t)
		contacts := make([]contact.Contact, n)
		for k := range contacts {
			c := person(k)
			c.Labels = []string{"all"}
			if k%(n/30) == 0 {
				c.Labels = append(c.Labels, "rare")
			}
			if c.Company = "Acme"; k%2 == 0 {
				c.Company, c.Channel = "Globex", contact.WhatsApp
			}
			contacts[k] = c
		}
		load(t, stores[i], contacts)
	}
	const day = 24 * time.Hour
	ranged := contact.Filter{From: epoch.Add(-day), Before: epoch.Add(day)}
	labelled := ranged
	labelled.Label = "all"
	word := &contact.Search{Words: []string{"tester"}}
	for _, test := range []struct {
		name  string
		query contact.Query
		flat  bool
	}{
		{"created range", contact.Query{Filter: ranged}, true},
		{"label", contact.Query{Filter: contact.Filter{Label: "all"}}, true},
		{"rare label, oldest first", contact.Query{Filter: contact.Filter{Label: "rare"}, Sort: contact.SortOldest}, true},
		{"label and range", contact.Query{Filter: labelled}, true},
		{"company", contact.Query{Filter: contact.Filter{Company: "acme"}}, true},
		{"channel", contact.Query{Filter: contact.Filter{Channel: contact.WhatsApp}}, true},
		{"channel api", contact.Query{Filter: contact.Filter{Channel: contact.API}}, false},
		{"channel of nobody, among all", contact.Query{Filter: contact.Filter{Channel: contact.Import}}, false},
		{"label and company", contact.Query{Filter: contact.Filter{Label: "all", Company: "acme"}}, false},
		{"rare label and company", contact.Query{Filter: contact.Filter{Label: "rare", Company: "globex"}}, false},
		{"label by name", contact.Query{Filter: contact.Filter{Label: "all"}, Sort: contact.SortName}, false},
		{"rare label by name", contact.Query{Filter: contact.Filter{Label: "rare"}, Sort: contact.SortName}, false},
		{"word and label", contact.Query{Search: word, Filter: contact.Filter{Label: "all"}}, false},
		{"word and rare label", contact.Query{Search: word, Filter: contact.Filter{Label: "rare"}}, false},
		{"word and rare label by name", contact.Query{Search: word, Filter: contact.Filter{Label: "rare"}, Sort: contact.SortName}, false},
		{"word and label by interaction", contact.Query{Search: word, Filter: contact.Filter{Label: "all"}, Sort: contact.SortInteraction}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			var cost [2]float64
			for i, s := range stores {
				m := &meter{}
				test.query.Workspace, test.query.Limit = ws, 25
				if _, err := s.through(m).List(context.Background(), test.query); err != nil {
					t.Fatal(err)
				}
				if cost[i] = m.units; m.units > 300 {
					t.Errorf("%v units with %d contacts (%v)", m.units, sizes[i], m.calls)
				}
			}
			if test.flat && (cost[1] > cost[0]+2 || cost[1] > 31) {
				t.Errorf("it grows with the contacts: %v, then %v", cost[0], cost[1])
			}
			t.Log(fmt.Sprint(cost))
		})
	}
}

func TestTooManyToSortAreSaidToBe(t *testing.T) {
	s := fresh(t)
	contacts := make([]contact.Contact, 620)
	for i := range contacts {
		contacts[i] = person(i)
		if contacts[i].Labels = []string{"many"}; i%2 == 0 {
			contacts[i].Labels = append(contacts[i].Labels, "half")
		}
	}
	load(t, s, contacts)
	for label, unsorted := range map[string]bool{"many": true, "half": false} {
		for _, search := range []*contact.Search{nil, {Words: []string{"tester"}}} {
			q := contact.Query{Workspace: ws, Search: search, Filter: contact.Filter{Label: label}, Sort: contact.SortName}
			got, _, said, err := walk(s, q, fixed(100))
			if err != nil || said != unsorted {
				t.Errorf("%s, searched %v: unsorted is %v, %v", label, search != nil, said, err)
			}
			want := expected(narrowed(contacts, q.Filter), q)
			if unsorted {
				slices.Sort(got)
				slices.Sort(want)
			}
			if diff := gocmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %s", label, diff)
			}
		}
	}
}
