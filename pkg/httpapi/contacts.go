package httpapi

import (
	"context"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/identity"
)

// actor is the caller as the one who makes a change.
func actor(caller identity.Caller) contact.Actor {
	return contact.Actor{Type: contact.ByUser, ID: caller.Subject}
}

// contactDraft is the body of POST /v1/contacts. A name is demanded by the domain.
type contactDraft struct {
	Name       *string    `json:"name,omitempty" doc:"At most 200 characters" example:"Mona Adel"`
	Email      *string    `json:"email,omitempty" nullable:"true" doc:"At most 254 characters" example:"mona@example.com"`
	Phone      *string    `json:"phone,omitempty" nullable:"true" doc:"In any usual spelling; without + or 00, of the workspace's default region" example:"+20 100 123 4567"`
	Company    *string    `json:"company,omitempty" nullable:"true" doc:"At most 200 characters" example:"Acme"`
	Labels     []string   `json:"labels,omitempty" nullable:"true" doc:"At most 40, of at most 50 characters; compared without case"`
	Attributes attributes `json:"customAttributes,omitempty" doc:"At most 100 strings, numbers or booleans; keys are 1 to 64 letters, digits, underscores, dots and hyphens"`
}

type createContactInput struct {
	Keyed
	Body contactDraft
}

func (s *server) createContact(ctx context.Context, in *createContactInput) (*created[contact.View], error) {
	caller, body := identity.From(ctx), in.Body
	made, err := s.Contacts.Create(ctx, caller.Workspace, actor(caller), contact.Draft{
		Name: body.Name, Email: body.Email, Phone: body.Phone, Company: body.Company, Labels: body.Labels, Attributes: body.Attributes,
	}, in.once)
	if err != nil {
		return nil, err
	}
	view := made.View()
	return &created[contact.View]{etag(made.Revision(), view), "/v1/contacts/" + made.ID, view}, nil
}

type getContactInput struct {
	ID string `path:"id"`
	Conditional
}

func (s *server) getContact(ctx context.Context, in *getContactInput) (*answered[contact.View], error) {
	found, err := s.Contacts.Get(ctx, identity.From(ctx).Workspace, in.ID)
	if err != nil {
		return nil, err
	}
	return read(in.Conditional, found.Revision(), found.View()), nil
}

// contactPatch is the body of PATCH /v1/contacts/{id}.
type contactPatch struct {
	Name       member[string]     `json:"name,omitzero" doc:"Null removes it, which only a contact with an identity allows"`
	Email      member[string]     `json:"email,omitzero"`
	Phone      member[string]     `json:"phone,omitzero"`
	Company    member[string]     `json:"company,omitzero"`
	Labels     member[[]string]   `json:"labels,omitzero" doc:"All of them; null removes them"`
	Attributes member[attributes] `json:"customAttributes,omitzero" doc:"Those to set; a null value removes its key, null removes all"`
}

type updateContactInput struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match" doc:"Entity tags of which one has to be current, or *; without it, the last write wins"`
	Body    contactPatch
}

func (s *server) updateContact(ctx context.Context, in *updateContactInput) (*tagged[contact.View], error) {
	caller, body := identity.From(ctx), in.Body
	patch := contact.Patch{
		Name: body.Name.Field, Email: body.Email.Field, Phone: body.Phone.Field, Company: body.Company.Field, Labels: body.Labels.Field,
		Attributes: contact.Field[map[string]any]{Set: body.Attributes.Set, Null: body.Attributes.Null, Value: body.Attributes.Value},
	}
	after, err := s.Contacts.Update(ctx, caller.Workspace, in.ID, actor(caller), patch, ifMatch(in.IfMatch))
	if err != nil {
		return nil, err
	}
	view := after.View()
	return &tagged[contact.View]{etag(after.Revision(), view), view}, nil
}
