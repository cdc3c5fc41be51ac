package httpapi_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/occ/contacts/pkg/identity"
	"github.com/occ/contacts/pkg/problem"
)

func TestNotes(t *testing.T) {
	s := serve(t, identity.Agent)
	note := map[string]any{"id": "n-1", "text": "Hello", "author": "s-1", "createdAt": "2026-11-25T12:00:00.000Z", "updatedAt": "2026-11-25T12:00:00.000Z"}
	added := s.call(http.MethodPost, "/v1/contacts/mona/notes", `{"text":"Hello"}`).is(http.StatusCreated)
	if diff := cmp.Diff(note, added.object()); diff != "" || !strings.HasPrefix(added.Header().Get("ETag"), `"n-1.2.`) || added.Header().Get("Location") != "/v1/contacts/mona/notes/n-1" {
		t.Error(diff, added.Header())
	}
	if s.contacts.text != "Hello" || s.contacts.actor.ID == "" {
		t.Errorf("%q by %+v", s.contacts.text, s.contacts.actor)
	}
	changed := s.call(http.MethodPatch, "/v1/contacts/mona/notes/n-1", `{"text":"Bye"}`, "If-Match", added.Header().Get("ETag")).is(http.StatusOK)
	if changed.Header().Get("ETag") != added.Header().Get("ETag") || s.contacts.text != "Bye" {
		t.Errorf("%q, %v", s.contacts.text, changed.Header())
	}
	s.call(http.MethodPatch, "/v1/contacts/mona/notes/n-1", `{"text":"Bye"}`, "If-Match", `"n-1.1.x"`).refused(http.StatusPreconditionFailed, problem.VersionConflict)
	s.call(http.MethodDelete, "/v1/contacts/mona/notes/n-1", "", "If-Match", `"n-1.2.x"`).is(http.StatusNoContent)
	s.call(http.MethodDelete, "/v1/contacts/mona/notes/n-2", "").refused(http.StatusNotFound, problem.NotFound)
	s.call(http.MethodGet, "/v1/contacts/nobody/notes", "").refused(http.StatusNotFound, problem.NotFound)
	for body, location := range map[string]string{`{}`: "body.text", `{"text":null}`: "body.text", `{"text":"a","author":"me"}`: "body.author"} {
		s.call(http.MethodPost, "/v1/contacts/mona/notes", body).refused(http.StatusUnprocessableEntity, problem.ValidationFailed, location)
	}
}

func TestListsOfAContactAreItsOwn(t *testing.T) {
	s := serve(t, identity.Agent)
	page := s.call(http.MethodGet, "/v1/contacts/mona/notes?limit=1", "").is(http.StatusOK).object()
	cursor, _ := page["nextCursor"].(string)
	if items, _ := page["items"].([]any); len(items) != 1 || cursor == "" {
		t.Fatalf("%v", page)
	}
	s.call(http.MethodGet, "/v1/contacts/mona/notes?cursor="+cursor, "").is(http.StatusOK)
	if s.contacts.position != "more" {
		t.Errorf("goes on after %q", s.contacts.position)
	}
	s.call(http.MethodGet, "/v1/contacts/other/notes?cursor="+cursor, "").refused(http.StatusBadRequest, problem.InvalidCursor)
	s.call(http.MethodGet, "/v1/contacts/mona/activity?cursor="+cursor, "").refused(http.StatusBadRequest, problem.InvalidCursor)
}

func TestActivity(t *testing.T) {
	s := serve(t, identity.Agent)
	page := s.call(http.MethodGet, "/v1/contacts/mona/activity", "").is(http.StatusOK).object()
	want := map[string]any{
		"at": "2026-11-25T12:00:00.000Z", "actor": map[string]any{"type": "user", "id": "s-1"}, "action": "updated",
		"changes": []any{map[string]any{"field": "attr.plan", "from": nil, "to": "gold"}},
	}
	if diff := cmp.Diff([]any{want}, page["items"]); diff != "" {
		t.Error(diff)
	}
}

func TestLabels(t *testing.T) {
	s := serve(t, identity.Agent)
	if diff := cmp.Diff(map[string]any{"items": []any{map[string]any{"label": "VIP"}, map[string]any{"label": "new"}}}, s.call(http.MethodGet, "/v1/labels", "").is(http.StatusOK).object()); diff != "" {
		t.Error(diff)
	}
	s.call(http.MethodPut, "/v1/contacts/mona/labels/big spender", "").is(http.StatusNoContent)
	if s.contacts.text != "big spender" {
		t.Errorf("label %q", s.contacts.text)
	}
	s.call(http.MethodDelete, "/v1/contacts/mona/labels/VIP", "").is(http.StatusNoContent)
	s.call(http.MethodPut, "/v1/contacts/nobody/labels/VIP", "").refused(http.StatusNotFound, problem.NotFound)
}

func TestDeletingAContact(t *testing.T) {
	s := serve(t, identity.Admin)
	s.call(http.MethodDelete, "/v1/contacts/mona", "", "If-Match", `"mona.2.x", "other.3.x"`).refused(http.StatusPreconditionFailed, problem.VersionConflict)
	s.call(http.MethodDelete, "/v1/contacts/mona", "", "If-Match", `"mona.3.x"`).is(http.StatusNoContent)
	s.call(http.MethodDelete, "/v1/contacts/nobody", "").refused(http.StatusNotFound, problem.NotFound)
	s.contacts.err = &problem.Error{Code: problem.ContactHasRequests, Detail: "The contact has 2 requests.", Requests: 2}
	if refused := s.call(http.MethodDelete, "/v1/contacts/mona", "").refused(http.StatusConflict, problem.ContactHasRequests).object(); refused["requestCount"] != 2.0 {
		t.Errorf("%v", refused)
	}
	serve(t, identity.Agent).call(http.MethodDelete, "/v1/contacts/mona", "").refused(http.StatusForbidden, problem.Forbidden)
}
