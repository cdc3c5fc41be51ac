package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
)

// An import tells known contacts from new ones by its mode, and a row is known by its e-mail or its phone.
func TestImportsThatLeaveKnownContactsAlone(t *testing.T) {
	file := []byte("name,email,phone\n" +
		"Known by e-mail,KNOWN@example.com,\n" +
		"Known by phone,,00201001111111\n" +
		"New,new@example.com,+201001111112\n" +
		"New again,new@example.com,\n" +
		"Of two,known@example.com,+201001111111\n")
	for mode, want := range map[string]struct {
		totals map[string]int
		report [][2]string
	}{
		"skip": {
			map[string]int{"rows": 5, "processed": 5, "created": 1, "skipped": 4},
			[][2]string{{"2", "duplicate_contact"}, {"3", "duplicate_contact"}, {"5", "duplicate_in_file"}, {"6", "duplicate_in_file"}},
		},
		"reject": {
			map[string]int{"rows": 5, "processed": 5, "created": 1, "skipped": 2, "failed": 2},
			[][2]string{{"2", "duplicate_contact"}, {"3", "duplicate_contact"}, {"5", "duplicate_in_file"}, {"6", "duplicate_in_file"}},
		},
	} {
		t.Run(mode, func(t *testing.T) {
			admin := as(t, fresh(t), "admin")
			var before []answer
			for _, known := range []map[string]any{{"name": "By e-mail", "email": "known@example.com"}, {"name": "By phone", "phone": "+201001111111"}} {
				before = append(before, admin.call(http.MethodPost, "/v1/contacts", known).is(http.StatusCreated))
			}
			id := upload(admin, file, map[string]any{"onDuplicate": mode, "labels": []string{"fair"}})
			job := finished(admin, id)
			if job["status"] != "completed" || job["onDuplicate"] != mode {
				t.Errorf("ended as %v", job)
			}
			counts(t, job, want.totals)
			checkReport(admin, id, want.report)
			for _, known := range before {
				if after := admin.call(http.MethodGet, "/v1/contacts/"+known.text("id"), nil).is(http.StatusOK); !bytes.Equal(after.body, known.body) {
					t.Errorf("%s became %s", known.body, after.body)
				}
			}
		})
	}
}

func TestLabelsAndRegionOfOneImport(t *testing.T) {
	admin := as(t, fresh(t), "admin")
	admin.call(http.MethodPatch, "/v1/settings", map[string]any{"defaultRegion": "EG"}).is(http.StatusOK)
	known := admin.call(http.MethodPost, "/v1/contacts", map[string]any{"name": "Known", "email": "known@example.com", "labels": []string{"old"}}).is(http.StatusCreated)
	file := []byte("Name;Téléphone;E_MAIL;Tags;Comments\nMona;050 123 4567;;VIP, Fair;\"Prefers a call;\nin the morning\"\nKnown;;known@example.com;;\n")
	id := upload(admin, file, map[string]any{"labels": []string{"fair", "2026"}, "defaultRegion": "SA"})
	counts(t, finished(admin, id), map[string]int{"rows": 2, "processed": 2, "created": 1, "updated": 1})

	if after := admin.call(http.MethodGet, "/v1/contacts/"+known.text("id"), nil).is(http.StatusOK).object(); fmt.Sprint(after["labels"]) != "[old fair 2026]" {
		t.Errorf("the known contact has labels %v", after["labels"])
	}
	eventually(t, "search for the phone", func() bool { return len(search(admin, "+966501234567")) == 1 })
	mona := search(admin, "+966501234567")[0]
	if made := admin.call(http.MethodGet, "/v1/contacts/"+mona, nil).is(http.StatusOK).object(); fmt.Sprint(made["labels"]) != "[VIP Fair 2026]" {
		t.Errorf("the new contact has labels %v", made["labels"])
	}
	if slices.ContainsFunc(document(t), func(r route) bool { return r.path == "/v1/contacts/{id}/notes" }) {
		if notes := admin.walk("/v1/contacts/" + mona + "/notes"); len(notes) != 1 || notes[0]["text"] != "Prefers a call;\nin the morning" {
			t.Errorf("the new contact has notes %v", notes)
		}
	}

	// The region was that import's alone.
	id = upload(admin, []byte("name,phone\nAli,0100 123 4567\n"), nil)
	counts(t, finished(admin, id), map[string]int{"rows": 1, "processed": 1, "created": 1})
	eventually(t, "search for the phone", func() bool { return len(search(admin, "+201001234567")) == 1 })

	for _, options := range []map[string]any{{"defaultRegion": "XX"}, {"onDuplicate": "replace"}, {"labels": []string{"a/b"}}, {"labels": []string{""}}} {
		options["fileName"], options["size"] = "people.csv", 10
		admin.call(http.MethodPost, "/v1/imports", options).problem(http.StatusUnprocessableEntity, "validation_failed")
	}
}

