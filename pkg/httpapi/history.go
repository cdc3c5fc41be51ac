package httpapi

import (
	"context"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/identity"
)

type activityView struct {
	At      string       `json:"at" format:"date-time"`
	Actor   actorView    `json:"actor"`
	Action  string       `json:"action" enum:"created,updated,note_added,note_changed,note_deleted,import_undone,joined,disputed"`
	Changes []changeView `json:"changes" nullable:"false"`
}

type actorView struct {
	Type string `json:"type" enum:"user,import,channel,system"`
	ID   string `json:"id" doc:"The sub of a user, the id of an import, the account of a channel"`
}

type changeView struct {
	Field string `json:"field" doc:"An attribute as attr. and its key, a label as labels, an identity as identities by its channel and external id, a note as notes by its first 200 characters"`
	From  any    `json:"from" doc:"Null: it was absent"`
	To    any    `json:"to" doc:"Null: it is absent"`
}

func viewActivity(a contact.Activity) activityView {
	view := activityView{At: contact.FormatTime(a.At), Actor: actorView{string(a.Actor.Type), a.Actor.ID}, Action: a.Action, Changes: []changeView{}}
	for _, change := range a.Changes {
		view.Changes = append(view.Changes, changeView(change))
	}
	return view
}

type activityList struct {
	Items      []activityView `json:"items"`
	NextCursor string         `json:"nextCursor,omitempty" doc:"Of the next page; absent at the end"`
}

type activityListAnswer struct{ Body activityList }

type listActivityInput struct {
	ID string `path:"id"`
	Paging
}

func (s *server) listActivity(ctx context.Context, in *listActivityInput) (*activityListAnswer, error) {
	page, err := listing(ctx, s, in.Paging, func(limit int, after string) ([]contact.Activity, string, error) {
		return s.Contacts.Activities(ctx, identity.From(ctx).Workspace, in.ID, limit, after)
	}, viewActivity)
	return &activityListAnswer{activityList{page.Items, page.Cursor}}, err
}
