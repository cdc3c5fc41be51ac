package dynamo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/occ/contacts/pkg/contact"
)

// walk reads a list to its end, with another limit each page.
func walk(s *Store, q contact.Query, limit func() int) (ids []string, pages int, unsorted bool, err error) {
	for {
		q.Limit = limit()
		page, err := s.List(context.Background(), q)
		if err != nil {
			return nil, 0, false, err
		}
		if len(page.Contacts) > q.Limit {
			return nil, 0, false, fmt.Errorf("%d contacts on a page of %d", len(page.Contacts), q.Limit)
		}
		for _, c := range page.Contacts {
			ids = append(ids, c.ID)
		}
		unsorted = unsorted || page.Unsorted
		if pages++; page.Next == nil {
			return ids, pages, unsorted, nil
		}
		if pages > 5000 {
			return nil, 0, false, errors.New("the list does not end")
		}
		q.After = page.Next
	}
}

func fixed(n int) func() int { return func() int { return n } }

// crowd is many contacts out of few names, so that searches meet every kind of overlap.
func crowd(n int, seed uint64) []contact.Contact {
	random := rand.New(rand.NewPCG(seed, 1))
	words := []string{"Mona", "Mo", "Adel", "adela", "Moñica", "Tester", "4567", "456", "ali", "Ali", "أحمد"}
	crowd := make([]contact.Contact, n)
	for i := range crowd {
		c := person(i)
		name := make([]string, random.IntN(10)+1)
		for j := range name {
			name[j] = words[random.IntN(len(words))]
		}
		c.Name = strings.Join(name[:min(len(name), random.IntN(10)+1)], " ")
		c.CreatedAt = epoch.Add(time.Duration(random.IntN(20)) * time.Minute)
		switch random.IntN(4) {
		case 0:
			c.Email = ""
		case 1:
			c.Email = fmt.Sprintf("%s.%d@example.com", strings.ToLower(words[random.IntN(4)]), i)
		case 2:
			c.Email = fmt.Sprintf("4567%d@example.com", i)
		}
		if random.IntN(3) == 0 {
			c.Phone = fmt.Sprintf("+20%d4567", 100000+i)
		}
		if random.IntN(3) == 0 {
			c.LastInteractionAt = epoch.Add(time.Duration(random.IntN(20)) * time.Minute)
		}
		crowd[i] = c
	}
	return crowd
}

// expected is a list by the contacts alone: who matches, and where the order is exact, in order.
func expected(contacts []contact.Contact, q contact.Query) []string {
	var found []contact.Contact
	for _, c := range contacts {
		if q.Search == nil || q.Search.Matches(c) {
			found = append(found, c)
		}
	}
	by, descending := sorting(q.Sort)
	slices.SortFunc(found, func(a, b contact.Contact) int {
		if descending {
			a, b = b, a
		}
		return cmp.Compare(by(a), by(b))
	})
	ids := make([]string, len(found))
	for i, c := range found {
		ids[i] = c.ID
	}
	return ids
}

// load creates contacts many at a time.
func load(t testing.TB, s *Store, contacts []contact.Contact) {
	t.Helper()
	var all sync.WaitGroup
	for chunk := range slices.Chunk(contacts, (len(contacts)+7)/8) {
		all.Go(func() { create(t, s, chunk...) })
	}
	all.Wait()
}

var searches = []*contact.Search{
	nil, {Nothing: true}, {Email: "mo"}, {Email: "4567"}, {Email: "person3@example.com"}, {Email: "moñica."},
	{Phone: "+201000054567", Digits: "0054567", Words: []string{"0054567"}}, {Digits: "4567", Words: []string{"4567"}},
	{Digits: "04567", Words: []string{"04567"}}, {Digits: "4567456", Words: []string{"4567", "456"}},
	{Words: []string{"mo"}}, {Words: []string{"m"}}, {Words: []string{"mona"}}, {Words: []string{"احمد"}}, {Words: []string{"zz"}},
	{Words: []string{"mona", "adel"}}, {Words: []string{"adel", "mo"}}, {Words: []string{"ali", "monica"}}, {Words: []string{"t", "m"}},
	{Words: []string{"ali", "mo", "adel"}}, {Words: []string{"ali", "احمد", "tes", "4"}},
	{Beginning: "mona.1", Words: []string{"mona", "1"}}, {Beginning: "a.mo", Words: []string{"mo"}}, {Beginning: "4567-1", Digits: "45671", Words: []string{"4567", "1"}},
}

