package httpapi

import (
	"context"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/identity"
)

type noteView struct {
	ID        string `json:"id"`
	Text      string `json:"text"`
	Author    string `json:"author" doc:"The sub of who wrote it; of an import's notes, of who started the import"`
	CreatedAt string `json:"createdAt" format:"date-time"`
	UpdatedAt string `json:"updatedAt" format:"date-time"`
}

func viewNote(note contact.Note) noteView {
	return noteView{note.ID, note.Text, note.Author, contact.FormatTime(note.CreatedAt), contact.FormatTime(note.UpdatedAt)}
}

type noteText struct {
	Text string `json:"text" doc:"At most 10,000 characters"`
}

type noteList struct {
	Items      []noteView `json:"items"`
	NextCursor string     `json:"nextCursor,omitempty" doc:"Of the next page; absent at the end"`
}

type noteListAnswer struct{ Body noteList }

type listNotesInput struct {
	ID string `path:"id"`
	Paging
}

func (s *server) listNotes(ctx context.Context, in *listNotesInput) (*noteListAnswer, error) {
	page, err := listing(ctx, s, in.Paging, func(limit int, after string) ([]contact.Note, string, error) {
		return s.Contacts.Notes(ctx, identity.From(ctx).Workspace, in.ID, limit, after)
	}, viewNote)
	return &noteListAnswer{noteList{page.Items, page.Cursor}}, err
}

type addNoteInput struct {
	ID string `path:"id"`
	Keyed
	Body noteText
}

func (s *server) addNote(ctx context.Context, in *addNoteInput) (*created[noteView], error) {
	caller := identity.From(ctx)
	note, err := s.Contacts.AddNote(ctx, caller.Workspace, in.ID, actor(caller), in.Body.Text, in.once)
	view := viewNote(note)
	return &created[noteView]{etag(note.Revision(), view), "/v1/contacts/" + in.ID + "/notes/" + note.ID, view}, err
}

type getNoteInput struct {
	ID     string `path:"id"`
	NoteID string `path:"noteId"`
	Conditional
}

func (s *server) getNote(ctx context.Context, in *getNoteInput) (*answered[noteView], error) {
	note, err := s.Contacts.Note(ctx, identity.From(ctx).Workspace, in.ID, in.NoteID)
	return read(in.Conditional, note.Revision(), viewNote(note)), err
}

type updateNoteInput struct {
	ID      string `path:"id"`
	NoteID  string `path:"noteId"`
	IfMatch string `header:"If-Match" doc:"Entity tags of which one has to be current, or *; without it, the last write wins"`
	Body    noteText
}

func (s *server) updateNote(ctx context.Context, in *updateNoteInput) (*tagged[noteView], error) {
	caller := identity.From(ctx)
	note, err := s.Contacts.UpdateNote(ctx, caller.Workspace, in.ID, in.NoteID, actor(caller), in.Body.Text, ifMatch(in.IfMatch))
	view := viewNote(note)
	return &tagged[noteView]{etag(note.Revision(), view), view}, err
}

type deleteNoteInput struct {
	ID      string `path:"id"`
	NoteID  string `path:"noteId"`
	IfMatch string `header:"If-Match" doc:"Entity tags of which one has to be current, or *"`
}

func (s *server) deleteNote(ctx context.Context, in *deleteNoteInput) (*struct{}, error) {
	caller := identity.From(ctx)
	return nil, s.Contacts.DeleteNote(ctx, caller.Workspace, in.ID, in.NoteID, actor(caller), ifMatch(in.IfMatch))
}
