// Package problem is the one error type of the service. The domain says what is wrong with a stable Code and a sentence
// for the reader; package httpapi owns the only table that turns a Code into an HTTP status.
package problem

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// Code names a kind of error. The words are part of the public contract: clients branch on them, so they never change.
type Code string

// The codes of the API (pkg/httpapi/README.md, "Errors").
const (
	Internal             Code = "internal_error"
	ValidationFailed     Code = "validation_failed"
	MalformedJSON        Code = "malformed_json"
	UnsupportedMediaType Code = "unsupported_media_type"
	NotFound             Code = "not_found"
	MethodNotAllowed     Code = "method_not_allowed"
	NoWorkspace          Code = "no_workspace"
	Forbidden            Code = "forbidden"
	InvalidCursor        Code = "invalid_cursor"
	VersionConflict      Code = "version_conflict"
	DuplicateContact     Code = "duplicate_contact"
	ContactTooLarge      Code = "contact_too_large"
	ContactHasRequests   Code = "contact_has_requests"
	FileTooLarge         Code = "file_too_large"
	UnsupportedFormat    Code = "unsupported_format"
	IdempotencyKeyReused Code = "idempotency_key_reused"
	RequestInProgress    Code = "request_in_progress"
	NotPossible          Code = "not_possible"
	InvalidMapping       Code = "invalid_mapping"
	NoReport             Code = "no_report"
	AccountTaken         Code = "account_taken"
	Unavailable          Code = "temporarily_unavailable"
)

// FieldError is one fault of a request: where it is ("body.email", "query.limit"), what to do about it, and the value
// that was given, when repeating it helps.
type FieldError struct {
	Location string
	Message  string
	Value    any
}

// Error is an error with a stable code. The zero value of every field but Code and Detail means "not applicable".
type Error struct {
	Code   Code
	Detail string       // a sentence for people: what is wrong and what to do
	Fields []FieldError // for ValidationFailed and InvalidMapping

	ContactID string // for DuplicateContact: the contact that holds the value
	Field     string // for DuplicateContact: "email" or "phone"
	Requests  int    // for ContactHasRequests: how many

	Cause error // for the log, never for the client
}

// New makes an error with a code and a formatted sentence.
func New(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Detail: fmt.Sprintf(format, args...)}
}

// Invalid makes a ValidationFailed error for one field.
func Invalid(location string, value any, format string, args ...any) *Error {
	return &Error{
		Code:   ValidationFailed,
		Detail: "The request has a value that cannot be used; see errors.",
		Fields: []FieldError{{Location: location, Message: fmt.Sprintf(format, args...), Value: value}},
	}
}

// Error implements error.
func (e *Error) Error() string {
	var text strings.Builder
	text.WriteString(string(e.Code) + ": " + e.Detail)
	for _, field := range e.Fields {
		fmt.Fprintf(&text, " [%s: %s]", field.Location, field.Message)
	}
	if e.Cause != nil {
		text.WriteString(": " + e.Cause.Error())
	}
	return text.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// titles are the reason phrases that RFC 9110 gives statuses that net/http calls by older names.
var titles = map[int]string{
	http.StatusRequestEntityTooLarge: "Content Too Large", http.StatusUnprocessableEntity: "Unprocessable Content",
}

// Title returns a status in words: RFC 9457 wants it of a problem whose type is about:blank.
func Title(status int) string { return cmp.Or(titles[status], http.StatusText(status)) }

// CodeOf returns the code of the first Error in err's chain, and Internal for any other error.
func CodeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return Internal
}
