package dynamo

import (
	"context"
	"slices"
	"strings"

	"github.com/occ/contacts/pkg/contact"
)

// A search or filter in another order than its indexes': as long as there are few matches they are all collected and sorted, for
// every page anew. Above that they come in index order, and the page says so.
const (
	maxSorted   = 500
	sortedPhase = 100 // Position.Phase of a list that is sorted so; its Key is the sort key of the last contact

	// What a page may cost is 300 read units: 250 to look at 500 contacts, 25 for those given out, and the rest is for entries.
	sortedUnits = 18
	otherSorted = 440 // candidates by the filter, when those of the search were too many
)

// sorted answers a search or filter with a sort.
func (s *Store) sorted(ctx context.Context, q contact.Query, phases []phase) (contact.Page, error) {
	begun := q.After != nil && q.After.Phase == sortedPhase
	if q.After == nil || begun {
		ids, whole, err := s.collect(ctx, phases, maxSorted)
		if err == nil && !whole && len(facets(q.Filter)) > 0 && q.Search != nil {
			ids, whole, err = s.collectFiltered(ctx, q, ids)
		}
		if err != nil {
			return contact.Page{}, err
		}
		if whole || begun { // a list that was begun sorted stays so, with what was collected
			return s.sortedPage(ctx, q, phases, ids)
		}
	}
	page, err := s.walk(ctx, q, phases)
	page.Unsorted = true
	return page, err
}

// collectFiltered names what the filter lets through, where the search alone finds too many: a rare label among a common name. It
// returns the search's when those are too many as well.
func (s *Store) collectFiltered(ctx context.Context, q contact.Query, searched []string) (ids []string, whole bool, err error) {
	q.Sort = contact.SortDefault
	ids, whole, err = s.collect(ctx, createdPlan(q), otherSorted)
	if !whole {
		ids = searched
	}
	return ids, whole, err
}

// collect names the candidates, each once; whole is false when they are more than most, or too costly to find.
func (s *Store) collect(ctx context.Context, phases []phase, most int) (ids []string, whole bool, err error) {
	seen := make(map[string]bool)
	for _, ph := range phases {
		m := s.merge(ph.sources, order{descending: ph.descending}, reading{60, 20, sortedUnits})
		for {
			e, more, err := m.take(ctx)
			if err != nil {
				return nil, false, err
			}
			if !more && !m.spent {
				break
			}
			if more && (ph.accept == nil || ph.accept(e)) && !seen[e.id] {
				seen[e.id] = true
				ids = append(ids, e.id)
			}
			if len(ids) > most || !more {
				return ids[:min(len(ids), most)], false, nil
			}
		}
	}
	return ids, true, nil
}

// sortedPage sorts the matches by an eventually consistent reading and reads the page's own strongly.
func (s *Store) sortedPage(ctx context.Context, q contact.Query, phases []phase, ids []string) (contact.Page, error) {
	sort, descending := sorting(q.Sort)
	found, err := s.hydrate(ctx, q.Workspace, ids, false)
	if err != nil {
		return contact.Page{}, err
	}
	var lines []entry
	for id, c := range found {
		if matches(phases, c) {
			lines = append(lines, entry{sort: sort(c), id: id})
		}
	}
	slices.SortFunc(lines, func(a, b entry) int {
		if descending {
			a, b = b, a
		}
		return strings.Compare(a.sort, b.sort)
	})
	if q.After != nil {
		lines = slices.DeleteFunc(lines, func(e entry) bool {
			return e.sort == q.After.Key || (e.sort < q.After.Key) != descending
		})
	}
	p := &page{limit: q.Limit}
	mine := lines[:min(len(lines), q.Limit)]
	contacts, err := s.hydrate(ctx, q.Workspace, distinct(mine), true)
	if err != nil {
		return contact.Page{}, err
	}
	for i, e := range mine {
		if c, there := contacts[e.id]; there && matches(phases, c) && sort(c) == e.sort {
			p.add(c)
		}
		if over := p.bytes > maxPageBytes; (over || i == len(mine)-1) && i < len(lines)-1 {
			p.Next = &contact.Position{Phase: sortedPhase, Key: e.sort}
			break
		}
	}
	return p.Page, nil
}

func matches(phases []phase, c contact.Contact) bool {
	return slices.ContainsFunc(phases, func(ph phase) bool { return ph.place(c) != "" })
}

// sorting is the key of an order and its direction.
func sorting(sort contact.Sort) (by func(contact.Contact) string, descending bool) {
	switch sort {
	case contact.SortName:
		return func(c contact.Contact) string { return nameSorts(c.Name, c.ID)[0] }, false
	case contact.SortOldest:
		return createdSort, false
	case contact.SortInteraction:
		return func(c contact.Contact) string {
			if c.LastInteractionAt.IsZero() {
				return "0" + createdSort(c)
			}
			return "1" + timeSort(stamp(c.LastInteractionAt), c.ID)
		}, true
	default:
		return createdSort, true
	}
}
