package dynamo

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"github.com/occ/contacts/pkg/importing"
)

// ChunksToUndo implements importing.UndoStore: one query for each of the partitions that an import's chunks lie in.
func (s *Store) ChunksToUndo(ctx context.Context, ref importing.Ref) (map[int]bool, error) {
	var mu sync.Mutex
	counted := make(map[int]bool)
	group, ctx := errgroup.WithContext(ctx)
	for b := range chunkBuckets {
		group.Go(func() error {
			return s.eachOf(ctx, s.tables.Jobs, chunkPartition(ref.Workspace, ref.ID, b), chunkPrefix, func(it item) error {
				mu.Lock()
				defer mu.Unlock()
				counted[chunkNumber(it.text(attrSK))] = it.flag("undoClosed")
				return nil
			})
		})
	}
	return counted, group.Wait()
}

// UndoChunk implements importing.UndoStore.
func (s *Store) UndoChunk(ctx context.Context, ref importing.ChunkRef) (importing.UndoState, error) {
	it, err := s.read(ctx, s.tables.Jobs, chunkKey(ref.Workspace, ref.ID, ref.Number))
	if err != nil || it == nil {
		return importing.UndoState{}, err
	}
	return undoState(it)
}

func undoState(it item) (importing.UndoState, error) {
	chunk, err := chunkState(it)
	if err != nil {
		return importing.UndoState{}, err
	}
	state := importing.UndoState{ChunkState: chunk, Contacts: rowContacts(it), Undone: it.text("undone"), Counted: it.flag("undoClosed")}
	return state, it.json("kept", &state.Kept)
}

// rowContacts are the contacts that a chunk's rows wrote, by row index.
func rowContacts(it item) map[int]importing.RowContact {
	contacts := make(map[int]importing.RowContact)
	for name := range it {
		if !strings.HasPrefix(name, contactsPrefix) {
			continue
		}
		for index, value := range it.members(name) {
			if id, ok := value.(*types.AttributeValueMemberS); ok {
				n, _ := strconv.Atoi(index) // we wrote it
				contacts[n] = rowContactOf(id.Value)
			}
		}
	}
	return contacts
}

// SaveUndo implements importing.UndoStore.
func (s *Store) SaveUndo(ctx context.Context, ref importing.ChunkRef, before, after importing.UndoState) (importing.UndoState, error) {
	writeID := newWriteID()
	after.Version = before.Version + 1
	c := ifVersion(before.Version)
	c.names["#schema"] = attrSchema
	c.values[":schema"], c.values[":writeId"], c.values[":next"], c.values[":expires"] = number(schema), text(writeID), number(after.Version), s.undoExpiry()
	c.values[":undone"], c.values[":trying"], c.values[":tries"] = text(after.Undone), number(after.Trying), number(after.Tries)
	if err := c.values.setJSON(":kept", after.Kept); err != nil {
		return before, err
	}
	const update = "SET #schema = :schema, writeId = :writeId, #version = :next, expiresAt = :expires, undone = :undone, kept = :kept, trying = :trying, tries = :tries"
	other, err := s.changeOne(ctx, change(s.tables.Jobs, chunkKey(ref.Workspace, ref.ID, ref.Number), update, c), writeID)
	if err != nil {
		return before, err
	}
	if other != nil {
		return before, importing.ErrStale
	}
	return after, nil
}

// CountUndo implements importing.UndoStore, as Close counts a chunk of an import.
func (s *Store) CountUndo(ctx context.Context, ref importing.ChunkRef, state importing.UndoState, tally importing.UndoTotals) error {
	writeID := newWriteID()
	c := ifVersion(state.Version)
	c.values[":writeId"], c.values[":next"], c.values[":true"] = text(writeID), number(state.Version+1), flag(true)
	chunk := change(s.tables.Jobs, chunkKey(ref.Workspace, ref.ID, ref.Number), "SET undoClosed = :true, writeId = :writeId, #version = :next", c)
	err := s.transact(ctx, writeID, []part{chunk, s.undoTallyPart(ref, tally, writeID)}, maxTries)
	r, refused := errors.AsType[*refusal](err)
	switch {
	case !refused && err != nil:
		return fmt.Errorf("dynamo: count the undo of chunk %d: %w", ref.Number, err)
	case refused && !r.mine(writeID) && !r.old[0].flag("undoClosed"):
		return importing.ErrStale
	default:
		return nil
	}
}

// undoTallyPart adds to the totals, beside those of the import. ADD is safe here for the same reason as in tallyPart.
func (s *Store) undoTallyPart(ref importing.ChunkRef, tally importing.UndoTotals, writeID string) part {
	const update = "SET #schema = :schema, writeId = :writeId, expiresAt = :expires ADD undoneChunks :chunks, undoneRows :undone, keptRows :kept"
	return change(s.tables.Jobs, totalsKey(ref.Workspace, ref.ID, ref.Number%chunkBuckets), update, condition{
		names: map[string]string{"#schema": attrSchema},
		values: item{
			":schema": number(schema), ":writeId": text(writeID), ":expires": s.undoExpiry(),
			":chunks": number(tally.Chunks), ":undone": number(tally.Undone), ":kept": number(tally.Kept),
		},
	})
}

// UndoCounted implements importing.ImportStore.
func (s *Store) UndoCounted(ctx context.Context, ref importing.Ref) (importing.UndoTotals, error) {
	keys := make([]key, chunkBuckets)
	for b := range keys {
		keys[b] = totalsKey(ref.Workspace, ref.ID, b)
	}
	items, err := s.readAll(ctx, s.tables.Jobs, keys, true)
	var sum importing.UndoTotals
	for _, it := range items {
		counted := undoTotalsOf(it)
		sum.Chunks += counted.Chunks
		sum.Undone += counted.Undone
		sum.Kept += counted.Kept
	}
	return sum, err
}

// setUndoTotals and undoTotalsOf are of imports and of the items that chunks are counted in.
func setUndoTotals(it item, totals importing.UndoTotals) {
	it.setNumber("undoneChunks", totals.Chunks)
	it.setNumber("undoneRows", totals.Undone)
	it.setNumber("keptRows", totals.Kept)
}

func undoTotalsOf(it item) importing.UndoTotals {
	return importing.UndoTotals{Chunks: it.number("undoneChunks"), Undone: it.number("undoneRows"), Kept: it.number("keptRows")}
}
