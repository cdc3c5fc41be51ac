package dynamo

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/occ/contacts/pkg/importing"
)

// chunkLife is how long the records of chunks and before-images are kept: as long as an import can be undone, and until that has ended.
const chunkLife = importing.UndoLife + 7*24*time.Hour

// Chunk implements importing.ChunkStore.
func (s *Store) Chunk(ctx context.Context, ref importing.ChunkRef) (importing.ChunkState, error) {
	it, err := s.read(ctx, s.tables.Jobs, chunkKey(ref.Workspace, ref.ID, ref.Number))
	if err != nil || it == nil {
		return importing.ChunkState{}, err
	}
	return chunkState(it)
}

func chunkState(it item) (importing.ChunkState, error) {
	state := importing.ChunkState{
		Version: it.number(attrVersion), Outcomes: it.text("outcomes"), Closed: it.flag("closed"), Trying: it.number("trying"), Tries: it.number("tries"),
	}
	return state, errors.Join(it.json("verdicts", &state.Verdicts), it.json(attrNotesLeft, &state.NotesLeft))
}

// ClosedChunks implements importing.ChunkStore: one query for each of the partitions that an import's chunks lie in.
func (s *Store) ClosedChunks(ctx context.Context, ref importing.Ref, n int) (map[int]bool, error) {
	found := make([][]string, min(n, chunkBuckets))
	group, ctx := errgroup.WithContext(ctx)
	for b := range found {
		group.Go(func() error {
			return s.eachOf(ctx, s.tables.Jobs, chunkPartition(ref.Workspace, ref.ID, b), chunkPrefix, func(it item) error {
				if it.flag("closed") {
					found[b] = append(found[b], it.text(attrSK))
				}
				return nil
			})
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	closed := make(map[int]bool, n)
	for _, sorts := range found {
		for _, sort := range sorts {
			if number := chunkNumber(sort); number < n {
				closed[number] = true
			}
		}
	}
	return closed, nil
}

// MarkTrying implements importing.ChunkStore.
func (s *Store) MarkTrying(ctx context.Context, ref importing.ChunkRef, state importing.ChunkState, index int) (importing.ChunkState, error) {
	writeID := newWriteID()
	after := advanced(ref, state).Mark(index)
	p, err := s.chunkPart(ref, state, after, writeID, nil)
	if err != nil {
		return state, err
	}
	other, err := s.changeOne(ctx, p, writeID)
	if err != nil {
		return state, err
	}
	if other != nil {
		return state, importing.ErrStale
	}
	return after, nil
}

// advanced is the record's next version, with every row pending where nothing was recorded yet.
func advanced(ref importing.ChunkRef, state importing.ChunkState) importing.ChunkState {
	state.Version++
	if state.Outcomes == "" {
		state.Outcomes = strings.Repeat(string(rune(importing.Pending)), ref.Rows)
	}
	return state
}

const attrNotesLeft = "notesLeft" // JSON: notes of a row that found no room in its transaction

// contactsPrefix begins the attributes of a chunk's record that name contacts.
const contactsPrefix = "contacts"

// chunkPart moves a chunk's record from one state to the next. contacts are the ids of the contacts that go with it, by row: undo
// finds them there. Each version has an attribute of its own for them, so that nothing need be read first.
func (s *Store) chunkPart(ref importing.ChunkRef, before, after importing.ChunkState, writeID string, contacts item) (part, error) {
	update := "SET #schema = :schema, writeId = :writeId, #version = :next, outcomes = :outcomes, trying = :trying, tries = :tries, expiresAt = :expires"
	c := ifAbsent
	if before.Version > 0 {
		c = ifVersion(before.Version)
	}
	names := map[string]string{"#schema": attrSchema, "#version": attrVersion}
	values := item{
		":schema": number(schema), ":writeId": text(writeID), ":next": number(after.Version), ":outcomes": text(after.Outcomes),
		":trying": number(after.Trying), ":tries": number(after.Tries), ":expires": number(int(s.now().Add(chunkLife).Unix())),
	}
	maps.Copy(values, c.values)
	if len(after.Verdicts) > len(before.Verdicts) {
		update += ", verdicts = :verdicts"
		if err := values.setJSON(":verdicts", after.Verdicts); err != nil {
			return part{}, err
		}
	}
	removed := ""
	switch {
	case after.NotesLeft.Any():
		update += ", notesLeft = :notesLeft"
		if err := values.setJSON(":notesLeft", after.NotesLeft); err != nil {
			return part{}, err
		}
	case before.NotesLeft.Any():
		removed = " REMOVE notesLeft"
	}
	if len(contacts) > 0 {
		update += ", #contacts = :contacts"
		names["#contacts"] = fmt.Sprintf("%s%d", contactsPrefix, after.Version)
		values[":contacts"] = mapOf(contacts)
	}
	c.names, c.values = names, values
	return change(s.tables.Jobs, chunkKey(ref.Workspace, ref.ID, ref.Number), update+removed, c), nil
}

// rowContact spells what a chunk's record says of a row: its contact, its number in the file, and whether it has notes.
func rowContact(c importing.RowContact) string {
	value := c.ID
	if c.Row > 0 {
		value += "#" + strconv.Itoa(c.Row)
		if c.Notes {
			value += "#N"
		}
	}
	return value
}

// rowContactOf reads it back. A record without the row's number says nothing of notes either.
func rowContactOf(value string) importing.RowContact {
	id, rest, _ := strings.Cut(value, "#")
	row, _, noted := strings.Cut(rest, "#")
	number, _ := strconv.Atoi(row) // we wrote it
	return importing.RowContact{ID: id, Row: number, Notes: noted || number == 0}
}
