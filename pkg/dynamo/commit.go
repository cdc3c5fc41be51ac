package dynamo

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/importing"
	"github.com/occ/contacts/pkg/problem"
)

// groupTries is how often a transaction of several rows is tried before it is halved.
const groupTries = 4

// commit is one Commit at work. All that it writes carries one writeId; with the record's version that tells every transaction.
type commit struct {
	store   *Store
	ref     importing.ChunkRef
	writeID string
	state   importing.ChunkState
	redo    []int // rows to be decided again
	sent    int   // transactions so far, for their tokens
}

// Commit implements importing.ChunkStore.
func (s *Store) Commit(ctx context.Context, ref importing.ChunkRef, state importing.ChunkState, writes []importing.Write) (importing.ChunkState, []int, error) {
	c := &commit{store: s, ref: ref, state: state, writeID: newWriteID()}
	rows := make([]*row, len(writes))
	chain(writes, c.writeID)
	for i := range writes {
		var err error
		if rows[i], err = s.storableRow(ref, &writes[i], c.writeID); err != nil {
			return state, nil, err
		}
	}
	labels := labelsOf(writes)
	if err := s.registerLabels(ctx, ref.Workspace, labels); err != nil {
		return state, nil, err
	}
	defer s.afterwards(ctx, ref.Workspace, nil, labels)
	for _, group := range pack(rows) {
		err := c.do(ctx, group)
		if err == nil {
			err = c.finishNotes(ctx, group)
		}
		if err != nil {
			return c.state, c.redo, err
		}
		c.followUp(ctx, group)
	}
	slices.Sort(c.redo)
	return c.state, c.redo, nil
}

// labelsOf are the labels that a chunk gives to contacts.
func labelsOf(writes []importing.Write) givenLabels {
	labels := givenLabels{}
	for _, w := range writes {
		switch {
		case w.Create != nil:
			labels.add(contact.Contact{}, *w.Create)
		case w.Update != nil:
			labels.add(w.Update.Before, w.Update.After)
		}
	}
	return labels
}

// chain has a change of a contact that an earlier row of the same Commit wrote follow that one's write.
func chain(writes []importing.Write, writeID string) {
	wrote := map[string]bool{}
	for i, w := range writes {
		switch {
		case w.Create != nil:
			wrote[w.Create.ID] = true
		case w.Update != nil:
			if wrote[w.Update.Before.ID] {
				next := *w.Update
				next.Before.WriteID = writeID
				writes[i].Update = &next
			}
			wrote[w.Update.Before.ID] = true
		}
	}
}

// do writes a group of rows, or what remains of it after those that were refused, in one transaction if it can.
func (c *commit) do(ctx context.Context, group []*row) error {
	for {
		if group = c.pending(group); len(group) == 0 {
			return nil
		}
		tries := groupTries
		if len(group) == 1 {
			tries = maxTries
		}
		err := c.try(ctx, group, tries)
		r, refused := errors.AsType[*refusal](err)
		switch {
		case err == nil:
			return nil
		case refused:
			if group, err = c.refused(group, r); err != nil {
				return err
			}
		case problem.CodeOf(err) == problem.Unavailable && len(group) > 1:
			half := len(group) / 2
			if err := c.do(ctx, group[:half]); err != nil {
				return err
			}
			group = group[half:]
		default:
			return fmt.Errorf("dynamo: commit %d rows of chunk %d: %w", len(group), c.ref.Number, err)
		}
	}
}

// finishNotes writes what found no room in the transaction of a row.
func (c *commit) finishNotes(ctx context.Context, group []*row) (err error) {
	for _, r := range group {
		if left := c.state.NotesLeft; left.Any() && left.Row == r.Index {
			c.state, err = c.store.FinishNotes(ctx, c.ref, c.state, r.Notes)
		}
	}
	return err
}

// followUp writes the facets and words that found no room in the transaction of a row. What fails is done by the sweep.
func (c *commit) followUp(ctx context.Context, group []*row) {
	for _, r := range group {
		if !slices.Contains(c.redo, r.Index) {
			_ = c.store.followUp(ctx, r.later)
		}
	}
}

// pending are the rows whose outcome is not recorded yet: an answer that was lost may have recorded some.
func (c *commit) pending(group []*row) []*row {
	return slices.DeleteFunc(slices.Clone(group), func(r *row) bool {
		return r.Index < len(c.state.Outcomes) && importing.Outcome(c.state.Outcomes[r.Index]) != importing.Pending
	})
}

// try is one transaction: the chunk's record first, then the rows.
func (c *commit) try(ctx context.Context, group []*row, tries int) error {
	after, contacts := c.advance(group)
	record, err := c.store.chunkPart(c.ref, c.state, after, c.writeID, contacts)
	if err != nil {
		return err
	}
	parts := append(make([]part, 0, maxTransactionItems), record)
	for _, r := range group {
		parts = append(parts, r.parts...)
	}
	c.sent++
	if err := c.store.transact(ctx, c.token(), parts, tries); err != nil {
		return err
	}
	c.state = after
	return nil
}

// token is the transaction's own: the writeId without its dashes, and a number. 36 characters are allowed.
func (c *commit) token() string {
	w := c.writeID
	return w[:8] + w[9:13] + w[14:18] + w[19:23] + w[24:] + fmt.Sprintf("%04x", c.sent&0xffff)
}

// advance is the record as it is when the group is written, and the contacts that go with it.
func (c *commit) advance(group []*row) (importing.ChunkState, item) {
	after := advanced(c.ref, c.state)
	after.Trying, after.Tries, after.Verdicts = 0, 0, maps.Clone(c.state.Verdicts)
	outcomes, contacts := []byte(after.Outcomes), make(item, len(group))
	for _, r := range group {
		outcomes[r.Index] = byte(r.Outcome)
		if r.contactID != "" {
			contacts[fmt.Sprint(r.Index)] = text(rowContact(importing.RowContact{ID: r.contactID, Row: r.Row, Notes: len(r.Notes) > 0}))
		}
		if len(r.overflow) > 0 { // it is the only row of its group
			after.NotesLeft = importing.NotesLeft{Row: r.Index, ContactID: r.contactID, IDs: r.overflow}
		}
		if r.Verdict != nil {
			if after.Verdicts == nil {
				after.Verdicts = make(map[int]importing.Verdict)
			}
			after.Verdicts[r.Index] = *r.Verdict
		}
	}
	after.Outcomes = string(outcomes)
	return after, contacts
}

// refused takes the rows whose conditions failed out of the group. When the record itself refused, it was moved by this very
// Commit, whose answer was lost, or by another delivery of the chunk.
func (c *commit) refused(group []*row, r *refusal) ([]*row, error) {
	if r.failed[0] {
		if !r.mine(c.writeID) {
			return nil, importing.ErrStale
		}
		stored, err := chunkState(r.old[0])
		c.state = stored
		return group, err
	}
	var left []*row
	at := 1
	for _, row := range group {
		if slices.Contains(r.failed[at:at+len(row.parts)], true) {
			c.redo = append(c.redo, row.Index)
		} else {
			left = append(left, row)
		}
		at += len(row.parts)
	}
	return left, nil
}