var sorts = []contact.Sort{contact.SortDefault, contact.SortNewest, contact.SortOldest, contact.SortName, contact.SortInteraction}

func TestListsAreComplete(t *testing.T) {
	s := fresh(t)
	contacts := crowd(250, 7)
	load(t, s, contacts)
	rapid.Check(t, func(r *rapid.T) {
		q := contact.Query{
			Workspace: ws, Search: rapid.SampledFrom(searches).Draw(r, "search"), Sort: rapid.SampledFrom(sorts).Draw(r, "sort"),
		}
		got, _, unsorted, err := walk(s, q, func() int { return rapid.OneOf(rapid.IntRange(1, 8), rapid.IntRange(9, 100)).Draw(r, "limit") })
		if err != nil {
			r.Fatal(err)
		}
		want := expected(contacts, q)
		if q.Search != nil && (q.Sort == contact.SortDefault || unsorted) {
			slices.Sort(got)
			slices.Sort(want)
		}
		if unsorted {
			r.Error("few matches came unsorted")
		}
		if diff := gocmp.Diff(want, got, gocmp.Transformer("empty", func(l []string) string { return strings.Join(l, "\n") })); diff != "" {
			r.Errorf("%+v\n%s", q.Search, diff)
		}
	})
}

// Whoever is there from the beginning to the end of a walk comes exactly once, whatever is created, renamed and deleted around them.
func TestWalksMissNobodyAmongChanges(t *testing.T) {
	s := fresh(t)
	stay := crowd(120, 3)
	load(t, s, stay)
	stop := make(chan struct{})
	var work sync.WaitGroup
	for worker := range 2 {
		work.Go(func() {
			for n := 1000 + 100000*worker; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				c := person(n)
				c.Name = "Mona Adel"
				create(t, s, c)
				if err := update(s, get(t, s, c.ID), func(c *contact.Contact) { c.Name = "Adel Zed Mona" }); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for _, q := range []contact.Query{{}, {Sort: contact.SortOldest}, {Sort: contact.SortName}, {Search: searches[10]}, {Search: searches[15]}} {
		q.Workspace = ws
		got, _, _, err := walk(s, q, fixed(9))
		if err != nil {
			t.Error(err)
			break
		}
		count := map[string]int{}
		for _, id := range got {
			count[id]++
		}
		for _, id := range expected(stay, q) {
			if count[id] != 1 {
				t.Errorf("%+v: %s came %d times", q, id, count[id])
			}
		}
	}
	close(stop)
	work.Wait()
}

// lagging answers queries of indexes as an index that is behind does: it has not seen some contacts, and shows others where they were.
type lagging struct {
	hide  func(key string) bool
	stale map[string]any // an entry that is no longer true
}

func (l lagging) RoundTrip(r *http.Request) (*http.Response, error) {
	var index any
	r, err := rewritten(r, func(body map[string]any) { index = body["IndexName"] })
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil || index != "created" {
		return answer, err
	}
	return reread(answer, func(body map[string]any) {
		var kept []any
		for _, it := range body["Items"].([]any) {
			if sort := it.(map[string]any)["createdKey"].(map[string]any)["S"].(string); !l.hide(sort) {
				kept = append(kept, it)
			}
		}
		if l.stale != nil && len(kept) > 0 {
			kept = append([]any{l.stale}, kept...)
		}
		body["Items"] = kept
	})
}

func TestAnIndexMayLag(t *testing.T) {
	s := fresh(t)
	contacts := crowd(60, 5)
	load(t, s, contacts)
	hidden := contacts[0].ID
	member := func(v string) any { return map[string]any{"S": v} }
	stale := map[string]any{ // of a contact that stands elsewhere by now
		"pk": member(contactKey(ws, contacts[1].ID).pk), "sk": member(contacts[1].ID + "#A"),
		"createdShard": member(createdShard(ws, 0)), "createdKey": member(timeSort("2030-01-01T00:00:00.000Z", contacts[1].ID)),
	}
	lag := lagging{hide: func(sort string) bool { return strings.HasSuffix(sort, hidden) }, stale: stale}
	got, _, _, err := walk(s.through(lag), contact.Query{Workspace: ws}, fixed(7))
	if err != nil {
		t.Fatal(err)
	}
	want := slices.DeleteFunc(expected(contacts, contact.Query{}), func(id string) bool { return id == hidden })
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
