package importing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/occ/contacts/pkg/contact"
)

// decide says what is to be done about rows of the chunk, by what their e-mails and phones name now.
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

// match looks the e-mails and phones of rows up together.
func (c *chunkWork) match(ctx context.Context, indexes, open []int) (Matches, error) {
	var emails, phones []string
	for _, i := range open {
		row := c.chunk.Rows[indexes[i]]
		if row.Email != "" {
			emails = append(emails, contact.EmailKey(row.Email))
		}
		if row.Phone != "" {
			phones = append(phones, row.Phone)
		}
	}
	return c.chunks.Match(ctx, c.chunk.Workspace, emails, phones)
}

// decideOne creates, updates, skips or rejects.
func (c *chunkWork) decideOne(ctx context.Context, index int, matches Matches) (Write, error) {
	row := c.chunk.Rows[index]
	byEmail, byPhone := "", ""
	if row.Email != "" {
		byEmail = matches.ByEmail[contact.EmailKey(row.Email)]
	}
	if row.Phone != "" {
		byPhone = matches.ByPhone[row.Phone]
	}
	known := byEmail
	if known == "" {
		known = byPhone
	}
	switch {
	case byEmail != "" && byPhone != "" && byEmail != byPhone:
		return refused(index, Rejected, DuplicateContact, "The e-mail belongs to contact %s and the phone to contact %s. Correct the one that is wrong, and import the row again.", byEmail, byPhone), nil
	case known == "":
		return c.create(index), nil
	case c.chunk.OnDuplicate == SkipKnown:
		return refused(index, Skipped, DuplicateContact, "Contact %s has this e-mail or phone already, and known contacts were to be skipped.", known), nil
	case c.chunk.OnDuplicate == RejectKnown:
		return refused(index, Rejected, DuplicateContact, "Contact %s has this e-mail or phone already. Remove the row, or import it with onDuplicate update.", known), nil
	default:
		return c.update(ctx, index, matches.ByID[known])
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
	if row.CreatedAt != nil {
		made.CreatedAt = *row.CreatedAt
	}
	return Write{Index: index, Outcome: Created, Create: &made, Notes: c.notes(row, nil)}
}

// update brings what a row says to a known contact: an empty cell blanks nothing, labels are united, attributes merged, notes
// added unless they are there. Channel and time of creation stay.
func (c *chunkWork) update(ctx context.Context, index int, before contact.Contact) (Write, error) {
	row := c.chunk.Rows[index]
	var there map[string]bool
	if len(row.Notes) > 0 {
		var err error
		if there, err = c.chunks.NoteTexts(ctx, before.Workspace, before.ID); err != nil {
			return Write{}, err
		}
	}
	notes := c.notes(row, there)
	var noted []contact.Change
	for _, note := range notes {
		noted = append(noted, contact.NoteChange("", note.Text))
	}
	labels := contact.AddLabels(before.Labels, contact.AddLabels(row.Labels, c.chunk.Labels...)...)
	patch := contact.Patch{
		Name: given(row.Name), Email: given(row.Email), Phone: given(row.Phone), Company: given(row.Company),
		Labels:     contact.Field[[]string]{Set: true, Value: labels},
		Attributes: contact.Field[map[string]any]{Set: len(row.Attributes) > 0, Value: row.Attributes},
	}
	after, activity, changed := contact.Apply(before, patch, c.actor(), instant(c.now), noted...)
	if !changed {
		return Write{Index: index, Outcome: Unchanged}, nil
	}
	if fault, ok := errors.AsType[*rowFault](checkMerged(before, after)); ok {
		return refused(index, Rejected, fault.code, "%s", fault.message), nil
	}
	return Write{Index: index, Outcome: Updated, Update: &Update{before, after, activity}, Notes: notes}, nil
}

func given(value string) contact.Field[string] {
	return contact.Field[string]{Set: value != "", Value: value}
}

// checkMerged demands of a contact that took a row in what is demanded of every contact. A join may have left more labels than that: they
// are no reason to refuse a row that adds none.
func checkMerged(before, c contact.Contact) error {
	if count := len(c.Labels); count > max(contact.MaxLabels, len(before.Labels)) {
		return faulty(ValueTooLong, "The contact would have %d labels, and %d are the most. Remove some of the contact's or of the row's.", count, contact.MaxLabels)
	}
	if count := len(c.Attributes); count > contact.MaxAttributes {
		return faulty(ValueTooLong, "The contact would have %d custom attributes, and %d are the most. Remove some of the contact's or leave cells empty.", count, contact.MaxAttributes)
	}
	return checkSize(c)
}

// notes are those of a row whose text is not there yet. A millisecond between them keeps them in the row's order.
func (c *chunkWork) notes(row Row, there map[string]bool) []contact.Note {
	var notes []contact.Note
	for n, text := range row.Notes {
		if there[text] {
			continue
		}
		at := c.chunk.CreatedAt.Add(time.Duration(n) * time.Millisecond)
		notes = append(notes, contact.Note{ID: noteID(c.chunk.Import, row.Number, n, at), Text: text, Author: c.author, CreatedAt: at, UpdatedAt: at})
	}
	return notes
}
