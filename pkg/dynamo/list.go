package dynamo

import (
	"context"
	"slices"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/plainjson"
)

// What one page may cost. A page that meets a bound is short and says where to go on.
const (
	maxPageBytes = 4 << 20 // of contacts as answered: Lambda's answers end at 6 MB
	pageUnits    = 300     // read units of all that a page reads, of contacts up to 4 KB
	roundUnits   = 40      // of them for the last round of entries, of which only its answer says what it costs
	entryUnits   = 34      // of entries, when many are passed over
	usualReads   = 2       // contacts read for each one wanted: few are given out elsewhere, moved or deleted
	sparseReads  = 4       // the same of a phase that most are passed over in
	looseBatch   = 100     // contacts read at once at half the price
	largeContact = 4 << 10 // bytes; only larger contacts are measured as they are answered
)

// List implements contact.Store.
func (s *Store) List(ctx context.Context, q contact.Query) (contact.Page, error) {
	phases := plan(q)
	if resorted(q) {
		return s.sorted(ctx, q, phases)
	}
	return s.walk(ctx, q, phases, &page{limit: q.Limit})
}

// page is a page being filled.
type page struct {
	contact.Page
	limit int
	bytes int
	reads int     // contacts read, at either price
	spent float64 // read units, but for entries of the phase that is being read
}

func (p *page) full() bool { return len(p.Contacts) >= p.limit || p.bytes > maxPageBytes }

func (p *page) wanted() int { return p.limit - len(p.Contacts) }

// walk fills a page from the phases, each from where the one before ended. One that has cost half of what it may begins no other.
func (s *Store) walk(ctx context.Context, q contact.Query, phases []phase, p *page) (contact.Page, error) {
	at := contact.Position{}
	if q.After != nil {
		at = *q.After
	}
	for at.Phase < len(phases) {
		m := s.open(phases[at.Phase], at.Key, q.Limit)
		ended, err := s.fillFrom(ctx, p, q.Workspace, phases[:at.Phase+1], m)
		if err != nil {
			return contact.Page{}, err
		}
		if p.spent += m.units; !ended {
			p.Next = &contact.Position{Phase: at.Phase, Key: m.last}
			break
		}
		at = contact.Position{Phase: at.Phase + 1}
		if (p.full() || p.spent > pageUnits/2) && at.Phase < len(phases) {
			p.Next = &at
			break
		}
	}
	return p.Page, nil
}

// open begins to read a phase after a sort key. Eight shards each hold about an eighth of a page; twice that makes a second round
// rare, and is half a read unit all the same.
func (s *Store) open(ph phase, after string, limit int) *merge {
	batch, ahead := max(limit/4+6, 16), 0
	if ph.sparse {
		batch, ahead = 30, 10 // about 4 KB
	}
	return s.merge(ph.sources, order{descending: ph.descending, after: after}, reading{batch: batch, ahead: ahead, budget: entryUnits})
}

// fillFrom fills the page from the last of phases; it returns true when the phase has no more to give, false when the page is full or
// has cost enough.
func (s *Store) fillFrom(ctx context.Context, p *page, workspace string, phases []phase, m *merge) (ended bool, err error) {
	ph := phases[len(phases)-1]
	for !p.full() && !m.spent {
		n := ph.batch(p, m.units)
		if n == 0 {
			return m.exhausted(), nil
		}
		candidates, ended, err := m.some(ctx, ph, n)
		if err != nil {
			return false, err
		}
		if ph.loose {
			p.reads += len(candidates)
			p.spent += float64(len(candidates)) / 2
			if candidates, err = s.likely(ctx, workspace, phases, candidates); err != nil {
				return false, err
			}
		}
		if done, err := s.emit(ctx, p, workspace, phases, candidates, m); err != nil || !done {
			return false, err
		}
		if ended {
			return true, nil
		}
	}
	return m.exhausted(), nil
}

// some takes up to n entries that the phase accepts, fewer when the budget is spent; ended says that there are no more.
func (m *merge) some(ctx context.Context, ph phase, n int) (found []entry, ended bool, err error) {
	for len(found) < n {
		e, more, err := m.take(ctx)
		if err != nil || !more {
			return found, err == nil && !m.spent, err
		}
		if ph.accept == nil || ph.accept(e) {
			found = append(found, e)
		}
	}
	return found, false, nil
}

// batch is how many candidates are read next, 0 when the page has cost enough, entries of the phase included: as many as are wanted,
// and more each time that most of them fail.
func (ph phase) batch(p *page, entries float64) int {
	room := pageUnits - roundUnits - p.spent - entries
	if ph.loose { // those that pass are read again
		return max(0, min(max(p.wanted(), min(p.reads, looseBatch)), int(2*(room-float64(p.wanted())))))
	}
	most := usualReads * p.limit
	if ph.sparse {
		most = sparseReads * p.limit
	}
	if p.reads >= most {
		return 0
	}
	return max(0, min(p.wanted(), int(room)))
}

// likely reads candidates eventually consistent and keeps those that seem to have their place in the last of phases.
func (s *Store) likely(ctx context.Context, workspace string, phases []phase, candidates []entry) ([]entry, error) {
	contacts, err := s.hydrate(ctx, workspace, distinct(candidates), false)
	return slices.DeleteFunc(candidates, func(e entry) bool {
		c, there := contacts[e.id]
		return !there || placeIn(phases, len(phases)-1, c) != e.sort
	}), err
}

// emit reads the candidates, as many as the page has room for, and adds those that have their place there. It returns false when
// the page is full before their end, and has then set the merge back to the last one that it took.
func (s *Store) emit(ctx context.Context, p *page, workspace string, phases []phase, candidates []entry, m *merge) (bool, error) {
	for len(candidates) > 0 {
		these := candidates[:min(len(candidates), p.wanted())]
		candidates = candidates[len(these):]
		contacts, err := s.hydrate(ctx, workspace, distinct(these), true)
		if err != nil {
			return false, err
		}
		p.reads += len(these)
		p.spent += float64(len(these))
		for i, e := range these {
			c, there := contacts[e.id]
			if !there || placeIn(phases, len(phases)-1, c) != e.sort {
				continue // deleted, moved, or given out at another of its keys
			}
			if p.add(c); p.full() && (i < len(these)-1 || len(candidates) > 0) {
				m.last = e.sort
				return false, nil
			}
		}
	}
	return true, nil
}

func (p *page) add(c contact.Contact) {
	p.Contacts = append(p.Contacts, c)
	p.bytes += answeredSize(c)
}

// answeredSize is about how many bytes a contact has as JSON. Small ones are guessed: a hundred of them fit in any case.
func answeredSize(c contact.Contact) int {
	size := len(c.Name) + len(c.Company) + len(c.Email)
	for _, i := range c.Identities {
		size += len(i.AccountID) + len(i.ExternalID) + len(i.Username) + len(i.ProfileName) + 200
	}
	for _, label := range c.Labels {
		size += len(label)
	}
	for name, value := range c.Attributes {
		text, _ := value.(string)
		size += len(name) + len(text) + 24
	}
	if size <= largeContact {
		return size
	}
	if body, err := plainjson.Marshal(c.View()); err == nil {
		return len(body)
	}
	return maxPageBytes
}

func distinct(candidates []entry) []string {
	ids := make([]string, 0, len(candidates))
	seen := make(map[string]bool, len(candidates))
	for _, e := range candidates {
		if !seen[e.id] {
			seen[e.id] = true
			ids = append(ids, e.id)
		}
	}
	return ids
}
