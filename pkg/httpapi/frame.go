package httpapi

import (
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/occ/contacts/pkg/identity"
	"github.com/occ/contacts/pkg/problem"
)

// requestHeader names a request in answers and logs.
const requestHeader = "X-Request-Id"

// ServeHTTP implements http.Handler: what every request has around it.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	caller := identity.From(r.Context())
	if caller.RequestID == "" {
		caller.RequestID = uuid.NewString()
		r = r.WithContext(identity.With(r.Context(), caller))
	}
	a := newAnswer()
	route := s.serve(a, r, caller)
	a.header.Set(requestHeader, caller.RequestID)
	a.header.Set("X-Content-Type-Options", "nosniff")
	if a.header.Get("Cache-Control") == "" {
		a.header.Set("Cache-Control", "no-store")
	}
	a.send(w, r.Method)
	// The pattern of the path and never the path or the query: people search for names and numbers.
	s.Log.InfoContext(r.Context(), "request", slog.String("method", r.Method), slog.String("route", route), slog.Int("status", a.status),
		slog.Int64("ms", time.Since(began).Milliseconds()), slog.String("workspace", caller.Workspace), slog.String("xRequestId", caller.RequestID))
	if route != "" {
		route = r.Method + " " + route
	}
	s.Metrics.Request(route, time.Since(began))
}

// serve answers a request and says which route it took. The path is checked before the caller, and the caller before all else.
func (s *server) serve(a *answer, r *http.Request, caller identity.Caller) (route string) {
	defer func() {
		if fault := recover(); fault != nil {
			s.Log.ErrorContext(r.Context(), "panic", slog.String("route", route), slog.String("xRequestId", caller.RequestID),
				slog.String("error", problem.LoggablePanic(fault)), slog.String("stack", string(debug.Stack())))
			a.reset()
			refusalOf(nil).write(a)
		}
	}()
	e, refused := s.find(r)
	if refused == nil {
		route = e.path
		refused = e.admit(caller)
	}
	if refused != nil {
		refused.write(a)
		return route
	}
	s.mux.ServeHTTP(a, r)
	return route
}

// find looks up the endpoint of a request. The mux would answer in plain text to paths and methods that it does not know, and
// redirect a path like /v1//contacts.
func (s *server) find(r *http.Request) (*endpoint, *refusal) {
	if isWebhook(r.URL.Path) {
		return nil, refusedMethod(webhookMethods)
	}
	handler, _ := s.mux.Handler(r)
	if e, ok := handler.(*endpoint); ok {
		return e, nil
	}
	theirs := newAnswer()
	handler.ServeHTTP(theirs, r)
	if theirs.status != http.StatusMethodNotAllowed {
		return nil, refusalOf(problem.New(problem.NotFound, "There is no such path. GET /v1/openapi.json lists those that there are."))
	}
	return nil, refusedMethod(theirs.header.Get("Allow"))
}

// refusedMethod answers a method that a path lacks.
func refusedMethod(allowed string) *refusal {
	refused := refusalOf(problem.New(problem.MethodNotAllowed, "This path takes %s.", allowed))
	refused.headers = http.Header{"Allow": {allowed}}
	return refused
}

// admit checks the caller's workspace and role.
func (e *endpoint) admit(caller identity.Caller) *refusal {
	switch {
	case e.role == "":
		return nil
	case !isWorkspace(caller.Workspace):
		return refusalOf(problem.New(problem.NoWorkspace, "The token names no workspace. Send the ID token, not the access token, of a user with a workspace."))
	case !caller.Has(e.role):
		return refusalOf(problem.New(problem.Forbidden, "This needs the role %s; ask an admin of the workspace.", e.role))
	default:
		return nil
	}
}

// isWorkspace reports whether a name has the form of pkg/httpapi/README.md, "Workspaces and settings". Keys of storage
// begin with it, so a sign that divides keys would reach into another workspace.
func isWorkspace(name string) bool {
	other := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' && r != '-'
	}
	return name != "" && len(name) <= 63 && !strings.HasPrefix(name, "_") && !strings.HasPrefix(name, "-") && !strings.ContainsFunc(name, other)
}
