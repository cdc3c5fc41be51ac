package httpapi_test

import (
	"context"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/problem"
)

// The contact "mona" has one note, "n-1" at version 2, and one entry of activity.

func (c *contacts) Delete(ctx context.Context, workspace, id string, ifMatch contact.Precondition) error {
	_, err := c.Update(ctx, workspace, id, contact.Actor{}, contact.Patch{}, ifMatch)
	return err
}

func (c *contacts) Activities(ctx context.Context, workspace, id string, _ int, after string) ([]contact.Activity, string, error) {
	_, err := c.Get(ctx, workspace, id)
	c.position = after
	return []contact.Activity{{
		At: noon, Actor: contact.Actor{Type: contact.ByUser, ID: "s-1"}, Action: "updated", Changes: []contact.Change{{Field: "attr.plan", From: nil, To: "gold"}},
	}}, "more", err
}

func aNote() contact.Note {
	return contact.Note{ID: "n-1", Text: "Hello", Author: "s-1", CreatedAt: noon, UpdatedAt: noon, Version: 2}
}

func (c *contacts) Notes(ctx context.Context, workspace, id string, _ int, after string) ([]contact.Note, string, error) {
	_, err := c.Get(ctx, workspace, id)
	c.position = after
	return []contact.Note{aNote()}, "more", err
}

func (c *contacts) Note(ctx context.Context, workspace, id, noteID string) (contact.Note, error) {
	return aNote(), c.DeleteNote(ctx, workspace, id, noteID, contact.Actor{}, contact.Precondition{})
}

func (c *contacts) AddNote(ctx context.Context, workspace, id string, actor contact.Actor, text string, once *contact.Once) (contact.Note, error) {
	_, err := c.Get(ctx, workspace, id)
	c.actor, c.text, c.once = actor, text, once
	return aNote(), err
}

func (c *contacts) UpdateNote(ctx context.Context, workspace, id, noteID string, actor contact.Actor, text string, ifMatch contact.Precondition) (contact.Note, error) {
	c.text = text
	return aNote(), c.DeleteNote(ctx, workspace, id, noteID, actor, ifMatch)
}

func (c *contacts) DeleteNote(ctx context.Context, workspace, id, noteID string, actor contact.Actor, ifMatch contact.Precondition) error {
	_, err := c.Get(ctx, workspace, id)
	c.actor, c.ifMatch = actor, ifMatch
	switch {
	case err != nil:
		return err
	case noteID != "n-1":
		return problem.New(problem.NotFound, "The contact has no such note.")
	case !ifMatch.Allows(aNote().Revision()):
		return problem.New(problem.VersionConflict, "The note is at version 2 now.")
	}
	return nil
}

func (c *contacts) Labels(context.Context, string) ([]string, error) {
	c.calls++
	return []string{"VIP", "new"}, c.err
}

func (c *contacts) AddLabel(ctx context.Context, workspace, id string, actor contact.Actor, label string) error {
	_, err := c.Get(ctx, workspace, id)
	c.actor, c.text = actor, label
	return err
}

func (c *contacts) RemoveLabel(ctx context.Context, workspace, id string, actor contact.Actor, label string) error {
	return c.AddLabel(ctx, workspace, id, actor, label)
}
