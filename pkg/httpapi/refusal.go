package httpapi

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/http"

	"github.com/occ/contacts/pkg/identity"
	"github.com/occ/contacts/pkg/problem"
)

// refusal is an error as the API answers it: RFC 9457 with our code, the faults of single fields, and for duplicate_contact the
// other contact. It implements what huma asks of errors.
type refusal struct {
	Type      string      `json:"type" doc:"Always about:blank: code says what happened" example:"about:blank"`
	Title     string      `json:"title" doc:"The status in words" example:"Unprocessable Content"`
	Status    int         `json:"status" example:"422"`
	Detail    string      `json:"detail" doc:"What is wrong and what to do, for people"`
	Code      string      `json:"code" doc:"What is wrong, for programs; never changes" example:"validation_failed"`
	Errors    []fault     `json:"errors,omitempty" doc:"The fields that cannot be used"`
	ContactID string      `json:"contactId,omitempty" doc:"With duplicate_contact: the contact that has the value"`
	Field     string      `json:"field,omitempty" doc:"With duplicate_contact: email or phone"`
	Requests  int         `json:"requestCount,omitempty" doc:"With contact_has_requests: how many"`
	headers   http.Header // that go with it
}

// fault is what is wrong with one field.
type fault struct {
	Location string `json:"location" doc:"Where it is" example:"body.email"`
	Message  string `json:"message" doc:"What is wrong with it and what to do, for people"`
	Value    any    `json:"value,omitempty" doc:"What was given, when it is a single value; long texts are cut"`
}

// Error implements error.
func (r *refusal) Error() string { return r.Code + ": " + r.Detail }

// GetStatus implements huma.StatusError.
func (r *refusal) GetStatus() int { return r.Status }

// GetHeaders implements huma.HeadersError.
func (r *refusal) GetHeaders() http.Header { return r.headers }

// ContentType implements huma.ContentTypeFilter.
func (r *refusal) ContentType(string) string { return "application/problem+json" }

// refusalOf is an error for clients: by the table of statuses, and whatever is not in it, internal and without details.
func refusalOf(err error) *refusal {
	e, ok := errors.AsType[*problem.Error](problem.Late(err))
	if !ok || statuses[e.Code] == 0 || e.Code == problem.Internal {
		e = problem.New(problem.Internal, "Something went wrong on our side. Repeat the request; if it fails again, report its X-Request-Id.")
	}
	r := &refusal{
		Type: "about:blank", Title: problem.Title(statuses[e.Code]), Status: statuses[e.Code], Detail: e.Detail, Code: string(e.Code),
		Errors: faultsOf(e.Fields), ContactID: e.ContactID, Field: e.Field, Requests: e.Requests,
	}
	if e.Code == problem.Unavailable {
		r.headers = http.Header{"Retry-After": {"1"}}
	}
	return r
}

// maxFaults bounds an answer to a body of nothing but faults.
const maxFaults = 100

func faultsOf(fields []problem.FieldError) []fault {
	var faults []fault
	for _, field := range fields[:min(len(fields), maxFaults)] {
		faults = append(faults, fault{short(field.Location), field.Message, shown(field.Value)})
	}
	return faults
}

// shown keeps whole bodies out of answers: single values are repeated, objects and lists are not.
func shown(value any) any {
	switch v := value.(type) {
	case string:
		return short(v)
	case bool, float64, int, int64:
		return v
	default:
		return nil
	}
}

func short(text string) string {
	const limit = 100 // characters
	if runes := []rune(text); len(runes) > limit {
		return string(runes[:limit-1]) + "…"
	}
	return text
}

// refuse turns an error into its answer. What is no fault of the client goes to the log, under the id that the answer bears.
func (s *server) refuse(ctx context.Context, route string, err error) *refusal {
	answer := refusalOf(err)
	level := slog.LevelError
	switch answer.Code {
	case string(problem.Unavailable): // passes by itself
		level = slog.LevelWarn
	case string(problem.Internal):
	default:
		return answer
	}
	s.Log.LogAttrs(ctx, level, "request failed", slog.String("route", route), slog.String("code", answer.Code),
		slog.String("xRequestId", identity.From(ctx).RequestID), slog.String("error", problem.Loggable(err)))
	return answer
}

// write answers with a refusal outside of huma.
func (r *refusal) write(w http.ResponseWriter) {
	maps.Copy(w.Header(), r.headers)
	w.Header().Set("Content-Type", r.ContentType(""))
	w.WriteHeader(r.Status)
	_ = writeJSON(w, r) // a refusal can be encoded, and nobody is left to hear that writing failed
}
