package dynamo

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/importing"
	"github.com/occ/contacts/pkg/problem"
)

// maxCreations is how many contacts one transaction creates: three items each and the chunk's record make 97.
const maxCreations = 32

// row is a row of a chunk with what it writes.
type row struct {
	*importing.Write
	contactID string // empty when nothing is written
	parts     []part
	bytes     int
	touches   []key    // its contact and its claims: two rows that share one never share a transaction
	later     item     // the ticket of facets and words beyond what one transaction holds; nil when all fit
	overflow  []string // ids of notes beyond what one transaction holds; written after it
}

// storableRow is rowOf, or the rejection of a row that would make an item or a transaction too large for DynamoDB: no
// repetition helps that, so it costs no delivery.
func (s *Store) storableRow(ref importing.ChunkRef, w *importing.Write, writeID string) (*row, error) {
	r, err := s.rowOf(ref, w, writeID)
	if err == nil {
		err = s.checkParts(append(r.parts, part{write: types.TransactWriteItem{Put: &types.Put{TableName: &s.tables.Jobs}}})) // the chunk's record
	}
	if problem.CodeOf(err) == problem.ContactTooLarge {
		return &row{Write: &importing.Write{Index: w.Index, Row: w.Row, Outcome: importing.Rejected, Verdict: importing.TooLarge()}}, nil
	}
	return r, err
}

// rowOf works out what a row writes.
func (s *Store) rowOf(ref importing.ChunkRef, w *importing.Write, writeID string) (*row, error) {
	r := &row{Write: w}
	var subject contact.Contact
	var err error
	switch {
	case w.Create != nil:
		subject = *w.Create
		r.parts, err = s.creation(subject, writeID)
	case w.Update != nil:
		subject = w.Update.After
		r.parts, err = s.importedChange(ref, w, writeID)
		r.touch(w.Update.Before)
	default:
		return r, nil
	}
	if err != nil {
		return nil, err
	}
	// One part of the transaction is the chunk's record.
	name := fmt.Sprintf("%s-%d", writeID, w.Index)
	r.parts, r.later, err = s.fittedTo(maxTransactionItems-1, ref.Workspace, r.parts, name)
	if err != nil {
		return nil, err
	}
	r.contactID = subject.ID
	r.touch(subject)
	for _, note := range w.Notes {
		p := put(s.tables.Contacts, importedNote(ref, subject, note, writeID), condition{})
		if len(r.parts) < maxTransactionItems-1 && r.bytes+p.bytes < maxTransactionBytes/2 {
			r.parts, r.bytes = append(r.parts, p), r.bytes+p.bytes
		} else {
			r.overflow = append(r.overflow, note.ID)
		}
	}
	r.bytes = 0
	for _, p := range r.parts {
		r.bytes += p.bytes
	}
	return r, nil
}

func (r *row) touch(c contact.Contact) {
	r.touches = append(r.touches, contactKey(c.Workspace, c.ID))
	for _, claim := range claims(c) {
		r.touches = append(r.touches, claim.key)
	}
}

// importedChange is a change by an import, with what an undo goes by.
func (s *Store) importedChange(ref importing.ChunkRef, w *importing.Write, writeID string) ([]part, error) {
	parts, err := s.changing(w.Update.Before, w.Update.After, w.Update.Activity, writeID)
	if err != nil {
		return nil, err
	}
	image, err := s.imagePart(ref.Ref, w, writeID)
	return append(parts, image), err
}

// pack puts the rows into as few transactions as their limits allow, in their order.
func pack(rows []*row) [][]*row {
	var groups [][]*row
	var group []*row
	items, bytes, created := 1, 0, 0
	touched := make(map[key]bool)
	for _, r := range rows {
		creates := 0
		if r.Create != nil {
			creates = 1
		}
		full := items+len(r.parts) > maxTransactionItems || bytes+r.bytes > maxTransactionBytes || created+creates > maxCreations
		alone := len(r.overflow) > 0 || len(group) > 0 && len(group[len(group)-1].overflow) > 0 // the record tells of one row's
		if len(group) > 0 && (full || alone || r.meets(touched)) {
			groups, group = append(groups, group), nil
			items, bytes, created = 1, 0, 0
			clear(touched)
		}
		group = append(group, r)
		items, bytes, created = items+len(r.parts), bytes+r.bytes, created+creates
		for _, k := range r.touches {
			touched[k] = true
		}
	}
	if len(group) > 0 {
		groups = append(groups, group)
	}
	return groups
}

func (r *row) meets(touched map[key]bool) bool {
	for _, k := range r.touches {
		if touched[k] {
			return true
		}
	}
	return false
}
