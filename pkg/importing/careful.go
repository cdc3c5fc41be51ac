package importing

import (
	"context"
	"errors"
	"slices"

	"github.com/occ/contacts/pkg/problem"
)

// maxAlone is how often a row is begun alone. A worker may die for other reasons while it writes a row; one that dies so often
// with the same one was killed by it.
const maxAlone = 3

// writeCarefully writes the pending rows one by one, each announced before it is tried. A row that was announced so often and has no
// outcome killed its workers, or could not be written: it fails, so that it costs no other row.
func (c *chunkWork) writeCarefully(ctx context.Context) error {
	if poisoned := c.state.Trying - 1; c.state.Tries >= maxAlone && slices.Contains(c.pending(), poisoned) {
		if err := c.reject(ctx, poisoned); err != nil {
			return err
		}
	}
	for {
		pending := c.pending()
		if len(pending) == 0 || c.state.Closed {
			return nil
		}
		if err := c.tryAlone(ctx, pending[0]); err != nil {
			return err
		}
	}
}

// tryAlone announces a row and writes it. What passes by itself (a busy table) is no fault of the row: it is taken back then.
func (c *chunkWork) tryAlone(ctx context.Context, index int) error {
	state, err := c.chunks.MarkTrying(ctx, c.ref, c.state, index)
	if errors.Is(err, ErrStale) {
		c.state, err = c.chunks.Chunk(ctx, c.ref) // another delivery is at work; see what it leaves
		return err
	} else if err != nil {
		return err
	}
	c.state = state
	err = c.write(ctx, func() []int {
		return slices.DeleteFunc(c.pending(), func(other int) bool { return other != index })
	})
	if err != nil && problem.CodeOf(err) == problem.Unavailable && ctx.Err() == nil {
		if after, undone := c.chunks.MarkTrying(ctx, c.ref, c.state, noRow); undone == nil {
			c.state = after
		}
	}
	return err
}

// noRow is the index that MarkTrying takes a mark back with.
const noRow = -1

// reject fails a row that cannot be written.
func (c *chunkWork) reject(ctx context.Context, index int) error {
	state, _, err := c.chunks.Commit(ctx, c.ref, c.state, []Write{{Index: index, Outcome: Rejected, Verdict: unwritable()}})
	if errors.Is(err, ErrStale) {
		state, err = c.chunks.Chunk(ctx, c.ref)
	}
	if err == nil {
		c.state = state
	}
	return err
}

// TooLarge is the verdict of a row whose contact cannot be stored for its size.
func TooLarge() *Verdict {
	return &Verdict{Rejected, ValueTooLong, "The contact would be larger than can be stored. " +
		"Remove some of its labels, identities or custom attributes, of the contact or of the row, " +
		"and import the row again."}
}

// unwritable is the verdict of a row that could not be written after all retries.
func unwritable() *Verdict {
	return &Verdict{Rejected, InternalError, "The row could not be written although it was tried several times. Import it again; if that does not help, tell us the id of this import."}
}
