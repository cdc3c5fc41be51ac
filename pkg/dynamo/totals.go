package dynamo

import (
	"context"
	"errors"
	"fmt"

	"github.com/occ/contacts/pkg/importing"
)

// Close implements importing.ChunkStore. The chunk's record and one of sixteen totals move together, so that a chunk is counted
// once however often its message comes; a single item of totals would be a storm of conflicts.
func (s *Store) Close(ctx context.Context, ref importing.ChunkRef, state importing.ChunkState, tally importing.Totals) error {
	if state.Closed {
		return nil
	}
	writeID := newWriteID()
	allowed := ifVersion(state.Version)
	allowed.values[":writeId"], allowed.values[":next"], allowed.values[":true"] = text(writeID), number(state.Version+1), flag(true)
	chunk := change(s.tables.Jobs, chunkKey(ref.Workspace, ref.ID, ref.Number), "SET closed = :true, writeId = :writeId, #version = :next", allowed)
	err := s.transact(ctx, writeID, []part{chunk, s.tallyPart(ref, tally, writeID)}, maxTries)
	r, refused := errors.AsType[*refusal](err)
	switch {
	case !refused && err != nil:
		return fmt.Errorf("dynamo: close chunk %d: %w", ref.Number, err)
	case refused && !r.mine(writeID) && !r.old[0].flag("closed"):
		return importing.ErrStale
	default:
		return nil
	}
}

// tallyPart adds to the totals. ADD is safe here, and only here: the condition on the chunk lets it happen once.
func (s *Store) tallyPart(ref importing.ChunkRef, tally importing.Totals, writeID string) part {
	values := item{
		":schema": number(schema), ":writeId": text(writeID), ":expires": number(int(s.now().Add(chunkLife).Unix())),
		":processed": number(tally.Processed), ":created": number(tally.Created), ":updated": number(tally.Updated),
		":skipped": number(tally.Skipped), ":failed": number(tally.Failed),
	}
	const update = "SET #schema = :schema, writeId = :writeId, expiresAt = :expires " +
		"ADD #processed :processed, created :created, updated :updated, skipped :skipped, failed :failed"
	c := condition{names: map[string]string{"#schema": attrSchema, "#processed": "processed"}, values: values} // reserved words
	return change(s.tables.Jobs, totalsKey(ref.Workspace, ref.ID, ref.Number%chunkBuckets), update, c)
}

// Counted implements importing.ImportStore.
func (s *Store) Counted(ctx context.Context, ref importing.Ref) (importing.Totals, error) {
	keys := make([]key, chunkBuckets)
	for b := range keys {
		keys[b] = totalsKey(ref.Workspace, ref.ID, b)
	}
	items, err := s.readAll(ctx, s.tables.Jobs, keys, true)
	if err != nil {
		return importing.Totals{}, err
	}
	var sum importing.Totals
	for _, it := range items {
		counted := totalsOf(it)
		sum.Processed += counted.Processed
		sum.Created += counted.Created
		sum.Updated += counted.Updated
		sum.Skipped += counted.Skipped
		sum.Failed += counted.Failed
	}
	return sum, nil
}
