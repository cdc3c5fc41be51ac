package exporting

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/problem"
)

// scheduleBook keeps schedules, exports, timers and workspaces under the conditions of the adapters. strike is called before every call
// and after it (done); its error is the call's, and it may do something else meanwhile.
type scheduleBook struct {
	strike func(call string, done bool) error
	clock  time.Time

	schedules map[Ref]Schedule
	timers    map[Ref]Schedule // as they were put
	puts      int
	exports   map[Ref]Export
	started   []Ref
	settings  map[string]contact.Settings // of all workspaces
	refused   string                      // an expression that no timer may have
	kept      *contact.Once               // the only key that there is
}

var (
	_ ScheduleStore = (*scheduleBook)(nil)
	_ Store         = (*scheduleBook)(nil)
	_ Workspaces    = (*scheduleBook)(nil)
	_ Timers        = (*scheduleBook)(nil)
	_ Starter       = (*scheduleBook)(nil)
)

var scheduledDay = time.Date(2026, 11, 25, 2, 0, 30, 0, time.UTC)

func newScheduleBook() *scheduleBook {
	return &scheduleBook{
		clock: scheduledDay, schedules: map[Ref]Schedule{}, timers: map[Ref]Schedule{}, exports: map[Ref]Export{}, settings: map[string]contact.Settings{},
	}
}

func (b *scheduleBook) now() time.Time { return b.clock }

func (b *scheduleBook) service() *Schedules {
	return NewSchedules(b, b, func(_ context.Context, _, location, q string) (*contact.Search, error) {
		switch {
		case q == "":
			return nil, nil
		case len(q) > contact.MaxSearch:
			return nil, problem.Invalid(location, nil, "Too long.")
		}
		return &contact.Search{Words: []string{q}}, nil
	}, b.now)
}

func (b *scheduleBook) timekeeper() *Timekeeper { return NewTimekeeper(b, b, b, b, b, b.now) }

