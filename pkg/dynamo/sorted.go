package dynamo

import (
	"context"
	"slices"
	"strings"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/problem"
)

// A search or filter in another order than its indexes': as long as there are few matches they are all collected and sorted, for
// every page anew. Above that they come in index order, and the page says so.
const (
	maxSorted   = 500
	sortedPhase = 100 // Position.Phase of a list that is sorted so; its Key is the sort key of the last contact

	collectUnits = pageUnits - 10 // read units of collecting and looking; the rest gives out ten contacts at least
	searchUnits  = 80             // of entries of a search, where a filter could be collected instead
	triedUnits   = 80             // a page that has collected for more in vain gives nothing out
)

// bounds are how much is collected.
type bounds struct {
	matches int
	units   float64 // read units of entries and of looking at the contacts
	search  float64 // of the entries of a search, where a filter could be collected instead
}

var (
	usually = bounds{maxSorted, collectUnits, searchUnits}
	// grown is of a list that was begun sorted and has more matches meanwhile: its position means a place in that
	// order, so going on in another one would pass contacts that kept their place.
	grown = bounds{10 * maxSorted, 20 * collectUnits, 20 * searchUnits}
)

// collected are the candidates of a list that is to be sorted. Whole is false when they are too many, or too costly to find.
type collected struct {
	ids   []string
	whole bool
	units float64 // read units of the entries
}

// looking is what it costs to read the candidates eventually consistent.
func (c collected) looking() float64 { return float64(len(c.ids)) / 2 }

// sorted answers a search or filter with a sort.
func (s *Store) sorted(ctx context.Context, q contact.Query, phases []phase) (contact.Page, error) {
	begun := q.After != nil && q.After.Phase == sortedPhase
	p := &page{limit: q.Limit}
	if q.After == nil || begun {
		found, err := s.candidates(ctx, q, phases, usually)
		if err == nil && begun && !found.whole {
			found, err = s.candidates(ctx, q, phases, grown)
		}
		switch {
		case err != nil:
			return contact.Page{}, err
		case found.whole: // a list that was begun sorted stays so
			return s.sortedPage(ctx, q, phases, found)
		case begun:
			return contact.Page{}, problem.New(problem.InvalidCursor, "More than %d contacts match by now, which is too many to go on in this order. Begin the list again, without cursor.", grown.matches)
		case found.units > triedUnits:
			return contact.Page{Unsorted: true, Next: &contact.Position{}}, nil
		}
		p.spent = found.units
	}
	listed, err := s.walk(ctx, q, phases, p)
	listed.Unsorted = true
	return listed, err
}

// candidates collects by the search, and where that alone finds too many by the facets of the filter: a rare label among a common
// name. It returns the search's when those are too many as well.
func (s *Store) candidates(ctx context.Context, q contact.Query, phases []phase, within bounds) (collected, error) {
	if q.Search == nil || len(facets(q.Filter)) == 0 {
		return s.collect(ctx, phases, within.matches, within.units, within.units)
	}
	searched, err := s.collect(ctx, phases, within.matches, within.search, within.units)
	if err != nil || searched.whole {
		return searched, err
	}
	q.Sort = contact.SortDefault
	left := within.units - searched.units
	found, err := s.collect(ctx, createdPlan(q), within.matches, left, left)
	found.units += searched.units
	if !found.whole {
		found.ids = searched.ids[:min(len(searched.ids), int(2*max(0, within.units-found.units)))]
	}
	return found, err
}

// collect names the candidates, each once, if there are no more than matches. Their entries may cost so much, and all
// so much with looking at the contacts.
func (s *Store) collect(ctx context.Context, phases []phase, matches int, entries, all float64) (c collected, err error) {
	seen := make(map[string]bool)
	for _, ph := range phases {
		m := s.merge(ph.sources, order{descending: ph.descending}, reading{batch: 60, ahead: 20, strict: true})
		before := c.units
		for {
			m.reading.budget = min(entries, all-c.looking()) - before
			e, more, err := m.take(ctx)
			c.units = before + m.units
			if err != nil {
				return c, err
			}
			if !more && !m.spent {
				break
			}
			if more && (ph.accept == nil || ph.accept(e)) && !seen[e.id] {
				seen[e.id] = true
				c.ids = append(c.ids, e.id)
			}
			if most := min(matches, int(2*(all-c.units))); len(c.ids) > most || !more {
				c.ids = c.ids[:max(0, min(len(c.ids), most))]
				return c, nil
			}
		}
	}
	c.whole = true
	return c, nil
}

// sortedPage sorts the matches by an eventually consistent reading and reads the page's own strongly: as many as the page may still
// cost.
func (s *Store) sortedPage(ctx context.Context, q contact.Query, phases []phase, from collected) (contact.Page, error) {
	lines, err := s.lines(ctx, q, phases, from.ids)
	if err != nil {
		return contact.Page{}, err
	}
	sort, _ := sorting(q.Sort)
	p := &page{limit: max(1, min(q.Limit, int(pageUnits-from.units-from.looking())))}
	if len(from.ids) > maxSorted { // collected beyond the usual cost: the rest need not take as many pages as contacts
		p.limit = q.Limit
	}
	mine := lines[:min(len(lines), p.limit)]
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

// lines are the matches among the candidates in the order of the query, from its position on.
func (s *Store) lines(ctx context.Context, q contact.Query, phases []phase, ids []string) ([]entry, error) {
	sort, descending := sorting(q.Sort)
	found, err := s.hydrate(ctx, q.Workspace, ids, false)
	if err != nil {
		return nil, err
	}
	o := order{descending: descending}
	var lines []entry
	for id, c := range found {
		e := entry{sort: sort(c), id: id}
		if matches(phases, c) && (q.After == nil || o.before(q.After.Key, e.sort)) {
			lines = append(lines, e)
		}
	}
	slices.SortFunc(lines, func(a, b entry) int {
		if descending {
			a, b = b, a
		}
		return strings.Compare(a.sort, b.sort)
	})
	return lines, nil
}

func matches(phases []phase, c contact.Contact) bool {
	return slices.ContainsFunc(phases, func(ph phase) bool { return ph.place(c) != "" })
}

// sorting is the key of an order and its direction.
func sorting(sort contact.Sort) (by func(contact.Contact) string, descending bool) {
	switch sort {
	case contact.SortName:
		return nameSort, false
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
