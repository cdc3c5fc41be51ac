package exporting

import (
	"context"
	"errors"
	"reflect"
	"time"

	"github.com/google/uuid"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/problem"
)

// Schedules is what the API does with schedules. Its errors are problem.Error where a caller is to be told what to do.
type Schedules struct {
	alignment
	search Search
	now    func() time.Time
}

// NewSchedules makes a Schedules. now is the clock.
func NewSchedules(store ScheduleStore, timers Timers, search Search, now func() time.Time) *Schedules {
	return &Schedules{alignment{store, timers}, search, now}
}

// ScheduleDraft asks for a schedule.
type ScheduleDraft struct {
	Name       string
	Expression string
	Format     Format
	Selection  Selection // its texts; what they mean is worked out here
	Enabled    bool
}

// Create makes a schedule; with once, only if none was made for its key. subject is who asks. Errors: ValidationFailed, NotPossible,
// IdempotencyKeyReused, RequestInProgress.
func (s *Schedules) Create(ctx context.Context, workspace, subject string, draft ScheduleDraft, once *contact.Once) (Schedule, error) {
	return contact.OnlyOnce(ctx, s.store, workspace, once, func() (Schedule, error) {
		now := s.instant()
		schedule, err := s.checked(ctx, Schedule{
			Workspace: workspace, ID: uuid.NewString(), Name: draft.Name, Expression: draft.Expression, Format: draft.Format, Selection: draft.Selection,
			Enabled: draft.Enabled, CreatedBy: subject, CreatedAt: now, UpdatedAt: now, Version: 1, PendingAt: now,
		}, true)
		if err != nil {
			return Schedule{}, err
		}
		if err := once.Keep(schedule); err != nil {
			return Schedule{}, err
		}
		err = s.store.CreateSchedule(ctx, schedule, maxSchedules, once)
		if errors.Is(err, ErrTooMany) {
			return Schedule{}, problem.New(problem.NotPossible, "The workspace has %d schedules, which are the most; delete one first.", maxSchedules)
		} else if err != nil {
			return Schedule{}, err
		}
		if err := s.align(ctx, schedule); errors.Is(err, ErrRefused) {
			return Schedule{}, errors.Join(refusedExpression(schedule), s.store.DeleteSchedule(ctx, schedule, once))
		}
		return schedule, nil // the sweep puts a timer that could not be put
	})
}

// Get reads a schedule; NotFound when the workspace has none of that id.
func (s *Schedules) Get(ctx context.Context, ref Ref) (Schedule, error) {
	return s.store.Schedule(ctx, ref)
}

// List reads a page of a workspace's schedules, newest first.
func (s *Schedules) List(ctx context.Context, workspace string, limit int, after string) ([]Schedule, string, error) {
	return s.store.ListSchedules(ctx, workspace, limit, after)
}

// Update applies a merge patch. One that changes nothing writes nothing; without precondition the last write wins. Errors: NotFound,
// ValidationFailed, VersionConflict, Unavailable.
func (s *Schedules) Update(ctx context.Context, ref Ref, patch SchedulePatch, ifMatch contact.Precondition) (Schedule, error) {
	for range changeTries {
		before, err := s.read(ctx, ref, ifMatch)
		if err != nil {
			return Schedule{}, err
		}
		after, err := s.patched(ctx, before, patch)
		if err != nil || reflect.DeepEqual(before, after) {
			return after, err
		}
		if err := s.write(ctx, &after, before); err == nil {
			return after, s.follow(ctx, before, after)
		} else if !errors.Is(err, ErrStale) {
			return Schedule{}, err
		}
	}
	return Schedule{}, errBusy()
}

// write stores a changed schedule as the version after the one before. Only what concerns the timer makes it pending: putting the timer
// of a rate() anew begins its wait anew.
func (s *Schedules) write(ctx context.Context, after *Schedule, before Schedule) error {
	after.Version, after.UpdatedAt = before.Version+1, s.instant()
	if sameTimer(before, *after) {
		after.PendingAt = time.Time{}
	} else {
		after.PendingAt = pendingFrom(after.UpdatedAt, before.PendingAt)
	}
	return s.store.UpdateSchedule(ctx, *after)
}

func sameTimer(a, b Schedule) bool { return a.Expression == b.Expression && a.Enabled == b.Enabled }

// follow puts the timer of a changed schedule; a change that is refused is taken back.
func (s *Schedules) follow(ctx context.Context, before, after Schedule) error {
	if sameTimer(before, after) {
		return nil
	}
	if err := s.align(ctx, after); !errors.Is(err, ErrRefused) {
		return nil // the sweep puts a timer that could not be put
	}
	back := before
	err := s.write(ctx, &back, after)
	if err == nil {
		_ = s.align(ctx, back) // so does it here
	} else if errors.Is(err, ErrStale) {
		err = nil // somebody changed it once more
	}
	return errors.Join(refusedExpression(after), err)
}

func refusedExpression(schedule Schedule) error {
	return problem.Invalid("body.schedule", schedule.Expression, "EventBridge Scheduler refuses this expression. %s", someExpression)
}

// Delete removes a schedule, and its timer first: what is left of an attempt that failed is put right by the sweep. Exports that it made
// stay. Errors: NotFound, VersionConflict, Unavailable.
func (s *Schedules) Delete(ctx context.Context, ref Ref, ifMatch contact.Precondition) error {
	for range changeTries {
		schedule, err := s.read(ctx, ref, ifMatch)
		if err != nil {
			return err
		}
		schedule.PendingAt = pendingFrom(s.instant(), schedule.PendingAt)
		if err = s.store.MarkPending(ctx, schedule); err == nil {
			if err := s.timers.RemoveTimer(ctx, ref); err != nil {
				return err
			}
			err = s.store.DeleteSchedule(ctx, schedule, nil)
		}
		if !errors.Is(err, ErrStale) {
			return err
		}
	}
	return errBusy()
}

func (s *Schedules) read(ctx context.Context, ref Ref, ifMatch contact.Precondition) (Schedule, error) {
	schedule, err := s.store.Schedule(ctx, ref)
	if err == nil && !ifMatch.Allows(schedule.Revision()) {
		err = problem.New(problem.VersionConflict, "The schedule is at version %d now; read it again and repeat the change.", schedule.Version)
	}
	return schedule, err
}

// checked brings a schedule into its stored form; selects says that its selection is to be understood anew.
func (s *Schedules) checked(ctx context.Context, schedule Schedule, selects bool) (_ Schedule, err error) {
	if schedule.Name, err = contact.NormalizeLine("A schedule's name", schedule.Name, maxScheduleName); err != nil {
		return Schedule{}, problem.Invalid("body.name", nil, "%s", err)
	}
	if schedule.Expression, err = NormalizeExpression(schedule.Expression); err != nil {
		return Schedule{}, err
	}
	if selects {
		if len(schedule.Selection.Fields) == 0 {
			schedule.Selection.Fields = nil
		}
		schedule.Selection, err = understand(ctx, s.search, schedule.Workspace, Request{schedule.Format, schedule.Selection})
	}
	return schedule, err
}

// instant is the present in the precision that is stored.
func (s *Schedules) instant() time.Time { return s.now().UTC().Truncate(time.Millisecond) }
