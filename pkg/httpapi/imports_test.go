package httpapi_test

import (
	"bytes"
	"math"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/occ/contacts/pkg/identity"
	"github.com/occ/contacts/pkg/importing"
	"github.com/occ/contacts/pkg/problem"
)

// wantImport is the view of job.
func wantImport() map[string]any {
	return map[string]any{
		"id": "i-1", "status": "processing", "source": "api", "fileName": "people.csv", "format": "csv", "onDuplicate": "update", "dryRun": false,
		"totals":  map[string]any{"rows": 2.0, "processed": 2.0, "created": 1.0, "updated": 0.0, "skipped": 0.0, "failed": 1.0},
		"columns": []any{}, "mapping": map[string]any{}, "sampleRows": []any{}, "error": nil,
		"createdBy": "s-1", "createdAt": "2026-11-25T12:00:00.000Z", "startedAt": nil, "finishedAt": nil,
		"reportUrl": nil, "reportUrlExpiresAt": nil, "undo": nil,
	}
}

func TestReadImports(t *testing.T) {
	s := serve(t, identity.Admin)
	if diff := cmp.Diff(wantImport(), s.call(http.MethodGet, "/v1/imports/i-1", "").is(http.StatusOK).object()); diff != "" {
		t.Error(diff)
	}
	s.call(http.MethodGet, "/v1/imports/i-2", "").refused(http.StatusNotFound, problem.NotFound)
	failed := job()
	failed.Status, failed.StartedAt, failed.FinishedAt = importing.Failed, noon, noon
	failed.Error = &importing.FileError{Code: importing.NoHeader, Detail: "The first row holds an e-mail."}
	failed.DryRun = true
	failed.Columns, failed.Mapping, failed.SampleRows = []string{"Name"}, map[string]string{"Name": "name"}, [][]string{{"Mona"}, nil}
	s.imports.jobs = []importing.Import{failed}
	want := wantImport()
	want["status"], want["startedAt"], want["finishedAt"] = "failed", "2026-11-25T12:00:00.000Z", "2026-11-25T12:00:00.000Z"
	want["error"] = map[string]any{"code": "no_header", "detail": "The first row holds an e-mail."}
	want["dryRun"] = true
	want["columns"], want["mapping"], want["sampleRows"] = []any{"Name"}, map[string]any{"Name": "name"}, []any{[]any{"Mona"}, []any{}}
	got := s.call(http.MethodGet, "/v1/imports?limit=7", "").is(http.StatusOK).object()
	if diff := cmp.Diff(map[string]any{"items": []any{want}}, got); diff != "" || s.imports.limits[0] != 7 {
		t.Error(diff)
	}
}

func TestStartImport(t *testing.T) {
	s := serve(t, identity.Admin)
	started := s.call(http.MethodPost, "/v1/imports",
		`{"fileName":"people.csv","size":1e3,"format":"CSV","onDuplicate":"skip","dryRun":false,"mapping":null,"labels":["VIP"],"defaultRegion":"EG"}`).is(http.StatusCreated)
	want := wantImport()
	want["upload"] = map[string]any{"method": "PUT", "url": "https://uploads.example/1?a=1&b=2", "headers": map[string]any{}, "expiresAt": "2026-11-25T12:00:00.000Z"}
	if diff := cmp.Diff(want, started.object()); diff != "" || started.Header().Get("Location") != "/v1/imports/i-1" {
		t.Error(started.Header(), diff)
	}
	request := importing.Request{FileName: "people.csv", Size: 1000, Format: "CSV", OnDuplicate: importing.SkipKnown, Labels: []string{"VIP"}, DefaultRegion: "EG"}
	if diff := cmp.Diff(request, s.imports.request); diff != "" || s.imports.subject != "s-1" {
		t.Error(s.imports.subject, diff)
	}
	s.call(http.MethodPost, "/v1/imports", `{"fileName":"a.csv","size":1,"format":null,"onDuplicate":null,"dryRun":null,"labels":null,"defaultRegion":null}`).is(http.StatusCreated)
	if diff := cmp.Diff(importing.Request{FileName: "a.csv", Size: 1}, s.imports.request); diff != "" {
		t.Error(diff)
	}
	s.call(http.MethodPost, "/v1/imports", `{"fileName":"a.csv","size":1,"dryRun":true,"mapping":{"Customer":"name","Fax":null,"":"email"}}`).is(http.StatusCreated)
	if diff := cmp.Diff(importing.Request{FileName: "a.csv", Size: 1, DryRun: true, Mapping: importing.Mapping{"Customer": new("name"), "Fax": nil, "": new("email")}}, s.imports.request); diff != "" {
		t.Error(diff)
	}
	s.call(http.MethodPost, "/v1/imports", `{"fileName":"a.csv","size":1e30}`).is(http.StatusCreated)
	if s.imports.request.Size != math.MaxInt64 {
		t.Errorf("size %d", s.imports.request.Size)
	}
}

