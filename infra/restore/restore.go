// Package restore sets the tables of a deployed stack back to a second of the last 35 days, with all that a restored
// table lacks: expiry, point-in-time recovery, deletion protection, tags, warm throughput, and the timers of export
// schedules.
//
// DynamoDB restores into a new table only, and a table cannot be renamed. So the past is first made beside the
// present, in tables whose names end in "-then", and backed up; nothing else changes, and somebody looks at it. Then
// the writers are stopped, the tables are deleted, and the backups restored under the old names. Every step notes in
// a file that it is done, so that a run that was interrupted is continued by the same command.
//
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/pointintimerecovery_restores.html
package restore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
)

// Options say what is restored.
type Options struct {
	// Stack is the name of the stack; its tables, functions and sweeps begin with it.
	Stack string
	// At is the second that the tables are set back to. Zero continues what the file says.
	At time.Time
	// Confirmed goes on to replace the tables. Without it, Run makes the past beside the present and ends.
	Confirmed bool
	// Abandon removes the past and the file, as long as no table was replaced.
	Abandon bool
	// Rehearsal is for the local stack. The emulator keeps no history: the past is a copy of the present, and checks of
	// the recovery window are left out.
	Rehearsal bool
	// File is where progress is kept, for the next run.
	File string
	// SweepGroup is the group of the stack's own schedules: sweeps and the nightly backup.
	SweepGroup string
	// TimerGroup is the group of the timers of export schedules.
	TimerGroup string
	// Drain is how long functions that were running when the writers were stopped may go on: the longest time-out of
	// a function.
	Drain time.Duration
	// Poll is the pause between two looks at a table, a backup or a mapping.
	Poll time.Duration
	// Log takes a line for each step.
	Log io.Writer
}

// Clients reach the stack.
type Clients struct {
	DynamoDB  *dynamodb.Client
	Lambda    *lambda.Client
	Scheduler *scheduler.Client
}

// RemakeTimers marks every export schedule of the restored tables so that the sweep puts its timer again. It returns
// how many.
type RemakeTimers func(ctx context.Context) (int, error)

// ErrUnconfirmed is returned when the past was made and waits for somebody to look at it.
var ErrUnconfirmed = errors.New("the past is there to be looked at; nothing was replaced")

// run is one run of the command.
type run struct {
	Options
	Clients
	remake RemakeTimers
	state  state
	now    func() time.Time
}

// step is a part of a restore that is done once. What it did must bear being done again: a run may end before it is
// noted.
type step struct {
	name string
	do   func(r *run, ctx context.Context) error
}

var (
	prepare = []step{
		{"check the second and remember the tables", (*run).remember},
		{"restore the past beside the present", (*run).restorePast},
		{"back the past up", (*run).backUp},
	}
	replace = []step{
		{"stop the writers", (*run).stopWriters},
		{"wait for functions that still run", (*run).drain},
		{"replace the tables", (*run).replaceTables},
		{"give the tables what a restored one lacks", (*run).giveSettings},
		{"compare the tables with those of before", (*run).compare},
		{"mark the timers of export schedules", (*run).remakeTimers},
		{"start the writers", (*run).startWriters},
		{"remove the past and its backups", (*run).removePast},
	}
)

// Run restores, or continues. It returns ErrUnconfirmed when the past was made and Confirmed is not set.
func Run(ctx context.Context, clients Clients, remake RemakeTimers, options Options) error {
	r := &run{Options: options, Clients: clients, remake: remake, now: time.Now}
	var err error
	if r.state, err = readState(options.File); err != nil {
		return err
	}
	if options.Abandon {
		return r.abandon(ctx)
	}
	if err := r.begin(); err != nil {
		return err
	}
	if err := r.steps(ctx, prepare); err != nil {
		return err
	}
	if !options.Confirmed {
		return ErrUnconfirmed
	}
	if err := r.steps(ctx, replace); err != nil {
		return err
	}
	return removeState(options.File)
}

// begin checks that the command and the file speak of the same restore.
func (r *run) begin() error {
	if r.Stack == "" {
		return errors.New("name the stack: STACK=")
	}
	if r.state.Stack == "" {
		if r.At.IsZero() {
			return errors.New("say which second to go back to: AT=2026-01-31T09:30:00Z")
		}
		r.state = state{Stack: r.Stack, At: r.At, Done: map[string]time.Time{}} // saved when it is known to be possible
		return nil
	}
	if r.state.Stack != r.Stack || !r.At.IsZero() && !r.At.Equal(r.state.At) {
		return fmt.Errorf("%s is of a restore of %s to %s that was begun; finish it with CONFIRM=yes, or undo it with ABANDON=yes",
			r.File, r.state.Stack, r.state.At.Format(time.RFC3339))
	}
	return nil
}

// steps does those that are not done yet.
func (r *run) steps(ctx context.Context, steps []step) error {
	for _, s := range steps {
		if !r.state.Done[s.name].IsZero() {
			continue
		}
		r.say("%s", s.name)
		if err := s.do(r, ctx); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		r.state.Done[s.name] = r.now()
		if err := r.save(); err != nil {
			return err
		}
	}
	return nil
}

// abandon undoes the preparation.
func (r *run) abandon(ctx context.Context) error {
	if r.state.Stack == "" {
		return errors.New("no restore was begun")
	}
	if r.state.Replacing {
		return errors.New("tables are being replaced already: only CONFIRM=yes goes on from here, or the writers stay stopped")
	}
	if len(r.state.Writers.Functions) > 0 {
		if err := r.remakeTimers(ctx); err != nil {
			return err
		}
		if err := r.startWriters(ctx); err != nil {
			return err
		}
	}
	if err := r.removePast(ctx); err != nil {
		return err
	}
	return removeState(r.File)
}

func (r *run) remakeTimers(ctx context.Context) error {
	marked, err := r.remake(ctx)
	if err == nil {
		r.say("  %d schedules; the sweep puts their timers within some minutes", marked)
	}
	return err
}

// drain waits until no function can be at work that began before the writers were stopped.
func (r *run) drain(ctx context.Context) error {
	left := r.state.Done["stop the writers"].Add(r.Drain).Sub(r.now())
	if left <= 0 {
		return nil
	}
	r.say("  %s", left.Round(time.Second))
	return sleep(ctx, left)
}

// until looks again and again until done, or the context ends.
func (r *run) until(ctx context.Context, what string, done func() (bool, error)) error {
	for {
		ok, err := done()
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		if ok {
			return nil
		}
		if err := sleep(ctx, r.Poll); err != nil {
			return fmt.Errorf("%s: %w; the same command goes on from here", what, err)
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

func (r *run) say(format string, args ...any) { fmt.Fprintf(r.Log, format+"\n", args...) } //nolint:errcheck // a terminal
