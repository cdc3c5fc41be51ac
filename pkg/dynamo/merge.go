package dynamo

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"
)

// merge reads several sources as one ordered list. It asks each for a few entries at once and gives out the first of all, so it
// never passes the last key of a source that has more to come.
type merge struct {
	store   *Store
	streams []*stream
	order   order
	reading reading
	units   float64 // read units spent so far, about
	spent   bool    // the budget ended the list, not the sources
	last    string  // the sort key given out last
}

// reading is how much is read.
type reading struct {
	batch  int     // entries a query
	ahead  int     // a source with so few left is asked along with an empty one
	budget float64 // read units of entries; the first round is always made
	strict bool    // a round that may exceed the budget is not made, be it the first
}

// stream is one source being read.
type stream struct {
	source
	waiting []entry
	next    map[string]types.AttributeValue // where the last query stopped
	scanned string                          // the sort key that it stopped at
	units   float64                         // what that query cost
	done    bool
}

// starved says that nothing is waiting although there may be more.
func (st *stream) starved() bool { return !st.done && len(st.waiting) == 0 }

func (s *Store) merge(sources []source, o order, r reading) *merge {
	m := &merge{store: s, order: o, reading: r, last: o.after}
	for _, src := range sources {
		m.streams = append(m.streams, &stream{source: src})
	}
	return m
}

// take returns the next entry; false at the end, or where the budget ends. Entries of one sort key are one: a name like "ali ali" stands twice in an index.
func (m *merge) take(ctx context.Context) (entry, bool, error) {
	for {
		if err := m.fill(ctx); err != nil {
			return entry{}, false, err
		}
		first := m.first()
		if m.spent && !m.within(first) {
			return entry{}, false, nil
		}
		if first == nil {
			return entry{}, false, nil
		}
		e := first.waiting[0]
		first.waiting = first.waiting[1:]
		if e.sort != m.last {
			m.last = e.sort
			return e, true, nil
		}
	}
}

// within says that what waits first stands before the place that every starved source was read to. If it does not, the list ends
// there for now: all before that place has been given out, so it is where the list goes on, also when nothing was found on the way.
func (m *merge) within(first *stream) bool {
	bound := ""
	for _, st := range m.streams {
		if st.starved() && (bound == "" || m.order.before(st.scanned, bound)) {
			bound = st.scanned
		}
	}
	if bound == "" || first != nil && !m.order.before(bound, first.waiting[0].sort) {
		return bound != ""
	}
	if m.last == "" || m.order.before(m.last, bound) {
		m.last = bound
	}
	return false
}

// exhausted says that nothing is left, as far as is known without another query.
func (m *merge) exhausted() bool {
	for _, st := range m.streams {
		if !st.done || len(st.waiting) > 0 {
			return false
		}
	}
	return true
}

func (m *merge) first() *stream {
	var first *stream
	for _, st := range m.streams {
		if len(st.waiting) > 0 && (first == nil || m.order.before(st.waiting[0].sort, first.waiting[0].sort)) {
			first = st
		}
	}
	return first
}

// fill asks every source that has nothing waiting, all at once, until each has something or is at its end.
func (m *merge) fill(ctx context.Context) error {
	for m.starved() {
		asked := m.asked()
		if m.spent = !m.affords(asked); m.spent {
			return nil
		}
		group, ctx := errgroup.WithContext(ctx)
		for _, st := range asked {
			group.Go(func() error {
				r, err := m.store.query(ctx, st.source, m.order, m.reading.batch, st.next)
				st.units, st.next, st.scanned, st.done = r.units, r.next, r.scanned, r.next == nil
				st.waiting = append(st.waiting, r.entries...)
				return err
			})
		}
		if err := group.Wait(); err != nil {
			return err
		}
		for _, st := range asked {
			m.units += st.units
		}
	}
	return nil
}

// asked are the sources of the next round: those with nothing waiting, and along with them those with little.
func (m *merge) asked() (asked []*stream) {
	for _, st := range m.streams {
		if !st.done && len(st.waiting) <= m.reading.ahead {
			asked = append(asked, st)
		}
	}
	return asked
}

// affords says whether the budget has room for a round. A strict one counts what each source cost the last time.
func (m *merge) affords(asked []*stream) bool {
	if !m.reading.strict {
		return m.units < m.reading.budget
	}
	round := 0.0
	for _, st := range asked {
		round += max(st.units, 0.5)
	}
	return m.units+round <= m.reading.budget
}

func (m *merge) starved() bool {
	return slices.ContainsFunc(m.streams, (*stream).starved)
}
