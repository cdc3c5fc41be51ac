package e2e

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

const bom = "\ufeff"

// exported starts an export and waits until it is completed.
func exported(c caller, request map[string]any) map[string]any {
	c.t.Helper()
	started := c.call(http.MethodPost, "/v1/exports", request).is(http.StatusAccepted)
	id := started.text("id")
	if started.text("status") != "queued" || started.header.Get("Location") != "/v1/exports/"+id {
		c.t.Errorf("started as %s at %s", started.body, started.header.Get("Location"))
	}
	var job map[string]any
	eventually(c.t, "export "+id+" ends", func() bool {
		job = c.call(http.MethodGet, "/v1/exports/"+id, nil).is(http.StatusOK).object()
		return job["finishedAt"] != nil
	})
	if job["status"] != "completed" || job["error"] != nil {
		c.t.Fatalf("ended as %v", job)
	}
	return job
}

// download follows the link to an export's file.
func download(c caller, job map[string]any) answer {
	c.t.Helper()
	link, _ := job["downloadUrl"].(string)
	request, err := http.NewRequestWithContext(c.t.Context(), http.MethodGet, link, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	return send(c.t, request).is(http.StatusOK)
}

// table reads a CSV file of ours.
func table(t *testing.T, file []byte) [][]string {
	t.Helper()
	body, marked := bytes.CutPrefix(file, []byte(bom))
	if !marked {
		t.Errorf("no byte order mark before %.40q", file)
	}
	rows, err := csv.NewReader(bytes.NewReader(body)).ReadAll()
	if err != nil {
		t.Fatalf("%v in %s", err, file)
	}
	return rows
}

// column is one column of a table, sorted.
func column(t *testing.T, rows [][]string, name string) []string {
	t.Helper()
	at := slices.Index(rows[0], name)
	if at < 0 {
		t.Fatalf("no column %s among %v", name, rows[0])
	}
	var values []string
	for _, row := range rows[1:] {
		values = append(values, row[at])
	}
	slices.Sort(values)
	return values
}

// objects reads a JSON file of ours.
func objects(t *testing.T, file []byte) []map[string]any {
	t.Helper()
	var all []map[string]any
	if err := json.Unmarshal(file, &all); err != nil {
		t.Fatalf("%v in %s", err, file)
	}
	return all
}

// cells are the text of an XLSX file's only sheet.
func cells(t *testing.T, file []byte) string {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	for _, member := range archive.File {
		opened, err := member.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(opened) // checks the sum too
		if err != nil {
			t.Fatalf("%s: %v", member.Name, err)
		}
		if strings.HasPrefix(member.Name, "xl/worksheets/") {
			return string(text)
		}
	}
	t.Fatal("no sheet")
	return ""
}

// crowd makes four contacts with some of everything that cells have to be careful with.
func crowd(admin caller) {
	admin.t.Helper()
	attributes := map[string]any{"plan": "gold", "seats": 12.5, "trial": false, "code": "0012", "note": "true"}
	for _, one := range []struct {
		draft map[string]any
		notes []string
	}{
		{map[string]any{"name": "Mona Adel", "email": "mona@example.com", "phone": "+201001234567", "company": "Acme", "labels": []string{"VIP", "fair; 2026"}, "customAttributes": attributes}, []string{"First; of two", "Second"}},
		{map[string]any{"name": `=HYPERLINK("x")`, "email": "formula@example.com", "company": "'quoted", "labels": []string{"[draft"}}, []string{"[one]\n=1+1"}},
		{map[string]any{"name": "ليلى \"حسن\", line\nbreak", "phone": "+966501234567", "labels": []string{"VIP"}}, nil},
		{map[string]any{"name": "Only A Name"}, nil},
	} {
		made := admin.call(http.MethodPost, "/v1/contacts", one.draft).is(http.StatusCreated)
		for _, note := range one.notes {
			admin.call(http.MethodPost, "/v1/contacts/"+made.text("id")+"/notes", map[string]any{"text": note}).is(http.StatusCreated)
		}
	}
}

func TestExportsInEveryFormat(t *testing.T) {
	workspace := fresh(t)
	admin := as(t, workspace, "admin")
	crowd(admin)
	for format, want := range map[string]struct{ mediaType, begins string }{
		"csv":  {"text/csv; charset=utf-8", bom + "id,name,email,"},
		"json": {"application/json", "["},
		"xlsx": {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "PK\x03\x04"},
	} {
		t.Run(format, func(t *testing.T) {
			job := exported(admin, map[string]any{"format": format})
			file := download(admin, job)
			if !bytes.HasPrefix(file.body, []byte(want.begins)) || file.header.Get("Content-Type") != want.mediaType {
				t.Errorf("%s begins with %.40q", file.header.Get("Content-Type"), file.body)
			}
			if job["rows"] != 4.0 || job["bytes"] != float64(len(file.body)) || job["format"] != format || job["source"] != "api" {
				t.Errorf("%d bytes of %v", len(file.body), job)
			}
			kind, saved, err := mime.ParseMediaType(file.header.Get("Content-Disposition"))
			if err != nil || kind != "attachment" || path.Ext(saved["filename"]) != "."+format {
				t.Errorf("saved as %v, %v, %v", kind, saved, err)
			}
			until, err := time.Parse(time.RFC3339, fmt.Sprint(job["expiresAt"]))
			if left := time.Until(until); err != nil || left < 14*time.Minute || left > 15*time.Minute {
				t.Errorf("the link lasts until %v, %v", job["expiresAt"], err)
			}
			made, err := time.Parse(time.RFC3339, fmt.Sprint(job["createdAt"]))
			if err != nil {
				t.Fatal(err)
			}
			key := fmt.Sprintf("%s/%s/%s.%s", workspace, made.Format("2006/01/02"), job["id"], format)
			head, err := bucketClient().HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String(local.Outputs["ExportsBucket"]), Key: &key})
			if err != nil || aws.ToInt64(head.ContentLength) != int64(len(file.body)) {
				t.Errorf("%s: %v", key, err)
			}
		})
	}
	if listed := admin.walk("/v1/exports?limit=2"); len(listed) != 3 || fmt.Sprint(listed[0]["createdAt"]) < fmt.Sprint(listed[2]["createdAt"]) || listed[1]["downloadUrl"] == nil {
		t.Errorf("listed are %v", listed)
	}
	left, err := bucketClient().ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String(local.Outputs["ExportsBucket"]), Prefix: aws.String(workspace + "/export-work/")})
	if err != nil || len(left.Contents) != 0 {
		t.Errorf("%d work objects are left, %v", len(left.Contents), err)
	}
}

