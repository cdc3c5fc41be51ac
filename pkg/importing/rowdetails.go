package importing

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/sheet/cell"
)

// texts takes company and notes.
func (r *rowReader) texts(row *Row) (err error) {
	if company := r.cell(row, fieldCompany); company != "" {
		if row.Company, err = contact.NormalizeCompany(company); err != nil {
			return valueFault(InvalidValue, r.columnOf(fieldCompany), err)
		}
	}
	for _, column := range r.noteColumns() {
		for _, raw := range present(r.notesIn(row, column)) {
			note, err := contact.NormalizeNote(raw)
			if err != nil {
				return valueFault(InvalidValue, r.names[column], err)
			}
			row.Notes = append(row.Notes, note)
		}
	}
	if count := len(row.Notes); count > contact.MaxNotes {
		return faulty(ValueTooLong, "The row has %d notes, and a contact has at most %d. Remove some.", count, contact.MaxNotes)
	}
	return nil
}

// details takes labels, channel and time of creation.
func (r *rowReader) details(row *Row) error {
	labels := present(r.labelTexts(row))
	for i, raw := range labels {
		label, err := contact.NormalizeLabel(raw)
		if err != nil {
			return valueFault(InvalidValue, r.columnOf(fieldLabels), err)
		}
		labels[i] = label
	}
	row.Labels = contact.AddLabels(nil, labels...)
	if count := len(r.allLabels(row)); count > contact.MaxLabels {
		r.doubt(row, ValueTooLong, "The row makes %d labels, and a contact has at most %d. Remove some.",
			count, contact.MaxLabels)
	}
	if channel := contact.Channel(strings.ToLower(r.cell(row, fieldChannel))); channel != "" {
		if !slices.Contains(contact.Channels, channel) {
			return faulty(InvalidValue, "Column %q: there is no such channel. Leave it empty, or write one of %s.", r.columnOf(fieldChannel), contact.ChannelNames())
		}
		row.Channel = channel
	}
	return r.createdAt(row)
}

// allLabels are a row's, and those that every row gets.
func (r *rowReader) allLabels(row *Row) []string {
	if len(r.labels) == 0 {
		return row.Labels
	}
	return contact.AddLabels(row.Labels, r.labels...)
}

// createdAt takes the time of creation. Under another product's header one that cannot be read is left out.
func (r *rowReader) createdAt(row *Row) error {
	text := r.cell(row, fieldCreatedAt)
	if kind, typed := r.kindOf(fieldCreatedAt); text == "" || typed && kind != cell.String {
		return nil
	}
	at, err := readTime(text)
	if err == nil {
		row.CreatedAt = &at
	} else if r.own[r.single[fieldCreatedAt]] {
		return valueFault(InvalidValue, r.columnOf(fieldCreatedAt), err)
	}
	return nil
}

// attributes takes the custom attributes; an empty cell is none.
func (r *rowReader) attributes(row *Row) error {
	if err := r.objects(row); err != nil {
		return err
	}
	for _, attr := range r.attrs {
		if err := r.addAttribute(row, attr.column, attr.key, r.attribute(row, attr.column)); err != nil {
			return err
		}
	}
	if count := len(row.Attributes); count > contact.MaxAttributes {
		r.doubt(row, ValueTooLong, "The row has %d custom attributes, and a contact has at most %d. Leave some cells empty.",
			count, contact.MaxAttributes)
	}
	return nil
}

// anyID is as long as every contact's.
var anyID = ContactID("", 0)

// size demands that the contact that the row would make is not too large to be stored, and doubts one that is larger
// than a request may make it.
func (r *rowReader) size(row *Row) error {
	made := contact.Contact{
		ID: anyID, Identities: row.Identities, Name: row.Name, Email: row.Email, Phone: row.Phone, Company: row.Company, Channel: cmp.Or(row.Channel, contact.Import),
		Labels: r.allLabels(row), Attributes: row.Attributes,
	}
	fault, large := errors.AsType[*rowFault](checkSize(contact.Contact{}, made))
	switch {
	case !large:
		return nil
	case contact.Weight(made) > contact.MaxWeight:
		return faulty(ValueTooLong, "%s", TooLarge().Message)
	}
	r.doubt(row, fault.code, "%s", fault.message)
	return nil
}

// checkSize demands that a contact stays within its limit of bytes, or what it has already. Few can be over it: they
// are weighed only when their text alone could make them so, a character taking 6 bytes at most as JSON.
func checkSize(before, c contact.Contact) error {
	const others = 4_096
	bytes := len(c.Name) + len(c.Email) + len(c.Company)
	for _, label := range c.Labels {
		bytes += len(label) + 3
	}
	for key, value := range c.Attributes {
		text, _ := value.(string)
		bytes += len(key) + len(text) + 30
	}
	if len(c.Identities) == 0 && 6*bytes+others < contact.MaxSize {
		return nil
	}
	if err := contact.CheckSize(before, c); err != nil {
		return faulty(ValueTooLong, "The contact would have more than %d bytes. Shorten or remove custom attributes.", contact.MaxSize)
	}
	return nil
}
