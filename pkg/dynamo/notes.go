package dynamo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/importing"
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

// CountNotes implements contact.Store.
func (s *Store) CountNotes(ctx context.Context, workspace string, owners []string, most int) (count int, err error) {
	for _, owner := range owners {
		n, err := s.count(ctx, s.tables.Contacts, contactPartition(workspace, owner), owner+notePrefix, most-count)
		if count += n; err != nil || count >= most {
			return count, err
		}
	}
	return count, nil
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

// FinishNotes implements importing.ChunkStore. Each transaction moves the record, which says what is left then, and
// demands that the contact is there: notes that are put belong to somebody, and none is put twice, be it that
// somebody deletes one meanwhile.
func (s *Store) FinishNotes(ctx context.Context, ref importing.ChunkRef, state importing.ChunkState, notes []contact.Note) (importing.ChunkState, error) {
	for state.NotesLeft.Any() {
		owner := contact.Contact{Workspace: ref.Workspace, ID: state.NotesLeft.ContactID}
		writeID := newWriteID()
		after := advanced(ref, state)
		batch := s.notesBatch(ref, owner, &after.NotesLeft, notes, writeID)
		if !after.NotesLeft.Any() {
			after.NotesLeft = importing.NotesLeft{}
		}
		record, err := s.chunkPart(ref, state, after, writeID, nil)
		if err != nil {
			return state, err
		}
		there := require(s.tables.Contacts, contactKey(owner.Workspace, owner.ID), condition{text: "attribute_exists(pk)"}) // or what became of it
		err = s.transact(ctx, writeID, append([]part{record, there}, batch...), maxTries)
		r, refused := errors.AsType[*refusal](err)
		switch {
		case err == nil:
		case !refused:
			return state, fmt.Errorf("dynamo: write notes of chunk %d: %w", ref.Number, err)
		case r.mine(writeID):
		case r.failed[0]:
			return state, importing.ErrStale
		default: // the contact was deleted
			return s.dropNotes(ctx, ref, state)
		}
		state = after
	}
	return state, nil
}

// notesBatch are as many of the notes that are left as a transaction takes; left is then the rest.
func (s *Store) notesBatch(ref importing.ChunkRef, owner contact.Contact, left *importing.NotesLeft, notes []contact.Note, writeID string) (batch []part) {
	byID := make(map[string]contact.Note, len(notes))
	for _, note := range notes {
		byID[note.ID] = note
	}
	bytes, done := 0, 0
	for _, id := range left.IDs {
		if note, known := byID[id]; known {
			p := put(s.tables.Contacts, importedNote(ref, owner, note, writeID), condition{})
			if len(batch) == maxTransactionItems-2 || bytes+p.bytes > maxTransactionBytes {
				break
			}
			batch, bytes = append(batch, p), bytes+p.bytes
		}
		done++
	}
	left.IDs = left.IDs[done:]
	return batch
}

// dropNotes forgets the notes that are left.
func (s *Store) dropNotes(ctx context.Context, ref importing.ChunkRef, state importing.ChunkState) (importing.ChunkState, error) {
	writeID := newWriteID()
	after := advanced(ref, state)
	after.NotesLeft = importing.NotesLeft{}
	p, err := s.chunkPart(ref, state, after, writeID, nil)
	if err != nil {
		return state, err
	}
	other, err := s.changeOne(ctx, p, writeID)
	switch {
	case err != nil:
		return state, err
	case other != nil:
		return state, importing.ErrStale
	}
	return after, nil
}
