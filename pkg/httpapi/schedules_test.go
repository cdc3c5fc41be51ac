package httpapi_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/exporting"
	"github.com/occ/contacts/pkg/identity"
	"github.com/occ/contacts/pkg/problem"
)

// schedules remembers what it was asked, and knows one schedule: "c-1" of workspace "demo", at version 3.
type schedules struct {
	draft   exporting.ScheduleDraft
	patch   exporting.SchedulePatch
	subject string
	once    *contact.Once
	ifMatch contact.Precondition
	deleted int
	limits  []int
	after   string
	next    string
	listed  []exporting.Schedule
	err     error
}

func nightly() exporting.Schedule {
	return exporting.Schedule{
		Workspace: "demo", ID: "c-1", Name: "Nightly", Expression: "rate(1 day)", Format: exporting.XLSX, Enabled: true, CreatedBy: "s-1", CreatedAt: noon,
		UpdatedAt: noon, Version: 3,
	}
}

func (s *schedules) Create(_ context.Context, _, subject string, draft exporting.ScheduleDraft, once *contact.Once) (exporting.Schedule, error) {
	s.draft, s.subject, s.once = draft, subject, once
	return nightly(), s.err
}

func (s *schedules) List(_ context.Context, _ string, limit int, after string) (page []exporting.Schedule, next string, err error) {
	s.limits, s.after = append(s.limits, limit), after
	return s.listed, s.next, s.err
}

func (s *schedules) known(ref exporting.Ref, ifMatch contact.Precondition) error {
	s.ifMatch = ifMatch
	switch {
	case ref != nightly().Ref():
		return problem.New(problem.NotFound, "There is no such schedule.")
	case !ifMatch.Allows(nightly().Revision()):
		return problem.New(problem.VersionConflict, "The schedule is at version 3 now.")
	}
	return s.err
}

func (s *schedules) Get(_ context.Context, ref exporting.Ref) (exporting.Schedule, error) {
	return nightly(), s.known(ref, contact.Precondition{})
}

func (s *schedules) Update(_ context.Context, ref exporting.Ref, patch exporting.SchedulePatch, ifMatch contact.Precondition) (exporting.Schedule, error) {
	s.patch = patch
	changed := nightly()
	changed.Version++
	return changed, s.known(ref, ifMatch)
}

func (s *schedules) Delete(_ context.Context, ref exporting.Ref, ifMatch contact.Precondition) error {
	err := s.known(ref, ifMatch)
	if err == nil {
		s.deleted++
	}
	return err
}

// wantSchedule is the view of nightly.
func wantSchedule() map[string]any {
	return map[string]any{
		"id": "c-1", "name": "Nightly", "schedule": "rate(1 day)", "format": "xlsx", "enabled": true, "lastRunAt": nil, "lastExportId": nil,
		"createdBy": "s-1", "createdAt": "2026-11-25T12:00:00.000Z", "updatedAt": "2026-11-25T12:00:00.000Z",
	}
}

const draftedSchedule = `{"name":"Nightly","schedule":"rate(1 day)","format":"xlsx"`

func TestCreateSchedule(t *testing.T) {
	s := serve(t, identity.Admin)
	made := s.call(http.MethodPost, "/v1/export-schedules", draftedSchedule+`,"q":"mona","channel":"api","label":"VIP","company":"Acme",
		"createdAfter":"2026-01-01","createdBefore":"2026-02-01","fields":["name","attr.plan"],"enabled":false}`, "Idempotency-Key", "k").is(http.StatusCreated)
	if diff := cmp.Diff(wantSchedule(), made.object()); diff != "" || made.Header().Get("Location") != "/v1/export-schedules/c-1" || !strings.HasPrefix(made.Header().Get("ETag"), `"c-1.3.`) {
		t.Error(made.Header(), diff)
	}
	want := exporting.ScheduleDraft{Name: "Nightly", Expression: "rate(1 day)", Format: exporting.XLSX, Selection: exporting.Selection{
		Q: "mona", Channel: "api", Label: "VIP", Company: "Acme", After: "2026-01-01", Before: "2026-02-01", Fields: []string{"name", "attr.plan"},
	}}
	if diff := cmp.Diff(want, s.schedules.draft); diff != "" || s.schedules.subject != "s-1" || s.schedules.once.Key != "k" {
		t.Error(s.schedules.subject, s.schedules.once, diff)
	}
	for _, rest := range []string{`}`, `,"enabled":true}`, `,"enabled":null,"q":null,"channel":null,"label":null,"company":null,"createdAfter":null,"createdBefore":null,"fields":null}`} {
		s.call(http.MethodPost, "/v1/export-schedules", draftedSchedule+rest).is(http.StatusCreated)
		if diff := cmp.Diff(exporting.ScheduleDraft{Name: "Nightly", Expression: "rate(1 day)", Format: exporting.XLSX, Enabled: true}, s.schedules.draft); diff != "" {
			t.Error(rest, diff)
		}
	}
}

func TestSchedulesThatCannotBe(t *testing.T) {
	s := serve(t, identity.Admin)
	for body, locations := range map[string]string{
		`{}`: "body.format body.name body.schedule", `{"name":null,"schedule":1,"format":"pdf"}`: "body.format body.name body.schedule",
		draftedSchedule + `,"enabled":"yes"}`: "body.enabled", draftedSchedule + `,"channel":"fax"}`: "body.channel", draftedSchedule + `,"fields":"name"}`: "body.fields",
		draftedSchedule + `,"cron":"x"}`: "body.cron", draftedSchedule + `,"lastRunAt":null}`: "body.lastRunAt",
	} {
		s.call(http.MethodPost, "/v1/export-schedules", body).refused(http.StatusUnprocessableEntity, problem.ValidationFailed, strings.Fields(locations)...)
	}
	s.schedules.err = problem.New(problem.NotPossible, "There are 20.")
	s.call(http.MethodPost, "/v1/export-schedules", draftedSchedule+"}").refused(http.StatusConflict, problem.NotPossible)
}

