package exporting

import (
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
	// colAttributes is where JSON files have the attributes together.
	colAttributes = "customAttributes"
)

var columns = []string{
	colID, colName, colEmail, colPhone, colCompany, colChannel, colLabels, colNotes, colIdentities, colConversationCount, colRequestCount, colLastInteractionAt, colCreatedAt,
}

// CheckFields demands that every field is a column; location says where they stand in the request.
func CheckFields(fields []string, location string) error {
	faults := &problem.Error{Code: problem.ValidationFailed, Detail: "The export has fields that do not exist; see errors."}
	for i, field := range fields {
		key, isAttribute := strings.CutPrefix(field, attrPrefix)
		if isAttribute && contact.CheckAttributeKey(key) != nil || !isAttribute && !slices.Contains(columns, field) {
			faults.Fields = append(faults.Fields, problem.FieldError{
				Location: location + "[" + strconv.Itoa(i) + "]", Value: field,
				Message: "There is no such field. Give " + strings.Join(columns, ", ") + ", or attr. and the key of a custom attribute; leave fields out for all.",
			})
		}
	}
	if len(faults.Fields) > 0 {
		return faults
	}
	return nil
}

// chosen are the columns of an export whose contacts have these attribute keys. Given fields stand in the order of the columns, too: an
// export is read back by names. JSON files have the attributes together.
func chosen(format Format, fields, keys []string) []string {
	switch {
	case len(fields) > 0:
	case format == JSON:
		return append(slices.Clone(columns), colAttributes)
	default:
		return slices.Concat(columns, attributeColumns(keys))
	}
	var found, attributes []string
	for _, column := range columns {
		if slices.Contains(fields, column) {
			found = append(found, column)
		}
	}
	for _, field := range fields {
		if strings.HasPrefix(field, attrPrefix) {
			attributes = append(attributes, field)
		}
	}
	slices.Sort(attributes)
	return append(found, slices.Compact(attributes)...)
}

func attributeColumns(keys []string) []string {
	names := make([]string, len(keys))
	for i, key := range slices.Sorted(slices.Values(keys)) {
		names[i] = attrPrefix + key
	}
	return names
}