func TestMetadataOfADroppedFile(t *testing.T) {
	workspace := fresh(t)
	admin := as(t, workspace, "admin")
	admin.call(http.MethodPost, "/v1/contacts", map[string]any{"name": "Known", "phone": "+966501234567"}).is(http.StatusCreated)
	drop(t, workspace, "people.csv", []byte("name,phone\nOther name,050 123 4567\nNew,050 123 4568\n"), map[string]string{"on-duplicate": "skip", "default-region": "sa"})
	job := dropped(admin)
	counts(t, job, map[string]int{"rows": 2, "processed": 2, "created": 1, "skipped": 1})
	if job["onDuplicate"] != "skip" || job["status"] != "completed" {
		t.Errorf("the import is %v", job)
	}
	for name, metadata := range map[string]map[string]string{
		"mode":   {"on-duplicate": "replace"},
		"region": {"default-region": "Egypt"},
	} {
		t.Run(name, func(t *testing.T) {
			workspace := fresh(t)
			admin := as(t, workspace, "admin")
			drop(t, workspace, "people.csv", people(2), metadata)
			job := dropped(admin)
			fault, _ := job["error"].(map[string]any)
			if job["status"] != "failed" || fault["code"] != "invalid_options" {
				t.Errorf("ended %v with %v", job["status"], fault)
			}
			if found := admin.walk("/v1/contacts"); len(found) != 0 {
				t.Errorf("%d contacts were imported", len(found))
			}
		})
	}
}

// Rows that were not yet written at a cancel count as skipped, and the report has every one of them.
func TestCancelOfABigImport(t *testing.T) {
	const rows = 20_000
	workspace := fresh(t)
	admin := as(t, workspace, "admin")
	drop(t, workspace, "big.csv", people(rows), nil)
	var id string
	eventually(t, "the import has begun to write", func() bool {
		jobs := admin.walk("/v1/imports")
		if len(jobs) == 0 {
			return false
		}
		id = jobs[0]["id"].(string)
		job := admin.call(http.MethodGet, "/v1/imports/"+id, nil).is(http.StatusOK).object()
		return job["totals"].(map[string]any)["created"].(float64) > 0
	})
	admin.call(http.MethodPost, "/v1/imports/"+id+"/cancel", nil).is(http.StatusAccepted)
	job := finished(admin, id)
	totals := job["totals"].(map[string]any)
	created, skipped := int(totals["created"].(float64)), int(totals["skipped"].(float64))
	if job["status"] != "cancelled" || created == 0 || skipped == 0 {
		t.Fatalf("ended as %v", job)
	}
	counts(t, job, map[string]int{"rows": rows, "processed": rows, "created": created, "skipped": rows - created})

	report := reportOf(admin, id)
	if len(report) != skipped {
		t.Errorf("%d rows are reported, and %d were skipped", len(report), skipped)
	}
	for _, row := range report {
		if got := strings.Join(row[len(row)-3:len(row)-1], " "); got != "skipped cancelled" {
			t.Fatalf("row %v is reported as %s", row, got)
		}
	}
	eventually(t, "all that were created are listed", func() bool { return len(admin.walk("/v1/contacts?limit=100")) == created })
	admin.call(http.MethodPost, "/v1/imports/"+id+"/cancel", nil).problem(http.StatusConflict, "not_possible")

	// What it wrote before can be undone.
	undone(admin, id)
	eventually(t, "nobody is listed", func() bool { return len(admin.walk("/v1/contacts?limit=100")) == 0 })
}

func TestAGoogleExportDroppedAsItIs(t *testing.T) {
	file, err := os.ReadFile("../../pkg/importing/testdata/google.csv")
	if err != nil {
		t.Fatal(err)
	}
	workspace := fresh(t)
	admin := as(t, workspace, "admin")
	drop(t, workspace, "contacts.csv", file, map[string]string{"default-region": "EG"})
	job := dropped(admin)
	counts(t, job, map[string]int{"rows": 5, "processed": 5, "created": 3, "failed": 2})
	mapping, _ := job["mapping"].(map[string]any)
	for column, field := range map[string]any{"First Name": "firstName", "Labels": "labels", "E-mail 2 - Value": "email", "Phone 3 - Value": "phone", "Organization Name": "company", "Photo": nil, "Phone 1 - Label": nil} {
		if mapping[column] != field {
			t.Errorf("%s leads to %v, want %v", column, mapping[column], field)
		}
	}
	checkReport(admin, job["id"].(string), [][2]string{{"5", "missing_name"}, {"6", "missing_email_or_phone"}})
	eventually(t, "search for the name", func() bool { return len(search(admin, "mona adel")) == 1 })
	mona := admin.call(http.MethodGet, "/v1/contacts/"+search(admin, "mona adel")[0], nil).is(http.StatusOK).object()
	if mona["name"] != "Mona Ahmed Adel" || mona["phone"] != "+201001234567" || mona["email"] != "mona@example.com" || fmt.Sprint(mona["labels"]) != "[Friends, family VIP]" || mona["company"] != "Acme" {
		t.Errorf("imported as %v", mona)
	}
}
