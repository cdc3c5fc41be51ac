package importing

import (
	"context"
	"errors"
	"time"
)

// Finisher moves an import on once all of its rows are counted. It may be called by everybody who might be the last, at any time:
// the states move by conditions, and the report follows from its fragments.
type Finisher struct {
	imports ImportStore
	files   FileStore
	now     func() time.Time
}

// NewFinisher makes a Finisher.
func NewFinisher(imports ImportStore, files FileStore, now func() time.Time) *Finisher {
	return &Finisher{imports, files, now}
}

// Check finishes a processing import if all of its rows are counted, and returns it as it then is. Whoever moves it to
// finalizing puts the report together; a sweep does when they could not.
func (f *Finisher) Check(ctx context.Context, job Import) (Import, error) {
	if job.Status != Processing {
		return job, nil
	}
	counted, err := f.imports.Counted(ctx, Ref{job.Workspace, job.ID})
	if err != nil || counted.Processed < job.Totals.Rows {
		return job, err
	}
	return f.Finalize(ctx, job, counted)
}

// Finalize takes an import whose rows are all counted through finalizing to completed, or to cancelled when it was.
func (f *Finisher) Finalize(ctx context.Context, job Import, counted Totals) (Import, error) {
	rows := job.Totals.Rows
	job.Totals = counted
	job.Totals.Rows = rows
	for job.Status == Processing {
		job.Status, job.ProgressAt = Finalizing, instant(f.now)
		after, err := f.imports.UpdateImport(ctx, job)
		if err == nil {
			job = after
			break
		}
		if !errors.Is(err, ErrStale) {
			return job, err
		}
		if job, err = f.imports.Import(ctx, Ref{job.Workspace, job.ID}); err != nil || job.Status != Processing {
			return job, err // somebody else finishes it
		}
		job.Totals = counted
		job.Totals.Rows = rows
	}
	if job.Status != Finalizing {
		return job, nil
	}
	if job.Totals.Skipped+job.Totals.Failed > 0 {
		if err := f.assemble(ctx, job); err != nil {
			return job, err
		}
		job.HasReport = true
	}
	job.Status, job.FinishedAt = Completed, instant(f.now)
	if job.Cancelling {
		job.Status = Cancelled
	}
	after, err := f.imports.UpdateImport(ctx, job)
	if errors.Is(err, ErrStale) {
		return f.imports.Import(ctx, Ref{job.Workspace, job.ID})
	}
	return after, err
}
