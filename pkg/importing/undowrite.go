package importing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"golang.org/x/sync/errgroup"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/problem"
	"github.com/occ/contacts/pkg/sheet/cell"
)

// undoAtOnce is how many contacts of a chunk are taken back at once.
const undoAtOnce = 8

// undoWork is one delivery of a chunk that is being undone. What is done about a contact shows in the contact itself: one that is
// gone, or whose before-image is, needs nothing more. So the record only has to say what the report says, and a delivery
// that died before it was written costs nothing.
type undoWork struct {
	*Writer
	job   Import
	ref   ChunkRef
	rows  []Row // as the file has them; none when it is gone
	state UndoState
}

// undo handles a chunk's message of an undo.
func (w *Writer) undo(ctx context.Context, chunk Chunk, job Import, delivery Delivery) (Written, error) {
	done := Written{Ref: Ref{chunk.Workspace, chunk.Import}, Chunk: chunk.Number, Status: job.Status}
	if job.Status != Undoing {
		done.Note = "the import is " + string(job.Status)
		return done, nil
	}
	if err := w.loadBody(ctx, &chunk); err != nil {
		return done, err
	}
	work, err := w.undoOf(ctx, chunk, job)
	if err != nil {
		return done, err
	}
	if delivery.PutBack {
		if work.state.ChunkState, err = w.forgive(ctx, work.ref, work.state.ChunkState); err != nil {
			return done, err
		}
	}
	done.Careful = delivery.Dead || delivery.Receives >= w.maxReceives
	takeBack := work.takeBackAll
	if done.Careful {
		takeBack = work.takeBackCarefully
	}
	if err := work.finish(ctx, takeBack); err != nil {
		return done, err
	}
	done.Undo = work.state.tally()
	job, err = w.finisher.CheckUndo(ctx, job)
	done.Status = job.Status
	return done, err
}

// abandonUndo accounts for the rows of a chunk that nobody could take back.
func (w *Writer) abandonUndo(ctx context.Context, chunk Chunk, job Import) error {
	work, err := w.undoOf(ctx, chunk, job)
	if err != nil {
		return err
	}
	return work.finish(ctx, func(ctx context.Context) error {
		for left := work.state.left(); len(left) > 0 && !work.state.Counted; left = work.state.left() {
			if err := work.giveUp(ctx, left); err != nil {
				return err
			}
		}
		return nil
	})
}

func (w *Writer) undoOf(ctx context.Context, chunk Chunk, job Import) (*undoWork, error) {
	ref := ChunkRef{Ref{chunk.Workspace, chunk.Import}, chunk.Number, len(chunk.Rows)}
	state, err := w.chunks.UndoChunk(ctx, ref)
	if err != nil {
		return nil, err
	}
	work := &undoWork{Writer: w, job: job, ref: ref, state: state}
	if work.ref.Rows = len(state.Outcomes); len(chunk.Rows) == work.ref.Rows {
		work.rows = chunk.Rows
	}
	return work, nil
}

// finish takes back what is left to take back, reports what is kept and counts the chunk.
func (u *undoWork) finish(ctx context.Context, takeBack func(context.Context) error) error {
	if u.state.Counted || u.state.Version == 0 {
		return nil
	}
	if err := takeBack(ctx); err != nil {
		return err
	}
	if u.state.Counted {
		return nil
	}
	if lines := u.lines(); len(lines) > 0 {
		if err := u.files.PutWork(ctx, keptKey(u.ref.Ref, u.ref.Number), lines); err != nil {
			return err
		}
	}
	return u.chunks.CountUndo(ctx, u.ref, u.state, u.state.tally())
}

// lines are the kept rows as the report has them. They follow from the record and the file.
func (u *undoWork) lines() []byte {
	var lines []byte
	for i := range u.state.Outcomes {
		verdict, kept := u.state.Kept[i]
		if !kept {
			continue
		}
		row := u.row(i)
		number := ""
		if row.Number > 0 {
			number = strconv.Itoa(row.Number)
		}
		lines = cell.AppendCSV(lines, slices.Concat(row.Cells, []string{number, outcomeNames[verdict.Outcome], string(verdict.Code), verdict.Message}))
	}
	return lines
}

// row is a row as the file has it, or as far as the record knows it.
func (u *undoWork) row(i int) Row {
	if u.rows != nil {
		return u.rows[i]
	}
	return Row{Number: u.state.Contacts[i].Row, Cells: make([]string, len(u.job.Columns))}
}

