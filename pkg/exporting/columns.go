package exporting

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/problem"
)

// The columns of an export, in order (pkg/httpapi/README.md, "The file of an export"); custom attributes follow as
// attr.<key>, in the order of their keys.
const (
	colID                = "id"
	colName              = "name"
	colEmail             = "email"
	colPhone             = "phone"
	colCompany           = "company"
	colChannel           = "channel"
	colLabels            = "labels"
	colNotes             = "notes"
	colIdentities        = "identities"
	colConversationCount = "conversationCount"
	colRequestCount      = "requestCount"
	colLastInteractionAt = "lastInteractionAt"
	colCreatedAt         = "createdAt"

	attrPrefix = "attr."
	// colAttributes is where JSON files have the attributes together, and tables those that have no column of their
	// own.
	colAttributes = "customAttributes"
)

// maxAttributeColumns is how many custom attributes have a column of their own. An integration may give every contact
// keys that nobody else has, so that a table would grow with the square of the contacts. With the other columns they
// stay below the 500 that our import takes, and far below the 16,384 of a spreadsheet; the rest is in
// colAttributes.
const maxAttributeColumns = 400

var columns = []string{
	colID, colName, colEmail, colPhone, colCompany, colChannel, colLabels, colNotes, colIdentities,
	colConversationCount, colRequestCount, colLastInteractionAt, colCreatedAt,
}

// CheckFields demands that every field is a column; location says where they stand in the request.
func CheckFields(fields []string, location string) error {
	faults := &problem.Error{
		Code:   problem.ValidationFailed,
		Detail: "The export has fields that do not exist; see errors.",
	}
	for i, field := range fields {
		key, isAttribute := strings.CutPrefix(field, attrPrefix)
		if isAttribute && contact.CheckAttributeKey(key) != nil || !isAttribute && !slices.Contains(columns, field) {
			faults.Fields = append(faults.Fields, problem.FieldError{
				Location: location + "[" + strconv.Itoa(i) + "]", Value: field,
				Message: "There is no such field. Give " + strings.Join(
					columns,
					", ",
				) + ", or attr. and the key of a custom attribute; leave fields out for all.",
			})
		}
	}
	if attributes := len(attributesAmong(fields)); attributes > maxAttributeColumns {
		faults.Fields = append(faults.Fields, problem.FieldError{
			Location: location, Value: attributes,
			Message: fmt.Sprintf(
				"An export has columns for at most %d custom attributes; leave fields out for all.",
				maxAttributeColumns,
			),
		})
	}
	if len(faults.Fields) > 0 {
		return faults
	}
	return nil
}

// attributesAmong are the fields that are custom attributes, each once and in order.
func attributesAmong(fields []string) []string {
	attributes := slices.DeleteFunc(
		slices.Clone(fields),
		func(field string) bool { return !strings.HasPrefix(field, attrPrefix) },
	)
	slices.Sort(attributes)
	return slices.Compact(attributes)
}

// chosen are the columns of an export whose contacts have these attribute keys, and perhaps others. Given fields
// stand in the order of the columns, too: an export is read back by names. JSON files have the attributes together.
func chosen(format Format, fields, keys []string, others bool) []string {
	switch {
	case len(fields) > 0:
	case format == JSON:
		return append(slices.Clone(columns), colAttributes)
	case others:
		return append(slices.Concat(columns, attributeColumns(keys)), colAttributes)
	default:
		return slices.Concat(columns, attributeColumns(keys))
	}
	var found []string
	for _, column := range columns {
		if slices.Contains(fields, column) {
			found = append(found, column)
		}
	}
	return append(found, attributesAmong(fields)...)
}

func attributeColumns(keys []string) []string {
	names := make([]string, len(keys))
	for i, key := range slices.Sorted(slices.Values(keys)) {
		names[i] = attrPrefix + key
	}
	return names
}
