package httpapi_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/identity"
	"github.com/occ/contacts/pkg/importing"
	"github.com/occ/contacts/pkg/problem"
)

// singles are the routes that read one resource, and how their tags begin.
var singles = map[string]string{
	"/v1/contacts/mona": "mona.3.", "/v1/contacts/mona/notes/n-1": "n-1.2.", "/v1/settings": "settings%40demo.0.",
	"/v1/imports/i-1": "i-1.0.",
	"/v1/exports/e-1": "e-1.0.", "/v1/export-schedules/c-1": "c-1.3.", "/v1/conversations/v-1": "v-1.0.",
}

var strongTag = regexp.MustCompile(`^"[!#-~]+"$`)

func TestEveryReadOfOneResourceHasAStrongTag(t *testing.T) {
	s := serve(t, identity.Admin)
	seen := map[string]bool{}
	for path, begins := range singles {
		whole := s.call(http.MethodGet, path, "").is(http.StatusOK)
		tag := whole.Header().Get("ETag")
		if !strongTag.MatchString(tag) || !strings.HasPrefix(tag, `"`+begins) || seen[tag] {
			t.Errorf("%s has the tag %s", path, tag)
		}
		seen[tag] = true
		if head := s.call(http.MethodHead, path, "").is(http.StatusOK); head.Header().Get("ETag") != tag {
			t.Errorf("HEAD %s has another tag", path)
		}
		for header, status := range map[string]int{
			tag: 304, "W/" + tag: 304, `"x", ` + tag: 304, "*": 304, " * ": 304, strings.TrimSuffix(tag, `"`) + `x"`: 200, strings.Trim(tag, `"`): 200, `"x"`: 200, ",": 200, "": 200,
		} {
			got := s.call(http.MethodGet, path, "", "If-None-Match", header).is(status)
			if got.Header().Get("ETag") != tag || (got.Body.Len() == 0) != (status == 304) {
				t.Errorf("%s, %q: %v %q", path, header, got.Header(), got.Body)
			}
		}
	}
	s.call(http.MethodGet, "/v1/contacts/other", "", "If-None-Match", "*").refused(http.StatusNotFound, problem.NotFound)
}

// The document says of which operations: a new read of one resource cannot be forgotten.
func TestTheDocumentShowsTags(t *testing.T) {
	whole := map[string]bool{
		"/v1/health": true, "/v1/openapi.json": true, "/v1/labels": true, "/v1/imports/template": true,
		"/v1/imports/{id}/report": true, "/v1/webhooks/{channel}/{accountId}": true,
	}
	for what, operation := range operations(t, document(t)) {
		method, path, _ := strings.Cut(what, " ")
		headers := map[string]bool{}
		parameters, _ := operation["parameters"].([]any)
		for _, parameter := range parameters {
			headers[parameter.(map[string]any)["name"].(string)] = true
		}
		responses := operation["responses"].(map[string]any)
		tagged := false
		for _, status := range []string{"200", "201", "202"} {
			response, _ := responses[status].(map[string]any)
			shown, _ := response["headers"].(map[string]any)
			tagged = tagged || shown["ETag"] != nil
		}
		list := headers["limit"]
		switch one := !list && !whole[path]; {
		case method == "GET" && (one != tagged || one != headers["If-None-Match"] || one != (responses["304"] != nil)):
			t.Errorf("%s: tag %v, If-None-Match %v, 304 %v", what, tagged, headers["If-None-Match"], responses["304"] != nil)
		case (method == "PATCH" || method == "DELETE") && !strings.Contains(path, "{label}") &&
			(!headers["If-Match"] || responses["412"] == nil):
			t.Errorf("%s takes no If-Match", what)
		case (method == "POST" || method == "PATCH" || method == "PUT") && responses["204"] == nil && one && !tagged:
			t.Errorf("%s answers without a tag", what)
		}
	}
}

