package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/identity"
	"github.com/occ/contacts/pkg/problem"
)

func TestCreateContact(t *testing.T) {
	s := serve(t, identity.Agent)
	created := s.call(http.MethodPost, "/v1/contacts",
		`{"name":"Mona","email":"mona@example.com","phone":null,"company":"","labels":["VIP"],"customAttributes":{"plan":"gold","seats":3,"trial":false,"none":null}}`).is(http.StatusCreated)
	if created.Header().Get("Location") != "/v1/contacts/mona" || !strings.HasPrefix(created.Header().Get("ETag"), `"mona.1.`) || created.Header().Get("Content-Type") != "application/json" {
		t.Errorf("%v", created.Header())
	}
	want := contact.Draft{
		Name: new("Mona"), Email: new("mona@example.com"), Company: new(""), Labels: []string{"VIP"},
		Attributes: map[string]any{"plan": "gold", "seats": 3.0, "trial": false, "none": nil},
	}
	if diff := cmp.Diff(want, s.contacts.draft); diff != "" {
		t.Error(diff)
	}
	if s.contacts.actor != (contact.Actor{Type: contact.ByUser, ID: "s-1"}) {
		t.Errorf("made by %v", s.contacts.actor)
	}
	wantView := map[string]any{
		"id": "mona", "name": "Mona Adel", "email": nil, "phone": nil, "company": nil, "channel": "api", "identities": []any{}, "labels": []any{},
		"customAttributes": map[string]any{}, "conversationCount": 0.0, "requestCount": 0.0, "lastInteractionAt": nil,
		"createdAt": "2026-11-25T12:00:00.000Z", "updatedAt": "2026-11-25T12:00:00.000Z", "version": 1.0,
	}
	if diff := cmp.Diff(wantView, created.object()); diff != "" {
		t.Error(diff)
	}
}

func TestNullMeansAbsentInAPost(t *testing.T) {
	s := serve(t, identity.Agent)
	s.call(http.MethodPost, "/v1/contacts", `{"name":null,"email":null,"phone":null,"company":null,"labels":null,"customAttributes":null}`).is(http.StatusCreated)
	if diff := cmp.Diff(contact.Draft{}, s.contacts.draft); diff != "" {
		t.Error(diff)
	}
}

func TestTheOtherContactIsNamed(t *testing.T) {
	s := serve(t, identity.Agent)
	s.contacts.err = &problem.Error{Code: problem.DuplicateContact, Detail: "Another contact has this e-mail.", ContactID: "c-2", Field: "email"}
	refused := s.call(http.MethodPost, "/v1/contacts", `{"name":"A"}`).refused(http.StatusConflict, problem.DuplicateContact)
	if got := refused.object(); got["contactId"] != "c-2" || got["field"] != "email" {
		t.Errorf("%s", refused.Body)
	}
	s.contacts.err = problem.Invalid("body.email", "a@b", "An e-mail needs a domain with a dot.")
	refused = s.call(http.MethodPost, "/v1/contacts", `{"name":"A"}`).refused(http.StatusUnprocessableEntity, problem.ValidationFailed, "body.email")
	if !strings.Contains(refused.Body.String(), `"value":"a@b"`) {
		t.Errorf("%s", refused.Body)
	}
}

func TestMergePatch(t *testing.T) {
	set := func(value string) contact.Field[string] { return contact.Field[string]{Set: true, Value: value} }
	null := contact.Field[string]{Set: true, Null: true}
	for body, want := range map[string]contact.Patch{
		`{}`:                                    {},
		`{"name":null,"email":"a@b.c"}`:         {Name: null, Email: set("a@b.c")},
		`{"phone":"","company":null}`:           {Phone: set(""), Company: null},
		`{"labels":null}`:                       {Labels: contact.Field[[]string]{Set: true, Null: true}},
		`{"labels":[]}`:                         {Labels: contact.Field[[]string]{Set: true, Value: []string{}}},
		`{"customAttributes":null}`:             {Attributes: contact.Field[map[string]any]{Set: true, Null: true}},
		`{"customAttributes":{"a":null,"b":1}}`: {Attributes: contact.Field[map[string]any]{Set: true, Value: map[string]any{"a": nil, "b": 1.0}}},
	} {
		s := serve(t, identity.Agent)
		for _, media := range []string{"application/json", "application/merge-patch+json"} {
			got := s.call(http.MethodPatch, "/v1/contacts/mona", body, "Content-Type", media).is(http.StatusOK)
			if diff := cmp.Diff(want, s.contacts.patch); diff != "" || !strings.HasPrefix(got.Header().Get("ETag"), `"mona.4.`) {
				t.Errorf("%s: %v %s", body, got.Header(), diff)
			}
		}
	}
}

