package dynamo

import (
	"context"
	"fmt"
	"maps"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"github.com/occ/contacts/pkg/contact"
)

// maxBatchKeys is how many keys a BatchGetItem takes.
const maxBatchKeys = 100

// Get implements contact.Store.
func (s *Store) Get(ctx context.Context, workspace, id string) (contact.Contact, error) {
	it, err := s.readJoined(ctx, s.tables.Contacts, id, func(id string) key { return contactKey(workspace, id) })
	if err != nil {
		return contact.Contact{}, err
	}
	if it == nil {
		return contact.Contact{}, notFound()
	}
	return contactOf(it)
}

// read reads one item strongly; nil when there is none.
func (s *Store) read(ctx context.Context, table string, k key) (item, error) {
	out, err := s.client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &table, Key: k.attributes(), ConsistentRead: aws.Bool(true)})
	if err != nil {
		return nil, fmt.Errorf("dynamo: read from %s: %w", table, err)
	}
	return out.Item, nil
}

// readAll reads items by their keys, a hundred at a time and the hundreds at once; absent ones are absent. Keys must differ.
func (s *Store) readAll(ctx context.Context, table string, keys []key, consistent bool) (map[key]item, error) {
	batches := make([]map[key]item, (len(keys)+maxBatchKeys-1)/maxBatchKeys)
	group, ctx := errgroup.WithContext(ctx)
	for n := range batches {
		group.Go(func() (err error) {
			batches[n], err = s.readBatch(ctx, table, keys[n*maxBatchKeys:min((n+1)*maxBatchKeys, len(keys))], consistent)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	found := make(map[key]item, len(keys))
	for _, batch := range batches {
		maps.Copy(found, batch)
	}
	return found, nil
}

// readBatch is one BatchGetItem, repeated for the keys that DynamoDB leaves unprocessed: beyond 16 MB, or when it is busy.
func (s *Store) readBatch(ctx context.Context, table string, keys []key, consistent bool) (map[key]item, error) {
	left := types.KeysAndAttributes{ConsistentRead: &consistent}
	for _, k := range keys {
		left.Keys = append(left.Keys, k.attributes())
	}
	found := make(map[key]item, len(keys))
	for try := 0; len(left.Keys) > 0; {
		out, err := s.client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{table: left}})
		if err != nil {
			return nil, fmt.Errorf("dynamo: read %d items from %s: %w", len(left.Keys), table, err)
		}
		for _, it := range out.Responses[table] {
			found[item(it).key()] = it
		}
		before := len(left.Keys)
		left.Keys = out.UnprocessedKeys[table].Keys
		if try++; len(left.Keys) < before {
			try = 0
		}
		if len(left.Keys) > 0 && (try == maxTries || !pause(ctx, try)) {
			return nil, busy(fmt.Errorf("dynamo: %d keys of %s stay unprocessed", len(left.Keys), table))
		}
	}
	return found, nil
}

// hydrate reads contacts by id; those that were deleted or joined into others are absent.
func (s *Store) hydrate(ctx context.Context, workspace string, ids []string, consistent bool) (map[string]contact.Contact, error) {
	keys := make([]key, len(ids))
	for i, id := range ids {
		keys[i] = contactKey(workspace, id)
	}
	items, err := s.readAll(ctx, s.tables.Contacts, keys, consistent)
	if err != nil {
		return nil, err
	}
	contacts := make(map[string]contact.Contact, len(items))
	for _, it := range items {
		if it.became() {
			continue
		}
		c, err := contactOf(it)
		if err != nil {
			return nil, err
		}
		contacts[c.ID] = c
	}
	return contacts, nil
}
