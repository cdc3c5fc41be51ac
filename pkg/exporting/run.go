package exporting

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/occ/contacts/pkg/problem"
	"github.com/occ/contacts/pkg/sheet/workbook"
)

const (
	// maxAttempts is how many runs of an export may begin without progress before it is given up.
	maxAttempts = 10
	// stopBefore is how long before its invocation ends a run leaves the rest to the next; an invocation of less than four times that
	// keeps a quarter of its time.
	stopBefore = 30 * time.Second
)

// Runner writes the files of exports. It may be called any number of times for one, at once or one after the other: every checkpoint is
// conditional on the one before, so only one of several runs gets on, and nothing of an object is seen before all of it is there.
type Runner struct {
	store    Store
	contacts Contacts
	objects  Objects
	starter  Starter
	// patience is how long a run may be without a checkpoint before another takes its place.
	patience time.Duration
	now      func() time.Time
	limits   limits
}

// limits are how much is held at once; tests make them small.
type limits struct {
	fragment int           // bytes of records that are gathered before they are kept
	piece    int           // records that are encoded at once
	part     int           // bytes of the file that are gathered before they are a part
	every    time.Duration // a checkpoint at least
	pause    time.Duration // before a run is tried to be taken back once more; it grows
}

// NewRunner makes a Runner.
func NewRunner(store Store, contacts Contacts, objects Objects, starter Starter, patience time.Duration, now func() time.Time) *Runner {
	return &Runner{store, contacts, objects, starter, patience, now, limits{
		fragment: 4 << 20, piece: 250, part: MinPart, every: patience / 4, pause: time.Second,
	}}
}

// Ran is what a run did, for the log.
type Ran struct {
	Ref    Ref
	Status Status
	Rows   int
	Bytes  int64
	Left   bool   // the rest is left to the next run
	Note   string // why nothing was done
}

// Run writes an export's file, or as much of it as the invocation has time for. An error means that it is to be called again.
func (r *Runner) Run(ctx context.Context, ref Ref) (Ran, error) {
	w, note, err := r.begin(ctx, ref)
	if err != nil || note != "" {
		return Ran{Ref: ref, Note: note}, err
	}
	begun := w.job
	if err = w.load(ctx); err == nil {
		err = w.write(ctx)
	}
	done := Ran{Ref: ref, Status: w.job.Status, Rows: w.job.Rows, Bytes: w.job.Bytes}
	switch {
	case errors.Is(err, errTimeUp):
		done.Left = true
		err = w.leave(ctx)
	case errors.Is(err, ErrStale):
		return Ran{Ref: ref, Note: "another run took over"}, nil
	case problem.CodeOf(err) == problem.Unavailable:
		r.forgive(ctx, begun)
	}
	return done, err
}

// pardonTries is how often it is tried to take a run back, each after a pause that grows to ten seconds.
const pardonTries = 30

// forgive takes a run back that a busy service ended: of these, no number makes an export fail.
func (r *Runner) forgive(ctx context.Context, job Export) {
	job.Attempts--
	for try := range pardonTries {
		if _, err := r.store.UpdateExport(ctx, job); problem.CodeOf(err) != problem.Unavailable {
			return // it is done, or the export got on meanwhile, with this run or another
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(r.limits.pause * time.Duration(min(try+1, 10))):
		}
	}
}

// begin takes an export to work on; note says why there is nothing to do.
func (r *Runner) begin(ctx context.Context, ref Ref) (w *writing, note string, err error) {
	job, err := r.store.Export(ctx, ref)
	switch now := r.instant(); {
	case problem.CodeOf(err) == problem.NotFound:
		return nil, "there is no such export", nil
	case err != nil:
		return nil, "", err
	case !job.Status.Open():
		return nil, "the export is " + string(job.Status), nil
	case job.Status == Running && now.Sub(job.ProgressAt) < r.patience:
		return nil, "another run is at work", nil
	case job.Attempts >= maxAttempts:
		return nil, "the export failed", r.fail(ctx, job, "internal_error", "The file could not be written although it was tried several times. Start the export again; if that does not help, tell us its id.")
	default:
		job.Attempts++
		job.Status, job.ProgressAt = Running, now
		if job.StartedAt.IsZero() {
			job.StartedAt = now
		}
	}
	if job, err = r.store.UpdateExport(ctx, job); errors.Is(err, ErrStale) {
		return nil, "another run took it", nil
	} else if err != nil {
		return nil, "", err
	}
	return &writing{Runner: r, job: job, stopAt: stopTime(ctx)}, "", nil
}

// stopTime is when a run has to leave the rest to the next; zero when there is no end.
func stopTime(ctx context.Context) time.Time {
	deadline, ok := ctx.Deadline()
	if !ok {
		return time.Time{}
	}
	return deadline.Add(-min(stopBefore, time.Until(deadline)/4))
}

func (r *Runner) fail(ctx context.Context, job Export, code, detail string) error {
	job.Status, job.Error, job.FinishedAt = Failed, &Fault{code, detail}, r.instant()
	job.forgetSearch()
	_, err := r.store.UpdateExport(ctx, job)
	if errors.Is(err, ErrStale) {
		return nil
	}
	return err
}

// instant is the present in the precision that is stored.
func (r *Runner) instant() time.Time { return r.now().UTC().Truncate(time.Millisecond) }

// errTimeUp ends the work of an invocation whose time is nearly over.
var errTimeUp = errors.New("exporting: the invocation's time is nearly over")

// writing is one run at work.
type writing struct {
	*Runner
	job    Export
	state  state
	stopAt time.Time
	saved  time.Time // when the last checkpoint was written
}

// write gathers the contacts and then writes the file of them.
func (w *writing) write(ctx context.Context) error {
	if !w.state.Gathered {
		if err := w.gather(ctx); err != nil {
			return err
		}
	}
	if !w.state.Whole {
		if err := w.render(ctx); errors.Is(err, workbook.ErrTooLarge) {
			return w.fail(ctx, w.job, "file_too_large", "An XLSX file of these contacts would have more than 4 GB. Export them as CSV, or fewer of them.")
		} else if err != nil {
			return err
		}
	}
	return w.finish(ctx)
}

// timeUp says that a run has to leave the rest to the next.
func (w *writing) timeUp() bool { return !w.stopAt.IsZero() && time.Now().After(w.stopAt) }

// leave lets the next run begin at once.
func (w *writing) leave(ctx context.Context) error {
	w.job.ProgressAt = time.Time{}
	if _, err := w.store.UpdateExport(ctx, w.job); err != nil && !errors.Is(err, ErrStale) {
		return err
	}
	if err := w.starter.StartExport(ctx, w.job.Ref()); err != nil {
		return fmt.Errorf("exporting: have the next run begin (the sweep will): %w", err)
	}
	return nil
}
