package dynamo

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"github.com/occ/contacts/pkg/contact"
)

const (
	// maxBatchWrites is how many items a BatchWriteItem takes.
	maxBatchWrites = 25
	// indexLag is how long after a deletion index "owner" usually may hide something of the contact; it trails by
	// less than a second.
	indexLag = 10 * time.Second
	// ticketLife is how long a ticket stays at least: a table that is throttled makes its index trail by more. The
	// last look is then.
	ticketLife = time.Hour
	// cleanersAtOnce is how many deletions, or items of one, are cleaned up at once.
	cleanersAtOnce = 8
)

// Attributes of a ticket.
const (
	attrLeftover = "left"    // what found no room in the deletion's transaction
	attrResting  = "resting" // a look found nothing; the next one is the last
)

// ticket says what may still hang on a deleted contact, and on those that were joined into it.
func (s *Store) ticket(c contact.Contact, writeID string, deletedAt time.Time) item {
	it := newItem(cleanUpKey(c.Workspace, c.ID), writeID, 5)
	it[attrWorkspace], it[attrContactID] = text(c.Workspace), text(c.ID)
	it.setTexts("mergedFrom", c.MergedFrom)
	it.setTime(attrDeletedAt, deletedAt)
	return it
}

// CleanUp does what changes of large contacts left to do, removes what deleted contacts left, and returns how many
// contacts something was left of. One that cannot be helped now does not keep the others waiting.
func (s *Store) CleanUp(ctx context.Context) (int, error) {
	if _, err := s.followUps(ctx); err != nil {
		return 0, err
	}
	var tickets []item
	for b := range openBuckets {
		err := s.eachToSweep(ctx, cleanUpPartition(b), func(it item) error {
			if !it.flag(attrResting) || s.now().Sub(it.time(attrDeletedAt)) >= ticketLife {
				tickets = append(tickets, it)
			}
			return nil
		})
		if err != nil {
			return 0, err
		}
	}
	var cleaned atomic.Int64
	failed := make([]error, len(tickets))
	var group errgroup.Group
	group.SetLimit(cleanersAtOnce)
	for i, ticket := range tickets {
		group.Go(func() error {
			found, err := s.cleanUp(ctx, ticket)
			if failed[i] = err; found {
				cleaned.Add(1)
			}
			return nil
		})
	}
	_ = group.Wait()
	return int(cleaned.Load()), errors.Join(failed...)
}

// cleanUp removes all that hangs on a deleted contact and its activity, takes the contact out of its conversations
// and feedback, and says whether there was anything. Nothing can be added meanwhile: whatever hangs on a contact is
// written on the condition that it is there. The ticket rests when the index of the timeline shows nothing, and goes
// when it shows nothing an hour after the deletion.
func (s *Store) cleanUp(ctx context.Context, ticket item) (found bool, err error) {
	left, err := s.removeLeft(ctx, ticket)
	if err != nil {
		return false, err
	}
	looked := s.now()
	n := 0
	for _, owner := range append([]string{ticket.text(attrContactID)}, ticket.texts("mergedFrom")...) {
		removed, err := s.removeOwned(ctx, ticket, owner)
		if n += removed; err != nil {
			return n > 0, err
		}
	}
	switch age := looked.Sub(ticket.time(attrDeletedAt)); {
	case n > 0:
	case age >= ticketLife:
		err = s.removeKeys(ctx, s.tables.Jobs, []key{ticket.key()})
	case age >= indexLag && !ticket.flag(attrResting):
		update := change(s.tables.Jobs, ticket.key(), "SET resting = :true", condition{text: "attribute_exists(pk)", values: item{":true": flag(true)}})
		_, err = s.changeOne(ctx, update, ticket.text(attrWriteID))
	}
	return left || n > 0, err
}

// removeOwned removes what hangs on a deleted contact under one of its ids.
func (s *Store) removeOwned(ctx context.Context, ticket item, owner string) (int, error) {
	workspace := ticket.text(attrWorkspace)
	if owner != ticket.text(attrContactID) { // it was joined; events may name it
		stone, err := s.tombstone(ctx, workspace, contactKey(workspace, owner), ticket.time(attrDeletedAt), ticket.text(attrWriteID))
		if err == nil {
			_, err = s.putOne(ctx, s.tables.Jobs, stone, condition{})
		}
		if err != nil {
			return 0, err
		}
	}
	removed, err := s.removeAll(ctx, s.tables.Contacts, contactPartition(workspace, owner), owner+"#")
	if err != nil {
		return removed, err
	}
	activity, err := s.removeActivity(ctx, ticket, owner)
	if removed += activity; err != nil {
		return removed, err
	}
	released, err := s.release(ctx, workspace, owner)
	return removed + released, err
}

