package dynamo

import (
	"context"
	"errors"
	"fmt"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/problem"
)

// Create implements contact.Store.
func (s *Store) Create(ctx context.Context, c contact.Contact, once *contact.Once) error {
	if err := s.RegisterWorkspace(ctx, c.Workspace); err != nil {
		return err
	}
	labels := given(contact.Contact{}, c)
	if err := s.registerLabels(ctx, c.Workspace, labels); err != nil {
		return err
	}
	writeID := newWriteID()
	parts, err := s.creation(c, writeID)
	if err != nil {
		return err
	}
	parts = append(parts, s.onceParts(c.Workspace, c.ID, once, writeID)...)
	if err := written("create", s.transact(ctx, writeID, parts, maxTries), c, writeID, parts); err != nil {
		return err
	}
	s.afterwards(ctx, c.Workspace, nil, labels)
	return nil
}

// Update implements contact.Store.
func (s *Store) Update(ctx context.Context, before, after contact.Contact, activity contact.Activity) error {
	labels := given(before, after)
	if err := s.registerLabels(ctx, after.Workspace, labels); err != nil {
		return err
	}
	writeID := newWriteID()
	parts, err := s.changing(before, after, activity, writeID)
	if err != nil {
		return err
	}
	parts, later, err := s.fitted(after.Workspace, parts, writeID)
	if err != nil {
		return err
	}
	if err := written("update", s.transact(ctx, writeID, parts, maxTries), after, writeID, parts); err != nil {
		return err
	}
	s.afterwards(ctx, after.Workspace, later, labels)
	return nil
}

// afterwards does what is left when a change of contacts is done. Errors are nobody's to repeat: the sweep does what
// the ticket says, and a label is looked for once more before its entry goes.
func (s *Store) afterwards(ctx context.Context, workspace string, later item, labels givenLabels) {
	_ = s.followUp(ctx, later)
	_ = s.confirmLabels(ctx, workspace, labels)
}

// creation is everything that a new contact puts; the contact itself is the first part.
func (s *Store) creation(c contact.Contact, writeID string) ([]part, error) {
	c.Shard = shardOf(c.ID)
	it, err := contactItem(c, writeID)
	if err != nil {
		return nil, err
	}
	table := s.tables.Contacts
	parts := append(make([]part, 0, 4), put(table, it, ifAbsent))
	for _, taken := range claims(c) {
		p := put(table, taken.item(c.ID, writeID), ifAbsent)
		p.field = taken.field
		parts = append(parts, p)
	}
	for _, e := range extras(c) {
		parts = append(parts, put(table, e.item(writeID), condition{}).following(c.ID))
	}
	return parts, nil
}

// changing is the difference between two states of a contact; the contact itself is the first part.
func (s *Store) changing(before, after contact.Contact, activity contact.Activity, writeID string) ([]part, error) {
	after.Shard = before.Shard
	it, err := contactItem(after, writeID)
	if err != nil {
		return nil, err
	}
	entry, err := activityItem(after, activity, writeID)
	if err != nil {
		return nil, err
	}
	table := s.tables.Contacts
	parts := []part{put(table, it, ifUntouched(before))} // it holds the counts too, which move without the version
	taken, given := changedClaims(before, after)
	for _, c := range taken {
		p := put(table, c.item(after.ID, writeID), ifMine(after.ID))
		p.field = c.field
		parts = append(parts, p)
	}
	for _, k := range given {
		parts = append(parts, remove(table, k, ifMine(after.ID)))
	}
	added, gone := changedExtras(before, after)
	for _, e := range added {
		parts = append(parts, put(table, e.item(writeID), condition{}).following(after.ID))
	}
	for _, k := range gone {
		parts = append(parts, remove(table, k, condition{}).following(after.ID))
	}
	return append(parts, put(s.tables.Timeline, entry, condition{})), nil
}

// written says what became of a contact's transaction, whose first part is the contact.
func written(action string, err error, c contact.Contact, writeID string, parts []part) error {
	r, refused := errors.AsType[*refusal](err)
	switch {
	case err == nil:
		return nil
	case !refused:
		return fmt.Errorf("dynamo: %s contact: %w", action, err)
	case r.mine(writeID):
		return nil
	case keyTaken(r, parts):
		return contact.ErrKeyTaken
	case r.failed[0]:
		return changedMeanwhile(r.old[0])
	}
	for i, p := range parts {
		if r.failed[i] && p.field != "" {
			return duplicate(p.field, r.old[i].text(attrContactID))
		}
	}
	return fmt.Errorf("dynamo: %s contact %s: a claim that was to be given back is another's: %w", action, c.ID, err)
}

func changedMeanwhile(old item) error {
	if old == nil {
		return notFound()
	}
	return problem.New(problem.VersionConflict, "The contact was changed meanwhile: it is at version %d now. Read it again and repeat the change.", old.number(attrVersion))
}

func duplicate(field, contactID string) error {
	name := map[string]string{"email": "e-mail", "phone": "phone", "identity": "identity"}[field]
	err := problem.New(problem.DuplicateContact, "Another contact already has this %s. Open that contact, or give this one another %s.", name, name)
	err.ContactID, err.Field = contactID, field
	return err
}

func notFound() error {
	return problem.New(problem.NotFound, "There is no such contact. It may have been deleted.")
}
