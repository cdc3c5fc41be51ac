package exporting

import (
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/plainjson"
	"github.com/occ/contacts/pkg/sheet/cell"
)

// maxCell is the longest text of a cell in XLSX, in UTF-16 code units.
// https://support.microsoft.com/office/excel-specifications-and-limits-1672b34d-7043-467e-8e27-269d656771c3
const maxCell = 32_767

// tableRow writes a record as the cells of columns; notes, when wider than one, fill noteColumns cells.
func tableRow(cells []string, record Record, columns []string, noteColumns int) ([]string, error) {
	c := record.Contact
	for _, column := range columns {
		var text string
		switch column {
		case colID:
			text = c.ID
		case colName:
			text = c.DisplayName()
		case colEmail:
			text = c.Email
		case colPhone:
			text = c.Phone
		case colCompany:
			text = c.Company
		case colChannel:
			text = string(c.Channel)
		case colLabels:
			text = cell.Labels(c.Labels)
		case colNotes:
			parts := noteCells(record.Notes, noteColumns)
			cells = append(cells, parts...)
			continue
		case colIdentities:
			body, err := identities(c)
			if err != nil {
				return nil, err
			}
			text = body
		case colConversationCount:
			text = strconv.Itoa(c.ConversationCount)
		case colRequestCount:
			text = strconv.Itoa(c.RequestCount)
		case colLastInteractionAt:
			if !c.LastInteractionAt.IsZero() {
				text = contact.FormatTime(c.LastInteractionAt)
			}
		case colCreatedAt:
			text = contact.FormatTime(c.CreatedAt)
		default:
			if value, has := c.Attributes[strings.TrimPrefix(column, attrPrefix)]; has {
				text = cell.Attribute(value)
			}
		}
		cells = append(cells, text)
	}
	return cells, nil
}

// identities are a contact's as a JSON array; empty when it has none.
func identities(c contact.Contact) (string, error) {
	if len(c.Identities) == 0 {
		return "", nil
	}
	body, err := plainjson.Marshal(c.View().Identities)
	return string(body), err
}

// noteCells spread notes over n cells, whole notes each; with one cell all of them are there.
func noteCells(notes []string, n int) []string {
	if n <= 1 {
		return []string{cell.Notes(notes)}
	}
	cells := make([]string, 0, n)
	for _, group := range noteGroups(notes) {
		cells = append(cells, cell.Notes(group))
	}
	for len(cells) < n {
		cells = append(cells, "")
	}
	return cells
}

// noteGroups cut notes where a cell of XLSX is full. A single note always fits: it has at most 10,000 characters, none of more than two
// code units, and stands unquoted.
func noteGroups(notes []string) [][]string {
	var groups [][]string
	first, units := 0, 0
	for i, note := range notes {
		size := units16(note)
		if i > first && units+size > maxCell {
			groups = append(groups, notes[first:i])
			first, units = i, 0
		}
		units += size
	}
	return append(groups, notes[first:])
}

// units16 is the most that a note takes in a cell: as JSON in an array, with its quotes and a comma, and an apostrophe.
func units16(note string) int {
	body, _ := plainjson.Marshal(note) // text is always JSON
	return len(utf16.Encode([]rune(string(body)))) + 2
}
