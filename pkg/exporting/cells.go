package exporting

import (
	"fmt"
	"maps"
	"slices"
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

// table says what the cells of a row are.
type table struct {
	columns []string
	notes   int                 // cells that notes take; fewer than one are one
	others  int                 // cells that colAttributes takes, likewise
	keys    map[string]struct{} // of the attributes that have a column
}

func newTable(columns []string, notes, others int) table {
	t := table{columns, max(1, notes), max(1, others), map[string]struct{}{}}
	for _, column := range columns {
		if key, found := strings.CutPrefix(column, attrPrefix); found {
			t.keys[key] = struct{}{}
		}
	}
	return t
}

// header is the first row of a table. Columns that take several cells are "notes", "notes 2" and so on.
func (t table) header() []string {
	var header []string
	for _, column := range t.columns {
		header = append(header, column)
		count := 1
		switch column {
		case colNotes:
			count = t.notes
		case colAttributes:
			count = t.others
		}
		for n := 2; n <= count; n++ {
			header = append(header, fmt.Sprintf("%s %d", column, n))
		}
	}
	return header
}

// numeric says which cells of a row may be numbers to a spreadsheet: counts and attributes. Phones are text.
func (t table) numeric() []bool {
	header := t.header()
	is := make([]bool, len(header))
	for i, name := range header {
		is[i] = name == colConversationCount || name == colRequestCount || strings.HasPrefix(name, attrPrefix)
	}
	return is
}

// row appends the cells of a record.
func (t table) row(cells []string, record Record) ([]string, error) {
	c := record.Contact
	for _, column := range t.columns {
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
			cells = append(cells, noteCells(record.Notes, t.notes)...)
			continue
		case colAttributes:
			parts, err := attributeCells(c.Attributes, t.keys, t.others)
			if err != nil {
				return nil, err
			}
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
	for _, group := range grouped(notes, noteUnits) {
		cells = append(cells, cell.Notes(group))
	}
	return padded(cells, n)
}

// padded are at least n cells.
func padded(cells []string, n int) []string {
	for len(cells) < n {
		cells = append(cells, "")
	}
	return cells
}

// grouped cuts what stands in one column where a cell of XLSX is full. units is the most that one of them takes. A
// single one always fits: a note has at most 10,000 characters, none of more than two code units, and stands
// unquoted; an attribute has fewer.
func grouped(all []string, units func(string) int) [][]string {
	var groups [][]string
	first, taken := 0, 0
	for i, one := range all {
		size := units(one)
		if i > first && taken+size > maxCell {
			groups = append(groups, all[first:i])
			first, taken = i, 0
		}
		taken += size
	}
	return append(groups, all[first:])
}

// noteUnits is the most that a note takes in a cell: as JSON in an array, with its quotes and a comma, and an
// apostrophe.
func noteUnits(note string) int {
	body, _ := plainjson.Marshal(note) // text is always JSON
	return max(units16(string(body)), units16(note)) + 2
}

// units16 is how many UTF-16 code units a text takes with what makes a cell of it safe.
func units16(text string) int { return len(utf16.Encode([]rune(cell.Escape(text)))) }

// attributeCells spread the attributes whose keys have no column over n cells, a JSON object each.
func attributeCells(attributes map[string]any, keys map[string]struct{}, n int) ([]string, error) {
	members, err := others(attributes, keys)
	if err != nil {
		return nil, err
	}
	if len(members) == 0 {
		return padded(nil, n), nil
	}
	groups := [][]string{members}
	if n > 1 {
		groups = grouped(members, memberUnits)
	}
	cells := make([]string, 0, n)
	for _, group := range groups {
		cells = append(cells, "{"+strings.Join(group, ",")+"}")
	}
	return padded(cells, n), nil
}

// others are the attributes that have no column, as members of an object, in the order of their keys.
func others(attributes map[string]any, keys map[string]struct{}) ([]string, error) {
	var members []string
	for _, key := range slices.Sorted(maps.Keys(attributes)) {
		if _, found := keys[key]; found {
			continue
		}
		member, err := plainjson.Marshal(map[string]any{key: attributes[key]})
		if err != nil {
			return nil, err
		}
		members = append(members, string(member[1:len(member)-1]))
	}
	return members, nil
}

// memberUnits is the most that a member of an object takes in a cell, with a comma or brace on either side.
func memberUnits(member string) int { return units16(member) + 2 }
