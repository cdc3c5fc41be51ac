package httpapi

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"github.com/occ/contacts/pkg/problem"
)

// isMissing ends huma's sentence on a missing member, which begins with its name.
const isMissing = " is missing; give it a value."

// huma takes its sentences, its form of errors and its strictness from variables.
func init() {
	huma.ValidateStrictCasing = true
	huma.DefaultArrayNullable = false
	huma.NewError = func(status int, _ string, errs ...error) huma.StatusError { return invalid(status, errs) }
	huma.NewErrorWithContext = func(_ huma.Context, status int, _ string, errs ...error) huma.StatusError {
		return invalid(status, errs)
	}
	validation.MsgExpectedRequiredProperty = "%s" + isMissing
	validation.MsgUnexpectedProperty = "There is no such field; remove it, or check its spelling, in which case counts."
	validation.MsgExpectedString = "Give a text."
	validation.MsgExpectedBoolean = "Give true or false."
	validation.MsgExpectedNumber = "Give a number."
	validation.MsgExpectedInteger = "Give a whole number."
	validation.MsgExpectedArray = "Give a list."
	validation.MsgExpectedObject = "Give an object."
	validation.MsgExpectedRFC3339DateTime = "Give a time as in RFC 3339: 2026-01-31T12:00:00Z."
	validation.MsgExpectedOneOf = "Give one of: %s."
	validation.MsgExpectedMinimumNumber = "Give %v or more."
	validation.MsgExpectedMaximumNumber = "Give %v or less."
}

// invalid is what huma found wrong, in our form. It answers 400 to numbers that it cannot hold; the body is JSON all the same.
func invalid(status int, errs []error) *refusal {
	if status >= statuses[problem.Internal] {
		return refusalOf(errors.Join(errs...))
	}
	e := &problem.Error{Code: problem.ValidationFailed, Detail: "The request has values that cannot be used; errors says which and why."}
	for _, err := range errs {
		e.Fields = append(e.Fields, fieldError(err))
	}
	slices.SortStableFunc(e.Fields, func(a, b problem.FieldError) int { return cmp.Compare(a.Location, b.Location) })
	return refusalOf(e)
}

func fieldError(err error) problem.FieldError {
	detail, ok := errors.AsType[*huma.ErrorDetail](err)
	if !ok {
		detail = &huma.ErrorDetail{Location: "body", Message: err.Error()}
	}
	field := problem.FieldError{Location: detail.Location, Message: detail.Message, Value: detail.Value}
	if name, missing := strings.CutSuffix(field.Message, isMissing); missing {
		field.Location += "." + name
	}
	switch {
	case field.Location == "body":
		field.Value = nil // the body itself
	case strings.HasPrefix(field.Location, "body.secrets"):
		field.Value = nil // no secret is ever answered
	case field.Message == "invalid integer": // of a parameter; huma has no variable for it
		field.Message = validation.MsgExpectedInteger
	}
	return field
}

// errUnreadable is of JSON that Go cannot hold, as 1e999, or a field twice of which only the last is right.
var errUnreadable = errors.New("A value cannot be read: numbers have to fit 64 bits, and a field may stand there once.") //nolint:staticcheck // a sentence for clients

// jsonFormat is how huma reads and writes bodies.
var jsonFormat = huma.Format{
	Marshal: writeJSON,
	Unmarshal: func(data []byte, v any) error {
		if json.Unmarshal(data, v) != nil { // it is known to be JSON
			return errUnreadable
		}
		return nil
	},
}

// writeJSON writes <, > and & as they are: an answer is no HTML.
func writeJSON(w io.Writer, v any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}
