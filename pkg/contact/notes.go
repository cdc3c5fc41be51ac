package contact

import (
	"context"

	"github.com/google/uuid"

	"github.com/occ/contacts/pkg/problem"
)

// Notes reads a page of a contact's notes, newest first; NotFound when there is no such contact.
func (s *Service) Notes(ctx context.Context, workspace, contactID string, limit int, after string) ([]Note, string, error) {
	c, err := s.store.Get(ctx, workspace, contactID)
	if err != nil {
		return nil, "", err
	}
	return s.store.Notes(ctx, workspace, c.Owners(), limit, after)
}

// Note reads a note; NotFound when there is no such contact, or it has no such note.
func (s *Service) Note(ctx context.Context, workspace, contactID, noteID string) (Note, error) {
	c, err := s.store.Get(ctx, workspace, contactID)
	if err != nil {
		return Note{}, err
	}
	return s.store.Note(ctx, workspace, c.Owners(), noteID)
}

// AddNote writes a note; once as in Create. Errors: NotFound, ValidationFailed, NotPossible (MaxNotes), Unavailable,
// IdempotencyKeyReused, RequestInProgress.
func (s *Service) AddNote(ctx context.Context, workspace, contactID string, actor Actor, text string, once *Once) (Note, error) {
	return OnlyOnce(ctx, s.store, workspace, once, func() (Note, error) { return s.addNote(ctx, workspace, contactID, actor, text, once) })
}

func (s *Service) addNote(ctx context.Context, workspace, contactID string, actor Actor, text string, once *Once) (Note, error) {
	text, err := noteText(text)
	if err != nil {
		return Note{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Note{}, err
	}
	note := Note{ID: id.String(), Text: text, Author: actor.ID, Version: 1}
	err = s.withContact(ctx, workspace, contactID, actor, func(before Contact) (noteChange, error) {
		if err := s.roomForNote(ctx, before); err != nil {
			return noteChange{}, err
		}
		note.CreatedAt = s.instant()
		note.UpdatedAt = note.CreatedAt
		return noteChange{note, "note_added", NoteChange("", text), s.writeNote(once)}, once.Keep(note)
	})
	return note, err
}

// roomForNote refuses another note for a contact that has MaxNotes: exports and imports hold all of a contact's notes
// at once.
func (s *Service) roomForNote(ctx context.Context, c Contact) error {
	count, err := s.store.CountNotes(ctx, c.Workspace, c.Owners(), MaxNotes)
	if err == nil && count >= MaxNotes {
		err = problem.New(problem.NotPossible, "The contact has %d notes, and that is the most. Delete some of them first.", count)
	}
	return err
}

// UpdateNote gives a note another text; the same one changes nothing. Errors: NotFound, VersionConflict, ValidationFailed, Unavailable.
func (s *Service) UpdateNote(ctx context.Context, workspace, contactID, noteID string, actor Actor, text string, ifMatch Precondition) (Note, error) {
	var note Note
	raw := text
	err := s.withContact(ctx, workspace, contactID, actor, func(before Contact) (noteChange, error) {
		var err error
		if note, err = s.currentNote(ctx, before, noteID, ifMatch); err != nil || note.Text == raw {
			return noteChange{}, err
		}
		if text, err = noteText(raw); err != nil || note.Text == text {
			return noteChange{}, err
		}
		change := NoteChange(note.Text, text)
		note.Text, note.UpdatedAt, note.Version = text, later(note.UpdatedAt, s.instant()), note.Version+1
		return noteChange{note, "note_changed", change, s.writeNote(nil)}, nil
	})
	return note, err
}

// DeleteNote removes a note. Errors: NotFound, VersionConflict, Unavailable.
func (s *Service) DeleteNote(ctx context.Context, workspace, contactID, noteID string, actor Actor, ifMatch Precondition) error {
	return s.withContact(ctx, workspace, contactID, actor, func(before Contact) (noteChange, error) {
		note, err := s.currentNote(ctx, before, noteID, ifMatch)
		return noteChange{note, "note_deleted", NoteChange(note.Text, ""), s.store.DeleteNote}, err
	})
}

// writeNote is the store's WriteNote with an idempotency key, or none.
func (s *Service) writeNote(once *Once) func(ctx context.Context, before, after Contact, activity Activity, note Note) error {
	return func(ctx context.Context, before, after Contact, activity Activity, note Note) error {
		return s.store.WriteNote(ctx, before, after, activity, note, once)
	}
}

func noteText(text string) (string, error) {
	text, err := NormalizeNote(text)
	if err != nil {
		return "", problem.Invalid("body.text", nil, "%s", err)
	}
	return text, nil
}

func (s *Service) currentNote(ctx context.Context, c Contact, noteID string, ifMatch Precondition) (Note, error) {
	note, err := s.store.Note(ctx, c.Workspace, c.Owners(), noteID)
	if err == nil && !ifMatch.Allows(note.Revision()) {
		err = problem.New(problem.VersionConflict, "The note is at version %d now; read it again and repeat the change.", note.Version)
	}
	return note, err
}

// noteChange is what is to be done about a note; without a write, nothing.
type noteChange struct {
	note   Note
	action string
	change Change
	write  func(ctx context.Context, before, after Contact, activity Activity, note Note) error
}

// withContact changes a note and its contact together, as the contact's version shows its notes; again when others changed the
// contact meanwhile.
func (s *Service) withContact(ctx context.Context, workspace, contactID string, actor Actor, decide func(before Contact) (noteChange, error)) error {
	for try := 1; ; try++ {
		before, err := s.store.Get(ctx, workspace, contactID)
		if err != nil {
			return err
		}
		wanted, err := decide(before)
		if err != nil || wanted.write == nil {
			return err
		}
		after, activity, _ := Apply(before, Patch{}, actor, s.instant(), wanted.change)
		activity.Action = wanted.action
		if err = wanted.write(ctx, before, after, activity, wanted.note); err == nil {
			return nil
		}
		if err := again(ctx, err, try); err != nil {
			return err
		}
	}
}

// Activities reads a page of what happened to a contact, newest first. Its creation comes last, derived from the contact itself.
func (s *Service) Activities(ctx context.Context, workspace, contactID string, limit int, after string) ([]Activity, string, error) {
	c, err := s.store.Get(ctx, workspace, contactID)
	if err != nil {
		return nil, "", err
	}
	page, next, err := s.store.Activities(ctx, workspace, c.Owners(), limit, after)
	if err == nil && next == "" {
		page = append(page, Activity{At: c.CreatedAt, Actor: c.CreatedBy, Action: "created"})
	}
	return page, next, err
}
