package importing

import (
	"context"
	"errors"
	"fmt"
)

// NotesLeft are notes that are still to be written of a row whose outcome is recorded.
type NotesLeft struct {
	Row       int      `json:"row"` // index in the chunk
	ContactID string   `json:"contact"`
	IDs       []string `json:"ids"`
}

// Any reports whether notes are left.
func (l NotesLeft) Any() bool { return len(l.IDs) > 0 }

// finishNotes writes the notes that a delivery before, which died, left of a row.
func (c *chunkWork) finishNotes(ctx context.Context) error {
	for round := range maxRounds {
		if !c.state.NotesLeft.Any() || c.state.Closed {
			return nil
		}
		if err := pause(ctx, round); err != nil {
			return err
		}
		var err error
		c.state, err = c.chunks.FinishNotes(ctx, c.ref, c.state, c.notes(c.chunk.Rows[c.state.NotesLeft.Row], nil))
		if errors.Is(err, ErrStale) {
			c.state, err = c.chunks.Chunk(ctx, c.ref)
		}
		if err != nil {
			return err
		}
	}
	return fmt.Errorf("importing: the notes of a row of chunk %d are contended for", c.ref.Number)
}
