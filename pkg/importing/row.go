package importing

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/problem"
	"github.com/occ/contacts/pkg/sheet/cell"
)

// rowReader turns the records of one file into rows: each is drafted while its record is there, judged by itself, and then settled in the
// order of the file, because the reader remembers the keys of the rows that it passed.
type rowReader struct {
	layout
	phone  func(raw string) (e164 string, err error) // with the import's default region
	labels []string                                  // that every row's contact gets besides its own
	taken  seen
	used   seen        // labels of the rows before
	types  []cell.Kind // of the row's cells; nil when all are text as a spreadsheet holds it
}

// rowFault is why a row cannot be imported.
type rowFault struct {
	code    Code
	message string
}

// Error implements error.
func (f *rowFault) Error() string { return string(f.code) + ": " + f.message }

func faulty(code Code, format string, args ...any) error {
	return &rowFault{code, fmt.Sprintf(format, args...)}
}

// draft is a row before it is settled.
type draft struct {
	row        Row
	cells      int // of its record
	types      []cell.Kind
	unreadable *problem.Error // the reader's own fault of it
	fault      error          // of the row, once it is judged
}

// draft takes what the record that was read last holds.
func (r *rowReader) draft(records Records) draft {
	r.types = slices.Clone(records.Kinds())
	return draft{Row{Number: records.Number(), Cells: r.fit(records.Cells())}, len(records.Cells()), r.types, records.Fault(), nil}
}

// judge fills a row by its cells. Several rows may be judged at once.
func (r rowReader) judge(d *draft) {
	r.types = d.types
	d.fault = r.fill(&d.row, d.cells, d.unreadable)
}

// settle makes the row of a draft that was judged, with a verdict when it cannot be imported.
func (r *rowReader) settle(d draft) Row {
	row, err := d.row, d.fault
	if err == nil && row.Doubt == nil {
		err = r.checkLabels(row)
	}
	if err == nil {
		err = r.claim(row)
	}
	if err == nil && row.Doubt == nil {
		for _, label := range row.Labels {
			r.used.add(hashOf(contact.FacetKey(label)))
		}
	}
	if fault, ok := errors.AsType[*rowFault](err); ok {
		outcome := Rejected
		if fault.code == DuplicateInFile {
			outcome = Skipped
		}
		return Row{Number: row.Number, Cells: row.Cells, Verdict: &Verdict{outcome, fault.code, fault.message}}
	}
	return row
}

// maxFileLabels is how many different labels the rows of a file may have. Labels are for groups: each stands in every
// picker.
const maxFileLabels = 10_000

// checkLabels refuses a row whose labels would be more than a file may have.
func (r *rowReader) checkLabels(row Row) error {
	fresh := 0
	for _, label := range row.Labels {
		if !r.used.has(hashOf(contact.FacetKey(label))) {
			fresh++
		}
	}
	if fresh > 0 && r.used.count+fresh > maxFileLabels {
		return faulty(InvalidValue, "Column %q: the rows above have %d different labels, and a file may have no more. Map the column to a custom attribute instead.",
			r.columnOf(fieldLabels), r.used.count)
	}
	return nil
}

// fit gives a record as many cells as there are columns, as they are meant.
func (r *rowReader) fit(cells []string) []string {
	fitted := make([]string, len(r.names))
	for i := range min(len(cells), len(fitted)) {
		if fitted[i] = cells[i]; r.types == nil {
			fitted[i] = cell.Unescape(cells[i])
		}
	}
	return fitted
}

func (r *rowReader) fill(row *Row, cells int, unreadable *problem.Error) error {
	if unreadable != nil {
		return faulty(Code(unreadable.Code), "%s", unreadable.Detail)
	}
	if cells > len(r.names) {
		return faulty(MalformedRow, "The row has %d cells, but the header has %d. Quote cells that hold the delimiter, or remove what is too much.", cells, len(r.names))
	}
	for _, step := range []func(*Row) error{r.checkKinds, r.identify, r.name, r.addresses, r.texts, r.details, r.attributes, r.size} {
		if err := step(row); err != nil {
			return err
		}
	}
	return nil
}

// cell is the value of a field that has one column; empty when it has none.
func (r *rowReader) cell(row *Row, field string) string {
	column, found := r.single[field]
	if !found {
		return ""
	}
	return contact.CleanText(row.Cells[column])
}

// columnOf names a field's column for a message.
func (r *rowReader) columnOf(field string) string { return r.names[r.single[field]] }

// name takes the name, or failing that its parts. What somebody is filed as ("Adel, Mona") is the last resort.
func (r *rowReader) name(row *Row) error {
	name, parts := r.cell(row, fieldName), r.nameInParts(row)
	if name == "" || parts != "" && r.ranks[r.single[fieldName]] == rankOther {
		name = parts
	}
	var err error
	row.Name, err = contact.NormalizeName(name)
	if err != nil && r.standIn(row, name) {
		return nil
	}
	if name == "" {
		return faulty(MissingName, "The row has no name. Fill in the name and import the row again.")
	}
	return valueFault(InvalidValue, "name", err)
}

// nameInParts puts first, middle and last name together. Without a column of whole names the middle ones are needed: Google
// cuts "Mona Ahmed Adel" into three.
func (r *rowReader) nameInParts(row *Row) string {
	parts := []string{r.cell(row, fieldFirstName)}
	for _, column := range r.middle {
		parts = append(parts, contact.CleanText(row.Cells[column]))
	}
	return strings.Join(present(append(parts, r.cell(row, fieldLastName))), " ")
}

// addresses takes the first valid e-mail and the first valid phone. When none of the values given for one of them is valid the
// row fails, so that nothing is dropped silently.
func (r *rowReader) addresses(row *Row) error {
	email, emailErr := r.firstValid(row, r.emails, InvalidEmail, contact.NormalizeEmail)
	phone, phoneErr := r.phoneOf(row)
	row.Email, row.Phone = email, phone
	switch {
	case emailErr != nil:
		return emailErr
	case phoneErr != nil:
		return phoneErr
	case email == "" && phone == "" && len(row.Identities) == 0 && !r.export:
		return faulty(MissingEmailOrPhone, "The row has neither an e-mail nor a phone. Fill in one of them and import the row again.")
	}
	return nil
}

// firstValid returns the first value of some columns that can be used; the fault of the first value when none can.
func (r *rowReader) firstValid(row *Row, columns []int, code Code, read func(string) (string, error)) (string, error) {
	var first error
	for _, column := range columns {
		for _, raw := range several(row.Cells[column]) {
			value, err := read(raw)
			if err == nil {
				return value, nil
			}
			if first == nil {
				first = valueFault(code, r.names[column], err)
			}
		}
	}
	return "", first
}

// valueFault makes a row's fault of a value's, which is a sentence with its remedy.
func valueFault(code Code, column string, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, contact.ErrTooLong) {
		code = ValueTooLong
	}
	return faulty(code, "Column %q: %s", column, err)
}
