package importing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/occ/contacts/pkg/contact"
)

// decide says what is to be done about rows of the chunk, by what their keys name now.
func (c *chunkWork) decide(ctx context.Context, indexes []int) ([]Write, error) {
	writes := make([]Write, len(indexes))
	var open []int // places in writes that depend on what is stored
	for i, index := range indexes {
		writes[i] = c.settle(index)
		if writes[i].Outcome == Pending {
			open = append(open, i)
		}
	}
	if len(open) == 0 {
		return writes, nil
	}
	matches, err := c.match(ctx, indexes, open)
	if err != nil {
		return nil, err
	}
	for _, i := range open {
		if writes[i], err = c.decideOne(ctx, indexes[i], matches); err != nil {
			return nil, err
		}
		if c.chunk.DryRun {
			writes[i].Create, writes[i].Update, writes[i].Notes = nil, nil, nil
		}
		writes[i].Row = c.chunk.Rows[indexes[i]].Number
	}
	return writes, nil
}

// settle decides a row for which nothing needs to be looked up; Pending when that is needed.
func (c *chunkWork) settle(index int) Write {
	switch verdict := c.chunk.Rows[index].Verdict; {
	case verdict != nil: // it travels with the row: the record need not repeat it
		return Write{Index: index, Outcome: verdict.Outcome}
	case c.cancelled:
		return Write{Index: index, Outcome: Skipped, Verdict: &Verdict{Skipped, RowCancelled, "The import was cancelled before this row was written. Import the row again if you want it."}}
	case c.abandoned:
		return Write{Index: index, Outcome: Rejected, Verdict: unwritable()}
	default:
		return Write{Index: index, Outcome: Pending}
	}
}

// decideOne creates, updates, skips or rejects.
func (c *chunkWork) decideOne(ctx context.Context, index int, matches Matches) (Write, error) {
	row := c.chunk.Rows[index]
	named := namedBy(row, matches)
	if len(named) == 0 {
		if row.Doubt != nil {
			return row.refuse(index), nil
		}
		if count := claims(row); count > maxClaims {
			return refused(index, Rejected, ValueTooLong, "The row makes %d identities, e-mails and phones, and a "+
				"new contact can be stored with %d. Remove some identities.", count, maxClaims), nil
		}
		return c.create(index), nil
	}
	known := named[0]
	for _, other := range named[1:] {
		if other.id != known.id {
			return refused(index, Rejected, DuplicateContact, "The %s belongs to contact %s and the %s to contact %s. Correct the one that is wrong, and import the row again.",
				known.what, known.id, other.what, other.id), nil
		}
	}
	switch c.chunk.OnDuplicate {
	case SkipKnown:
		return refused(index, Skipped, DuplicateContact, "Contact %s has this %s already, and known contacts were to be skipped.", known.id, known.what), nil
	case RejectKnown:
		return refused(index, Rejected, DuplicateContact, "Contact %s has this %s already. Remove the row, or import it with onDuplicate update.", known.id, known.what), nil
	default:
		return c.update(ctx, index, matches.ByID[known.id])
	}
}

func refused(index int, outcome Outcome, code Code, format string, args ...any) Write {
	return Write{Index: index, Outcome: outcome, Verdict: &Verdict{outcome, code, fmt.Sprintf(format, args...)}}
}

// create makes the contact of a row. All of it follows from the chunk, so that a retry makes the same one.
func (c *chunkWork) create(index int) Write {
	row := c.chunk.Rows[index]
	made := contact.Contact{
		Workspace: c.chunk.Workspace, ID: ContactID(c.chunk.Import, row.Number),
		Name: row.Name, Email: row.Email, Phone: row.Phone, Company: row.Company, Channel: row.Channel,
		Labels: contact.AddLabels(row.Labels, c.chunk.Labels...), Attributes: row.Attributes,
		CreatedAt: c.chunk.CreatedAt, UpdatedAt: c.chunk.CreatedAt, Version: 1, CreatedBy: c.actor(), NamedBy: contact.ByImport,
	}
	if made.Channel == "" {
		made.Channel = contact.Import
	}
	if made.Phone != "" {
		made.PhoneBy = contact.ByImport
	}
	if made.Email != "" {
		made.EmailBy = contact.ByImport
	}
	if made.Name == "" {
		made.NamedBy = "" // a channel may still name who is known by an identity alone
	}
	if row.CreatedAt != nil {
		made.CreatedAt = *row.CreatedAt
	}
	made.Identities = seenFrom(row.Identities, made.CreatedAt)
	return Write{Index: index, Outcome: Created, Create: &made, Notes: c.notes(row, nil)}
}