func TestListSchedules(t *testing.T) {
	s := serve(t, identity.Admin)
	ran := nightly()
	ran.LastRunAt, ran.LastExportID = noon, "e-1"
	ran.Selection = exporting.Selection{Q: "mona", Channel: "api", Label: "VIP", Company: "Acme", After: "2026-01-01", Before: "2026-02-01", Fields: []string{"name"}}
	s.schedules.listed, s.schedules.next = []exporting.Schedule{ran}, "position"
	want := wantSchedule()
	want["lastRunAt"], want["lastExportId"], want["fields"] = "2026-11-25T12:00:00.000Z", "e-1", []any{"name"}
	for name, value := range map[string]string{"q": "mona", "channel": "api", "label": "VIP", "company": "Acme", "createdAfter": "2026-01-01", "createdBefore": "2026-02-01"} {
		want[name] = value
	}
	got := s.call(http.MethodGet, "/v1/export-schedules?limit=7", "").is(http.StatusOK).object()
	if diff := cmp.Diff([]any{want}, got["items"]); diff != "" || s.schedules.limits[0] != 7 {
		t.Error(diff)
	}
	s.call(http.MethodGet, "/v1/export-schedules?cursor="+got["nextCursor"].(string), "").is(http.StatusOK)
	if s.schedules.after != "position" {
		t.Errorf("after %q", s.schedules.after)
	}
	if diff := cmp.Diff(wantSchedule(), s.call(http.MethodGet, "/v1/export-schedules/c-1", "").is(http.StatusOK).object()); diff != "" {
		t.Error(diff)
	}
	s.call(http.MethodGet, "/v1/export-schedules/c-2", "").refused(http.StatusNotFound, problem.NotFound)
}

func TestUpdateSchedule(t *testing.T) {
	s := serve(t, identity.Admin)
	text := func(value string) contact.Field[string] { return contact.Field[string]{Set: true, Value: value} }
	null := contact.Field[string]{Set: true, Null: true}
	for body, want := range map[string]exporting.SchedulePatch{
		`{}`: {},
		`{"name":"N","schedule":"rate(1 hour)","format":"csv","q":"a","channel":"sms","label":"L","company":"C","createdAfter":"2026-01-01","createdBefore":"2026-02-01","fields":["id"],"enabled":false}`: {
			Name: text("N"), Expression: text("rate(1 hour)"), Format: text("csv"), Q: text("a"), Channel: text("sms"), Label: text("L"), Company: text("C"),
			CreatedAfter: text("2026-01-01"), CreatedBefore: text("2026-02-01"), Fields: contact.Field[[]string]{Set: true, Value: []string{"id"}},
			Enabled: contact.Field[bool]{Set: true},
		},
		`{"q":null,"channel":null,"label":null,"company":null,"createdAfter":null,"createdBefore":null,"fields":null}`: {
			Q: null, Channel: null, Label: null, Company: null, CreatedAfter: null, CreatedBefore: null, Fields: contact.Field[[]string]{Set: true, Null: true},
		},
	} {
		for _, media := range []string{"application/json", "application/merge-patch+json"} {
			changed := s.call(http.MethodPatch, "/v1/export-schedules/c-1", body, "Content-Type", media).is(http.StatusOK)
			if diff := cmp.Diff(wantSchedule(), changed.object()); diff != "" || !strings.HasPrefix(changed.Header().Get("ETag"), `"c-1.4.`) {
				t.Error(changed.Header(), diff)
			}
			if diff := cmp.Diff(want, s.schedules.patch); diff != "" {
				t.Error(body, diff)
			}
		}
	}
	for body, locations := range map[string]string{
		`{"name":1}`: "body.name", `{"format":"pdf"}`: "body.format", `{"enabled":"no"}`: "body.enabled", `{"channel":"fax"}`: "body.channel", `{"fields":["id",1]}`: "body.fields[1]", `{"id":"c-2"}`: "body.id", `{"lastRunAt":null}`: "body.lastRunAt",
	} {
		s.call(http.MethodPatch, "/v1/export-schedules/c-1", body).refused(http.StatusUnprocessableEntity, problem.ValidationFailed, strings.Fields(locations)...)
	}
	s.call(http.MethodPatch, "/v1/export-schedules/c-2", `{}`).refused(http.StatusNotFound, problem.NotFound)
	s.call(http.MethodPatch, "/v1/export-schedules/c-1", `{}`, "If-Match", `"c-1.2.x"`).refused(http.StatusPreconditionFailed, problem.VersionConflict)
	s.call(http.MethodPatch, "/v1/export-schedules/c-1", `{}`, "If-Match", `"c-1.3.x"`).is(http.StatusOK)
}

func TestDeleteSchedule(t *testing.T) {
	s := serve(t, identity.Admin)
	s.call(http.MethodDelete, "/v1/export-schedules/c-2", "").refused(http.StatusNotFound, problem.NotFound)
	s.call(http.MethodDelete, "/v1/export-schedules/c-1", "", "If-Match", `"c-1.2.x"`).refused(http.StatusPreconditionFailed, problem.VersionConflict)
	if got := s.call(http.MethodDelete, "/v1/export-schedules/c-1", "").is(http.StatusNoContent); got.Body.Len() != 0 || s.schedules.deleted != 1 {
		t.Errorf("%s, deleted %d", got.Body, s.schedules.deleted)
	}
}