func (b *scheduleBook) do(call string, work func() error) error {
	for _, done := range []bool{false, true} {
		if b.strike != nil {
			if err := b.strike(call, done); err != nil {
				return err
			}
		}
		if !done {
			if err := work(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *scheduleBook) CountOpenExports(context.Context, string, int) (int, error) { return 0, nil }

func (b *scheduleBook) Kept(_ context.Context, _ string, once *contact.Once) ([]byte, error) {
	if b.kept == nil || b.kept.Key != once.Key {
		return nil, nil
	}
	return b.kept.Answer, nil
}

func (b *scheduleBook) CreateSchedule(_ context.Context, schedule Schedule, most int, once *contact.Once) error {
	return b.do("CreateSchedule", func() error {
		if len(b.schedules) >= most {
			return ErrTooMany
		}
		b.schedules[schedule.Ref()], b.kept = schedule, once
		return nil
	})
}

func (b *scheduleBook) Schedule(_ context.Context, ref Ref) (schedule Schedule, err error) {
	err = b.do("Schedule", func() error {
		var found bool
		if schedule, found = b.schedules[ref]; !found {
			return problem.New(problem.NotFound, "There is no such schedule.")
		}
		return nil
	})
	return schedule, err
}

// ListSchedules gives out one page, which says that there is a next one, as storage may, and then an empty one.
func (b *scheduleBook) ListSchedules(_ context.Context, _ string, _ int, after string) ([]Schedule, string, error) {
	if after != "" {
		return nil, "", nil
	}
	return slices.SortedFunc(maps.Values(b.schedules), func(x, y Schedule) int { return strings.Compare(x.Name, y.Name) }), "n", nil
}

// change edits a schedule whose condition holds.
func (b *scheduleBook) change(call string, ref Ref, holds func(stored Schedule) bool, edit func(stored *Schedule)) error {
	return b.do(call, func() error {
		stored, found := b.schedules[ref]
		if !found || !holds(stored) {
			return ErrStale
		}
		edit(&stored)
		b.schedules[ref] = stored
		return nil
	})
}

func (b *scheduleBook) UpdateSchedule(_ context.Context, schedule Schedule) error {
	return b.change("UpdateSchedule", schedule.Ref(), func(stored Schedule) bool { return stored.Version == schedule.Version-1 }, func(stored *Schedule) {
		at, id, pending := stored.LastRunAt, stored.LastExportID, stored.PendingAt
		*stored = schedule
		stored.LastRunAt, stored.LastExportID = at, id
		if schedule.PendingAt.IsZero() {
			stored.PendingAt = pending
		}
	})
}

func (b *scheduleBook) MarkPending(_ context.Context, schedule Schedule) error {
	return b.change("MarkPending", schedule.Ref(), func(stored Schedule) bool { return stored.Version == schedule.Version }, func(stored *Schedule) {
		stored.PendingAt = schedule.PendingAt
	})
}

func (b *scheduleBook) ClearPending(_ context.Context, schedule Schedule) error {
	return b.change("ClearPending", schedule.Ref(), func(stored Schedule) bool {
		return stored.Version == schedule.Version && stored.PendingAt.Equal(schedule.PendingAt)
	}, func(stored *Schedule) { stored.PendingAt = time.Time{} })
}

func (b *scheduleBook) DeleteSchedule(_ context.Context, schedule Schedule, once *contact.Once) error {
	return b.do("DeleteSchedule", func() error {
		stored, found := b.schedules[schedule.Ref()]
		if found && (stored.Version != schedule.Version || !stored.PendingAt.Equal(schedule.PendingAt)) {
			return ErrStale
		}
		delete(b.schedules, schedule.Ref())
		if once != nil {
			b.kept = nil
		}
		return nil
	})
}

func (b *scheduleBook) ScheduleRan(_ context.Context, ref Ref, at time.Time, exportID string) error {
	return b.do("ScheduleRan", func() error {
		if stored, found := b.schedules[ref]; found && at.After(stored.LastRunAt) {
			stored.LastRunAt, stored.LastExportID = at, exportID
			b.schedules[ref] = stored
		}
		return nil
	})
}

func (b *scheduleBook) PendingSchedules(context.Context) (refs []Ref, err error) {
	err = b.do("PendingSchedules", func() error {
		for ref, schedule := range b.schedules {
			if !schedule.PendingAt.IsZero() {
				refs = append(refs, ref)
			}
		}
		slices.SortFunc(refs, func(x, y Ref) int { return strings.Compare(x.ID, y.ID) })
		return nil
	})
	return refs, err
}

func (b *scheduleBook) PutTimer(_ context.Context, schedule Schedule) error {
	return b.do("PutTimer", func() error {
		if schedule.Expression == b.refused {
			return fmt.Errorf("%w: it never comes", ErrRefused)
		}
		b.puts++
		b.timers[schedule.Ref()] = schedule
		return nil
	})
}

func (b *scheduleBook) RemoveTimer(_ context.Context, ref Ref) error {
	return b.do("RemoveTimer", func() error {
		delete(b.timers, ref)
		return nil
	})
}

func (b *scheduleBook) CreateExport(_ context.Context, job Export, _ *contact.Once) error {
	return b.do("CreateExport", func() error {
		if _, taken := b.exports[job.Ref()]; taken {
			return ErrExists
		}
		b.exports[job.Ref()] = job
		return nil
	})
}

func (b *scheduleBook) Export(_ context.Context, ref Ref) (job Export, err error) {
	err = b.do("Export", func() error {
		var found bool
		if job, found = b.exports[ref]; !found {
			return problem.New(problem.NotFound, "There is no such export.")
		}
		return nil
	})
	return job, err
}

func (b *scheduleBook) UpdateExport(context.Context, Export) (Export, error) {
	panic("schedules change no export")
}

func (b *scheduleBook) ListExports(context.Context, string, int, string) ([]Export, string, error) {
	panic("schedules list no exports")
}

func (b *scheduleBook) OpenExports(context.Context) ([]Ref, error) {
	panic("schedules look after no exports")
}

func (b *scheduleBook) StartExport(_ context.Context, ref Ref) error {
	return b.do("StartExport", func() error {
		b.started = append(b.started, ref)
		return nil
	})
}

func (b *scheduleBook) EachWorkspace(_ context.Context, visit func(workspace string) error) error {
	for _, workspace := range slices.Sorted(maps.Keys(b.settings)) {
		if err := visit(workspace); err != nil {
			return err
		}
	}
	return nil
}

func (b *scheduleBook) Settings(_ context.Context, workspace string) (settings contact.Settings, err error) {
	return b.settings[workspace], b.do("Settings", func() error { return nil })
}
