package dynamo

import (
	"context"
	"time"
)

// tombstoneLife is how long it is remembered that what a claim named was deleted: longer than any queue keeps an old event.
const tombstoneLife = 30 * 24 * time.Hour

// tombstone says when the holder of a claim was deleted, or the contact of a key. It names neither: only who has the value finds it. It
// counts only while nobody holds the claim, so one that is left of a deletion that failed does no harm.
func (s *Store) tombstone(ctx context.Context, workspace string, claimed key, writeID string, deletedAt time.Time) (item, error) {
	mac, err := s.blindClaim(ctx, claimed)
	if err != nil {
		return nil, err
	}
	it := newItem(tombstoneKey(workspace, mac), writeID, 2)
	it.setTime("deletedAt", deletedAt)
	it[attrExpires] = number(int(deletedAt.Add(tombstoneLife).Unix()))
	return it, nil
}

// tombstones reads when what these claims named was deleted, as far as it was.
func (s *Store) tombstones(ctx context.Context, workspace string, claimed []key) ([]time.Time, error) {
	keys := make([]key, len(claimed))
	for i, k := range claimed {
		mac, err := s.blindClaim(ctx, k)
		if err != nil {
			return nil, err
		}
		keys[i] = tombstoneKey(workspace, mac)
	}
	found, err := s.readAll(ctx, s.tables.Jobs, keys, true)
	if err != nil {
		return nil, err
	}
	var deleted []time.Time
	for _, it := range found {
		if int64(it.number(attrExpires)) >= s.now().Unix() {
			deleted = append(deleted, it.time("deletedAt"))
		}
	}
	return deleted, nil
}
