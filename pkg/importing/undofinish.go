package importing

import (
	"context"
	"errors"
)

// CheckUndo ends an undo whose chunks are all counted, and returns the import as it then is. It may be called by everybody who might be
// the last, at any time.
func (f *Finisher) CheckUndo(ctx context.Context, job Import) (Import, error) {
	if job.Status != Undoing || job.ProgressAt.IsZero() { // without a run nobody knows how many chunks there are
		return job, nil
	}
	counted, err := f.imports.UndoCounted(ctx, Ref{job.Workspace, job.ID})
	if err != nil || counted.Chunks < job.UndoChunks {
		return job, err
	}
	return f.endUndo(ctx, job, counted)
}

// endUndo writes the report anew if rows were kept, and moves the import on to undone. Its totals stay those of the import.
func (f *Finisher) endUndo(ctx context.Context, job Import, counted UndoTotals) (Import, error) {
	if counted.Kept > 0 {
		if err := f.assemble(ctx, job); err != nil {
			return job, err
		}
	}
	for job.Status == Undoing {
		job.Status, job.Undo, job.FinishedAt = Undone, counted, instant(f.now)
		job.HasReport = job.HasReport || counted.Kept > 0
		after, err := f.imports.UpdateImport(ctx, job)
		if !errors.Is(err, ErrStale) {
			return after, err
		}
		if job, err = f.imports.Import(ctx, Ref{job.Workspace, job.ID}); err != nil {
			return job, err
		}
	}
	return job, nil
}

// pushUndo moves an undo on: it begins one whose start was lost, ends one whose chunks are all counted, notes the progress of one that
// moves, and sends the open chunks again of one that does not.
func (s *Sweeper) pushUndo(ctx context.Context, job Import, still bool) (Parsed, error) {
	if job.ProgressAt.IsZero() {
		return s.parser.undo(ctx, job)
	}
	done := Parsed{Ref: Ref{job.Workspace, job.ID}, Rows: job.Totals.Rows}
	counted, err := s.parser.Imports.UndoCounted(ctx, done.Ref)
	if err != nil {
		return Parsed{}, err
	}
	switch {
	case counted.Chunks >= job.UndoChunks || still && job.Attempts >= maxParseAbandons: // then not even the records can be written
		job, err = s.parser.Finisher.endUndo(ctx, job, counted)
		done.Status = job.Status
		return done, err
	case counted.Chunks > job.Undo.Chunks:
		job.Undo, job.Attempts, job.ProgressAt = counted, 0, s.parser.instant()
		if _, err = s.parser.Imports.UpdateImport(ctx, job); errors.Is(err, ErrStale) {
			err = nil
		}
		return Parsed{}, err
	case still:
		return s.parser.undo(ctx, job)
	}
	return Parsed{}, nil
}