func TestImportsThatCannotStart(t *testing.T) {
	s := serve(t, identity.Admin)
	for body, locations := range map[string]string{
		`{}`: "body.fileName body.size", `{"fileName":"a.csv"}`: "body.size", `{"fileName":null,"size":null}`: "body.fileName body.size",
		`{"fileName":"a.csv","size":-1}`: "body.size", `{"fileName":"a.csv","size":1.5}`: "body.size", `{"fileName":"a.csv","size":"1"}`: "body.size",
		`{"fileName":"a.csv","size":1,"onDuplicate":"replace"}`: "body.onDuplicate",
		`{"fileName":"a.csv","size":1,"format":" "}`:            "body.format", `{"fileName":"a.csv","size":1,"defaultRegion":""}`: "body.defaultRegion",
		`{"fileName":"a.csv","size":1,"dryRun":"no"}`: "body.dryRun", `{"fileName":"a.csv","size":1,"mapping":"name"}`: "body.mapping", `{"fileName":"a.csv","size":1,"mapping":[]}`: "body.mapping",
		`{"fileName":"a.csv","size":1,"mapping":{"b":1,"c":{},"d":null}}`: "body.mapping.b body.mapping.c",
		`{"fileName":"a.csv","size":1,"mapping":{"a.b":true}}`:            "body.mapping.a.b", `{"fileName":"a.csv","size":1,"labels":[1]}`: "body.labels[0]", `{"fileName":"a.csv","size":1,"rows":1}`: "body.rows",
	} {
		s.call(http.MethodPost, "/v1/imports", body).refused(http.StatusUnprocessableEntity, problem.ValidationFailed, strings.Fields(locations)...)
	}
	for code, status := range map[problem.Code]int{problem.FileTooLarge: http.StatusRequestEntityTooLarge, problem.UnsupportedFormat: http.StatusUnsupportedMediaType} {
		s.imports.err = problem.New(code, "It cannot be.")
		s.call(http.MethodPost, "/v1/imports", `{"fileName":"a.csv","size":1}`).refused(status, code)
	}
}

