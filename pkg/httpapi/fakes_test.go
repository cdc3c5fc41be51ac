package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/httpapi"
	"github.com/occ/contacts/pkg/identity"
	"github.com/occ/contacts/pkg/importing"
	"github.com/occ/contacts/pkg/problem"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// contacts remembers what it was asked, and knows one contact: "mona" of workspace "demo", at version 3.
type contacts struct {
	calls         int
	draft         contact.Draft
	patch         contact.Patch
	settingsPatch contact.SettingsPatch
	ifMatch       contact.Precondition
	actor         contact.Actor
	sort          contact.Sort
	filter        contact.Filter
	q             string
	limits        []int
	after         *contact.Position
	page          contact.Page
	list          func(limit int) contact.Page // instead of page
	err           error
	panics        any
	text          string // of a note, or a label
	position      string
	once          *contact.Once
}

func mona() contact.Contact {
	return contact.Contact{
		Workspace: "demo", ID: "mona", Name: "Mona Adel", Channel: contact.API, CreatedAt: noon, UpdatedAt: noon, Version: 3,
	}
}

func (c *contacts) Create(_ context.Context, workspace string, actor contact.Actor, draft contact.Draft, once *contact.Once) (contact.Contact, error) {
	c.calls++
	c.draft, c.actor, c.once = draft, actor, once
	made := mona()
	made.Workspace, made.Version = workspace, 1
	return made, c.err
}

func (c *contacts) Get(_ context.Context, workspace, id string) (contact.Contact, error) {
	c.calls++
	if c.panics != nil {
		panic(c.panics)
	}
	if workspace != "demo" || id != "mona" {
		return contact.Contact{}, problem.New(problem.NotFound, "There is no such contact.")
	}
	return mona(), c.err
}

func (c *contacts) Update(ctx context.Context, workspace, id string, actor contact.Actor, patch contact.Patch, ifMatch contact.Precondition) (contact.Contact, error) {
	before, err := c.Get(ctx, workspace, id)
	c.patch, c.ifMatch, c.actor = patch, ifMatch, actor
	if err == nil && !ifMatch.Allows(before.Revision()) {
		err = problem.New(problem.VersionConflict, "The contact is at version 3 now.")
	}
	before.Version++
	return before, err
}

func (c *contacts) List(_ context.Context, _ string, asked contact.Listing) (contact.Page, error) {
	c.calls++
	c.q, c.sort, c.after, c.filter = asked.Q, asked.Sort, asked.After, asked.Filter
	c.limits = append(c.limits, asked.Limit)
	if c.list != nil {
		return c.list(asked.Limit), c.err
	}
	return c.page, c.err
}

func (c *contacts) Settings(context.Context, string) (contact.Settings, error) {
	c.calls++
	return contact.DefaultSettings(), c.err
}

func (c *contacts) UpdateSettings(_ context.Context, _ string, patch contact.SettingsPatch, ifMatch contact.Precondition) (contact.Settings, error) {
	c.calls++
	c.settingsPatch, c.ifMatch = patch, ifMatch
	return contact.Settings{DefaultRegion: "EG", NightlyBackup: true, Version: 1}, c.err
}

// imports remembers what it was asked, and knows one import: "i-1" of workspace "demo".
type imports struct {
	request importing.Request
	mapping importing.Mapping
	subject string
	limits  []int
	after   string
	next    string
	jobs    []importing.Import
	one     *importing.Import // instead of job
	links   int               // that were made
	err     error
}

func job() importing.Import {
	return importing.Import{
		Workspace: "demo", ID: "i-1", Status: importing.Finalizing, Source: importing.FromAPI, FileName: "people.csv", Format: "csv",
		OnDuplicate: importing.UpdateKnown, CreatedBy: "s-1", CreatedAt: noon, Totals: importing.Totals{Rows: 2, Processed: 2, Created: 1, Failed: 1},
	}
}

func (i *imports) known(ref importing.Ref) (importing.Import, error) {
	if ref != (importing.Ref{Workspace: "demo", ID: "i-1"}) {
		return importing.Import{}, problem.New(problem.NotFound, "There is no such import.")
	}
	if i.one != nil {
		return *i.one, i.err
	}
	return job(), i.err
}

func (i *imports) Start(_ context.Context, _, subject string, request importing.Request, _ *contact.Once) (importing.Started, error) {
	i.request, i.subject = request, subject
	return importing.Started{Job: job(), Link: importing.UploadLink{Method: "PUT", URL: "https://uploads.example/1?a=1&b=2", ExpiresAt: noon}}, i.err
}

func (i *imports) Get(_ context.Context, ref importing.Ref) (importing.Import, error) {
	return i.known(ref)
}

