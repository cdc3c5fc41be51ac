package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// undone undoes an import and waits until that has ended.
func undone(c caller, id string) map[string]any {
	c.t.Helper()
	c.call(http.MethodPost, "/v1/imports/"+id+"/undo", nil).is(http.StatusAccepted)
	var job map[string]any
	eventually(c.t, "import "+id+" is undone", func() bool {
		job = c.call(http.MethodGet, "/v1/imports/"+id, nil).is(http.StatusOK).object()
		return job["status"] == "undone"
	})
	return job
}

// content is what an agent sees of a contact; version and updatedAt move with an undo as with any change.
func content(c caller, id string) string {
	c.t.Helper()
	object := c.call(http.MethodGet, "/v1/contacts/"+id, nil).is(http.StatusOK).object()
	delete(object, "version")
	delete(object, "updatedAt")
	var notes []string
	for _, note := range c.walk("/v1/contacts/" + id + "/notes") {
		notes = append(notes, fmt.Sprint(note["text"]))
	}
	return fmt.Sprint(object, notes)
}

func TestAnUndoTakesBackWhatNobodyTouched(t *testing.T) {
	admin := as(t, fresh(t), "admin")
	known := admin.call(http.MethodPost, "/v1/contacts", map[string]any{"name": "Known", "email": "known@example.com", "labels": []string{"old"}, "customAttributes": map[string]any{"plan": "gold"}}).is(http.StatusCreated).text("id")
	before := content(admin, known)
	edited := admin.call(http.MethodPost, "/v1/contacts", map[string]any{"name": "Edited", "phone": "+201009999999"}).is(http.StatusCreated).text("id")
	file := "name,email,phone,company,labels,notes\n" +
		"Known Better,known@example.com,+201001111111,Acme,new,A note\n" +
		"Edited Too,,+201009999999,Acme,,\n" +
		"New,new@example.com,,Acme,,Another note\n" +
		"New And Edited,kept@example.com,,Acme,,\n" +
		"Nobody,nobody@,,,,\n" +
		"New Again,new@example.com,,,,\n"
	id := upload(admin, []byte(file), nil)
	totals := map[string]int{"rows": 6, "processed": 6, "created": 2, "updated": 2, "skipped": 1, "failed": 1}
	counts(t, finished(admin, id), totals)
	eventually(t, "the new ones are found", func() bool { return len(search(admin, "kept@example.com"))+len(search(admin, "new@example.com")) == 2 })
	kept, made := search(admin, "kept@example.com")[0], search(admin, "new@example.com")[0]
	if content(admin, known) == before {
		t.Error("the import changed nothing")
	}
	for _, since := range []string{edited, kept} {
		admin.call(http.MethodPatch, "/v1/contacts/"+since, map[string]any{"company": "By hand"}).is(http.StatusOK)
	}

	job := undone(admin, id)
	counts(t, job, totals) // they say what the import did
	if after := content(admin, known); after != before {
		t.Errorf("became %s, was %s", after, before)
	}
	admin.call(http.MethodGet, "/v1/contacts/"+made, nil).problem(http.StatusNotFound, "not_found")
	for since, name := range map[string]string{edited: "Edited Too", kept: "New And Edited"} {
		if now := admin.call(http.MethodGet, "/v1/contacts/"+since, nil).is(http.StatusOK).object(); now["company"] != "By hand" || now["name"] != name {
			t.Errorf("who was edited is now %v", now)
		}
	}
	var report []string
	for _, row := range reportOf(admin, id) {
		report = append(report, strings.Join(append([]string{row[0]}, row[len(row)-4:len(row)-1]...), " "))
	}
	slices.Sort(report)
	want := []string{"Edited Too 3 kept edited_since", "New Again 7 skipped duplicate_in_file", "New And Edited 5 kept edited_since", "Nobody 6 failed invalid_email"}
	if fmt.Sprint(report) != fmt.Sprint(want) {
		t.Errorf("reported are %q, want %q", report, want)
	}
	eventually(t, "what is gone is not found", func() bool { return len(search(admin, "new@example.com"))+len(search(admin, "+201001111111")) == 0 })
	eventually(t, "three are listed", func() bool { return len(admin.walk("/v1/contacts")) == 3 })
	admin.call(http.MethodPost, "/v1/imports/"+id+"/undo", nil).problem(http.StatusConflict, "not_possible")

	// The e-mail is free again, and so is the file.
	counts(t, finished(admin, upload(admin, []byte("name,email\nNew,new@example.com\n"), nil)), map[string]int{"rows": 1, "processed": 1, "created": 1})
}

func TestWhatCannotBeUndone(t *testing.T) {
	workspace := fresh(t)
	admin := as(t, workspace, "admin")
	waiting := upload(admin, []byte("Who,E-mail\nMona Adel,mona@example.com\n"), nil)
	awaited(admin, waiting)
	dry := upload(admin, people(3), map[string]any{"dryRun": true})
	finished(admin, dry)
	drop(t, workspace, "bad.csv", []byte("name,email,phone\n"), nil)
	eventually(t, "the drop shows up", func() bool { return len(admin.walk("/v1/imports")) == 3 })
	failed := admin.walk("/v1/imports")[0]["id"].(string)
	finished(admin, failed)
	for _, id := range []string{waiting, dry, failed} {
		admin.call(http.MethodPost, "/v1/imports/"+id+"/undo", nil).problem(http.StatusConflict, "not_possible")
	}
	as(t, workspace, "agent").call(http.MethodPost, "/v1/imports/"+dry+"/undo", nil).problem(http.StatusForbidden, "forbidden")
}
