package e2e

import (
	"net/http"
	"net/url"
	"testing"
)

func TestNotesLabelsActivityAndDeletion(t *testing.T) {
	workspace := fresh(t)
	agent, admin := as(t, workspace, "agent"), as(t, workspace, "admin")
	created := agent.call(http.MethodPost, "/v1/contacts", map[string]any{"name": "Mona Adel", "email": "mona@example.com", "labels": []string{"VIP"}}).is(http.StatusCreated)
	contact := "/v1/contacts/" + created.text("id")
	note := agent.call(http.MethodPost, contact+"/notes", map[string]any{"text": "Prefers mornings"}).is(http.StatusCreated)
	if read := agent.call(http.MethodGet, contact, nil).is(http.StatusOK); read.header.Get("ETag") == created.header.Get("ETag") {
		t.Error("a note moved no ETag")
	}
	agent.call(http.MethodPatch, contact+"/notes/"+note.text("id"), map[string]any{"text": "Prefers evenings"}, "If-Match", note.header.Get("ETag")).is(http.StatusOK)
	agent.call(http.MethodPatch, contact+"/notes/"+note.text("id"), map[string]any{"text": "Late"}, "If-Match", note.header.Get("ETag")).problem(http.StatusPreconditionFailed, "version_conflict")
	if notes := agent.walk(contact + "/notes"); len(notes) != 1 || notes[0]["text"] != "Prefers evenings" || notes[0]["author"] == "" {
		t.Errorf("notes %v", notes)
	}
	agent.call(http.MethodPut, contact+"/labels/"+url.PathEscape("أصدقاء big"), nil).is(http.StatusNoContent)
	agent.call(http.MethodPut, contact+"/labels/vip", nil).is(http.StatusNoContent)
	eventually(t, "both labels are in use", func() bool { return len(agent.call(http.MethodGet, "/v1/labels", nil).is(http.StatusOK).items()) == 2 })
	agent.call(http.MethodDelete, contact+"/labels/VIP", nil).is(http.StatusNoContent)
	found := agent.walk("/v1/contacts?label=" + url.QueryEscape("أصدقاء BIG"))
	if len(found) != 1 || len(agent.walk("/v1/contacts?label=VIP")) != 0 {
		t.Errorf("by label: %v", found)
	}
	var actions []string
	for _, entry := range agent.walk(contact + "/activity?limit=2") {
		actions = append(actions, entry["action"].(string))
	}
	if len(actions) != 5 || actions[0] != "updated" || actions[4] != "created" {
		t.Errorf("activity %v", actions)
	}

	agent.call(http.MethodDelete, contact, nil).problem(http.StatusForbidden, "forbidden")
	admin.call(http.MethodDelete, contact, nil).is(http.StatusNoContent)
	admin.call(http.MethodDelete, contact, nil).problem(http.StatusNotFound, "not_found")
	agent.call(http.MethodGet, contact+"/notes", nil).problem(http.StatusNotFound, "not_found")
	if found := search(agent, "mona"); len(found) != 0 {
		t.Errorf("the deleted contact is found: %v", found)
	}
	agent.call(http.MethodPost, "/v1/contacts", map[string]any{"name": "Again", "email": "mona@example.com"}).is(http.StatusCreated)
}