// update brings what a row says to a known contact: an empty cell blanks nothing, labels are united, attributes merged, identities
// and notes added unless they are there. Channel and time of creation stay.
func (c *chunkWork) update(ctx context.Context, index int, before contact.Contact) (Write, error) {
	row := c.chunk.Rows[index]
	if row.strange(before) {
		return row.refuse(index), nil
	}
	var there map[string]int
	if len(row.Notes) > 0 {
		there = make(map[string]int)
		for _, owner := range before.Owners() {
			texts, err := c.chunks.NoteTexts(ctx, before.Workspace, owner)
			if err != nil {
				return Write{}, err
			}
			for text, times := range texts {
				there[text] += times
			}
		}
	}
	held := 0
	for _, times := range there {
		held += times
	}
	notes := c.notes(row, there)
	if count := held + len(notes); len(notes) > 0 && count > contact.MaxNotes {
		return refused(index, Rejected, ValueTooLong, "Contact %s would have %d notes, and %d are the most. Delete some of its notes, or leave those of the row out.",
			before.ID, count, contact.MaxNotes), nil
	}
	var noted []contact.Change
	for _, note := range notes {
		noted = append(noted, contact.NoteChange("", note.Text))
	}
	labels := contact.AddLabels(before.Labels, contact.AddLabels(row.Labels, c.chunk.Labels...)...)
	identities := contact.AddIdentities(before.Identities, seenFrom(row.Identities, c.chunk.CreatedAt)...)
	patch := contact.Patch{
		Name: givenName(row, before), Email: given(row.Email), Phone: given(row.Phone), Company: given(row.Company),
		Identities: contact.Field[[]contact.Identity]{Set: true, Value: identities},
		Labels:     contact.Field[[]string]{Set: true, Value: labels},
		Attributes: contact.Field[map[string]any]{Set: len(row.Attributes) > 0, Value: row.Attributes},
	}
	after, activity, changed := contact.Apply(before, patch, c.actor(), instant(c.now), noted...)
	if !changed {
		return Write{Index: index, Outcome: Unchanged}, nil
	}
	if fault, ok := errors.AsType[*rowFault](c.checkMerged(before, after)); ok {
		return refused(index, Rejected, fault.code, "%s", fault.message), nil
	}
	return Write{Index: index, Outcome: Updated, Update: &Update{before, after, activity}, Notes: notes}, nil
}

func given(value string) contact.Field[string] {
	return contact.Field[string]{Set: value != "", Value: value}
}

// givenName is a row's name, unless it is what is shown of somebody without one: our exports hold that.
func givenName(row Row, before contact.Contact) contact.Field[string] {
	if before.Name == "" && row.Name == contact.CleanText(before.DisplayName()) {
		return contact.Field[string]{}
	}
	return given(row.Name)
}

// checkMerged demands of a contact that took a row in what is demanded of every contact. A join may have left more
// labels, identities, attributes and bytes than that: they are no reason to refuse a row that adds none. Our own
// exports hold what joins left, so what can be stored is all that limits their rows.
func (w *chunkWork) checkMerged(before, c contact.Contact) error {
	if w.chunk.OwnExport {
		if checkSize(before, c) != nil && contact.Weight(c) > max(contact.MaxWeight, contact.Weight(before)) {
			return faulty(ValueTooLong, "%s", TooLarge().Message)
		}
		return nil
	}
	if count := len(c.Labels); count > max(contact.MaxLabels, len(before.Labels)) {
		return faulty(ValueTooLong, "The contact would have %d labels, and %d are the most. Remove some of the contact's or of the row's.", count, contact.MaxLabels)
	}
	if count := len(c.Identities); count > max(contact.MaxIdentities, len(before.Identities)) {
		return faulty(ValueTooLong, "The contact would have %d identities, and %d are the most. Remove some of the row's.", count, contact.MaxIdentities)
	}
	if count := len(c.Attributes); count > max(contact.MaxAttributes, len(before.Attributes)) {
		return faulty(ValueTooLong, "The contact would have %d custom attributes, and %d are the most. Remove some of the contact's or leave cells empty.", count, contact.MaxAttributes)
	}
	return checkSize(before, c)
}

// notes are those of a row that are not there yet: a text that stands in the row more often than in the contact's notes, as much more
// often. A millisecond between them keeps them in the row's order.
func (c *chunkWork) notes(row Row, there map[string]int) []contact.Note {
	var notes []contact.Note
	for n, text := range row.Notes {
		if there[text] > 0 {
			there[text]--
			continue
		}
		at := c.chunk.CreatedAt.Add(time.Duration(n) * time.Millisecond)
		notes = append(notes, contact.Note{ID: noteID(c.chunk.Import, row.Number, n, at), Text: text, Author: c.author, CreatedAt: at, UpdatedAt: at})
	}
	return notes
}
