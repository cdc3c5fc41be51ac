package importing

import (
	"context"
	"maps"
	"slices"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/problem"
)

// undoMemory is what the memory keeps for undos.
type undoMemory struct {
	contacts map[chunkName]map[int]RowContact
	states   map[chunkName]UndoState // ChunkState and Contacts lie elsewhere
	totals   map[Ref]UndoTotals
	images   map[string]Touched // by import and contact; Contact is empty
	notes    map[string]string  // id of a note -> the import that added it
}

func newUndoMemory() undoMemory {
	return undoMemory{
		map[chunkName]map[int]RowContact{}, map[chunkName]UndoState{}, map[Ref]UndoTotals{}, map[string]Touched{}, map[string]string{},
	}
}

func imageName(ref Ref, contactID string) string {
	return ref.Workspace + "/" + ref.ID + "/" + contactID
}

// remember keeps what an undo of a write needs.
func (u *undoMemory) remember(ref ChunkRef, w Write) {
	made := written(w)
	if made == nil {
		return
	}
	name := chunkName{ref.Ref, ref.Number}
	if u.contacts[name] == nil {
		u.contacts[name] = map[int]RowContact{}
	}
	u.contacts[name][w.Index] = RowContact{made.ID, w.Row, len(w.Notes) > 0}
	for _, note := range w.Notes {
		u.notes[note.ID] = ref.ID
	}
	if w.Update == nil {
		return
	}
	key := imageName(ref.Ref, made.ID)
	image, known := u.images[key]
	if !known {
		before := w.Update.Before
		image.Before = &before
	}
	image.Mixed = image.Mixed || known && image.Left != w.Update.Before.Version
	image.Left, image.Notes = made.Version, image.Notes || len(w.Notes) > 0
	u.images[key] = image
}

func (m *memory) UndoCounted(ctx context.Context, ref Ref) (totals UndoTotals, err error) {
	err = m.do(ctx, "UndoCounted", func() error {
		totals = m.undo.totals[ref]
		return nil
	})
	return totals, err
}

func (m *memory) ChunksToUndo(ctx context.Context, ref Ref) (map[int]bool, error) {
	counted := map[int]bool{}
	err := m.do(ctx, "ChunksToUndo", func() error {
		for name := range m.chunks {
			if name.Ref == ref {
				counted[name.number] = m.undo.states[name].Counted
			}
		}
		return nil
	})
	return counted, err
}

func (m *memory) UndoChunk(ctx context.Context, ref ChunkRef) (state UndoState, err error) {
	err = m.do(ctx, "UndoChunk", func() error {
		name := chunkName{ref.Ref, ref.Number}
		state = m.undo.states[name]
		state.ChunkState, state.Contacts = m.chunks[name], maps.Clone(m.undo.contacts[name])
		return nil
	})
	return state, err
}

func (m *memory) SaveUndo(ctx context.Context, ref ChunkRef, before, after UndoState) (UndoState, error) {
	err := m.do(ctx, "SaveUndo", func() error {
		name := chunkName{ref.Ref, ref.Number}
		stored := m.chunks[name]
		if stored.Version != before.Version {
			return ErrStale
		}
		for i := range m.undo.states[name].Undone {
			was := Outcome(m.undo.states[name].Undone[i])
			must(was == Pending || was == Outcome(after.Undone[i]), "row %d of chunk %d is undone twice", i, ref.Number)
		}
		stored.Version, stored.Trying, stored.Tries = stored.Version+1, after.Trying, after.Tries
		m.chunks[name], m.undo.states[name] = stored, after
		after.ChunkState = stored
		return nil
	})
	if err != nil {
		return before, err
	}
	return after, nil
}

func (m *memory) CountUndo(ctx context.Context, ref ChunkRef, state UndoState, tally UndoTotals) error {
	return m.do(ctx, "CountUndo", func() error {
		name := chunkName{ref.Ref, ref.Number}
		stored, record := m.chunks[name], m.undo.states[name]
		switch {
		case record.Counted:
			return nil
		case stored.Version != state.Version:
			return ErrStale
		}
		record.ChunkState = stored
		must(len(record.left()) == 0 && tally == record.tally(), "chunk %d with %q undone counts %+v", ref.Number, record.Undone, tally)
		stored.Version++
		record.Counted = true
		m.chunks[name], m.undo.states[name] = stored, record
		sum := m.undo.totals[ref.Ref]
		m.undo.totals[ref.Ref] = UndoTotals{sum.Chunks + tally.Chunks, sum.Undone + tally.Undone, sum.Kept + tally.Kept}
		return nil
	})
}