func (i *imports) List(_ context.Context, _ string, limit int, after string) (jobs []importing.Import, next string, err error) {
	i.limits, i.after = append(i.limits, limit), after
	return i.jobs, i.next, i.err
}

func (i *imports) ReportLink(_ context.Context, ref importing.Ref) (string, error) {
	_, err := i.known(ref)
	return "https://exports.example/report?sig=1", err
}

func (i *imports) Link(_ context.Context, job importing.Import) (string, time.Time, error) {
	if !job.HasReport {
		return "", time.Time{}, i.err
	}
	i.links++
	return fmt.Sprint("https://exports.example/report?sig=", i.links), noon.Add(15 * time.Minute), i.err
}

func (i *imports) Map(_ context.Context, ref importing.Ref, mapping importing.Mapping) (importing.Import, error) {
	i.mapping = mapping
	return i.known(ref)
}

func (i *imports) Cancel(_ context.Context, ref importing.Ref) (importing.Import, error) {
	return i.known(ref)
}

func (i *imports) Undo(_ context.Context, ref importing.Ref) (importing.Import, error) {
	undoing, err := i.known(ref)
	undoing.Status = importing.Undoing
	return undoing, err
}

// service is an API on fakes, called by one user.
type service struct {
	t        *testing.T
	handler  http.Handler
	contacts *contacts
	imports  *imports
	exports  *exports
	accounts *accounts
	history  *history
	log      *bytes.Buffer
	caller   identity.Caller

	schedules *schedules
}

func serve(t *testing.T, role identity.Role) *service {
	t.Helper()
	s := &service{t: t, contacts: &contacts{}, imports: &imports{}, exports: &exports{}, accounts: &accounts{}, history: &history{}, log: &bytes.Buffer{}}
	s.caller = identity.Caller{Subject: "s-1", Workspace: "demo", Groups: []string{string(role)}, RequestID: "r-1"}
	s.schedules = &schedules{}
	s.handler = httpapi.New(httpapi.Deps{
		Contacts: s.contacts, Settings: s.contacts, Imports: s.imports, Exports: s.exports, Accounts: s.accounts, Timelines: s.history, Template: importing.NewTemplate,
		SigningKey: func(context.Context) ([]byte, error) { return []byte("0123456789abcdef0123456789abcdef"), nil },
		Schedules:  s.schedules, BaseURL: "https://api.example", Log: slog.New(slog.NewJSONHandler(s.log, nil)),
	})
	return s
}

// answer is what came back.
type answer struct {
	t *testing.T
	*httptest.ResponseRecorder
	what string
}

// call sends a request; headers are names and values in turn.
func (s *service) call(method, path, body string, headers ...string) answer {
	s.t.Helper()
	target, query, _ := strings.Cut(path, "?")
	request := httptest.NewRequestWithContext(identity.With(s.t.Context(), s.caller), method, "/", strings.NewReader(body))
	request.URL.Path, request.URL.RawQuery = target, query
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	recorder := httptest.NewRecorder()
	s.handler.ServeHTTP(recorder, request)
	return answer{s.t, recorder, method + " " + path}
}

func (a answer) is(status int) answer {
	a.t.Helper()
	if a.Code != status {
		a.t.Fatalf("%s: status %d, want %d: %s", a.what, a.Code, status, a.Body)
	}
	return a
}

func (a answer) object() map[string]any {
	a.t.Helper()
	var object map[string]any
	if err := json.Unmarshal(a.Body.Bytes(), &object); err != nil {
		a.t.Fatalf("%s: %v in %s", a.what, err, a.Body)
	}
	return object
}

// refused demands an error in its full form, and its faults at these locations.
func (a answer) refused(status int, code problem.Code, locations ...string) answer {
	a.t.Helper()
	a.is(status)
	got := a.object()
	if got["type"] != "about:blank" || got["title"] != problem.Title(status) || got["status"] != float64(status) || got["code"] != string(code) || got["detail"] == "" {
		a.t.Errorf("%s: %s, want code %s", a.what, a.Body, code)
	}
	if media := a.Header().Get("Content-Type"); media != "application/problem+json" {
		a.t.Errorf("%s: media type %q", a.what, media)
	}
	var found []string
	faults, _ := got["errors"].([]any)
	for _, fault := range faults {
		found = append(found, fault.(map[string]any)["location"].(string))
		if message, _ := fault.(map[string]any)["message"].(string); len(message) < 5 || !strings.HasSuffix(message, ".") {
			a.t.Errorf("%s: no sentence: %s", a.what, a.Body)
		}
	}
	if strings.Join(found, " ") != strings.Join(locations, " ") {
		a.t.Errorf("%s: faults at %v, want %v: %s", a.what, found, locations, a.Body)
	}
	return a
}
