package dynamo

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/problem"
)

// maxBatchWrites is how many items a BatchWriteItem takes.
const maxBatchWrites = 25

// Delete implements contact.Store. One transaction takes the contact and all that follows from it, so the e-mail and the phone are
// free at once, and leaves a ticket for the rest. That is removed right away; what a crash leaves is CleanUp's.
func (s *Store) Delete(ctx context.Context, c contact.Contact) error {
	writeID := newWriteID()
	idle := ifVersion(c.Version)
	idle.text += " AND (attribute_not_exists(requestCount) OR requestCount = :none)"
	idle.values[":none"] = number(0)
	parts := append(s.deletion(c, idle), s.ticketPart(c, writeID))
	if err := s.deleted(ctx, c, writeID, s.transact(ctx, writeID, parts, maxTries)); err != nil {
		return err
	}
	return s.cleanUp(ctx, c.Workspace, c.ID)
}

// deletion takes a contact and all that follows from it; the contact itself is the first part.
func (s *Store) deletion(c contact.Contact, allowed condition) []part {
	table := s.tables.Contacts
	parts := []part{remove(table, contactKey(c.Workspace, c.ID), allowed)}
	for _, taken := range claims(c) {
		parts = append(parts, remove(table, taken.key, ifMine(c.ID)))
	}
	for _, e := range extras(c) {
		parts = append(parts, remove(table, e.key, condition{}))
	}
	return parts
}

// ticketPart leaves the ticket for what may still hang on a deleted contact.
func (s *Store) ticketPart(c contact.Contact, writeID string) part {
	ticket := newItem(cleanUpKey(c.Workspace, c.ID), writeID, 2)
	ticket["workspace"], ticket[attrContactID] = text(c.Workspace), text(c.ID)
	return put(s.tables.Jobs, ticket, condition{})
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
		e := problem.New(problem.ContactHasRequests, "The contact has %d requests, closed ones included; it can be deleted once they are.", n)
		e.Requests = n
		return e
	}
	return changedMeanwhile(r.old[0])
}

// CleanUp removes what deleted contacts left, and returns how many there were.
func (s *Store) CleanUp(ctx context.Context) (int, error) {
	var tickets []item
	for b := range openBuckets {
		err := s.eachOf(ctx, s.tables.Jobs, cleanUpPartition(b), "", func(it item) error {
			tickets = append(tickets, it)
			return nil
		})
		if err != nil {
			return 0, err
		}
	}
	for n, ticket := range tickets {
		if err := s.cleanUp(ctx, ticket.text("workspace"), ticket.text(attrContactID)); err != nil {
			return n, err
		}
	}
	return len(tickets), nil
}

// cleanUp removes all that hangs on a deleted contact, its activity, and then the ticket. Nothing can be added meanwhile: whatever
// hangs on a contact is written on the condition that it is there.
func (s *Store) cleanUp(ctx context.Context, workspace, contactID string) error {
	if err := s.removeAll(ctx, s.tables.Contacts, contactPartition(workspace, contactID), contactID+"#"); err != nil {
		return err
	}
	if err := s.removeAll(ctx, s.tables.Timeline, activityPartition(workspace, contactID), ""); err != nil {
		return err
	}
	return s.removeKeys(ctx, s.tables.Jobs, []key{cleanUpKey(workspace, contactID)})
}

// removeAll deletes the items of a partition whose sort key begins with prefix.
func (s *Store) removeAll(ctx context.Context, table, partition, prefix string) error {
	var keys []key
	err := s.eachOf(ctx, table, partition, prefix, func(it item) error {
		keys = append(keys, it.key())
		return nil
	})
	for len(keys) > 0 && err == nil {
		n := min(len(keys), maxBatchWrites)
		err = s.removeKeys(ctx, table, keys[:n])
		keys = keys[n:]
	}
	return err
}

// removeKeys is one BatchWriteItem, repeated for what DynamoDB leaves unprocessed.
func (s *Store) removeKeys(ctx context.Context, table string, keys []key) error {
	left := make([]types.WriteRequest, len(keys))
	for i, k := range keys {
		left[i] = types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: k.attributes()}}
	}
	for try := 1; ; try++ {
		err := retry(ctx, maxTries, func() error {
			out, err := s.client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{table: left}})
			if err == nil {
				left = out.UnprocessedItems[table]
			}
			return err
		})
		if err != nil {
			return fmt.Errorf("dynamo: delete %d items from %s: %w", len(left), table, err)
		}
		if len(left) == 0 {
			return nil
		}
		if try == maxTries || !pause(ctx, try) {
			return busy(fmt.Errorf("dynamo: %d deletions in %s stay unprocessed", len(left), table))
		}
	}
}
