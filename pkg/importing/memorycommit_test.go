package importing

import (
	"context"
	"slices"

	"github.com/occ/contacts/pkg/contact"
)

// maxGroup is how many rows go into one transaction of the memory.
const maxGroup = 32

// Commit writes groups of rows as storage does: each is one transaction with the chunk's record, and a fault may strike between two.
func (m *memory) Commit(ctx context.Context, ref ChunkRef, state ChunkState, writes []Write) (ChunkState, []int, error) {
	var redo []int
	for _, group := range groupsOf(writes) {
		for _, w := range group {
			if made := written(w); m.lethal != nil && made != nil && m.lethal(*made) {
				panic(errDied)
			}
		}
		after := state
		err := m.do(ctx, "Commit", func() error {
			name := chunkName{ref.Ref, ref.Number}
			if m.chunks[name].Version != state.Version {
				return ErrStale
			}
			refused := slices.DeleteFunc(slices.Clone(group), func(w Write) bool { return m.allowed(ref.Workspace, w) })
			for _, w := range refused {
				redo = append(redo, w.Index)
			}
			if len(refused) == len(group) {
				return nil
			}
			after = nextState(ref, state)
			after.Trying, after.Tries = 0, 0
			outcomes := []byte(after.Outcomes)
			for _, w := range group {
				if slices.Contains(redo, w.Index) {
					continue
				}
				must(Outcome(outcomes[w.Index]) == Pending, "row %d of chunk %d is decided twice", w.Index, ref.Number)
				outcomes[w.Index] = byte(w.Outcome)
				m.apply(ref.Ref, w)
				m.undo.remember(ref, w)
				if w.Verdict != nil {
					if after.Verdicts == nil {
						after.Verdicts = map[int]Verdict{}
					}
					after.Verdicts[w.Index] = *w.Verdict
				}
			}
			after.Outcomes = string(outcomes)
			m.chunks[name] = after
			return nil
		})
		if err != nil {
			return state, redo, err
		}
		state = after
	}
	slices.Sort(redo)
	return state, redo, nil
}

// allowed says whether the conditions of a write hold: a new contact and its claims are absent; a known one is at the version that the
// write was decided by, and what it takes is nobody else's.
func (m *memory) allowed(workspace string, w Write) bool {
	made := written(w)
	if made == nil {
		return true
	}
	stored, exists := m.contacts[workspace+"/"+made.ID]
	if w.Create != nil && exists || w.Update != nil && (!exists || stored.Version != w.Update.Before.Version) {
		return false
	}
	return !slices.ContainsFunc(claimsOf(*made), func(claim string) bool {
		holder := m.claims[claim]
		return holder != "" && holder != made.ID
	})
}

func (m *memory) apply(ref Ref, w Write) {
	if m.imports[ref].DryRun {
		must(w.Create == nil && w.Update == nil && w.Notes == nil, "a dry run writes %+v", w)
		return
	}
	must((w.Outcome == Created) == (w.Create != nil) && (w.Outcome == Updated) == (w.Update != nil), "a write with outcome %c", w.Outcome)
	made := written(w)
	if made == nil {
		return
	}
	m.keep(*made)
	if w.Update != nil {
		for _, claim := range claimsOf(w.Update.Before) {
			if !slices.Contains(claimsOf(*made), claim) {
				delete(m.claims, claim)
			}
		}
		m.history = append(m.history, w.Update.Activity)
	}
	for _, note := range w.Notes {
		m.keepNote(*made, note)
	}
}

// keep stores a contact with its claims.
func (m *memory) keep(c contact.Contact) {
	m.contacts[c.Workspace+"/"+c.ID] = c
	for _, claim := range claimsOf(c) {
		m.claims[claim] = c.ID
	}
}

func (m *memory) keepNote(c contact.Contact, note contact.Note) {
	key := c.Workspace + "/" + c.ID
	if m.notes[key] == nil {
		m.notes[key] = map[string]contact.Note{}
	}
	m.notes[key][note.ID] = note
}

func written(w Write) *contact.Contact {
	switch {
	case w.Create != nil:
		return w.Create
	case w.Update != nil:
		return &w.Update.After
	default:
		return nil
	}
}

func claimsOf(c contact.Contact) (claims []string) {
	if c.Email != "" {
		claims = append(claims, emailClaim(c.Workspace, contact.EmailKey(c.Email)))
	}
	if c.Phone != "" {
		claims = append(claims, phoneClaim(c.Workspace, c.Phone))
	}
	for _, identity := range c.Identities {
		claims = append(claims, identityClaim(c.Workspace, identity.Key()))
	}
	return claims
}

// groupsOf puts writes into transactions, in order; two that touch one contact or claim never share one.
func groupsOf(writes []Write) [][]Write {
	var groups [][]Write
	touched := map[string]bool{}
	for _, w := range writes {
		touches := touchesOf(w)
		shares := slices.ContainsFunc(touches, func(key string) bool { return touched[key] })
		if last := len(groups) - 1; last < 0 || len(groups[last]) == maxGroup || shares {
			groups = append(groups, nil)
			clear(touched)
		}
		groups[len(groups)-1] = append(groups[len(groups)-1], w)
		for _, key := range touches {
			touched[key] = true
		}
	}
	return groups
}

func touchesOf(w Write) []string {
	made := written(w)
	if made == nil {
		return nil
	}
	touches := append(claimsOf(*made), made.ID)
	if w.Update != nil {
		touches = append(touches, claimsOf(w.Update.Before)...)
	}
	return touches
}

// FinishNotes has nothing to do: a transaction of the memory takes all notes.
func (m *memory) FinishNotes(_ context.Context, _ ChunkRef, state ChunkState, _ []contact.Note) (ChunkState, error) {
	must(!state.NotesLeft.Any(), "notes are left: %v", state.NotesLeft)
	return state, nil
}
