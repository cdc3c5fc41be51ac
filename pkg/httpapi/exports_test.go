package httpapi_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/exporting"
	"github.com/occ/contacts/pkg/identity"
	"github.com/occ/contacts/pkg/problem"
)

// exports remembers what it was asked, and knows one export: "e-1" of workspace "demo".
type exports struct {
	request exporting.Request
	subject string
	jobs    []exporting.Export
	limits  []int
	err     error
}

func exportJob() exporting.Export {
	return exporting.Export{
		Workspace: "demo", ID: "e-1", Status: exporting.Completed, Source: exporting.FromAPI, Format: exporting.CSV, Rows: 2, Bytes: 100,
		CreatedBy: "s-1", CreatedAt: noon, StartedAt: noon, FinishedAt: noon,
	}
}

func (e *exports) Start(_ context.Context, _, subject string, request exporting.Request, _ *contact.Once) (exporting.Export, error) {
	e.request, e.subject = request, subject
	job := exportJob()
	job.Status, job.Rows, job.Bytes, job.StartedAt, job.FinishedAt = exporting.Queued, 0, 0, time.Time{}, time.Time{}
	return job, e.err
}

func (e *exports) Get(_ context.Context, ref exporting.Ref) (exporting.Export, error) {
	if ref != exportJob().Ref() {
		return exporting.Export{}, problem.New(problem.NotFound, "There is no such export.")
	}
	return exportJob(), e.err
}

func (e *exports) List(_ context.Context, _ string, limit int, _ string) ([]exporting.Export, string, error) {
	e.limits = append(e.limits, limit)
	return e.jobs, "", e.err
}

func (e *exports) Link(_ context.Context, job exporting.Export) (string, time.Time, error) {
	if job.Status != exporting.Completed {
		return "", time.Time{}, nil
	}
	return "https://exports.example/" + job.ID + "?sig=1&x=2", noon.Add(15 * time.Minute), nil
}

// wantExport is the view of exportJob.
func wantExport() map[string]any {
	return map[string]any{
		"id": "e-1", "status": "completed", "format": "csv", "rows": 2.0, "bytes": 100.0, "source": "api", "scheduleId": nil, "error": nil, "createdBy": "s-1",
		"downloadUrl": "https://exports.example/e-1?sig=1&x=2", "expiresAt": "2026-11-25T12:15:00.000Z",
		"createdAt": "2026-11-25T12:00:00.000Z", "startedAt": "2026-11-25T12:00:00.000Z", "finishedAt": "2026-11-25T12:00:00.000Z",
	}
}

func TestReadExports(t *testing.T) {
	s := serve(t, identity.Admin)
	if diff := cmp.Diff(wantExport(), s.call(http.MethodGet, "/v1/exports/e-1", "").is(http.StatusOK).object()); diff != "" {
		t.Error(diff)
	}
	s.call(http.MethodGet, "/v1/exports/e-2", "").refused(http.StatusNotFound, problem.NotFound)
	failed := exportJob()
	failed.Status, failed.Source, failed.Schedule = exporting.Failed, exporting.FromSchedule, "s-1"
	failed.Error = &exporting.Fault{Code: "internal_error", Detail: "Start it again."}
	failed.Selection = exporting.Selection{Q: "mona", Label: "VIP", Fields: []string{"name"}}
	s.exports.jobs = []exporting.Export{failed}
	want := wantExport()
	delete(want, "downloadUrl")
	delete(want, "expiresAt")
	want["status"], want["source"], want["scheduleId"] = "failed", "schedule", "s-1"
	want["error"] = map[string]any{"code": "internal_error", "detail": "Start it again."}
	want["q"], want["label"], want["fields"] = "mona", "VIP", []any{"name"}
	got := s.call(http.MethodGet, "/v1/exports?limit=7", "").is(http.StatusOK).object()
	if diff := cmp.Diff(map[string]any{"items": []any{want}}, got); diff != "" || s.exports.limits[0] != 7 {
		t.Error(diff)
	}
}

func TestStartExport(t *testing.T) {
	s := serve(t, identity.Admin)
	body := `{"format":"xlsx","q":"mona","channel":"whatsapp","label":"VIP","company":"Acme","createdAfter":"2026-01-01","createdBefore":"2026-02-01","fields":["name","attr.plan"]}`
	started := s.call(http.MethodPost, "/v1/exports", body).is(http.StatusAccepted)
	if got := started.object(); got["id"] != "e-1" || got["status"] != "queued" || got["downloadUrl"] != nil || started.Header().Get("Location") != "/v1/exports/e-1" {
		t.Error(started.Header(), got)
	}
	want := exporting.Request{Format: exporting.XLSX, Selection: exporting.Selection{
		Q: "mona", Channel: "whatsapp", Label: "VIP", Company: "Acme", After: "2026-01-01", Before: "2026-02-01", Fields: []string{"name", "attr.plan"},
	}}
	if diff := cmp.Diff(want, s.exports.request); diff != "" || s.exports.subject != "s-1" {
		t.Error(s.exports.subject, diff)
	}
	s.call(http.MethodPost, "/v1/exports", `{"format":"csv","q":null,"fields":null}`).is(http.StatusAccepted)
	for body, locations := range map[string]string{
		`{}`: "body.format", `{"format":"pdf"}`: "body.format", `{"format":"csv","channel":"fax"}`: "body.channel", `{"format":"csv","fields":"name"}`: "body.fields",
		`{"format":"csv","fields":[1]}`: "body.fields[0]", `{"format":"csv","sort":"name"}`: "body.sort",
	} {
		s.call(http.MethodPost, "/v1/exports", body).refused(http.StatusUnprocessableEntity, problem.ValidationFailed, strings.Fields(locations)...)
	}
	serve(t, identity.Agent).call(http.MethodPost, "/v1/exports", `{"format":"csv"}`).refused(http.StatusForbidden, problem.Forbidden)
}
