package importing

import (
	"slices"
	"strconv"
	"strings"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/sheet/cell"
)

// This file reads what only our own exports hold (pkg/httpapi/README.md, "A spreadsheet and back"), so that importing
// one into an empty workspace gives the same contacts back.

// plainHeader is a header as it is meant.
func plainHeader(header string) string {
	return strings.TrimSpace(strings.TrimPrefix(cell.Unescape(header), cell.BOM))
}

// ownExport says that a header is that of our exports. A column named id alone says nothing: other products have one too.
func ownExport(header []string) bool {
	for _, column := range []string{fieldID, fieldIdentities, fieldCreatedAt} {
		if !slices.ContainsFunc(header, func(text string) bool { return plainHeader(text) == column }) {
			return false
		}
	}
	return true
}

// noteNumber is the number of a further column of notes by its folded header ("notes 2"); 0 of every other column.
func noteNumber(word string) int {
	digits, found := strings.CutPrefix(word, fieldNotes)
	if !found || len(digits) > 4 {
		return 0
	}
	number, err := strconv.Atoi(digits)
	if err != nil || number < 0 {
		return 0
	}
	return number
}

// noteColumns are the columns of notes: what does not fit a cell of XLSX goes on in the next.
func (l layout) noteColumns() []int {
	if first, found := l.single[fieldNotes]; found {
		return append([]int{first}, l.more...)
	}
	return l.more
}

// identify takes the id and the identities. An id that is none of ours names nobody: files of other products have such a column too.
func (r *rowReader) identify(row *Row) (err error) {
	if id := r.cell(row, fieldID); isContactID(id) {
		row.ID = id
	}
	column, found := r.single[fieldIdentities]
	if !found {
		return nil
	}
	if row.Identities, err = readIdentities(row.Cells[column]); err != nil {
		return valueFault(InvalidValue, r.names[column], err)
	}
	if count := len(row.Identities); count > contact.MaxIdentities {
		r.doubt(row, ValueTooLong, "Column %q: There are %d identities, and a contact has at most %d; remove some.",
			r.names[column], count, contact.MaxIdentities)
	}
	return nil
}

// standIn says that a cell of an export holds what is shown of somebody without a name: their profile name, username, e-mail or external
// id, which need not be a name that could be written.
func (r *rowReader) standIn(row *Row, shown string) bool {
	if !r.export || len(row.Identities) == 0 {
		return false
	}
	var all []string
	for _, identity := range row.Identities {
		all = append(all, identity.ProfileName, identity.Username, identity.ExternalID)
	}
	for _, column := range r.emails {
		all = append(all, row.Cells[column])
	}
	return slices.ContainsFunc(all, func(text string) bool { return text != "" && contact.CleanText(text) == shown })
}
