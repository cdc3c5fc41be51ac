package exporting

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/occ/contacts/pkg/problem"
)

// remakePage is how many schedules of a workspace are read at once.
const remakePage = 100

// RemakeTimers marks every export schedule of every workspace as one whose timer may be another than the record says,
// so that the sweep puts the timer again. It is for tables that were restored, or brought into a new stack: their
// schedules may have no timer, or that of a later state. It returns how many schedules it marked; doing so again is
// harmless.
func RemakeTimers(ctx context.Context, store ScheduleStore, workspaces Workspaces, now time.Time) (marked int, err error) {
	err = workspaces.EachWorkspace(ctx, func(workspace string) error {
		for after := ""; ; {
			schedules, next, err := store.ListSchedules(ctx, workspace, remakePage, after)
			if err != nil {
				return err
			}
			for _, schedule := range schedules {
				if err := markPending(ctx, store, schedule, now); err != nil {
					return fmt.Errorf("schedule %s: %w", schedule.ID, err)
				}
				marked++
			}
			if after = next; next == "" {
				return nil
			}
		}
	})
	return marked, err
}

// markPending marks one schedule. One that somebody changes meanwhile is read again; one that is gone needs no timer.
func markPending(ctx context.Context, store ScheduleStore, schedule Schedule, now time.Time) error {
	for range changeTries {
		schedule.PendingAt = pendingFrom(now, schedule.PendingAt)
		err := store.MarkPending(ctx, schedule)
		if !errors.Is(err, ErrStale) {
			return err
		}
		schedule, err = store.Schedule(ctx, schedule.Ref())
		if problem.CodeOf(err) == problem.NotFound {
			return nil
		} else if err != nil {
			return err
		}
	}
	return errBusy()
}