func TestWhatAnExportSelects(t *testing.T) {
	admin := as(t, fresh(t), "admin")
	crowd(admin)
	between := time.Now().UTC().Format("2006-01-02T15:04:05.000Z")
	admin.call(http.MethodPost, "/v1/contacts", map[string]any{"name": "Late Comer", "email": "late@example.com", "company": "ACME"}).is(http.StatusCreated)
	eventually(t, "all are listed", func() bool { return len(admin.walk("/v1/contacts")) == 5 })
	for name, c := range map[string]struct {
		filter map[string]any
		want   []string
	}{
		"label":   {map[string]any{"label": "vip"}, []string{"Mona Adel", "ليلى \"حسن\", line\nbreak"}},
		"company": {map[string]any{"company": "acme"}, []string{"Late Comer", "Mona Adel"}},
		"q":       {map[string]any{"q": "ليلي"}, []string{"ليلى \"حسن\", line\nbreak"}},
		"after":   {map[string]any{"createdAfter": between}, []string{"Late Comer"}},
		"both":    {map[string]any{"createdBefore": between, "company": "Acme", "q": nil}, []string{"Mona Adel"}},
		"nobody":  {map[string]any{"label": "nobody"}, nil},
		"channel": {map[string]any{"channel": "whatsapp"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			request := map[string]any{"format": "csv", "fields": []string{"email", "name"}}
			maps.Copy(request, c.filter)
			job := exported(admin, request)
			rows := table(t, download(admin, job).body)
			if got := column(t, rows, "name"); !slices.Equal(got, c.want) || job["rows"] != float64(len(c.want)) {
				t.Errorf("%v rows of %q, want %q", job["rows"], got, c.want)
			}
			if fmt.Sprint(rows[0]) != "[name email]" || fmt.Sprint(job["fields"]) != "[email name]" {
				t.Errorf("columns %v of fields %v", rows[0], job["fields"])
			}
		})
	}
	one := objects(t, download(admin, exported(admin, map[string]any{"format": "json", "label": "VIP", "q": "mona", "fields": []string{"attr.seats", "name"}})).body)
	if want := []map[string]any{{"name": "Mona Adel", "customAttributes": map[string]any{"seats": 12.5}}}; fmt.Sprint(one) != fmt.Sprint(want) {
		t.Errorf("JSON of two fields is %v", one)
	}
	rows := table(t, download(admin, exported(admin, map[string]any{"format": "csv", "q": "mona"})).body)
	if got, want := strings.Join(rows[0], " "), "id name email phone company channel labels notes identities conversationCount requestCount lastInteractionAt createdAt attr.code attr.note attr.plan attr.seats attr.trial"; got != want {
		t.Errorf("columns %s, want %s", got, want)
	}
}

