package exporting

import (
	"context"
	"fmt"

	"github.com/occ/contacts/pkg/problem"
)

// Swept is what a sweep did, for the log.
type Swept struct {
	Open    int     // exports looked at
	Started []Ref   // that stood still
	Failed  []error // exports that could not be looked after; the next sweep tries again
}

// Sweep has the exports run that stand still: those whose call was lost, and those whose run died.
func (r *Runner) Sweep(ctx context.Context) (Swept, error) {
	var done Swept
	refs, err := r.store.OpenExports(ctx)
	if err != nil {
		return done, err
	}
	for _, ref := range refs {
		done.Open++
		started, err := r.wake(ctx, ref)
		if err != nil {
			done.Failed = append(done.Failed, fmt.Errorf("export %s: %w", ref.ID, err))
		} else if started {
			done.Started = append(done.Started, ref)
		}
	}
	return done, ctx.Err()
}

// wake has an export run if it stands still.
func (r *Runner) wake(ctx context.Context, ref Ref) (bool, error) {
	job, err := r.store.Export(ctx, ref)
	if problem.CodeOf(err) == problem.NotFound {
		return false, nil
	} else if err != nil {
		return false, err
	}
	since := job.ProgressAt
	if job.Status == Queued {
		since = job.CreatedAt
	}
	if !job.Status.Open() || r.now().Sub(since) < r.patience {
		return false, nil
	}
	return true, r.starter.StartExport(ctx, ref)
}
