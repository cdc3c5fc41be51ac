package dynamo

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// tombstoneLife is how long a tombstone keeps an old event from bringing back who was deleted: longer than any provider or queue repeats.
const tombstoneLife = 30 * 24 * time.Hour

// Attributes of a tombstone.
const (
	attrDeletedAt = "deletedAt" // events up to then are too late
	attrTo        = "to"        // sealed: where the claim went; absent when its contact was deleted
)

// tombstone says that a claim was given up at a time, without naming it. It lies in table jobs.
func (s *Store) tombstone(ctx context.Context, workspace string, claimed key, at time.Time, writeID string) (item, error) {
	mac, err := s.blindClaim(ctx, claimed)
	if err != nil {
		return nil, err
	}
	it := newItem(tombstoneKey(workspace, mac), writeID, 4)
	it[attrDeletedAt], it[attrExpires] = text(stamp(at)), s.expiry(tombstoneLife)
	return it, nil
}

func (s *Store) expiry(life time.Duration) types.AttributeValue {
	return number(int(s.now().Add(life).Unix()))
}

// expired says that an item's time is over: DynamoDB deletes it some days later.
func (s *Store) expired(it item) bool {
	return it[attrExpires] != nil && int64(it.number(attrExpires)) <= s.now().Unix()
}
