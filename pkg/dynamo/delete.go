package dynamo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/problem"
)

// patience is how long a deletion removes what hangs on the contact before it answers; the sweep does the rest.
const patience = 5 * time.Second

// Delete implements contact.Store. One transaction takes the contact and all that follows from it, so nobody finds it and the e-mail and
// the phone are free at once, and leaves tombstones and a ticket for the rest. That is begun right away; what is left, also of an error,
// is CleanUp's: the contact is gone already, and whoever deleted it has nothing to repeat.
func (s *Store) Delete(ctx context.Context, c contact.Contact) error {
	writeID, now := newWriteID(), s.now()
	idle := ifVersion(c.Version)
	idle.text += " AND (attribute_not_exists(requestCount) OR requestCount = :none)"
	idle.values[":none"] = number(0)
	ticket := s.ticket(c, writeID, now)
	parts, err := s.deletion(c, idle, ticket, func(claimed key) (item, error) { return s.tombstone(ctx, c.Workspace, claimed, now, writeID) })
	if err != nil {
		return err
	}
	if err := s.deleted(ctx, c, writeID, s.transact(ctx, writeID, parts, maxTries)); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, _ = s.cleanUp(ctx, ticket)
	return nil
}

// leftover is an item that found no room in the transaction of a deletion.
type leftover struct {
	PK    string `json:"pk"`
	SK    string `json:"sk"`
	Claim bool   `json:"claim,omitempty"`
}

// deletion takes a contact and all that follows from it; the contact itself is the first part, the ticket the last. stone makes the
// tombstone of a claim; nil: none are left. Of a contact that outgrew one transaction by joins, claims go first, and the ticket names the rest.
func (s *Store) deletion(c contact.Contact, allowed condition, ticket item, stone func(claimed key) (item, error)) ([]part, error) {
	own := contactKey(c.Workspace, c.ID)
	parts := []part{remove(s.tables.Contacts, own, allowed)}
	if stone != nil {
		it, err := stone(own)
		if err != nil {
			return nil, err
		}
		parts = append(parts, put(s.tables.Jobs, it, condition{}))
	}
	var left []leftover
	take := func(k key, claim bool, more ...part) {
		if len(parts)+len(more) >= maxTransactionItems { // one is the ticket's
			left = append(left, leftover{k.pk, k.sk, claim})
			return
		}
		parts = append(parts, more...)
	}
	for _, taken := range claims(c) {
		gone := []part{remove(s.tables.Contacts, taken.key, ifMine(c.ID))}
		if stone != nil {
			it, err := stone(taken.key)
			if err != nil {
				return nil, err
			}
			gone = append(gone, put(s.tables.Jobs, it, condition{}))
		}
		take(taken.key, true, gone...)
	}
	for _, e := range extras(c) {
		take(e.key, false, remove(s.tables.Contacts, e.key, condition{}))
	}
	if ticket == nil {
		return parts, nil
	}
	if len(left) > 0 {
		if err := ticket.setJSON(attrLeftover, left); err != nil {
			return nil, err
		}
	}
	return append(parts, put(s.tables.Jobs, ticket, condition{})), nil
}

// deleted says what became of a contact's last transaction. A contact that is gone was deleted by it if the ticket is its own: the
// answer was lost.
func (s *Store) deleted(ctx context.Context, c contact.Contact, writeID string, err error) error {
	r, refused := errors.AsType[*refusal](err)
	switch {
	case err == nil:
		return nil
	case !refused || !r.failed[0]:
		return fmt.Errorf("dynamo: delete contact %s: %w", c.ID, err)
	case r.old[0] == nil:
		ticket, readErr := s.read(ctx, s.tables.Jobs, cleanUpKey(c.Workspace, c.ID))
		if readErr != nil || ticket.text(attrWriteID) == writeID {
			return readErr
		}
		return notFound()
	case r.old[0].number("requestCount") > 0:
		n := r.old[0].number("requestCount")
		e := problem.New(problem.ContactHasRequests, "The contact still has requests, closed ones included: %d. It can be deleted when all of them are.", n)
		e.Requests = n
		return e
	}
	return changedMeanwhile(r.old[0])
}
