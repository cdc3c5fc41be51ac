package importing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/problem"
)

// maxRounds is how often rows are decided again because others took their claims or changed their contacts meanwhile, or
// because another delivery of the chunk is at work. Each round reads strongly, so few are needed.
const maxRounds = 12

// Writer turns chunks into contacts. Deliveries may come twice, at once and in any order; the record of a chunk says what
// was done about it.
type Writer struct {
	imports  ImportStore
	chunks   ChunkStore
	files    FileStore
	finisher *Finisher
	// maxReceives is the delivery of a message that is its last: it is written with care.
	maxReceives int
	now         func() time.Time
}

// NewWriter makes a Writer.
func NewWriter(imports ImportStore, chunks ChunkStore, files FileStore, finisher *Finisher, maxReceives int, now func() time.Time) *Writer {
	return &Writer{imports, chunks, files, finisher, maxReceives, now}
}

// Delivery is one message of a chunk.
type Delivery struct {
	Body     []byte
	Receives int  // how often it was delivered, from 1
	Dead     bool // it comes from the dead-letter queue
	PutBack  bool // the delivery before it ended orderly: a busy service kept it from its work, and no row killed it
}

// Written is what a delivery did, for the log.
type Written struct {
	Ref     Ref
	Chunk   int
	Tally   Totals // of the whole chunk, once it is closed
	Undo    UndoTotals
	Careful bool
	Status  Status // of the import
	Note    string // why nothing was done
}

// Handle writes the rows of a chunk that are still pending. An error means that the message is to be delivered again;
// with problem.Unavailable a busy service kept the chunk from being written, which is no try of its rows.
func (w *Writer) Handle(ctx context.Context, delivery Delivery) (Written, error) {
	var chunk Chunk
	if err := json.Unmarshal(delivery.Body, &chunk); err != nil {
		// It will never be readable. The sweep sends the chunk again, made from the file.
		return Written{Note: "the message is no chunk"}, nil //nolint:nilerr // dropped on purpose
	}
	done := Written{Ref: Ref{chunk.Workspace, chunk.Import}, Chunk: chunk.Number}
	if chunk.Schema != chunkSchema {
		return done, fmt.Errorf("importing: chunk of schema %d", chunk.Schema)
	}
	job, err := w.imports.Import(ctx, done.Ref)
	if problem.CodeOf(err) == problem.NotFound {
		done.Note = "there is no such import"
		return done, nil
	} else if err != nil {
		return done, err
	}
	done.Status = job.Status
	if chunk.Undo {
		done, err = w.undo(ctx, chunk, job, delivery)
	} else {
		done, err = w.writeChunk(ctx, chunk, job, delivery)
	}
	if problem.CodeOf(err) == problem.Unavailable {
		w.noteWaiting(ctx, job)
	}
	return done, err
}

// writeChunk handles a chunk of an import that is being written.
func (w *Writer) writeChunk(ctx context.Context, chunk Chunk, job Import, delivery Delivery) (done Written, err error) {
	done = Written{Ref: Ref{chunk.Workspace, chunk.Import}, Chunk: chunk.Number, Status: job.Status}
	if job.Status != Processing {
		done.Note = "the import is " + string(job.Status)
		return done, nil
	}
	if err := w.loadBody(ctx, &chunk); err != nil {
		return done, err
	}
	work := w.workOn(chunk, job)
	if work.state, err = w.chunks.Chunk(ctx, work.ref); err == nil && delivery.PutBack {
		work.state, err = w.forgive(ctx, work.ref, work.state)
	}
	if err != nil {
		return done, err
	}
	done.Careful = delivery.Dead || delivery.Receives >= w.maxReceives
	if err := work.finish(ctx, done.Careful); err != nil {
		return done, err
	}
	done.Tally = tally(work.state)
	job, err = w.finisher.Check(ctx, job)
	done.Status = job.Status
	return done, err
}

// forgive takes back the mark of a row that a busy service kept from being written, where that could not be done at
// once: only rows that killed their worker are to keep one.
func (w *Writer) forgive(ctx context.Context, ref ChunkRef, state ChunkState) (ChunkState, error) {
	if state.Trying == 0 {
		return state, nil
	}
	after, err := w.chunks.MarkTrying(ctx, ref, state, noRow)
	if errors.Is(err, ErrStale) {
		return w.chunks.Chunk(ctx, ref) // another delivery is at work
	}
	return after, err
}

// noteEvery is how often an import at most notes that it waits for a busy service.
const noteEvery = 5 * time.Second

// noteWaiting tells the sweep that an import does not stand still: its chunks wait for a busy service and come again
// by themselves. Otherwise the sweep would send them once more, and after some rounds give their rows up. When it
// fails, the sweep finds the service busy too.
func (w *Writer) noteWaiting(ctx context.Context, job Import) {
	now := instant(w.now)
	if now.Sub(job.ProgressAt) < noteEvery {
		return
	}
	job.ProgressAt = now
	_, _ = w.imports.UpdateImport(ctx, job) // another chunk may have said so meanwhile
}

