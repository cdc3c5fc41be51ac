package dynamo

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/occ/contacts/pkg/contact"
)

// Verified is what a walk of the tables found.
type Verified struct {
	Contacts, Imports, Exports, Items int
	Breaches                          []string // of what is to hold at any time while nobody writes; none when all is well
}

// verification is a walk at work. It holds all tables in memory: it is a tool for tests and for people, no request.
type verification struct {
	store    *Store
	contacts map[key]item // table contacts, less what was accounted for
	jobs     map[key]item
	timeline map[key]item
	ids      map[[2]string]contact.Contact // by workspace and id
	owners   map[[2]string]string          // by workspace and the id of a contact or of one that was joined into it: that contact
	ticketed map[[2]string]bool            // by workspace and id: deleted contacts that the clean-up is not done with
	later    map[key]bool                  // facets and words that a ticket says are still to be put or deleted
	made     map[[2]string]int             // contacts by workspace and the import that made them
	found    Verified
}

// Verify walks the tables and checks what README.md says of them: no claim without its contact, no contact without its claims, facets,
// words and index keys exactly as the contact implies, counts of what is there, nothing left of contacts that are gone unless a ticket says
// that it will be removed, imports whose totals, outcomes and contacts agree, schedules that are counted and, while their timers may be
// others than they say, found by the sweep, and no import or export that stays open because no sweep finds it.
func (s *Store) Verify(ctx context.Context) (Verified, error) {
	v := &verification{store: s, ids: map[[2]string]contact.Contact{}, owners: map[[2]string]string{}, made: map[[2]string]int{}}
	var err error
	if v.contacts, err = s.wholeTable(ctx, s.tables.Contacts); err != nil {
		return v.found, err
	}
	if v.jobs, err = s.wholeTable(ctx, s.tables.Jobs); err != nil {
		return v.found, err
	}
	if v.timeline, err = s.wholeTable(ctx, s.tables.Timeline); err != nil {
		return v.found, err
	}
	v.found.Items = len(v.contacts) + len(v.jobs) + len(v.timeline)
	v.tickets()
	if err := v.followUps(); err != nil {
		return v.found, err
	}
	for _, k := range sortedKeys(v.contacts) {
		if it := v.contacts[k]; isContact(it) && !it.became() {
			if err := v.contact(k, it); err != nil {
				return v.found, err
			}
		}
	}
	v.rest()
	v.entries()
	if err := v.timelines(); err != nil {
		return v.found, err
	}
	if err := v.schedules(); err != nil {
		return v.found, err
	}
	if err := v.imports(ctx); err != nil {
		return v.found, err
	}
	return v.found, v.exports()
}

func (s *Store) wholeTable(ctx context.Context, table string) (map[key]item, error) {
	items := map[key]item{}
	consistent := true
	for pages := dynamodb.NewScanPaginator(s.client, &dynamodb.ScanInput{TableName: &table, ConsistentRead: &consistent}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("dynamo: walk %s: %w", table, err)
		}
		for _, it := range page.Items {
			items[item(it).key()] = it
		}
	}
	return items, nil
}

func sortedKeys(items map[key]item) []key {
	return slices.SortedFunc(maps.Keys(items), func(a, b key) int { return slices.Compare([]string{a.pk, a.sk}, []string{b.pk, b.sk}) })
}

func (v *verification) breach(format string, args ...any) {
	v.found.Breaches = append(v.found.Breaches, fmt.Sprintf(format, args...))
}

// contact checks a contact and takes all that follows from it out of what is left.
func (v *verification) contact(k key, stored item) error {
	c, err := contactOf(stored)
	if err != nil {
		return err
	}
	v.found.Contacts++
	v.ids[[2]string{c.Workspace, c.ID}] = c
	for _, owner := range c.Owners() {
		v.owners[[2]string{c.Workspace, owner}] = c.ID
	}
	if c.CreatedBy.Type == contact.ByImport {
		v.made[[2]string{c.Workspace, c.CreatedBy.ID}]++
	}
	implied, err := contactItem(c, stored.text(attrWriteID))
	if err != nil {
		return err
	}
	for _, count := range []string{"requestCount", "conversationCount"} {
		if stored[count] != nil && stored.number(count) == 0 { // it was more
			delete(stored, count)
		}
	}
	for _, name := range []string{"attributes", "identities"} { // items of before hold the escapes of HTML in their JSON
		if sameJSON(stored.text(name), implied.text(name)) {
			stored[name] = implied[name]
		}
	}
	if implied.key() != k || !reflect.DeepEqual(implied, stored) {
		v.breach("contact %s: its item or its index keys are not those that it implies", c.ID)
	}
	delete(v.contacts, k)
	for _, taken := range claims(c) {
		v.follows(c, taken.field, taken.key, taken.item(c.ID, ""))
	}
	for _, e := range extras(c) {
		v.follows(c, "facet or word", e.key, e.item(""))
	}
	for _, label := range c.Labels {
		entry := v.jobs[labelKey(c.Workspace, contact.FacetKey(label))]
		registered := entry != nil && entry.number(attrShards)&(1<<c.Shard) != 0
		if !registered && v.jobs[formerLabelKey(c.Workspace, contact.FacetKey(label))] == nil {
			v.breach("contact %s: its label %q is not among those ever used", c.ID, label)
		}
	}
	if v.jobs[cleanUpKey(c.Workspace, c.ID)] != nil {
		v.breach("contact %s: is there, and so is the ticket of its deletion", c.ID)
	}
	return nil
}

// sameJSON reports whether two texts are the same value in JSON.
func sameJSON(a, b string) bool {
	var one, other any
	return json.Unmarshal([]byte(a), &one) == nil && json.Unmarshal([]byte(b), &other) == nil && reflect.DeepEqual(one, other)
}

// follows demands an item that a contact implies.
func (v *verification) follows(c contact.Contact, kind string, k key, implied item) {
	stored := v.contacts[k]
	delete(v.contacts, k)
	switch {
	case v.later[k]:
	case stored == nil:
		v.breach("contact %s: its %s %v is missing", c.ID, kind, k)
	case stored[attrContactID] != nil && stored.text(attrContactID) != c.ID:
		v.breach("contact %s: its %s %v is contact %s's", c.ID, kind, k, stored.text(attrContactID))
	default:
		implied[attrWriteID] = stored[attrWriteID]
		if !reflect.DeepEqual(implied, stored) {
			v.breach("contact %s: its %s %v is not as the contact implies", c.ID, kind, k)
		}
	}
}

// rest looks at the items that no contact implies: notes, before-images and kept answers of a contact that is there, what became of a
// contact that was joined, and breaches.
func (v *verification) rest() {
	for _, k := range sortedKeys(v.contacts) {
		if v.later[k] {
			continue
		}
		workspace, id, hangs := hangsOn(k)
		it := v.contacts[k]
		if it.became() {
			workspace, id, hangs = it.text(attrWorkspace), it.text("id"), true
		} else if !hangs && it.text(attrContactID) != "" {
			workspace, id = workspaceOf(k), it.text(attrContactID)
		}
		_, there := v.owners[[2]string{workspace, id}]
		if there = there && hangs; !there && !v.ticketed[[2]string{workspace, id}] {
			v.breach("item %v belongs to no contact that is there", k)
		}
	}
}
