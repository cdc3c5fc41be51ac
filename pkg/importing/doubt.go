package importing

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/occ/contacts/pkg/contact"
)

// Limits of a request are none of what is stored: joins leave more labels, identities and attributes, and channels give
// phones of ranges that are newer than our tables. A file that is our own export holds what was stored, so its rows
// have only the limits of storage. In every other file what is over a limit of requests is a doubt, which the writer
// settles: it counts unless the contact that the row names has as much already.

// doubt says what speaks against a row. A phone comes before the rest, which the writer finds by itself (checkMerged).
func (r *rowReader) doubt(row *Row, code Code, format string, args ...any) {
	if !r.export && (row.Doubt == nil || code == InvalidPhone) {
		row.Doubt = &Verdict{Rejected, code, fmt.Sprintf(format, args...)}
	}
}

// storedPhone is the form in which channels give phones: E.164, whatever our tables know of it.
var storedPhone = regexp.MustCompile(`^\+[0-9]{8,15}$`)

// phoneOf takes the first valid phone of a row. Failing that it takes the first one in the form of what is stored, with
// a doubt. In our own exports that form is always valid.
func (r *rowReader) phoneOf(row *Row) (string, error) {
	columns := r.phonesOf(row)
	phone, err := r.firstValid(row, columns, InvalidPhone, func(raw string) (string, error) {
		if r.export && storedPhone.MatchString(raw) {
			return raw, nil
		}
		return r.phone(raw)
	})
	fault, invalid := errors.AsType[*rowFault](err)
	if !invalid {
		return phone, err
	}
	for _, column := range columns {
		for _, raw := range several(row.Cells[column]) {
			if storedPhone.MatchString(raw) {
				r.doubt(row, InvalidPhone, "%s", fault.message)
				return raw, nil
			}
		}
	}
	return "", err
}

// refuse is the outcome of a row in doubt.
func (row Row) refuse(index int) Write {
	return Write{Index: index, Outcome: row.Doubt.Outcome, Verdict: row.Doubt}
}

// strange reports whether a row has a phone that is in doubt, and that the contact does not have.
func (row Row) strange(c contact.Contact) bool {
	return row.Doubt != nil && row.Doubt.Code == InvalidPhone && !c.HasPhone(row.Phone)
}
