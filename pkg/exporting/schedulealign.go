package exporting

import (
	"context"
	"errors"
	"time"

	"github.com/occ/contacts/pkg/problem"
)

// alignment keeps timers as the records of their schedules say. A record is written first, and says that its timer is pending until that
// was put: a crash between the two leaves the rest to the sweep.
type alignment struct {
	store  ScheduleStore
	timers Timers
}

// changeTries bounds how often a change is begun again because others changed the schedule meanwhile.
const changeTries = 10

// align puts the timer of a schedule. Whoever put an older state last finds the record changed, and puts the timer once more.
func (a alignment) align(ctx context.Context, schedule Schedule) error {
	ref := schedule.Ref()
	for range changeTries {
		if err := a.timers.PutTimer(ctx, schedule); err != nil {
			return err
		}
		err := a.store.ClearPending(ctx, schedule)
		if !errors.Is(err, ErrStale) {
			return err
		}
		schedule, err = a.store.Schedule(ctx, ref)
		if problem.CodeOf(err) == problem.NotFound {
			return a.timers.RemoveTimer(ctx, ref)
		} else if err != nil {
			return err
		}
	}
	return errBusy()
}

func errBusy() error {
	return problem.New(problem.Unavailable, "Too many others change this schedule at the moment; repeat the request.")
}

// pendingFrom is a PendingAt that differs from the one before.
func pendingFrom(now, before time.Time) time.Time {
	if !now.After(before) {
		return before.Add(time.Millisecond)
	}
	return now
}