func TestIfMatch(t *testing.T) {
	s := serve(t, identity.Admin)
	at := func(versions ...int) (p contact.Precondition) {
		for _, version := range versions {
			p.Revisions = append(p.Revisions, contact.Revision{ID: "mona", Version: version})
		}
		return p
	}
	none := contact.Precondition{None: true}
	for header, want := range map[string]contact.Precondition{
		"": {}, "*": {Any: true}, ` * `: {Any: true}, `"mona.3.x"`: at(3), `"mona.1.x", "mona.3.y"`: at(1, 3),
		`"mona.1.x","mona.3.x",`: at(1, 3), `"mona.3."`: at(3),
		`W/"mona.3.x"`: none, `W/"mona.3.x", "mona.3.x"`: at(3), `"mona.03.x"`: none, `"mona.+3.x"`: none,
		`mona.3.x`: none, `"mona.3.x`: none, `"a,b", "mona.3.x"`: at(3),
		`"mona.3.x" "mona.4.x"`: none, `,`: none, `"x"`: none, `*, "mona.3.x"`: none, `""`: none, `"3"`: none,
		`"mona.3"`: none, `"mo%6ea.3.x"`: none, `"mona.3.x.y"`: none,
		`"ali.3.x"`:      {Revisions: []contact.Revision{{ID: "ali", Version: 3}}},
		`"a%2Eb%25.1.x"`: {Revisions: []contact.Revision{{ID: "a.b%", Version: 1}}},
	} {
		got := s.call(http.MethodPatch, "/v1/contacts/mona", "{}", "If-Match", header)
		if diff := cmp.Diff(want, s.contacts.ifMatch); diff != "" {
			t.Errorf("%q: %s", header, diff)
		}
		if want.Allows(mona().Revision()) {
			got.is(http.StatusOK)
		} else {
			got.refused(http.StatusPreconditionFailed, problem.VersionConflict)
		}
		s.call(http.MethodPatch, "/v1/settings", "{}", "If-Match", header).is(http.StatusOK)
		if diff := cmp.Diff(want, s.contacts.ifMatch); diff != "" {
			t.Errorf("settings, %q: %s", header, diff)
		}
		s.call(http.MethodDelete, "/v1/channel-accounts/whatsapp/123", "", "If-Match", header).is(http.StatusNoContent)
		if diff := cmp.Diff(want, s.accounts.ifMatch); diff != "" {
			t.Errorf("accounts, %q: %s", header, diff)
		}
	}
}

// What changes without the version shows in the tag, and makes no write fail.
func TestATagShowsAllThatIsAnswered(t *testing.T) {
	s := serve(t, identity.Admin)
	tagOf := func(job importing.Import) string {
		s.imports.one = &job
		return s.call(http.MethodGet, "/v1/imports/i-1", "").is(http.StatusOK).Header().Get("ETag")
	}
	before, moved := job(), job()
	moved.Totals.Processed++
	if tagOf(before) == tagOf(moved) {
		t.Error("progress moves no tag")
	}
	// A link is another one each time, and no change.
	reported := job()
	reported.HasReport = true
	if one, two := tagOf(reported), tagOf(reported); one != two || one != tagOf(before) {
		t.Errorf("%s and %s are of one import", one, two)
	}
	if got := s.call(http.MethodGet, "/v1/imports/i-1", "", "If-None-Match", tagOf(reported)).Code; got != http.StatusNotModified {
		t.Errorf("status %d", got)
	}
}

func TestTheReportHasALinkInTheImport(t *testing.T) {
	s := serve(t, identity.Admin)
	undone := job()
	undone.Status, undone.HasReport = importing.Undone, true
	undone.Totals = importing.Totals{Rows: 9, Processed: 9, Created: 4, Updated: 3, Failed: 2}
	undone.Undo = importing.UndoTotals{Chunks: 1, Undone: 5, Kept: 2}
	s.imports.one = &undone
	read := s.call(http.MethodGet, "/v1/imports/i-1", "").is(http.StatusOK).object()
	if read["reportUrl"] != "https://exports.example/report?sig=1" || read["reportUrlExpiresAt"] != "2026-11-25T12:15:00.000Z" {
		t.Errorf("%v until %v", read["reportUrl"], read["reportUrlExpiresAt"])
	}
	if diff := cmp.Diff(map[string]any{"rows": 7.0, "processed": 7.0, "undone": 5.0, "kept": 2.0}, read["undo"]); diff != "" {
		t.Error(diff)
	}
	if again := s.call(http.MethodGet, "/v1/imports/i-1", "").is(http.StatusOK).object(); again["reportUrl"] == read["reportUrl"] {
		t.Error("the link is not made anew")
	}
}
