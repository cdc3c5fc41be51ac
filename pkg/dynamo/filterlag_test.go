package dynamo

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	gocmp "github.com/google/go-cmp/cmp"

	"github.com/occ/contacts/pkg/contact"
)

// behind answers as replicas do that are behind: queries have not seen some contacts, and eventually consistent reads show some as
// they were when they were first read through it.
type behind struct {
	mu     sync.Mutex
	hidden []string
	known  map[string]any // contacts by id, as they were
}

func (b *behind) RoundTrip(r *http.Request) (*http.Response, error) {
	what, consistent := action(r), false
	r, err := rewritten(r, func(body map[string]any) {
		tables, _ := body["RequestItems"].(map[string]any)
		for _, asked := range tables {
			consistent, _ = asked.(map[string]any)["ConsistentRead"].(bool)
		}
	})
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	return reread(answer, func(body map[string]any) {
		switch what {
		case "Query":
			items, _ := body["Items"].([]any)
			body["Items"] = slices.DeleteFunc(items, b.hides)
		case "BatchGetItem":
			if !consistent {
				b.age(body)
			}
		}
	})
}

func (b *behind) hides(it any) bool {
	text, _ := json.Marshal(it)
	return slices.ContainsFunc(b.hidden, func(id string) bool { return strings.Contains(string(text), id) })
}

func (b *behind) age(body map[string]any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, items := range body["Responses"].(map[string]any) {
		list, _ := items.([]any)
		for i, it := range list {
			id := it.(map[string]any)["id"].(map[string]any)["S"].(string)
			if old, known := b.known[id]; known {
				list[i] = old
			} else {
				b.known[id] = it
			}
		}
	}
}

// Whatever indexes, facets and cheap reads still show, only contacts that match now are given out, each once.
func TestFiltersAmongReplicasThatAreBehind(t *testing.T) {
	s := fresh(t)
	contacts := mixed(150, 21)
	load(t, s, contacts)
	lag := &behind{known: map[string]any{}}
	ids := make([]string, len(contacts))
	for i, c := range contacts {
		ids[i] = c.ID
	}
	if _, err := s.through(lag).hydrate(context.Background(), ws, ids, false); err != nil { // all are known as they are
		t.Fatal(err)
	}
	for i := range 40 { // the contacts change, and what follows from them is not seen yet
		c := &contacts[3*i]
		c.Labels, c.Company, c.Channel = []string{"VIP"}, "Globex # 1", contact.SMS
		it, err := contactItem(*c, newWriteID())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.client.PutItem(context.Background(), &dynamodb.PutItemInput{TableName: &s.tables.Contacts, Item: it}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 6 {
		lag.hidden = append(lag.hidden, contacts[10*i+1].ID)
	}
	random := rand.New(rand.NewPCG(5, 5))
	for _, filter := range []contact.Filter{
		{Label: "new"}, {Label: "rare", Company: "acme"}, {Channel: contact.API}, {Label: "vip", Channel: contact.WhatsApp}, {Company: "acme", From: epoch.Add(5e9)}, {Label: "new", Company: "acme", Channel: contact.WhatsApp},
	} {
		for _, search := range []*contact.Search{nil, searches[2], searches[10], searches[15], searches[19]} {
			for _, sort := range sorts {
				q := contact.Query{Workspace: ws, Filter: filter, Search: search, Sort: sort}
				got, _, _, err := walk(s.through(lag), q, func() int { return 1 + random.IntN(12) })
				if err != nil {
					t.Fatal(err)
				}
				checkAmongLag(t, q, contacts, lag.hidden, got)
			}
		}
	}
}

// checkAmongLag demands that those found match, come once and in order, and that those are among them who match and did not change.
func checkAmongLag(t *testing.T, q contact.Query, contacts []contact.Contact, hidden, got []string) {
	t.Helper()
	want := expected(narrowed(contacts, q.Filter), q)
	found := slices.Clone(want)
	found = slices.DeleteFunc(found, func(id string) bool { return !slices.Contains(got, id) })
	for i, c := range contacts {
		changed := i%3 == 0 && i < 120
		if slices.Contains(want, c.ID) && !changed && !slices.Contains(hidden, c.ID) && !slices.Contains(found, c.ID) {
			t.Errorf("%+v: %s is missed", q, c.ID)
		}
	}
	if q.Search != nil && q.Sort == contact.SortDefault {
		slices.Sort(found)
		slices.Sort(got)
	}
	if diff := gocmp.Diff(strings.Join(found, "\n"), strings.Join(got, "\n")); diff != "" {
		t.Errorf("%+v %+v: %s", q, q.Search, diff)
	}
}

// Whoever has what is asked for from the beginning to the end of a walk comes exactly once, whatever others gain and lose meanwhile.
func TestFilteredWalksMissNobodyAmongChanges(t *testing.T) {
	s := fresh(t)
	stay := mixed(150, 31)
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
				c.Name, c.Labels, c.Company, c.CreatedAt = "Mona Adel", []string{"vip"}, "Acme", stay[n%len(stay)].CreatedAt
				create(t, s, c)
				if err := update(s, get(t, s, c.ID), func(c *contact.Contact) { c.Labels, c.Company = []string{"new"}, "" }); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for _, filter := range []contact.Filter{{Label: "vip"}, {Label: "new", Channel: contact.WhatsApp}, {Company: "acme", Label: "vip"}, {Channel: contact.Import}} {
		for _, search := range []*contact.Search{nil, searches[10]} {
			for _, sort := range []contact.Sort{contact.SortDefault, contact.SortOldest} {
				q := contact.Query{Workspace: ws, Filter: filter, Search: search, Sort: sort}
				got, _, _, err := walk(s, q, fixed(7))
				if err != nil {
					t.Error(err)
				}
				count := map[string]int{}
				for _, id := range got {
					count[id]++
				}
				for _, id := range expected(narrowed(stay, filter), q) {
					if count[id] != 1 {
						t.Errorf("%+v: %s came %d times", q, id, count[id])
					}
				}
			}
		}
	}
	close(stop)
	work.Wait()
}
