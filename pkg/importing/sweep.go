package importing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/occ/contacts/pkg/problem"
)

// Sweeper sees to it that no import stays unfinished, whatever fails: it looks at every open import once a minute.
type Sweeper struct {
	parser  *Parser
	failed  FailedCalls
	arrived func(body []byte) ([]Arrival, error)
	// patience is how long an import may stand still: the messages of its chunks are delivered again meanwhile.
	patience time.Duration
}

// NewSweeper makes a Sweeper. arrived reads the objects out of a failed call; retry is the visibility time-out of the chunks' queue.
func NewSweeper(parser *Parser, failed FailedCalls, arrived func(body []byte) ([]Arrival, error), retry time.Duration) *Sweeper {
	return &Sweeper{parser, failed, arrived, 2 * retry}
}

// Swept is what a sweep did, for the log.
type Swept struct {
	Open   int // imports looked at
	Calls  int // failed calls taken up again
	Moved  []Parsed
	Failed []error // imports that could not be looked after; the next sweep tries again
	Left   int     // imports for which there was no time; the next sweep begins with others
}

// sweepMargin is how long before its deadline a sweep looks at no further import.
const sweepMargin = 10 * time.Second

// Sweep looks after every open import. One that cannot be helped now does not keep the others waiting.
func (s *Sweeper) Sweep(ctx context.Context) (Swept, error) {
	var done Swept
	refs, err := s.parser.Imports.OpenImports(ctx)
	if err != nil {
		return done, err // nothing could be taken up either
	}
	if err := s.takeUp(ctx, &done); err != nil {
		done.Failed = append(done.Failed, err)
	}
	for n, ref := range refs {
		if err := ctx.Err(); err != nil {
			return done, err
		}
		if deadline, has := ctx.Deadline(); has && time.Until(deadline) < sweepMargin {
			done.Left = len(refs) - n
			break
		}
		done.Open++
		moved, err := s.look(ctx, ref)
		if err != nil {
			done.Failed = append(done.Failed, fmt.Errorf("import %s: %w", ref.ID, err))
		} else if moved.Ref != (Ref{}) {
			done.Moved = append(done.Moved, moved)
		}
	}
	return done, nil
}

// takeUp repeats the calls of import-parse that failed for good: the import of such an object may not even have been made.
func (s *Sweeper) takeUp(ctx context.Context, done *Swept) error {
	for {
		calls, err := s.failed.Receive(ctx)
		if err != nil || len(calls) == 0 {
			return err
		}
		for _, call := range calls {
			arrivals, err := s.arrived(call.Body)
			for _, arrival := range arrivals {
				if _, failed := s.parser.Arrived(ctx, arrival); failed != nil {
					err = errors.Join(err, failed)
				}
			}
			if err != nil {
				done.Failed = append(done.Failed, fmt.Errorf("failed call: %w", err))
				if problem.CodeOf(err) == problem.Unavailable { // the next sweep may find the service at leisure
					if err := s.failed.Release(ctx, call.Receipt); err != nil {
						done.Failed = append(done.Failed, err)
					}
				}
				continue // it comes again
			}
			done.Calls++
			if err := s.failed.Delete(ctx, call.Receipt); err != nil {
				return err
			}
		}
	}
}

// look moves one import on if it stands still.
func (s *Sweeper) look(ctx context.Context, ref Ref) (Parsed, error) {
	job, err := s.parser.Imports.Import(ctx, ref)
	if problem.CodeOf(err) == problem.NotFound {
		return Parsed{}, nil
	} else if err != nil {
		return Parsed{}, err
	}
	now := s.parser.instant()
	still := now.Sub(job.ProgressAt) > s.patience
	switch job.Status {
	case AwaitingUpload:
		if now.Sub(job.CreatedAt) > uploadWait {
			return s.expire(ctx, job)
		}
	case Parsing:
		if still {
			return s.parser.parse(ctx, job)
		}
	case AwaitingMapping:
		if now.Sub(job.StartedAt) > mappingWait {
			return s.cancel(ctx, job)
		}
	case Processing:
		return s.push(ctx, job, still)
	case Undoing:
		return s.pushUndo(ctx, job, still)
	case Finalizing:
		if still {
			job, err = s.parser.Finisher.Finalize(ctx, job, job.Totals)
			return Parsed{Ref: ref, Status: job.Status, Rows: job.Totals.Rows}, err
		}
	}
	return Parsed{}, nil
}

// expire ends an import whose upload never came. One that did come, but whose event was lost, is imported instead.
func (s *Sweeper) expire(ctx context.Context, job Import) (Parsed, error) {
	object, err := s.parser.Files.Head(ctx, job.Bucket, job.Key, "")
	if err == nil {
		return s.parser.Arrived(ctx, Arrival{Bucket: job.Bucket, Key: job.Key, Version: object.Version})
	}
	if !errors.Is(err, ErrNoObject) {
		return Parsed{}, err
	}
	return s.cancel(ctx, job)
}

// cancel ends an import that waited in vain.
func (s *Sweeper) cancel(ctx context.Context, job Import) (Parsed, error) {
	job.Status, job.SampleRows, job.FinishedAt = Cancelled, nil, s.parser.instant()
	if _, err := s.parser.Imports.UpdateImport(ctx, job); errors.Is(err, ErrStale) {
		return Parsed{}, nil // what it waited for came after all
	} else if err != nil {
		return Parsed{}, err
	}
	return Parsed{Ref: Ref{job.Workspace, job.ID}, Status: Cancelled}, nil
}

// push moves an import on whose rows are being written: it finishes one whose rows are all counted, notes the progress of one that
// moves, and sends the open chunks again of one that does not.
func (s *Sweeper) push(ctx context.Context, job Import, still bool) (Parsed, error) {
	ref := Ref{job.Workspace, job.ID}
	counted, err := s.parser.Imports.Counted(ctx, ref)
	if err != nil {
		return Parsed{}, err
	}
	switch {
	case counted.Processed >= job.Totals.Rows:
		job, err = s.parser.Finisher.Finalize(ctx, job, counted)
		return Parsed{Ref: ref, Status: job.Status, Rows: job.Totals.Rows}, err
	case counted.Processed > job.Totals.Processed:
		rows := job.Totals.Rows
		job.Totals, job.Totals.Rows = counted, rows
		job.Attempts, job.ProgressAt = 0, s.parser.instant()
		if _, err = s.parser.Imports.UpdateImport(ctx, job); errors.Is(err, ErrStale) {
			err = nil
		}
		return Parsed{}, err
	case still && job.Attempts >= maxParseAbandons:
		// Even accounting for the rows one by one fails, as when the file is gone: those without outcome count together.
		rest := &counted.Failed
		if job.Cancelling {
			rest = &counted.Skipped
		}
		*rest += job.Totals.Rows - counted.Processed
		counted.Processed = job.Totals.Rows
		job, err = s.parser.Finisher.Finalize(ctx, job, counted)
		return Parsed{Ref: ref, Status: job.Status, Code: InternalError, Rows: job.Totals.Rows}, err
	case still:
		return s.parser.parse(ctx, job)
	}
	return Parsed{}, nil
}
