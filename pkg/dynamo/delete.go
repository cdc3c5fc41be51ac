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
	when := timeOfDeletion(c, s.now())
	ticket, err := s.deleteAt(ctx, c, when)
	if r, refused := errors.AsType[*refusal](err); refused && !r.failed[0] && !when.wholeUntil.IsZero() {
		ticket, err = s.deleteAt(ctx, c, when.strict()) // a claim went in this second before, with somebody who had been heard
	}
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, _ = s.cleanUp(ctx, ticket)
	return nil
}

// deleteAt is the transaction of a deletion. The contact has to be as it was read, and not heard since in a way that
// the tombstones would not cover.
func (s *Store) deleteAt(ctx context.Context, c contact.Contact, when deletionTime) (ticket item, err error) {
	writeID := newWriteID()
	idle := ifVersion(c.Version)
	idle.text += " AND (attribute_not_exists(requestCount) OR requestCount = :none)" +
		" AND (attribute_not_exists(lastInteractionAt) OR lastInteractionAt <= :heard)"
	idle.values[":none"], idle.values[":heard"] = number(0), text(stamp(when.heardUntil()))
	ticket = s.ticket(c, writeID, when.at)
	parts, err := s.deletion(c, idle, ticket, func(claimed key) (part, error) {
		return s.tombstonePart(ctx, c.Workspace, claimed, when, writeID)
	})
	if err != nil {
		return nil, err
	}
	return ticket, s.deleted(ctx, c, writeID, s.transact(ctx, writeID, parts, maxTries))
}

// leftover is an item that found no room in the transaction of a deletion.
type leftover struct {
	PK    string `json:"pk"`
	SK    string `json:"sk"`
	Claim bool   `json:"claim,omitempty"`
}

// deletion takes a contact and all that follows from it; the contact itself is the first part, the ticket the last.
// stone puts the tombstone of a claim; nil: none are left. Of a contact that outgrew one transaction by joins, claims
// go first, and the ticket names the rest.
func (s *Store) deletion(c contact.Contact, allowed condition, ticket item, stone func(claimed key) (part, error)) ([]part, error) {
	own := contactKey(c.Workspace, c.ID)
	parts := []part{remove(s.tables.Contacts, own, allowed)}
	if stone != nil {
		marked, err := stone(own)
		if err != nil {
			return nil, err
		}
		parts = append(parts, marked)
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
			marked, err := stone(taken.key)
			if err != nil {
				return nil, err
			}
			gone = append(gone, marked)
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
