package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// route is an operation of the OpenAPI document.
type route struct{ method, path, role string }

// document lists every operation that the service says it has.
func document(t *testing.T) []route {
	t.Helper()
	var described struct {
		Paths map[string]map[string]struct {
			Role string `json:"x-role"`
		}
	}
	if err := json.Unmarshal(caller{t, ""}.call(http.MethodGet, "/v1/openapi.json", nil).is(http.StatusOK).body, &described); err != nil {
		t.Fatal(err)
	}
	var all []route
	for path, methods := range described.Paths {
		if strings.HasPrefix(path, "/v1/webhooks/") { // they have a signature and no caller
			continue
		}
		for method, operation := range methods {
			all = append(all, route{strings.ToUpper(method), path, operation.Role})
		}
	}
	slices.SortFunc(all, func(a, b route) int { return strings.Compare(a.path+a.method, b.path+b.method) })
	return all
}

// mapping is the operation that takes an import which awaits its mapping.
const mapping = "POST /v1/imports/{id}/mapping"

const schedules = "/v1/export-schedules"

// putAccount is the operation that another workspace cannot do on an account, and is told so.
const putAccount = "PUT /v1/channel-accounts/{channel}/{accountId}"

// bodies are requests that the operations take. An operation with a body that is not here fails the test.
var bodies = map[string]any{
	"POST " + schedules:                      map[string]any{"name": "Weekly", "schedule": "rate(7 days)", "format": "csv", "enabled": false},
	"PATCH " + schedules + "/{id}":           map[string]any{"name": "Monthly"},
	"POST /v1/contacts":                      map[string]any{"name": "Somebody"},
	"PATCH /v1/contacts/{id}":                map[string]any{"company": "Changed"},
	"POST /v1/contacts/{id}/notes":           map[string]any{"text": "A note"},
	"PATCH /v1/contacts/{id}/notes/{noteId}": map[string]any{"text": "Another text"},
	"PATCH /v1/settings":                     map[string]any{"nightlyBackup": false},
	"POST /v1/imports":                       map[string]any{"fileName": "people.csv", "size": 10},
	"POST /v1/exports":                       map[string]any{"format": "csv"},
	putAccount:                               map[string]any{"name": "Sales", "secrets": map[string]any{"signingSecret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}},
	mapping:                                  map[string]any{"mapping": map[string]any{"Who": "name"}},
}

// belongings are what one workspace has: the ids that the paths are filled with.
type belongings struct{ contact, note, importID, export, schedule, account string }

// own makes one of each kind that the operation may need, seen by an admin.
func own(t *testing.T, admin caller, has map[string]bool, r route) belongings {
	t.Helper()
	var b belongings
	if strings.HasPrefix(r.path, schedules) { // a workspace may have 20
		b.schedule = admin.call(http.MethodPost, schedules, bodies["POST "+schedules]).is(http.StatusCreated).text("id")
	}
	b.contact = admin.call(http.MethodPost, "/v1/contacts", map[string]any{"name": "Owned", "labels": []string{"VIP"}}).is(http.StatusCreated).text("id")
	if has["/v1/contacts/{id}/notes"] {
		b.note = admin.call(http.MethodPost, "/v1/contacts/"+b.contact+"/notes", map[string]any{"text": "Owned"}).is(http.StatusCreated).text("id")
	}
	if strings.HasPrefix(r.path, "/v1/exports") {
		b.export = exported(admin, map[string]any{"format": "csv"})["id"].(string)
	}
	b.account = "main-" + b.contact
	admin.call(http.MethodPut, "/v1/channel-accounts/widget/"+b.account, bodies[putAccount]).is(http.StatusCreated)
	if strings.HasPrefix(r.path, "/v1/conversations/") {
		talk(t, admin, b.contact)
	}
	if r.method+" "+r.path == mapping {
		b.importID = upload(admin, []byte("Who,Email\nMona Adel,mona@example.com\n"), nil)
		awaited(admin, b.importID)
		return b
	}
	b.importID = admin.call(http.MethodPost, "/v1/imports", map[string]any{"fileName": "people.csv", "size": 10}).is(http.StatusCreated).text("id")
	return b
}

func (b belongings) fill(path string) string {
	id := b.contact
	switch {
	case strings.HasPrefix(path, "/v1/imports"):
		id = b.importID
	case strings.HasPrefix(path, schedules):
		id = b.schedule
	case strings.HasPrefix(path, "/v1/exports"):
		id = b.export
	}
	if strings.HasPrefix(path, "/v1/conversations") {
		id = "conversation-" + b.contact // as talk calls it
	}
	return strings.NewReplacer("{id}", id, "{noteId}", b.note, "{label}", "VIP", "{channel}", "widget", "{accountId}", b.account).Replace(path)
}

// call sends an operation as somebody.
func (r route) call(c caller, b belongings) answer {
	c.t.Helper()
	body, known := bodies[r.method+" "+r.path]
	if !known && (r.method == http.MethodPatch || r.method+" "+r.path == putAccount || r.method == http.MethodPost && !strings.HasSuffix(r.path, "/cancel") && !strings.HasSuffix(r.path, "/undo")) {
		c.t.Fatalf("%s %s is new: give the matrix a body for it", r.method, r.path)
	}
	return c.call(r.method, b.fill(r.path), body)
}

// TestEveryOperationForEverybody is the matrix of operations and callers.
func TestEveryOperationForEverybody(t *testing.T) {
	mine, theirs := fresh(t), fresh(t)+"x"
	admin, agent, stranger := as(t, mine, "admin"), as(t, mine, "agent"), as(t, theirs, "admin")
	nobody := map[string]caller{
		"no token": {t, ""}, "a tampered token": {t, tampered(agent.token)}, "an expired token": {t, expired(t, mine)},
		"another issuer's token": {t, foreign(t, mine)}, "a token for another workspace, forged": {t, forged(t, agent.token, theirs)},
	}
	homeless := as(t, "", "admin")
	all := document(t)
	has := map[string]bool{}
	for _, r := range all {
		has[r.path] = true
	}
	for _, r := range all {
		t.Run(r.method+" "+r.path, func(t *testing.T) {
			b := own(t, admin, has, r)
			if r.role == "" {
				r.call(caller{t, ""}, b).is(http.StatusOK)
				return
			}
			for who, c := range nobody {
				if a := r.call(c, b); a.status != http.StatusUnauthorized || a.text("message") != "Unauthorized" {
					t.Errorf("%s: %d %s", who, a.status, a.body)
				}
			}
			r.call(homeless, b).problem(http.StatusForbidden, "no_workspace")
			if r.role == "admin" {
				r.call(agent, b).problem(http.StatusForbidden, "forbidden")
				r.call(agent, belongings{"unknown", "unknown", "unknown", "unknown", "unknown", "unknown"}).problem(http.StatusForbidden, "forbidden")
			}
			r.strange(t, stranger, b)
			r.owned(t, admin, agent, b)
		})
	}
}

// strange demands that another workspace's things are not there, and that nothing of them shows.
func (r route) strange(t *testing.T, stranger caller, b belongings) {
	t.Helper()
	a := r.call(stranger, b)
	switch {
	case r.method+" "+r.path == putAccount:
		a.problem(http.StatusConflict, "account_taken")
	case strings.Contains(r.path, "{id}") || strings.Contains(r.path, "{accountId}"):
		a.problem(http.StatusNotFound, "not_found")
	}
	for _, id := range []string{b.contact, b.importID, b.export, b.schedule, b.account} {
		if id != "" && strings.Contains(string(a.body), id) {
			t.Errorf("another workspace sees %s", a.body)
		}
	}
}

// owned demands that those who may, can.
func (r route) owned(t *testing.T, admin, agent caller, b belongings) {
	t.Helper()
	if strings.HasSuffix(r.path, "/undo") { // only what has ended can be undone
		admin.call(http.MethodPost, "/v1/imports/"+b.importID+"/cancel", nil).is(http.StatusAccepted)
	}
	who := []caller{admin}
	if r.role == "agent" && r.method != http.MethodDelete {
		who = append(who, agent)
	}
	for _, c := range who {
		a := r.call(c, b)
		noReport := a.status == http.StatusNotFound && strings.HasSuffix(r.path, "/report") && a.text("code") == "no_report"
		if (a.status < 200 || a.status > 399) && !noReport {
			t.Errorf("the owner gets %d: %s", a.status, a.body)
		}
	}
	if got := admin.call(http.MethodGet, "/v1/contacts/"+b.contact, nil); r.method != http.MethodDelete && got.status != http.StatusOK {
		t.Errorf("the contact is gone: %s", fmt.Sprint(got.status))
	}
}