// removeLeft removes what found no room in the deletion's transaction. A claim may be another contact's by now; its
// tombstone is put before it is free, as in the transaction. It leaves no part of the second of the deletion free:
// nobody looks anew whether it was silent.
func (s *Store) removeLeft(ctx context.Context, ticket item) (bool, error) {
	var left []leftover
	if err := ticket.json(attrLeftover, &left); err != nil || len(left) == 0 {
		return false, err
	}
	var facets []key
	for _, l := range left {
		k := key{l.PK, l.SK}
		if !l.Claim {
			facets = append(facets, k)
			continue
		}
		if err := s.removeClaim(ctx, ticket, k); err != nil {
			return true, err
		}
	}
	if err := s.removeInBatches(ctx, s.tables.Contacts, facets); err != nil {
		return true, err
	}
	c := condition{text: "attribute_exists(pk)", names: map[string]string{"#left": attrLeftover}}
	_, err := s.changeOne(ctx, change(s.tables.Jobs, ticket.key(), "REMOVE #left", c), ticket.text(attrWriteID))
	return true, err
}

func (s *Store) removeClaim(ctx context.Context, ticket item, claimed key) error {
	writeID := newWriteID()
	stone, err := s.tombstone(ctx, ticket.text(attrWorkspace), claimed, ticket.time(attrDeletedAt), writeID)
	if err != nil {
		return err
	}
	parts := []part{remove(s.tables.Contacts, claimed, ifMine(ticket.text(attrContactID))), put(s.tables.Jobs, stone, condition{})}
	err = s.transact(ctx, writeID, parts, maxTries)
	if _, anothers := errors.AsType[*refusal](err); anothers {
		return nil
	}
	return err
}

// release takes a deleted contact out of what stays: its conversations, the tombstones of its requests and its feedback, whose words go.
func (s *Store) release(ctx context.Context, workspace, owner string) (int, error) {
	var released atomic.Int64
	for _, kind := range []ownedKind{conversationsKind, {feedbackOwned, feedbackKey}, {tombstonesOwned, requestKey}, {requestsOwned, requestKey}} {
		var start map[string]types.AttributeValue
		for more := true; more; more = start != nil {
			got, err := s.query(ctx, source{index: "owner", partition: kind.partition(workspace, owner)}, order{}, maxBatchKeys, start)
			if err != nil {
				return int(released.Load()), err
			}
			start = got.next
			group, grouped := errgroup.WithContext(ctx)
			group.SetLimit(cleanersAtOnce)
			for _, e := range got.entries {
				group.Go(func() error {
					done, err := s.releaseOne(grouped, kind.key(workspace, e.id), owner)
					if done {
						released.Add(1)
					}
					return err
				})
			}
			if err := group.Wait(); err != nil {
				return int(released.Load()), err
			}
		}
	}
	return int(released.Load()), nil
}

// releaseOne is false when the item is no longer the contact's: the index trails.
func (s *Store) releaseOne(ctx context.Context, k key, owner string) (bool, error) {
	writeID := newWriteID()
	update := "SET writeId = :writeId REMOVE contactId, ownerShard, ownerKey"
	c := condition{text: "contactId = :owner", values: item{":owner": text(owner), ":writeId": text(writeID)}}
	switch ofTimeline(k) {
	case ofFeedback:
		update += ", #comment"
		c.names = map[string]string{"#comment": "comment"}
	case ofRequest:
		update = "SET writeId = :writeId, gone = :gone REMOVE contactId, ownerShard, ownerKey, #subject"
		c.names, c.values[":gone"] = map[string]string{"#subject": "subject"}, flag(true)
	}
	other, err := s.changeOne(ctx, change(s.tables.Timeline, k, update, c), writeID)
	if err != nil {
		return false, fmt.Errorf("dynamo: release from a deleted contact: %w", err)
	}
	return other == nil, nil
}

// removeAll deletes the items of a partition whose sort key begins with prefix.
func (s *Store) removeAll(ctx context.Context, table, partition, prefix string) (int, error) {
	var keys []key
	err := s.eachOf(ctx, table, partition, prefix, func(it item) error {
		keys = append(keys, it.key())
		return nil
	})
	if err == nil {
		err = s.removeInBatches(ctx, table, keys)
	}
	return len(keys), err
}

func (s *Store) removeInBatches(ctx context.Context, table string, keys []key) error {
	for len(keys) > 0 {
		n := min(len(keys), maxBatchWrites)
		if err := s.removeKeys(ctx, table, keys[:n]); err != nil {
			return err
		}
		keys = keys[n:]
	}
	return nil
}

// removeKeys is one BatchWriteItem, repeated for what DynamoDB leaves unprocessed.
func (s *Store) removeKeys(ctx context.Context, table string, keys []key) error {
	left := make([]types.WriteRequest, len(keys))
	for i, k := range keys {
		left[i] = types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: k.attributes()}}
	}
	for try := 1; ; try++ {
		out, err := s.client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{table: left}})
		if err != nil {
			return fmt.Errorf("dynamo: delete %d items from %s: %w", len(left), table, err)
		}
		before := len(left)
		if left = out.UnprocessedItems[table]; len(left) == 0 {
			return nil
		}
		if len(left) < before {
			try = 0
		}
		if try == maxTries || !pause(ctx, try) {
			return busy(fmt.Errorf("dynamo: %d deletions in %s stay unprocessed", len(left), table))
		}
	}
}