// takeBackAll takes back the rows that are left, several contacts at once.
func (u *undoWork) takeBackAll(ctx context.Context) error {
	for left := u.state.left(); len(left) > 0 && !u.state.Counted; left = u.state.left() {
		if err := u.takeBack(ctx, left); err != nil {
			return err
		}
	}
	return nil
}

// takeBackCarefully does so one by one, each announced before it is tried, as chunkWork.writeCarefully does.
func (u *undoWork) takeBackCarefully(ctx context.Context) error {
	if poisoned := u.state.Trying - 1; u.state.Tries >= maxAlone && slices.Contains(u.state.left(), poisoned) {
		if err := u.giveUp(ctx, []int{poisoned}); err != nil {
			return err
		}
	}
	for left := u.state.left(); len(left) > 0 && !u.state.Counted; left = u.state.left() {
		if err := u.tryAlone(ctx, left[0]); err != nil {
			return err
		}
	}
	return nil
}

func (u *undoWork) tryAlone(ctx context.Context, index int) error {
	marked, err := u.chunks.MarkTrying(ctx, u.ref, u.state.ChunkState, index)
	if errors.Is(err, ErrStale) {
		return u.readAgain(ctx) // another delivery is at work; see what it leaves
	} else if err != nil {
		return err
	}
	u.state.ChunkState = marked
	err = u.takeBack(ctx, []int{index})
	if err != nil && problem.CodeOf(err) == problem.Unavailable && ctx.Err() == nil { // no fault of the row
		if after, failed := u.chunks.MarkTrying(ctx, u.ref, u.state.ChunkState, noRow); failed == nil {
			u.state.ChunkState = after
		}
	}
	return err
}

// takeBack takes back what rows did and records it. Rows of one contact are one matter.
func (u *undoWork) takeBack(ctx context.Context, indexes []int) error {
	var ids []string
	for _, i := range indexes {
		if id := u.state.Contacts[i].ID; !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	seen, err := u.chunks.Touched(ctx, u.ref.Ref, ids)
	if err != nil {
		return err
	}
	fates := make([]fate, len(ids))
	var group errgroup.Group // without a context of its own: one that fails does not stop the others
	group.SetLimit(undoAtOnce)
	for n, id := range ids {
		group.Go(func() (err error) {
			touched, there := seen[id]
			fates[n], err = u.settle(ctx, id, touched, there)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	verdicts := make(map[int]*Verdict, len(indexes))
	for _, i := range indexes {
		verdicts[i] = fates[slices.Index(ids, u.state.Contacts[i].ID)].of(Outcome(u.state.Outcomes[i]))
	}
	return u.save(ctx, verdicts)
}

// giveUp records rows as kept that could not be taken back; those whose contact is gone are.
func (u *undoWork) giveUp(ctx context.Context, indexes []int) error {
	var ids []string
	for _, i := range indexes {
		ids = append(ids, u.state.Contacts[i].ID)
	}
	slices.Sort(ids)
	there, err := u.chunks.Touched(ctx, u.ref.Ref, slices.Compact(ids))
	if err != nil {
		return err
	}
	verdicts := make(map[int]*Verdict, len(indexes))
	for _, i := range indexes {
		verdicts[i] = nil
		if touched, found := there[u.state.Contacts[i].ID]; found && touched.pending(Outcome(u.state.Outcomes[i])) {
			verdicts[i] = keeping(InternalError, "Contact %s could not be taken back although it was tried several times. Look at it, and delete or correct it by hand.", touched.Contact.ID)
		}
	}
	return u.save(ctx, verdicts)
}

// save records fates. What another delivery recorded first stays.
func (u *undoWork) save(ctx context.Context, verdicts map[int]*Verdict) error {
	after, err := u.chunks.SaveUndo(ctx, u.ref, u.state, u.state.with(verdicts))
	if errors.Is(err, ErrStale) {
		return u.readAgain(ctx)
	}
	if err == nil {
		u.state = after
	}
	return err
}

func (u *undoWork) readAgain(ctx context.Context) error {
	state, err := u.chunks.UndoChunk(ctx, u.ref)
	if err == nil {
		u.state = state
	}
	return err
}

func keeping(code Code, format string, args ...any) *Verdict {
	return &Verdict{Kept, code, fmt.Sprintf(format, args...)}
}

// actor is who made the contacts, and who takes them back.
func (u *undoWork) actor() contact.Actor { return contact.Actor{Type: contact.ByImport, ID: u.ref.ID} }
