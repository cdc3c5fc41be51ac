package webhook

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/occ/contacts/pkg/problem"
)

// statuses turn what went wrong into an HTTP status. Package httpapi has those of the API; to use them would link its libraries.
var statuses = map[problem.Code]int{
	problem.MalformedEvent:   http.StatusBadRequest,
	problem.InvalidSignature: http.StatusUnauthorized,
	problem.Forbidden:        http.StatusForbidden,
	problem.NotFound:         http.StatusNotFound,
	problem.MethodNotAllowed: http.StatusMethodNotAllowed,
	problem.EventTooLarge:    http.StatusRequestEntityTooLarge,
	problem.Internal:         http.StatusInternalServerError,
	problem.Unavailable:      http.StatusServiceUnavailable,
}

// answer is what a provider gets.
type answer struct {
	status int
	media  string
	body   []byte
	code   string // of a refusal
	// methods are those that the address takes, where another one came.
	methods string
}

// refusal is an error for a provider (RFC 9457): by the table of statuses, and whatever is not in it, internal and without details.
func refusal(err error) answer {
	e, ok := errors.AsType[*problem.Error](problem.Late(err))
	if !ok || statuses[e.Code] == 0 || e.Code == problem.Internal {
		e = problem.New(problem.Internal, "Something went wrong on our side. Send the event again; if it fails again, report its X-Request-Id.")
	}
	status := statuses[e.Code]
	body, _ := json.Marshal(map[string]any{ // texts and a number
		"type": "about:blank", "title": problem.Title(status), "status": status, "detail": e.Detail, "code": string(e.Code),
	})
	return answer{status: status, media: "application/problem+json", body: body, code: string(e.Code)}
}

// unavailable is of a queue that did not take everything: the provider is to send it all again.
func unavailable(cause error) error {
	return &problem.Error{Code: problem.Unavailable, Detail: "The event could not be queued. Send it again in a moment.", Cause: cause}
}

func (a answer) write(w http.ResponseWriter, requestID string) {
	header := w.Header()
	header.Set("X-Request-Id", requestID)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "no-store")
	if a.media != "" {
		header.Set("Content-Type", a.media)
	}
	switch a.code {
	case string(problem.Unavailable):
		header.Set("Retry-After", "1")
	case string(problem.MethodNotAllowed):
		header.Set("Allow", a.methods)
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // nobody is left to hear that it failed
}
