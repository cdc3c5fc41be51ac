package httpapi

import (
	"net/http"

	"github.com/occ/contacts/pkg/problem"
)

// statuses is the one place that turns what went wrong into an HTTP status; package webhook has its own, for providers.
var statuses = map[problem.Code]int{
	problem.MalformedJSON:        http.StatusBadRequest,
	problem.InvalidCursor:        http.StatusBadRequest,
	problem.NoWorkspace:          http.StatusForbidden,
	problem.Forbidden:            http.StatusForbidden,
	problem.NotFound:             http.StatusNotFound,
	problem.NoReport:             http.StatusNotFound,
	problem.MethodNotAllowed:     http.StatusMethodNotAllowed,
	problem.DuplicateContact:     http.StatusConflict,
	problem.ContactHasRequests:   http.StatusConflict,
	problem.RequestInProgress:    http.StatusConflict,
	problem.NotPossible:          http.StatusConflict,
	problem.AccountTaken:         http.StatusConflict,
	problem.VersionConflict:      http.StatusPreconditionFailed,
	problem.FileTooLarge:         http.StatusRequestEntityTooLarge,
	problem.UnsupportedMediaType: http.StatusUnsupportedMediaType,
	problem.UnsupportedFormat:    http.StatusUnsupportedMediaType,
	problem.ValidationFailed:     http.StatusUnprocessableEntity,
	problem.InvalidMapping:       http.StatusUnprocessableEntity,
	problem.IdempotencyKeyReused: http.StatusUnprocessableEntity,
	problem.ContactTooLarge:      http.StatusUnprocessableEntity,
	problem.Internal:             http.StatusInternalServerError,
	problem.Unavailable:          http.StatusServiceUnavailable,
}
