package dynamo

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/occ/contacts/pkg/contact"
)

func noteItem(c contact.Contact, note contact.Note, writeID string) item {
	it := newItem(noteKey(c.Workspace, c.ID, note.ID), writeID, 5)
	it["id"], it["text"] = text(note.ID), text(note.Text)
	it.setText("author", note.Author)
	it.setTime("createdAt", note.CreatedAt)
	it.setTime("updatedAt", note.UpdatedAt)
	return it
}

// putNotes writes notes that found no room in their row's transaction. Their ids follow from the row, so that a repetition
// puts the same ones; the row's outcome is recorded after them.
func (s *Store) putNotes(ctx context.Context, notes []part) error {
	for len(notes) > 0 {
		n, bytes := 0, 0
		for n < len(notes) && n < maxTransactionItems && bytes+notes[n].bytes <= maxTransactionBytes {
			bytes += notes[n].bytes
			n++
		}
		if err := s.transact(ctx, newWriteID(), notes[:n], maxTries); err != nil {
			return fmt.Errorf("dynamo: write %d notes: %w", n, err)
		}
		notes = notes[n:]
	}
	return nil
}

// removeNotes takes notes back whose row was refused: it may go to another contact now.
func (s *Store) removeNotes(ctx context.Context, notes []part) error {
	removals := make([]part, len(notes))
	for i, note := range notes {
		removals[i] = remove(aws.ToString(note.write.Put.TableName), item(note.write.Put.Item).key(), condition{})
	}
	return s.putNotes(ctx, removals)
}