func TestMapImport(t *testing.T) {
	s := serve(t, identity.Admin)
	const path = "/v1/imports/i-1/mapping"
	if diff := cmp.Diff(wantImport(), s.call(http.MethodPost, path, `{"mapping":{"Customer":"name","Fax":null}}`).is(http.StatusAccepted).object()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(importing.Mapping{"Customer": new("name"), "Fax": nil}, s.imports.mapping); diff != "" {
		t.Error(diff)
	}
	for body, location := range map[string]string{
		`{}`: "body.mapping", `{"mapping":null}`: "body.mapping", `{"mapping":[]}`: "body.mapping", `{"mapping":{"a":1}}`: "body.mapping.a", `{"mapping":{},"x":1}`: "body.x",
	} {
		s.call(http.MethodPost, path, body).refused(http.StatusUnprocessableEntity, problem.ValidationFailed, location)
	}
	s.call(http.MethodPost, "/v1/imports/i-2/mapping", `{"mapping":{}}`).refused(http.StatusNotFound, problem.NotFound)
	s.imports.err = problem.New(problem.NotPossible, "The import is completed.")
	s.call(http.MethodPost, path, `{"mapping":{}}`).refused(http.StatusConflict, problem.NotPossible)
	s.imports.err = &problem.Error{Code: problem.InvalidMapping, Detail: "It cannot be.", Fields: []problem.FieldError{{Location: "body.mapping.a.b", Message: "There is no such field."}}}
	s.call(http.MethodPost, path, `{"mapping":{"a.b":"x"}}`).refused(http.StatusUnprocessableEntity, problem.InvalidMapping, "body.mapping.a.b")
}

func TestCancelImport(t *testing.T) {
	s := serve(t, identity.Admin)
	for _, body := range []string{"", "{}"} {
		if diff := cmp.Diff(wantImport(), s.call(http.MethodPost, "/v1/imports/i-1/cancel", body).is(http.StatusAccepted).object()); diff != "" {
			t.Error(diff)
		}
	}
	s.imports.err = problem.New(problem.NotPossible, "The import is completed.")
	s.call(http.MethodPost, "/v1/imports/i-1/cancel", "").refused(http.StatusConflict, problem.NotPossible)
}

func TestUndoImport(t *testing.T) {
	s, want := serve(t, identity.Admin), wantImport()
	want["status"], want["undo"] = "undoing", map[string]any{"rows": 1.0, "processed": 0.0, "undone": 0.0, "kept": 0.0}
	for _, body := range []string{"", "{}"} {
		if diff := cmp.Diff(want, s.call(http.MethodPost, "/v1/imports/i-1/undo", body).is(http.StatusAccepted).object()); diff != "" {
			t.Error(diff)
		}
	}
	s.call(http.MethodPost, "/v1/imports/i-2/undo", "").refused(http.StatusNotFound, problem.NotFound)
	s.imports.err = problem.New(problem.NotPossible, "The import is processing.")
	s.call(http.MethodPost, "/v1/imports/i-1/undo", "").refused(http.StatusConflict, problem.NotPossible)
	serve(t, identity.Agent).call(http.MethodPost, "/v1/imports/i-1/undo", "").refused(http.StatusForbidden, problem.Forbidden)
}

func TestReport(t *testing.T) {
	s := serve(t, identity.Admin)
	for _, path := range []string{"/v1/imports/i-1/report", "/v1/imports/i-1/report?format=csv"} {
		got := s.call(http.MethodGet, path, "").is(http.StatusSeeOther)
		if got.Header().Get("Location") != "https://exports.example/report?sig=1" || got.Body.Len() != 0 {
			t.Errorf("%v %s", got.Header(), got.Body)
		}
	}
	s.imports.err = problem.New(problem.NoReport, "There is none.")
	refused := s.call(http.MethodGet, "/v1/imports/i-1/report", "").refused(http.StatusNotFound, problem.NoReport)
	if refused.Header().Get("Location") != "" {
		t.Errorf("%v", refused.Header())
	}
}

func TestTemplate(t *testing.T) {
	s := serve(t, identity.Admin)
	for path, format := range map[string]string{"/v1/imports/template": "csv", "/v1/imports/template?format=csv": "csv", "/v1/imports/template?format=json": "json"} {
		want, err := importing.NewTemplate(format)
		if err != nil {
			t.Fatal(err)
		}
		got := s.call(http.MethodGet, path, "").is(http.StatusOK)
		if !bytes.Equal(got.Body.Bytes(), want.Body) || got.Header().Get("Content-Type") != want.ContentType || got.Header().Get("Content-Disposition") != "attachment; filename=contacts."+format {
			t.Errorf("%v %s", got.Header(), got.Body)
		}
	}
	s.call(http.MethodGet, "/v1/imports/template?format=pdf", "").refused(http.StatusUnprocessableEntity, problem.ValidationFailed, "query.format")
}
