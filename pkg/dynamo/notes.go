package dynamo

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/problem"
)

func noteItem(c contact.Contact, note contact.Note, writeID string) item {
	it := newItem(noteKey(c.Workspace, cmp.Or(note.ContactID, c.ID), note.ID), writeID, 6)
	it["id"], it["text"], it[attrVersion] = text(note.ID), text(note.Text), number(max(note.Version, 1))
	it.setText("author", note.Author)
	it.setTime("createdAt", note.CreatedAt)
	it.setTime("updatedAt", note.UpdatedAt)
	return it
}

func noteOf(it item) contact.Note {
	return contact.Note{
		ID: it.text("id"), Text: it.text("text"), Author: it.text("author"), CreatedAt: it.time("createdAt"), UpdatedAt: it.time("updatedAt"),
		Version: max(it.number(attrVersion), 1), ContactID: noteOwner(it.key()),
	}
}

// noteOwner reads the contact out of the key of a note.
func noteOwner(k key) string {
	owner, _, _ := strings.Cut(k.sk, notePrefix)
	return owner
}

// Note implements contact.Store.
func (s *Store) Note(ctx context.Context, workspace string, owners []string, noteID string) (contact.Note, error) {
	for _, owner := range owners {
		if it, err := s.read(ctx, s.tables.Contacts, noteKey(workspace, owner, noteID)); it != nil || err != nil {
			return noteOf(it), err
		}
	}
	return contact.Note{}, problem.New(problem.NotFound, "The contact has no such note. It may have been deleted.")
}

// Notes implements contact.Store.
func (s *Store) Notes(ctx context.Context, workspace string, owners []string, limit int, after string) ([]contact.Note, string, error) {
	items, next, err := s.newestOf(ctx, s.tables.Contacts, owners, limit, after, func(owner string) (partition, prefix string) {
		return contactPartition(workspace, owner), owner + notePrefix
	})
	notes := make([]contact.Note, len(items))
	for i, it := range items {
		notes[i] = noteOf(it)
	}
	return notes, next, err
}

// WriteNote implements contact.Store. The contact's version keeps two writers of one note apart.
func (s *Store) WriteNote(ctx context.Context, before, after contact.Contact, activity contact.Activity, note contact.Note, once *contact.Once) error {
	return s.withNote(ctx, before, after, activity, func(writeID string) []part {
		return append(s.onceParts(after.Workspace, after.ID, once, writeID), put(s.tables.Contacts, noteItem(after, note, writeID), condition{}))
	})
}

// DeleteNote implements contact.Store.
func (s *Store) DeleteNote(ctx context.Context, before, after contact.Contact, activity contact.Activity, note contact.Note) error {
	return s.withNote(ctx, before, after, activity, func(string) []part {
		return []part{remove(s.tables.Contacts, noteKey(after.Workspace, cmp.Or(note.ContactID, after.ID), note.ID), condition{})}
	})
}

func (s *Store) withNote(ctx context.Context, before, after contact.Contact, activity contact.Activity, note func(writeID string) []part) error {
	writeID := newWriteID()
	parts, err := s.changing(before, after, activity, writeID)
	if err != nil {
		return err
	}
	parts = append(parts, note(writeID)...)
	return written("update", s.transact(ctx, writeID, parts, maxTries), after, writeID, parts)
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