func TestSettings(t *testing.T) {
	s := serve(t, identity.Admin)
	read := s.call(http.MethodGet, "/v1/settings", "").is(http.StatusOK)
	if strings.TrimSpace(read.Body.String()) != `{"defaultRegion":null,"nightlyBackup":true}` || !strings.HasPrefix(read.Header().Get("ETag"), `"settings%40demo.0.`) {
		t.Errorf("%v %s", read.Header(), read.Body)
	}
	changed := s.call(http.MethodPatch, "/v1/settings", `{"defaultRegion":"EG","nightlyBackup":null}`, "Content-Type", "application/merge-patch+json").is(http.StatusOK)
	if strings.TrimSpace(changed.Body.String()) != `{"defaultRegion":"EG","nightlyBackup":true}` || !strings.HasPrefix(changed.Header().Get("ETag"), `"settings%40demo.1.`) {
		t.Errorf("%v %s", changed.Header(), changed.Body)
	}
	want := contact.SettingsPatch{DefaultRegion: contact.Field[string]{Set: true, Value: "EG"}, NightlyBackup: contact.Field[bool]{Set: true, Null: true}}
	if diff := cmp.Diff(want, s.contacts.settingsPatch); diff != "" {
		t.Error(diff)
	}
}

func TestListContacts(t *testing.T) {
	s := serve(t, identity.Agent)
	if got := strings.TrimSpace(s.call(http.MethodGet, "/v1/contacts", "").is(http.StatusOK).Body.String()); got != `{"items":[]}` {
		t.Errorf("an empty list is %s", got)
	}
	s.contacts.page = contact.Page{Contacts: []contact.Contact{mona()}, Next: &contact.Position{Phase: 2, Key: "k#é"}, Unsorted: true}
	first := s.call(http.MethodGet, "/v1/contacts?q=mo&sort=name", "").is(http.StatusOK).object()
	if len(first["items"].([]any)) != 1 || first["sorted"] != false {
		t.Errorf("%v", first)
	}
	s.call(http.MethodGet, "/v1/contacts?limit=3&sort=name&q=mo&cursor="+first["nextCursor"].(string), "").is(http.StatusOK)
	if diff := cmp.Diff(s.contacts.page.Next, s.contacts.after); diff != "" {
		t.Error(diff)
	}
}

func TestCursorsAreBound(t *testing.T) {
	s := serve(t, identity.Admin)
	s.contacts.page.Next = &contact.Position{Key: "k"}
	s.imports.next = "k"
	cursor := s.call(http.MethodGet, "/v1/contacts?q=&sort=name&limit=2", "").is(http.StatusOK).object()["nextCursor"].(string)
	theirs := s.call(http.MethodGet, "/v1/imports?limit=2", "").is(http.StatusOK).object()["nextCursor"].(string)
	calls := s.contacts.calls
	for _, path := range []string{
		"/v1/contacts?cursor=" + cursor, "/v1/contacts?sort=createdAt&cursor=" + cursor, "/v1/contacts?sort=name&q=a&cursor=" + cursor, "/v1/imports?cursor=" + cursor,
		"/v1/contacts?sort=name&label=a&cursor=" + cursor, "/v1/contacts?sort=name&company=a&cursor=" + cursor, "/v1/contacts?sort=name&channel=sms&cursor=" + cursor,
		"/v1/contacts?sort=name&createdAfter=2026-01-01&cursor=" + cursor, "/v1/contacts?sort=name&createdBefore=2026-01-01&cursor=" + cursor,
		"/v1/contacts?cursor=" + theirs, "/v1/contacts?cursor=", "/v1/contacts?sort=name&cursor=abc", "/v1/contacts?sort=name&cursor=" + cursor + "A", "/v1/contacts?sort=name&cursor=" + cursor + "%0A",
		"/v1/contacts?sort=name&cursor=" + cursor[:len(cursor)-1],
	} {
		s.call(http.MethodGet, path, "").refused(http.StatusBadRequest, problem.InvalidCursor)
	}
	s.caller.Workspace = "other"
	s.call(http.MethodGet, "/v1/contacts?sort=name&cursor="+cursor, "").refused(http.StatusBadRequest, problem.InvalidCursor)
	if s.contacts.calls != calls {
		t.Error("a cursor went through")
	}
	s.caller.Workspace = "demo"
	s.call(http.MethodGet, "/v1/contacts?limit=9&cursor="+cursor+"&sort=name", "").is(http.StatusOK)
	s.call(http.MethodGet, "/v1/imports?limit=9&cursor="+theirs, "").is(http.StatusOK)
	if s.imports.after != "k" {
		t.Errorf("after %q", s.imports.after)
	}
	s.call(http.MethodGet, "/v1/contacts?limit=x&cursor=abc", "").refused(http.StatusUnprocessableEntity, problem.ValidationFailed, "query.limit")
}

func TestPagesFitAnAnswerOfLambda(t *testing.T) {
	s := serve(t, identity.Agent)
	s.contacts.list = func(limit int) contact.Page {
		page := contact.Page{Next: &contact.Position{Key: fmt.Sprint(limit)}}
		for range limit {
			c := mona()
			c.Attributes = map[string]any{"a": strings.Repeat("<", 100_000)}
			page.Contacts = append(page.Contacts, c)
		}
		return page
	}
	got := s.call(http.MethodGet, "/v1/contacts?limit=100", "").is(http.StatusOK)
	if diff := cmp.Diff([]int{100, 50, 25, 12, 6}, s.contacts.limits); diff != "" || len(got.object()["items"].([]any)) != 6 {
		t.Error(diff)
	}
}
