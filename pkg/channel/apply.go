package channel

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/problem"
)

const (
	// peopleAtOnce is how many people's events are applied side by side.
	peopleAtOnce = 16
	// maxApplyTries bounds how often a decision is made anew because others changed the same contacts meanwhile.
	maxApplyTries = 25
)

// Applier turns events into contacts, their identities and conversations, each event once in effect and in whatever order they come.
type Applier struct {
	store Store
	cases CaseApplier
	now   func() time.Time
	newID func() string
}

// NewApplier makes an Applier. now is the clock, newID makes random ids of contacts and conversations.
func NewApplier(store Store, cases CaseApplier, now func() time.Time, newID func() string) *Applier {
	return &Applier{store, cases, now, newID}
}

// Apply applies the events of batches, those of one person together whatever batch they are in. It returns an error
// for each batch that holds an event that could not be applied, nil for the others. Such a batch may be applied
// again: what was done is done once. The error of a batch with events that never can be applied is a *RefusedEvents.
func (a *Applier) Apply(ctx context.Context, batches []Batch) []error {
	work := newRound(batches)
	for _, workspace := range slices.Sorted(maps.Keys(work.events)) {
		events := work.events[workspace]
		if err := a.fixTimes(ctx, workspace, events); err != nil {
			work.fail(events, err)
			continue
		}
		people, cases := divided(events)
		work.eachAtOnce(byPerson(people), func(group []Event) { a.person(ctx, work, group) })
		work.eachAtOnce(byCase(cases), func(group []Event) { a.oneCase(ctx, work, group) })
	}
	return work.outcomes(batches)
}

// eachAtOnce does something about groups, several of them at a time. A panic costs its own group alone.
func (r *round) eachAtOnce(groups [][]Event, do func(group []Event)) {
	var pool errgroup.Group
	pool.SetLimit(peopleAtOnce)
	for _, group := range groups {
		pool.Go(func() error {
			defer func() {
				if fault := recover(); fault != nil {
					r.fail(group, fmt.Errorf("channel: panic: %s\n%s", problem.LoggablePanic(fault), debug.Stack()))
				}
			}()
			do(group)
			return nil
		})
	}
	_ = pool.Wait()
}

// fixTimes gives events that say no time that of their first arrival, so that a repetition is the same event.
func (a *Applier) fixTimes(ctx context.Context, workspace string, events []Event) error {
	untimed := map[string]time.Time{}
	for _, e := range events {
		if e.Untimed && !e.caseOnly() {
			untimed[e.ID] = e.At
		}
	}
	if len(untimed) == 0 {
		return nil
	}
	first, err := a.store.FirstSeen(ctx, workspace, untimed)
	for i, e := range events {
		if at, known := first[e.ID]; known && e.Untimed && !e.caseOnly() {
			events[i].At = at
		}
	}
	return err
}

// caseOnly says that an event is about a request or survey.
func (e Event) caseOnly() bool { return e.Kind == RequestChanged || e.Kind == SurveySubmitted }

func divided(events []Event) (people, cases []Event) {
	for _, e := range events {
		if e.caseOnly() {
			cases = append(cases, e)
		} else {
			people = append(people, e)
		}
	}
	return people, cases
}

// person applies the events of one person, or of several whom an event may join, the earliest first.
func (a *Applier) person(ctx context.Context, work *round, events []Event) {
	for _, one := range steps(events) {
		var err error
		if one.change != nil {
			err = a.change(ctx, *one.change)
		} else {
			err = a.see(ctx, one.sighting, 0)
		}
		work.fail(one.events(), err)
	}
}

// byCase groups events of one request or survey, in their order.
func byCase(events []Event) [][]Event {
	groups := map[string][]Event{}
	for _, e := range events {
		name := e.ID
		if e.Request != nil {
			name = "request " + e.Request.ID
		}
		groups[name] = append(groups[name], e)
	}
	var list [][]Event
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		slices.SortStableFunc(groups[name], inOrder)
		list = append(list, groups[name])
	}
	return list
}

func (a *Applier) oneCase(ctx context.Context, work *round, events []Event) {
	for _, e := range events {
		apply := a.cases.ApplyRequest
		if e.Kind == SurveySubmitted {
			apply = a.cases.ApplySurvey
		}
		work.fail([]Event{e}, apply(ctx, e))
	}
}

// round is one Apply at work: which batch each event is of, and what went wrong.
type round struct {
	events map[string][]Event // by workspace, each event once
	of     map[string][]int   // event id -> batches
	mu     sync.Mutex
	failed []error
	// refused holds the reasons of events that can never be applied, by workspace and id as of.
	refused map[string]string
}

func newRound(batches []Batch) *round {
	r := &round{
		events: map[string][]Event{}, of: map[string][]int{}, failed: make([]error, len(batches)), refused: map[string]string{},
	}
	for n, batch := range batches {
		if batch.Schema > BatchSchema {
			r.failed[n] = fmt.Errorf("channel: a batch of schema %d; this function reads up to %d: deploy the newer one and redrive", batch.Schema, BatchSchema)
			continue
		}
		for _, e := range batch.Events {
			if err := check(e, batch.Workspace); err != nil {
				r.failed[n] = errors.Join(r.failed[n], err)
				continue
			}
			name := e.name()
			if len(r.of[name]) == 0 {
				e.At, e.ReceivedAt = e.At.UTC().Truncate(time.Millisecond), e.ReceivedAt.UTC().Truncate(time.Millisecond)
				r.events[e.Workspace] = append(r.events[e.Workspace], e)
			}
			r.of[name] = append(r.of[name], n)
		}
	}
	return r
}

// name is the name of an event among those of all workspaces.
func (e Event) name() string { return e.Workspace + " " + e.ID }

// fail notes an error for the batches of events. What can never be applied is no failure of its batch.
func (r *round) fail(events []Event, err error) {
	if err == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	bad, never := errors.AsType[*Refused](err)
	for _, e := range events {
		if never {
			r.refused[e.name()] = bad.Reason
			continue
		}
		for _, n := range r.of[e.name()] {
			if !errors.Is(r.failed[n], err) {
				r.failed[n] = errors.Join(r.failed[n], err)
			}
		}
	}
}

// actorOf is whom a contact's activity names: the account, or the channel where there is none.
func actorOf(e Event) contact.Actor {
	id := e.AccountID
	if id == "" {
		id = string(e.Channel)
	}
	return contact.Actor{Type: contact.ByChannel, ID: id}
}
