// Package httpapi is the REST API over net/http: the table of routes, the OpenAPI document, what a request must look like,
// cursors, entity tags, and the statuses of errors. What the routes do is the domain's business.
//
// A request passes the frame (frame.go: path, method, role), the checks of its endpoint (endpoint.go: query, media type, JSON),
// huma's validation by the very types that the document shows, and then its handler. A new route is one line in routes.go and
// one handler.
package httpapi

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/importing"
	"github.com/occ/contacts/pkg/metrics"
)

// Contacts is what the routes of contacts need; contact.Service implements it.
type Contacts interface {
	Create(ctx context.Context, workspace string, actor contact.Actor, draft contact.Draft, once *contact.Once) (contact.Contact, error)
	Get(ctx context.Context, workspace, id string) (contact.Contact, error)
	Update(ctx context.Context, workspace, id string, actor contact.Actor, patch contact.Patch, ifMatch contact.Precondition) (contact.Contact, error)
	Delete(ctx context.Context, workspace, id string, ifMatch contact.Precondition) error
	List(ctx context.Context, workspace string, asked contact.Listing) (contact.Page, error)
	Activities(ctx context.Context, workspace, id string, limit int, after string) (page []contact.Activity, next string, err error)

	Notes(ctx context.Context, workspace, id string, limit int, after string) (page []contact.Note, next string, err error)
	Note(ctx context.Context, workspace, id, noteID string) (contact.Note, error)
	AddNote(ctx context.Context, workspace, id string, actor contact.Actor, text string, once *contact.Once) (contact.Note, error)
	UpdateNote(ctx context.Context, workspace, id, noteID string, actor contact.Actor, text string, ifMatch contact.Precondition) (contact.Note, error)
	DeleteNote(ctx context.Context, workspace, id, noteID string, actor contact.Actor, ifMatch contact.Precondition) error

	Labels(ctx context.Context, workspace string) ([]string, error)
	AddLabel(ctx context.Context, workspace, id string, actor contact.Actor, label string) error
	RemoveLabel(ctx context.Context, workspace, id string, actor contact.Actor, label string) error
}

// Settings is what the routes of settings need; contact.Service implements it.
type Settings interface {
	Settings(ctx context.Context, workspace string) (contact.Settings, error)
	UpdateSettings(ctx context.Context, workspace string, patch contact.SettingsPatch, ifMatch contact.Precondition) (contact.Settings, error)
}

// Imports is what the routes of imports need; importing.Service implements it.
type Imports interface {
	Start(ctx context.Context, workspace, subject string, request importing.Request, once *contact.Once) (importing.Started, error)
	Get(ctx context.Context, ref importing.Ref) (importing.Import, error)
	List(ctx context.Context, workspace string, limit int, after string) (jobs []importing.Import, next string, err error)
	ReportLink(ctx context.Context, ref importing.Ref) (string, error)
	Link(ctx context.Context, job importing.Import) (link string, until time.Time, err error)
	Map(ctx context.Context, ref importing.Ref, mapping importing.Mapping) (importing.Import, error)
	Cancel(ctx context.Context, ref importing.Ref) (importing.Import, error)
	Undo(ctx context.Context, ref importing.Ref) (importing.Import, error)
}

// Deps are what the API stands on.
type Deps struct {
	Contacts   Contacts
	Settings   Settings
	Imports    Imports
	Exports    Exports
	Accounts   Accounts
	Timelines  Timelines
	Template   func(format string) (importing.Template, error)
	Schedules  Schedules
	SigningKey func(ctx context.Context) ([]byte, error) // of cursors; asked for when one is first made or read
	BaseURL    string                                    // of the API, for its document; may be empty
	// MaxUploadBytes is the largest file through the API, for its document; 0 is not said there.
	MaxUploadBytes int64
	Metrics        *metrics.Recorder // may be nil
	Log            *slog.Logger
}

// server is the API.
type server struct {
	Deps
	mux       *http.ServeMux
	endpoints []*endpoint
	document  func() ([]byte, error) // the OpenAPI document, made when first asked for
}

// New makes the handler of all routes. Callers come in the request's context (package identity). It does no more than enter
// the routes into the mux: every cold start waits for it.
func New(deps Deps) http.Handler {
	s := &server{Deps: deps, mux: http.NewServeMux()}
	s.document = sync.OnceValues(s.describe)
	s.endpoints = s.routes()
	for _, e := range s.endpoints {
		s.mux.Handle(e.method+" "+e.path, e)
	}
	return s
}
