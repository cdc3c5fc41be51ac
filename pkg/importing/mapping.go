package importing

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/plainjson"
	"github.com/occ/contacts/pkg/problem"
)

// Mapping is what somebody says of a file's columns: the field that a column fills, or nil for a column that is not used. The others
// are recognised by their headers.
type Mapping map[string]*string

// fields are what a column can be mapped to, beside attributes.
var fields = []string{
	fieldName, fieldFirstName, fieldLastName, fieldEmail, fieldPhone, fieldCompany, fieldNotes, fieldLabels, fieldChannel, fieldCreatedAt, fieldID, fieldIdentities,
}

// maxMapping is how many bytes a mapping may have as it is stored, so that it fits the import's item and the answer
// that is kept for an Idempotency-Key.
const maxMapping = 100_000

// said checks the fields of a mapping and returns it as it is kept, with an empty field for a column that is not used; or what is wrong
// with it.
func (m Mapping) said() (map[string]string, []problem.FieldError) {
	if faults := m.bounded(); len(m) == 0 || faults != nil {
		return nil, faults
	}
	var faults []problem.FieldError
	given, columnOf := map[string]string{}, map[string]string{}
	for _, column := range slices.Sorted(maps.Keys(m)) {
		if m[column] == nil {
			given[column] = ""
			continue
		}
		field := *m[column]
		message := checkField(field)
		if other, taken := columnOf[field]; message == "" && taken && !numbered(field) {
			message = fmt.Sprintf("Column %q is mapped to %s too, and only email and phone may have several columns; map one of them to another field or to null.", shortName(other), field)
		}
		if message != "" {
			faults = append(faults, problem.FieldError{Location: locationOf(column), Message: message, Value: field})
		}
		given[column], columnOf[field] = field, column
	}
	return given, faults
}

// bounded refuses a mapping that is too large to be kept.
func (m Mapping) bounded() []problem.FieldError {
	stored, _ := plainjson.Marshal(m) // texts alone
	switch {
	case len(m) > maxColumns:
		return []problem.FieldError{{Location: mappingAt, Message: fmt.Sprintf("The mapping names %d columns, and a file has at most %d; leave some out.", len(m), maxColumns)}}
	case len(stored) > maxMapping:
		return []problem.FieldError{{Location: mappingAt, Message: fmt.Sprintf("The mapping has more than %d bytes; name only the columns that need it.", maxMapping)}}
	default:
		return nil
	}
}

// checkField says what is wrong with the name of a field; empty when a column can be mapped to it.
func checkField(field string) string {
	if slices.Contains(fields, field) {
		return ""
	}
	key, custom := strings.CutPrefix(field, attrPrefix)
	if !custom {
		return fmt.Sprintf("There is no such field; give one of %s, %s<key>, or null.", strings.Join(fields, ", "), attrPrefix)
	}
	if err := contact.CheckAttributeKey(key); err != nil {
		return err.Error()
	}
	return ""
}

const mappingAt = "body.mapping"

func locationOf(column string) string { return mappingAt + "." + column }

// resolve finds the columns that a mapping names: by their exact names, else by those that differ from them in case and spaces alone.
// It returns the mapping by the columns' own names, or what is wrong.
func resolve(names []string, given map[string]string) (map[string]string, []problem.FieldError) {
	if len(given) == 0 {
		return nil, nil
	}
	alike := map[string][]string{}
	for _, name := range names {
		alike[loose(name)] = append(alike[loose(name)], name)
	}
	var faults []problem.FieldError
	resolved, saidAs := make(map[string]string, len(given)), map[string]string{}
	for _, said := range slices.Sorted(maps.Keys(given)) {
		name, message := find(names, alike, said)
		if other, taken := saidAs[name]; message == "" && taken {
			message = fmt.Sprintf("%q means the same column; name it once.", shortName(other))
		}
		if message != "" {
			faults = append(faults, problem.FieldError{Location: locationOf(said), Message: message})
			continue
		}
		resolved[name], saidAs[name] = given[said], said
	}
	return resolved, faults
}

// find returns the column that somebody means, or a message that says why there is none.
func find(names []string, alike map[string][]string, said string) (name, message string) {
	if slices.Contains(names, said) {
		return said, ""
	}
	found := alike[loose(said)]
	if len(found) == 0 { // a long header is shown cut
		found = alike[loose(shorten(contact.CleanText(said), maxColumnName))]
	}
	switch len(found) {
	case 0:
		return "", "The file has no such column; name it as the import's columns do."
	case 1:
		return found[0], ""
	default:
		return "", fmt.Sprintf("The columns %q and %q both differ from it in case and spaces alone; name one exactly as the import's columns do.", found[0], found[1])
	}
}

// shortName is a column's name as a message shows it: a mapping may name columns of 100 KB.
func shortName(column string) string { return shorten(column, maxColumnName) }

// loose is a column's name without case and spaces.
func loose(name string) string {
	return strings.ToLower(strings.Join(strings.Fields(contact.CleanText(name)), ""))
}

// unusable is the error of a mapping with faults; nil without any.
func unusable(faults []problem.FieldError) error {
	if len(faults) == 0 {
		return nil
	}
	return &problem.Error{Code: problem.InvalidMapping, Detail: "The mapping cannot be used; errors says why.", Fields: faults}
}
