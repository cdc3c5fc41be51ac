package httpapi

import (
	"context"

	"github.com/occ/contacts/pkg/identity"
)

type labelView struct {
	Label string `json:"label" example:"VIP"`
}

type labelList struct {
	Items []labelView `json:"items"`
}

type labelListAnswer struct{ Body labelList }

func (s *server) listLabels(ctx context.Context, _ *struct{}) (*labelListAnswer, error) {
	labels, err := s.Contacts.Labels(ctx, identity.From(ctx).Workspace)
	list := labelList{Items: []labelView{}}
	for _, label := range labels {
		list.Items = append(list.Items, labelView{label})
	}
	return &labelListAnswer{list}, err
}

type labelInput struct {
	ID    string `path:"id"`
	Label string `path:"label" doc:"At most 50 characters, percent-encoded"`
}

func (s *server) addLabel(ctx context.Context, in *labelInput) (*struct{}, error) {
	caller := identity.From(ctx)
	return nil, s.Contacts.AddLabel(ctx, caller.Workspace, in.ID, actor(caller), in.Label)
}

func (s *server) removeLabel(ctx context.Context, in *labelInput) (*struct{}, error) {
	caller := identity.From(ctx)
	return nil, s.Contacts.RemoveLabel(ctx, caller.Workspace, in.ID, actor(caller), in.Label)
}

type deleteContactInput struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match" doc:"Entity tags of which one has to be current, or *"`
}

func (s *server) deleteContact(ctx context.Context, in *deleteContactInput) (*struct{}, error) {
	return nil, s.Contacts.Delete(ctx, identity.From(ctx).Workspace, in.ID, ifMatch(in.IfMatch))
}