func (m *memory) Touched(ctx context.Context, ref Ref, contactIDs []string) (map[string]Touched, error) {
	found := map[string]Touched{}
	err := m.do(ctx, "Touched", func() error {
		for _, id := range contactIDs {
			if c, there := m.contacts[ref.Workspace+"/"+id]; there {
				touched := m.undo.images[imageName(ref, id)]
				touched.Contact = c
				found[id] = touched
			}
		}
		return nil
	})
	return found, err
}

func (m *memory) ImportedNotes(ctx context.Context, ref Ref, contactID string) (notes []contact.Note, err error) {
	err = m.do(ctx, "ImportedNotes", func() error {
		for _, note := range m.notes[ref.Workspace+"/"+contactID] {
			if m.undo.notes[note.ID] == ref.ID {
				notes = append(notes, note)
			}
		}
		return nil
	})
	return notes, err
}

// untouched says that a contact is exactly the one that was read; the memory has no writeId to see it by.
func (m *memory) untouched(c contact.Contact) bool {
	stored, there := m.contacts[c.Workspace+"/"+c.ID]
	return there && stored.Version == c.Version && stored.ConversationCount == c.ConversationCount && stored.RequestCount == c.RequestCount &&
		stored.LastInteractionAt.Equal(c.LastInteractionAt)
}

func (m *memory) killedBy(ctx context.Context, c contact.Contact) bool {
	if m.lethal == nil || !m.lethal(c) {
		return false
	}
	ctx.Value(processKey{}).(*process).ended.Store(true)
	return true
}

func (m *memory) RemoveImported(ctx context.Context, made contact.Contact, notes bool) error {
	if m.killedBy(ctx, made) {
		return errDied
	}
	return m.do(ctx, "RemoveImported", func() error {
		if _, there := m.contacts[made.Workspace+"/"+made.ID]; !there {
			return nil
		}
		if !m.untouched(made) {
			return ErrStale
		}
		must(notes || len(m.notes[made.Workspace+"/"+made.ID]) == 0, "the notes of contact %s are overlooked", made.ID)
		m.erase(made)
		return nil
	})
}

// erase deletes a contact with all that is its.
func (m *memory) erase(c contact.Contact) {
	key := c.Workspace + "/" + c.ID
	delete(m.contacts, key)
	delete(m.notes, key)
	for _, claim := range claimsOf(c) {
		delete(m.claims, claim)
	}
	maps.DeleteFunc(m.undo.images, func(name string, _ Touched) bool { return name[len(name)-len(c.ID):] == c.ID })
}

func (m *memory) RestoreImported(ctx context.Context, ref Ref, seen Touched, back Update, notes []contact.Note) error {
	if m.killedBy(ctx, back.After) {
		return errDied
	}
	return m.do(ctx, "RestoreImported", func() error {
		if !m.untouched(back.Before) {
			return ErrStale
		}
		for _, claim := range claimsOf(back.After) {
			if holder := m.claims[claim]; holder != "" && holder != back.After.ID {
				return &problem.Error{Code: problem.DuplicateContact, Field: "email", ContactID: holder}
			}
		}
		must(seen.Before != nil && seen.Left == back.Before.Version, "an edited contact is changed back: %+v", seen)
		m.apply(ref, Write{Outcome: Updated, Update: &back})
		for _, note := range notes {
			delete(m.notes[ref.Workspace+"/"+back.After.ID], note.ID)
		}
		delete(m.undo.images, imageName(ref, back.After.ID))
		return nil
	})
}

func (m *memory) FinishRestored(ctx context.Context, ref Ref, contactID string) error {
	return m.do(ctx, "FinishRestored", func() error {
		maps.DeleteFunc(m.notes[ref.Workspace+"/"+contactID], func(id string, _ contact.Note) bool { return m.undo.notes[id] == ref.ID })
		delete(m.undo.images, imageName(ref, contactID))
		return nil
	})
}

// edit changes a stored contact as an agent would.
func (m *memory) edit(id string, edit func(*contact.Contact)) {
	c := m.contacts[demo+"/"+id]
	for _, claim := range claimsOf(c) {
		delete(m.claims, claim)
	}
	c.Labels = slices.Clone(c.Labels)
	edit(&c)
	c.Version++
	m.keep(c)
}
