package exporting

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/occ/contacts/pkg/problem"
)

// byTime is who makes exports that nobody asked for at that moment.
const byTime = "schedule"

// Timekeeper does what time alone asks for: exports of schedules that are due, timers that are to be put right, nightly backups. Each of
// its calls may come any number of times.
type Timekeeper struct {
	alignment
	exports    Store
	workspaces Workspaces
	starter    Starter
	now        func() time.Time
	wait       func(context.Context, time.Duration) error
}

// NewTimekeeper makes a Timekeeper. now is the clock.
func NewTimekeeper(store ScheduleStore, exports Store, workspaces Workspaces, timers Timers, starter Starter, now func() time.Time) *Timekeeper {
	return &Timekeeper{alignment{store, timers}, exports, workspaces, starter, now, wait}
}

// Fired is what a call of a schedule did, for the log.
type Fired struct {
	Schedule Ref
	Export   string // id of the export that is there for it; empty when there is none
	Note     string // why no export was made
}

// Fire makes and starts the export of a schedule that is due. scheduledTime is when it was, in RFC 3339; of any other text, as that which
// the local emulator leaves in its place, the minute of arrival stands for it. Two calls for one time make one export. While the
// export before is not finished none is made, so that slow ones do not pile up. An error means that it is to be called again.
func (t *Timekeeper) Fire(ctx context.Context, ref Ref, scheduledTime string) (Fired, error) {
	schedule, err := t.store.Schedule(ctx, ref)
	switch {
	case problem.CodeOf(err) == problem.NotFound:
		return Fired{Schedule: ref, Note: "there is no such schedule"}, t.timers.RemoveTimer(ctx, ref)
	case err != nil:
		return Fired{Schedule: ref}, err
	case !schedule.Enabled:
		return Fired{Schedule: ref, Note: "the schedule is disabled"}, nil
	}
	due := t.due(scheduledTime)
	job := Export{
		Workspace: ref.Workspace, ID: derivedID("schedule", ref.Workspace, ref.ID, due.Format(time.RFC3339)), Status: Queued, Source: FromSchedule,
		Schedule: ref.ID, Format: schedule.Format, Selection: schedule.Selection, CreatedBy: byTime, CreatedAt: t.instant(),
	}
	made, err := t.madeBefore(ctx, job.Ref())
	if err != nil {
		return Fired{Schedule: ref}, err
	}
	if !made {
		if note, err := t.running(ctx, schedule); note != "" || err != nil {
			return Fired{Schedule: ref, Note: note}, err
		}
		if err := t.exports.CreateExport(ctx, job, nil); err != nil && !errors.Is(err, ErrExists) {
			return Fired{Schedule: ref}, err
		}
	}
	if err := t.store.ScheduleRan(ctx, ref, due, job.ID); err != nil {
		return Fired{Schedule: ref}, err
	}
	_ = t.starter.StartExport(ctx, job.Ref()) // the sweep has it run when this fails
	return Fired{Schedule: ref, Export: job.ID}, nil
}

// due reads when a call was due.
func (t *Timekeeper) due(scheduledTime string) time.Time {
	at, err := time.Parse(time.RFC3339, scheduledTime)
	if err != nil {
		at = t.now().Truncate(time.Minute)
	}
	return at.UTC().Truncate(time.Millisecond)
}

func (t *Timekeeper) madeBefore(ctx context.Context, ref Ref) (bool, error) {
	_, err := t.exports.Export(ctx, ref)
	if problem.CodeOf(err) == problem.NotFound {
		return false, nil
	}
	return err == nil, err
}

// running says that the last export of a schedule is not finished.
func (t *Timekeeper) running(ctx context.Context, schedule Schedule) (note string, err error) {
	if schedule.LastExportID == "" {
		return "", nil
	}
	last, err := t.exports.Export(ctx, Ref{schedule.Workspace, schedule.LastExportID})
	switch {
	case problem.CodeOf(err) == problem.NotFound:
		return "", nil
	case err == nil && last.Status.Open():
		return "the export before is " + string(last.Status), nil
	}
	return "", err
}

// instant is the present in the precision that is stored.
func (t *Timekeeper) instant() time.Time { return t.now().UTC().Truncate(time.Millisecond) }

// derivedID is a UUID of version 8 (RFC 9562 §5.8) from what it is of. No part holds a line break.
func derivedID(parts ...string) string {
	return uuid.NewHash(sha256.New(), uuid.Nil, []byte(strings.Join(parts, "\n")), 8).String()
}

// repairAfter is how long a timer may be pending before the sweep takes it for left behind.
const repairAfter = time.Minute

// Repaired is what a repair did, for the log.
type Repaired struct {
	Put    int     // timers
	Failed []error // of schedules whose timers could not be put; the next repair tries again
}

// Repair puts the timers that somebody meant to put and did not, because of a crash or because the service did not answer.
func (t *Timekeeper) Repair(ctx context.Context) (Repaired, error) {
	var done Repaired
	refs, err := t.store.PendingSchedules(ctx)
	if err != nil {
		return done, err
	}
	for _, ref := range refs {
		if err := ctx.Err(); err != nil {
			return done, err
		}
		schedule, err := t.store.Schedule(ctx, ref)
		if problem.CodeOf(err) == problem.NotFound || err == nil && (schedule.PendingAt.IsZero() || t.now().Sub(schedule.PendingAt) < repairAfter) {
			continue
		}
		if err == nil {
			err = t.align(ctx, schedule)
		}
		if err != nil {
			done.Failed = append(done.Failed, fmt.Errorf("schedule %s: %w", ref.ID, err))
			continue
		}
		done.Put++
	}
	return done, nil
}
