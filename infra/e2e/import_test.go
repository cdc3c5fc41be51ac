package e2e

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// drop puts a file where an admin would, and returns when the bucket has it.
func drop(t *testing.T, workspace, file string, body []byte, metadata map[string]string) {
	t.Helper()
	_, err := bucketClient().PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String(local.Outputs["UploadsBucket"]), Key: aws.String(workspace + "/drop/" + file),
		Body: bytes.NewReader(body), Metadata: metadata,
	})
	if err != nil {
		t.Fatal(err)
	}
}

// upload imports a file through the API and returns the import's id.
func upload(c caller, body []byte, options map[string]any) string {
	c.t.Helper()
	request := map[string]any{"fileName": "people.csv", "size": len(body)}
	maps.Copy(request, options)
	created := c.call(http.MethodPost, "/v1/imports", request).is(http.StatusCreated)
	link := created.object()["upload"].(map[string]any)
	put, err := http.NewRequestWithContext(c.t.Context(), link["method"].(string), link["url"].(string), bytes.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	headers, _ := link["headers"].(map[string]any)
	for name, value := range headers {
		put.Header.Set(name, value.(string))
	}
	send(c.t, put).is(http.StatusOK)
	return created.text("id")
}

// finished waits until an import has ended.
func finished(c caller, id string) map[string]any {
	c.t.Helper()
	var job map[string]any
	eventually(c.t, "import "+id+" ends", func() bool {
		job = c.call(http.MethodGet, "/v1/imports/"+id, nil).is(http.StatusOK).object()
		return job["finishedAt"] != nil
	})
	return job
}

// awaited waits until an import awaits its mapping.
func awaited(c caller, id string) map[string]any {
	c.t.Helper()
	var job map[string]any
	eventually(c.t, "import "+id+" awaits its mapping", func() bool {
		job = c.call(http.MethodGet, "/v1/imports/"+id, nil).is(http.StatusOK).object()
		return job["status"] == "awaiting_mapping"
	})
	return job
}

// dropped waits until the workspace's only import has ended.
func dropped(c caller) map[string]any {
	c.t.Helper()
	eventually(c.t, "the drop shows up", func() bool { return len(c.walk("/v1/imports")) == 1 })
	return finished(c, c.walk("/v1/imports")[0]["id"].(string))
}

// people makes a file of n rows with distinct e-mails and phones.
func people(n int) []byte {
	var file bytes.Buffer
	file.WriteString("Name,E-mail,Phone,Company,Labels\n")
	for i := range n {
		fmt.Fprintf(&file, "Person%d Tester,person%d@example.com,+2010%08d,Acme,VIP;new\n", i, i, i)
	}
	return file.Bytes()
}

// counts demands totals, named as in the contract; those not named are zero.
func counts(t *testing.T, job map[string]any, want map[string]int) {
	t.Helper()
	totals := job["totals"].(map[string]any)
	for _, field := range []string{"rows", "processed", "created", "updated", "skipped", "failed"} {
		if got := int(totals[field].(float64)); got != want[field] {
			t.Errorf("%s is %d, want %d, in %v (%v)", field, got, want[field], totals, job["error"])
		}
	}
}

func TestImportOfADroppedFile(t *testing.T) {
	workspace := fresh(t)
	admin := as(t, workspace, "admin")
	drop(t, workspace, "People é 1.CSV", people(1000), nil)
	job := dropped(admin)
	if job["status"] != "completed" || job["source"] != "bucket" || job["fileName"] != "People é 1.CSV" {
		t.Errorf("the import is %v", job)
	}
	counts(t, job, map[string]int{"rows": 1000, "processed": 1000, "created": 1000})
	for _, q := range []string{"person777", "tester person77", "person777@example.com", "00000777"} {
		eventually(t, "search for "+q, func() bool { return len(search(admin, q)) > 0 })
	}
	if all := admin.walk("/v1/contacts?limit=100"); len(all) != 1000 {
		t.Errorf("%d contacts are listed", len(all))
	}
	one := admin.call(http.MethodGet, "/v1/contacts?q=person777@example.com", nil).is(http.StatusOK).items()[0]
	if one["channel"] != "import" || one["company"] != "Acme" || fmt.Sprint(one["labels"]) != "[VIP new]" {
		t.Errorf("imported as %v", one)
	}
}

func TestImportThroughTheAPIUpdatesWhatIsKnown(t *testing.T) {
	admin := as(t, fresh(t), "admin")
	known := admin.call(http.MethodPost, "/v1/contacts", map[string]any{"name": "Old Name", "email": "known@example.com", "company": "Kept"}).is(http.StatusCreated).text("id")
	admin.call(http.MethodPost, "/v1/contacts", map[string]any{"name": "Phone Owner", "phone": "+201009999999"}).is(http.StatusCreated)
	file := "\ufeffNAME;e_mail;Téléphone;company\r\n" +
		"New Name;KNOWN@example.com;+201001111111;\r\n" + // updates, company kept
		"Both;known@example.com;+201001111111;\r\n" + // duplicate in file
		"Torn;other@example.com;+201001111112;X;extra\r\n" + // too many cells
		";nameless@example.com;;\r\n" +
		"No address;;;\r\n" +
		";;;\r\n" + // no row, but counts in _row
		"Bad phone;ok@example.com;9.66501E+11;\r\n" +
		"Clash;known2@example.com;+201009999999;\r\n" + // phone of a known contact: updates it
		"Fresh;fresh@example.com;00201002222222;\r\n"
	id := upload(admin, []byte(file), nil)
	job := finished(admin, id)
	if job["status"] != "completed" {
		t.Fatalf("the import is %v", job)
	}
	counts(t, job, map[string]int{"rows": 8, "processed": 8, "created": 1, "updated": 2, "skipped": 1, "failed": 4})
	updated := admin.call(http.MethodGet, "/v1/contacts/"+known, nil).is(http.StatusOK).object()
	if updated["name"] != "New Name" || updated["company"] != "Kept" || updated["phone"] != "+201001111111" || updated["channel"] != "api" {
		t.Errorf("updated to %v", updated)
	}
	checkReport(admin, id, [][2]string{{"3", "duplicate_in_file"}, {"4", "malformed_row"}, {"5", "missing_name"}, {"6", "missing_email_or_phone"}, {"8", "invalid_phone"}})
}

// checkReport follows the link and compares the rows' numbers and codes.
func checkReport(c caller, id string, want [][2]string) {
	c.t.Helper()
	link := c.call(http.MethodGet, "/v1/imports/"+id+"/report?format=csv", nil).is(http.StatusSeeOther).header.Get("Location")
	request, err := http.NewRequestWithContext(c.t.Context(), http.MethodGet, link, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	report := send(c.t, request).is(http.StatusOK).body
	if !bytes.HasPrefix(report, []byte("\ufeff")) {
		c.t.Error("the report has no byte order mark")
	}
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(report, []byte("\ufeff")))).ReadAll()
	if err != nil {
		c.t.Fatalf("%v in %s", err, report)
	}
	header, last := rows[0], len(rows[0])
	if got := strings.Join(header[last-4:], ","); got != "_row,_outcome,_code,_message" {
		c.t.Errorf("the report ends in columns %s", got)
	}
	var got [][2]string
	for _, row := range rows[1:] {
		got = append(got, [2]string{row[last-4], row[last-2]})
		if row[last-1] == "" {
			c.t.Errorf("row %s has no message", row[last-4])
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		c.t.Errorf("report %v, want %v", got, want)
	}
}

func TestImportOfFilesThatCannotBeRead(t *testing.T) {
	wide := strings.Repeat("c,", 5000) + "name\n" + strings.Repeat("x,", 5000) + "y\n"
	for name, file := range map[string]struct{ body, code string }{
		"utf16":        {"\xff\xfeN\x00a\x00m\x00e\x00,\x00P\x00", "not_utf8"},
		"windows1256":  {"name,email\n\xc7\xcd\xe3\xcf,a@example.com\n", "not_utf8"},
		"binary":       {"\x00\x01\x02\x80\xff", "not_utf8"},
		"empty":        {"", "empty_file"},
		"only header":  {"name,email,phone\n", "empty_file"},
		"no header":    {"Mona Adel,mona@example.com,+201001234567\nAli,ali@example.com,\n", "no_header"},
		"5000 columns": {wide, "too_many_columns"},
	} {
		t.Run(name, func(t *testing.T) {
			workspace := fresh(t)
			admin := as(t, workspace, "admin")
			drop(t, workspace, "bad.csv", []byte(file.body), nil)
			job := dropped(admin)
			fault, _ := job["error"].(map[string]any)
			if job["status"] != "failed" || fault["code"] != file.code || len(fmt.Sprint(fault["detail"])) < 20 {
				t.Errorf("ended %v with %v, want %s", job["status"], fault, file.code)
			}
		})
	}
}

func TestImportOfAFileThatHasToBeMapped(t *testing.T) {
	workspace := fresh(t)
	admin := as(t, workspace, "admin")
	id := upload(admin, []byte("colour,Contact address,Who\nred,a@example.com,Mona Adel\nblue,b@example.com,Omar Said\n"), nil)
	job := awaited(admin, id)
	if mapping, _ := job["mapping"].(map[string]any); mapping["Contact address"] != "email" || mapping["Who"] != "name" || len(mapping) != 2 || len(job["sampleRows"].([]any)) != 2 {
		t.Errorf("suggested: %v, sample %v", mapping, job["sampleRows"])
	}
	path := "/v1/imports/" + id + "/mapping"
	admin.call(http.MethodPost, path, map[string]any{"mapping": map[string]any{"Nobody": "name"}}).problem(http.StatusUnprocessableEntity, "invalid_mapping")
	mapped := map[string]any{"mapping": map[string]any{"Who": "name", "colour": "attr.colour"}}
	admin.call(http.MethodPost, path, mapped).is(http.StatusAccepted)
	counts(t, finished(admin, id), map[string]int{"rows": 2, "processed": 2, "created": 2})
	admin.call(http.MethodPost, path, mapped).problem(http.StatusConflict, "not_possible")
}

func TestADryRunWritesNoContact(t *testing.T) {
	admin := as(t, fresh(t), "admin")
	file := append(people(150), "Nobody,nobody@,,,\n"...)
	want := map[string]int{"rows": 151, "processed": 151, "created": 150, "failed": 1}
	job := finished(admin, upload(admin, file, map[string]any{"dryRun": true}))
	counts(t, job, want)
	if all := admin.walk("/v1/contacts"); job["dryRun"] != true || len(all) != 0 {
		t.Errorf("%d contacts, %v", len(all), job)
	}
	counts(t, finished(admin, upload(admin, file, nil)), want)
}

func TestImportLimitsOfTheAPI(t *testing.T) {
	admin := as(t, fresh(t), "admin")
	admin.call(http.MethodPost, "/v1/imports", map[string]any{"fileName": "big.csv", "size": 6 << 20}).problem(http.StatusRequestEntityTooLarge, "file_too_large")
	admin.call(http.MethodPost, "/v1/imports", map[string]any{"fileName": "people.pdf", "size": 10}).problem(http.StatusUnsupportedMediaType, "unsupported_format")
	admin.call(http.MethodPost, "/v1/imports", map[string]any{"fileName": "people.csv"}).problem(http.StatusUnprocessableEntity, "validation_failed")
	job := finished(admin, upload(admin, people(10001), nil))
	if fault, _ := job["error"].(map[string]any); job["status"] != "failed" || fault["code"] != "too_many_rows" {
		t.Errorf("10,001 rows end as %v", job)
	}
	if found := admin.walk("/v1/contacts"); len(found) != 0 {
		t.Errorf("a failed import left %d contacts", len(found))
	}
}

func TestImportOfTheSameObjectTwice(t *testing.T) {
	workspace := fresh(t)
	admin := as(t, workspace, "admin")
	drop(t, workspace, "people.csv", people(10), nil)
	counts(t, dropped(admin), map[string]int{"rows": 10, "processed": 10, "created": 10})
	drop(t, workspace, "people.csv", people(10), nil)
	eventually(t, "a new version is a new import", func() bool { return len(admin.walk("/v1/imports")) == 2 })
	counts(t, finished(admin, admin.walk("/v1/imports")[0]["id"].(string)), map[string]int{"rows": 10, "processed": 10, "updated": 10})
	drop(t, "not a workspace", "people.csv", people(10), nil)
	time.Sleep(time.Second) // nothing is to happen
	if jobs := admin.walk("/v1/imports"); len(jobs) != 2 {
		t.Errorf("%d imports", len(jobs))
	}
}

func TestTheTemplateImportsAsItIs(t *testing.T) {
	admin := as(t, fresh(t), "admin")
	template := admin.call(http.MethodGet, "/v1/imports/template?format=csv", nil).is(http.StatusOK)
	job := finished(admin, upload(admin, template.body, nil))
	counts(t, job, map[string]int{"rows": 1, "processed": 1, "created": 1})
}