// loadBody fetches the rows of a chunk that did not fit its message.
func (w *Writer) loadBody(ctx context.Context, chunk *Chunk) error {
	if chunk.BodyKey == "" {
		return nil
	}
	body, err := w.files.GetWork(ctx, chunk.BodyKey)
	if err != nil {
		return fmt.Errorf("importing: read the body of chunk %d: %w", chunk.Number, err)
	}
	if err := json.Unmarshal(body, chunk); err != nil {
		return fmt.Errorf("importing: decode the body of chunk %d: %w", chunk.Number, err)
	}
	return nil
}

// chunkWork is one delivery at work.
type chunkWork struct {
	*Writer
	chunk     Chunk
	ref       ChunkRef
	state     ChunkState
	author    string // of notes: who started the import
	cancelled bool
	abandoned bool // the rows could not be written after all tries
}

func (w *Writer) workOn(chunk Chunk, job Import) *chunkWork {
	ref := ChunkRef{Ref{chunk.Workspace, chunk.Import}, chunk.Number, len(chunk.Rows)}
	return &chunkWork{Writer: w, chunk: chunk, ref: ref, author: job.CreatedBy, cancelled: job.Cancelling}
}

// Abandon accounts for the rows of a chunk that nobody could write: those still pending fail with InternalError, or are skipped when
// the import was cancelled.
func (w *Writer) Abandon(ctx context.Context, chunk Chunk, job Import) error {
	work := w.workOn(chunk, job)
	work.abandoned = true
	var err error
	if work.state, err = w.chunks.Chunk(ctx, work.ref); err != nil {
		return err
	}
	return work.finish(ctx, false)
}

// finish writes what is pending and closes the chunk.
func (c *chunkWork) finish(ctx context.Context, careful bool) error {
	if c.state.Closed {
		return nil
	}
	write := c.writeAll
	if careful {
		write = c.writeCarefully
	}
	if err := write(ctx); err != nil {
		return err
	}
	if err := c.finishNotes(ctx); err != nil || c.state.Closed {
		return err
	}
	if lines := fragment(c.chunk, c.state); len(lines) > 0 {
		if err := c.files.PutWork(ctx, fragmentKey(c.ref.Ref, c.ref.Number), lines); err != nil {
			return err
		}
	}
	return c.chunks.Close(ctx, c.ref, c.state, tally(c.state))
}

// pending are the indexes of the rows without outcome.
func (c *chunkWork) pending() []int {
	var indexes []int
	for i := range c.chunk.Rows {
		if i >= len(c.state.Outcomes) || Outcome(c.state.Outcomes[i]) == Pending {
			indexes = append(indexes, i)
		}
	}
	return indexes
}

// writeAll writes the pending rows, in as few transactions as they need.
func (c *chunkWork) writeAll(ctx context.Context) error { return c.write(ctx, c.pending) }

// write decides rows and commits them, until none of those that which returns is left.
func (c *chunkWork) write(ctx context.Context, which func() []int) error {
	for round := 0; ; round++ {
		indexes := which()
		if len(indexes) == 0 || c.state.Closed {
			return nil
		}
		if round == maxRounds {
			return fmt.Errorf("importing: %d rows of chunk %d are contended for", len(indexes), c.ref.Number)
		}
		if err := pause(ctx, round); err != nil {
			return err
		}
		if err := c.finishNotes(ctx); err != nil {
			return err
		}
		writes, err := c.decide(ctx, indexes)
		if err != nil {
			return err
		}
		c.state, _, err = c.chunks.Commit(ctx, c.ref, c.state, writes)
		if errors.Is(err, ErrStale) {
			c.state, err = c.chunks.Chunk(ctx, c.ref)
		}
		if err != nil {
			return err
		}
	}
}

// pause keeps those who collided from colliding again; the first round does not wait.
func pause(ctx context.Context, round int) error {
	if round == 0 {
		return nil
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(rand.N(min(time.Duration(round)*10*time.Millisecond, 200*time.Millisecond))): //nolint:gosec // jitter is no secret
		return nil
	}
}

// tally counts the outcomes of a chunk.
func tally(state ChunkState) Totals {
	count := func(outcomes ...Outcome) (n int) {
		for _, outcome := range outcomes {
			n += strings.Count(state.Outcomes, string(rune(outcome)))
		}
		return n
	}
	return Totals{
		Processed: len(state.Outcomes), Created: count(Created), Updated: count(Updated, Unchanged), Skipped: count(Skipped), Failed: count(Rejected),
	}
}

// actor is who changes contacts here.
func (c *chunkWork) actor() contact.Actor {
	return contact.Actor{Type: contact.ByImport, ID: c.chunk.Import}
}
