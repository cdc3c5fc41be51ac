package importing

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/fold"
	"github.com/occ/contacts/pkg/sheet/cell"
)

// fieldCustom is the field of objects of custom attributes: those of formats with kinds, and of our own exports.
const fieldCustom = "customAttributes"

// takeObjects finds the columns of objects of custom attributes, unless somebody says what they hold: in a file with
// kinds the one of that name; in our own exports as tables those of the attributes that have no column of their own.
func (l *layout) takeObjects(header, words []string, means []meaning, kinds bool) {
	for i, word := range words {
		if means[i].given || !kinds && !l.export {
			continue
		}
		if kinds && (word != "customattributes" || len(l.objects) > 0) || !kinds && !isObjectColumn(plainHeader(header[i])) {
			continue
		}
		l.objects = append(l.objects, i)
		l.mapping[l.names[i]], l.own[i] = fieldCustom, true
	}
}

// isObjectColumn reports whether a header of our own exports is that of objects: customAttributes, customAttributes 2
// and so on.
func isObjectColumn(header string) bool {
	rest, found := strings.CutPrefix(header, fieldCustom)
	number, isNumber := strings.CutPrefix(rest, " ")
	return found && (rest == "" || isNumber && number != "" && strings.Trim(number, "0123456789") == "")
}

// wanted are the kinds that a field may have, and how they are called.
type wanted struct {
	kinds []cell.Kind
	names string
}

var (
	wantText  = wanted{[]cell.Kind{cell.String}, "a text"}
	wantValue = wanted{[]cell.Kind{cell.String, cell.Number, cell.Boolean}, "a text, a number or true or false"}
	wants     = map[string]wanted{
		fieldPhone:      {[]cell.Kind{cell.String, cell.Number}, "a text or a number"},
		fieldLabels:     {[]cell.Kind{cell.String, cell.List}, "a text or a list of texts"},
		fieldNotes:      {[]cell.Kind{cell.String, cell.List}, "a text or a list of texts"},
		fieldCustom:     {[]cell.Kind{cell.Object}, "an object of texts, numbers and booleans"},
		fieldIdentities: {[]cell.Kind{cell.List}, "a list of objects"},
	}
)

func wantedOf(field string) wanted {
	if strings.HasPrefix(field, attrPrefix) {
		return wantValue
	}
	if want, found := wants[field]; found {
		return want
	}
	return wantText
}

// checkKinds demands the right kind of every value that a field is taken from. An empty text is absent, whatever the
// field.
func (r *rowReader) checkKinds(row *Row) error {
	for column, kind := range r.types {
		if row.Cells[column] == "" {
			continue
		}
		field, mapped := r.mapping[r.names[column]]
		switch {
		case slices.Contains(r.middle, column):
			field = fieldName
		case !mapped, field == fieldID, field == fieldCreatedAt && !r.own[column]: // another product's are left out when they cannot be read
			continue
		}
		want := wantedOf(field)
		if !slices.Contains(want.kinds, kind) {
			return faulty(InvalidValue, "Column %q: it is %s, and has to be %s. Correct it and import the row again.", r.names[column], kind, want.names)
		}
		if kind == cell.List && (field == fieldLabels || field == fieldNotes) {
			if _, texts := cell.ParseList(row.Cells[column]); !texts {
				return faulty(InvalidValue, "Column %q: the list holds other values than texts, and has to be %s. Correct it and import the row again.", r.names[column], want.names)
			}
		}
	}
	return nil
}

// kindOf is the kind of a field's value, and false in a file without kinds.
func (r *rowReader) kindOf(field string) (cell.Kind, bool) {
	column, found := r.single[field]
	if r.types == nil || !found {
		return cell.Absent, false
	}
	return r.types[column], true
}

// listOf is the list of texts that a field has, and false when it has none: then its cell is to be read as a text.
func (r *rowReader) listOf(row *Row, field string) ([]string, bool) {
	if kind, _ := r.kindOf(field); kind != cell.List {
		return nil, false
	}
	return cell.ParseList(row.Cells[r.single[field]])
}

// notesIn are the notes of a cell. A text with a kind is one note, even if it looks like a list.
func (r *rowReader) notesIn(row *Row, column int) []string {
	switch {
	case r.types == nil:
		return cell.ParseNotes(row.Cells[column])
	case r.types[column] == cell.List:
		list, _ := cell.ParseList(row.Cells[column])
		return list
	default:
		return present([]string{row.Cells[column]})
	}
}

// attribute reads the value of a column of custom attributes. A text with a kind is that text, even if it looks like
// a number.
func (r *rowReader) attribute(row *Row, column int) any {
	if r.types != nil && r.types[column] == cell.String {
		return row.Cells[column]
	}
	return cell.ParseAttribute(row.Cells[column])
}

var errObject = errors.New("Write the custom attributes as one JSON object of texts, numbers and booleans, " + //nolint:staticcheck // for people
	"or leave the cell empty.")

// objects takes the custom attributes that stand in objects.
func (r *rowReader) objects(row *Row) error {
	for _, column := range r.layout.objects {
		if text := row.Cells[column]; r.types != nil && r.types[column] != cell.Object || strings.TrimSpace(text) == "" {
			continue
		}
		if err := r.object(row, column); err != nil {
			return err
		}
	}
	return nil
}

// object takes those of one cell, in the order of their keys, so that the same of several faults is told always.
func (r *rowReader) object(row *Row, column int) error {
	decoder := json.NewDecoder(strings.NewReader(row.Cells[column]))
	decoder.UseNumber()
	var object map[string]any
	if err := decoder.Decode(&object); err != nil || decoder.More() {
		return valueFault(InvalidValue, r.names[column], errObject)
	}
	for _, key := range slices.Sorted(maps.Keys(object)) {
		value := object[key]
		switch typed := value.(type) {
		case nil:
			continue
		case string:
		case json.Number:
			value = cell.ParseAttribute(typed.String())
		case bool:
		default:
			return faulty(InvalidValue, "Column %q: the attribute %q has to be %s. Correct it and import the row again.", r.names[column], shorten(key, maxColumnName), wantValue.names)
		}
		if err := contact.CheckAttributeKey(key); err != nil {
			return faulty(InvalidValue, "Column %q: the key %q cannot be used. %s", r.names[column], shorten(key, maxColumnName), err)
		}
		if err := r.addAttribute(row, column, key, value); err != nil {
			return err
		}
	}
	return nil
}

// addAttribute takes a custom attribute; an empty one is none.
func (r *rowReader) addAttribute(row *Row, column int, key string, raw any) error {
	if text, isText := raw.(string); raw == nil || isText && fold.Blank(text) {
		return nil
	}
	value, err := contact.NormalizeAttribute(raw)
	if err != nil {
		return valueFault(InvalidValue, r.names[column], err)
	}
	if row.Attributes == nil {
		row.Attributes = map[string]any{}
	}
	row.Attributes[key] = value
	return nil
}
