package importing

import (
	"context"
	"errors"
	"time"

	"github.com/occ/contacts/pkg/problem"
)

// UndoLife is how long an import can be undone after it began. Storage keeps what an undo needs somewhat longer, so that one which
// begins on the last day ends too.
const UndoLife = 90 * 24 * time.Hour

// Undo begins to take back what an import wrote; contacts edited since are kept and listed in its report. Errors: NotFound, and
// NotPossible with the reason.
func (s *Service) Undo(ctx context.Context, ref Ref) (Import, error) {
	for {
		job, err := s.imports.Import(ctx, ref)
		if err != nil {
			return Import{}, err
		}
		if err := undoable(job, instant(s.now)); err != nil {
			return Import{}, err
		}
		job.Status, job.Attempts, job.ProgressAt, job.FinishedAt = Undoing, 0, time.Time{}, time.Time{}
		after, err := s.imports.UpdateImport(ctx, job)
		if err == nil {
			s.startParse(ctx, ref)
			return after, nil
		}
		if !errors.Is(err, ErrStale) {
			return Import{}, err
		}
	}
}

// startParse begins a run of import-parse. That it fails is no error of the call: the sweep looks at every open import.
func (s *Service) startParse(ctx context.Context, ref Ref) {
	if s.starter != nil {
		_ = s.starter.StartParse(ctx, ref)
	}
}

// undoable says why an import cannot be undone; nil when it can.
func undoable(job Import, now time.Time) error {
	began := job.StartedAt
	if began.IsZero() {
		began = job.CreatedAt
	}
	switch {
	case job.Status == Undoing:
		return problem.New(problem.NotPossible, "The import is being undone already.")
	case job.Status == Undone:
		return problem.New(problem.NotPossible, "The import is undone already.")
	case job.Status == Failed:
		return problem.New(problem.NotPossible, "The import failed and wrote nothing: there is nothing to undo.")
	case job.Status.Open():
		return problem.New(problem.NotPossible, "The import is %s. Wait until it has ended, or cancel it; then it can be undone.", job.Status.Shown())
	case job.DryRun:
		return problem.New(problem.NotPossible, "The import was a dry run and wrote nothing: there is nothing to undo.")
	case now.Sub(began) > UndoLife:
		return problem.New(problem.NotPossible, "The import began more than %d days ago, and what contacts were before an import is kept that long.", int(UndoLife.Hours()/24))
	}
	return nil
}