func TestExportsThatAreRefused(t *testing.T) {
	workspace := fresh(t)
	admin := as(t, workspace, "admin")
	for _, request := range []map[string]any{
		{}, {"format": "pdf"}, {"format": "csv", "fields": []string{"name", "nobody"}}, {"format": "csv", "fields": []string{"attr.no such"}}, {"format": "csv", "channel": "fax"},
		{"format": "csv", "createdAfter": "yesterday"}, {"format": "csv", "q": strings.Repeat("x", 201)}, {"format": "csv", "sort": "name"},
	} {
		admin.call(http.MethodPost, "/v1/exports", request).problem(http.StatusUnprocessableEntity, "validation_failed")
	}
	if made := admin.walk("/v1/exports"); len(made) != 0 {
		t.Errorf("refused, and made: %v", made)
	}
	id := exported(admin, map[string]any{"format": "csv"})["id"].(string)
	agent, stranger := as(t, workspace, "agent"), as(t, fresh(t), "admin")
	agent.call(http.MethodPost, "/v1/exports", map[string]any{"format": "csv"}).problem(http.StatusForbidden, "forbidden")
	agent.call(http.MethodGet, "/v1/exports/"+id, nil).problem(http.StatusForbidden, "forbidden")
	agent.call(http.MethodGet, "/v1/exports", nil).problem(http.StatusForbidden, "forbidden")
	stranger.call(http.MethodGet, "/v1/exports/"+id, nil).problem(http.StatusNotFound, "not_found")
	if seen := stranger.walk("/v1/exports"); len(seen) != 0 {
		t.Errorf("another workspace sees %v", seen)
	}
}

// The same request twice is one export.
func TestAnExportWithAKey(t *testing.T) {
	admin := as(t, fresh(t), "admin")
	request := map[string]any{"format": "csv"}
	first := admin.call(http.MethodPost, "/v1/exports", request, "Idempotency-Key", "k").is(http.StatusAccepted)
	again := admin.call(http.MethodPost, "/v1/exports", request, "Idempotency-Key", "k").is(http.StatusAccepted)
	if !bytes.Equal(first.body, again.body) || len(admin.walk("/v1/exports")) != 1 {
		t.Errorf("%s, then %s", first.body, again.body)
	}
	admin.call(http.MethodPost, "/v1/exports", map[string]any{"format": "json"}, "Idempotency-Key", "k").problem(http.StatusUnprocessableEntity, "idempotency_key_reused")
}
