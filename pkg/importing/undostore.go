package importing

import (
	"bytes"
	"context"
	"maps"
	"strings"

	"github.com/occ/contacts/pkg/contact"
)

// Outcomes of an undo; one character each in a chunk's record, beside those of the import. Pending rows are still to be undone.
const (
	TakenBack   Outcome = 'x' // the contact is as it was before the row, or is gone
	Kept        Outcome = 'k' // the contact is as it is, and the report says why
	Unconcerned Outcome = '-' // the row wrote nothing
)

// UndoTotals counts what an undo did.
type UndoTotals struct {
	Chunks int
	Undone int // rows taken back, or that had changed nothing
	Kept   int // rows whose contact was kept as it is
}

// RowContact is the contact that a row wrote.
type RowContact struct {
	ID    string
	Row   int  // the row's number in the file; 0 when it was not recorded
	Notes bool // it may have added some
}

// UndoState is the record of a chunk that is being undone.
type UndoState struct {
	ChunkState                    // what the import did
	Contacts   map[int]RowContact // by row index
	Undone     string             // one outcome of the undo a row; empty while nothing was recorded
	Kept       map[int]Verdict    // why rows are kept, by row index
	Counted    bool               // in the totals of the undo
}

// left are the indexes of the rows that are still to be undone.
func (s UndoState) left() []int {
	var indexes []int
	for i, outcome := range []byte(s.Outcomes) {
		wrote := Outcome(outcome) == Created || Outcome(outcome) == Updated
		if wrote && (i >= len(s.Undone) || Outcome(s.Undone[i]) == Pending) {
			indexes = append(indexes, i)
		}
	}
	return indexes
}

// with is the record once rows are undone: each kept for its verdict, or taken back where that is nil.
func (s UndoState) with(fates map[int]*Verdict) UndoState {
	undone := []byte(s.Undone)
	if len(undone) == 0 {
		undone = bytes.Repeat([]byte{byte(Unconcerned)}, len(s.Outcomes))
		for _, i := range s.left() {
			undone[i] = byte(Pending)
		}
	}
	s.Kept = maps.Clone(s.Kept)
	if s.Kept == nil {
		s.Kept = make(map[int]Verdict)
	}
	for i, verdict := range fates {
		undone[i] = byte(TakenBack)
		if verdict != nil {
			undone[i], s.Kept[i] = byte(Kept), *verdict
		}
	}
	s.Undone, s.Trying, s.Tries = string(undone), 0, 0
	return s
}

// tally counts the rows of a chunk whose undo is done. A row that changed nothing of a known contact is undone by
// itself, so that the rows of an undo are those that the import counts as created and updated.
func (s UndoState) tally() UndoTotals {
	count := func(outcome Outcome) int { return strings.Count(s.Undone, string(rune(outcome))) }
	return UndoTotals{Chunks: 1, Undone: count(TakenBack) + s.unchanged(), Kept: count(Kept)}
}

func (s UndoState) unchanged() int { return strings.Count(s.Outcomes, string(rune(Unchanged))) }

// Touched is a contact that an import wrote, as it is now, and what is known of what the import did.
type Touched struct {
	Contact contact.Contact
	// Left is the version that the import's last change left; 0 when there is no record of a change. The undo of a later import moves it
	// on, as the contact is then as this one left it.
	Left       int
	Before     *contact.Contact   // before the import's first change; nil when it changed nothing that was there
	Mixed      bool               // somebody else edited the contact between two changes of the import
	Identities []contact.Identity // that it added
	Notes      bool               // it may have added some
	Restored   bool               // the contact is as it was; notes may be left to remove
}

// UndoStore takes back what imports wrote. Package dynamo implements it.
type UndoStore interface {
	// ChunksToUndo names the chunks of an import that were recorded, and whether their undo is counted already.
	ChunksToUndo(ctx context.Context, ref Ref) (map[int]bool, error)
	// UndoChunk reads a chunk's record strongly; the zero state when nothing was recorded.
	UndoChunk(ctx context.Context, ref ChunkRef) (UndoState, error)
	// SaveUndo moves what a chunk's record says of its undo from before to after, if it is still at before's version; ErrStale otherwise.
	SaveUndo(ctx context.Context, ref ChunkRef, before, after UndoState) (UndoState, error)
	// CountUndo counts tally into the totals of the undo, once: a second call changes nothing.
	CountUndo(ctx context.Context, ref ChunkRef, state UndoState, tally UndoTotals) error

	// Touched reads contacts strongly, with what the import left of them; those that are gone are absent.
	Touched(ctx context.Context, ref Ref, contactIDs []string) (map[string]Touched, error)
	// ImportedNotes are the notes that an import added to a contact and nobody changed since.
	ImportedNotes(ctx context.Context, ref Ref, contactID string) ([]contact.Note, error)
	// RemoveImported deletes a contact that an import made, with all that is its; ErrStale when anything about it changed since it was read.
	// notes says that it may have some.
	RemoveImported(ctx context.Context, made contact.Contact, notes bool) error
	// RestoreImported changes a contact back, removes the import's notes of it and forgets the import's change. ErrStale when anything about
	// the contact changed since it was read; problem.DuplicateContact when what it had is another's now.
	RestoreImported(ctx context.Context, ref Ref, seen Touched, back Update, notes []contact.Note) error
	// FinishRestored removes what a RestoreImported that died left of an import's notes.
	FinishRestored(ctx context.Context, ref Ref, contactID string) error
}
