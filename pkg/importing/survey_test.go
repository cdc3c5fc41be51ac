package importing

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestFilesThatCannotBeRead(t *testing.T) {
	const good = "name,email\nMona,mona@example.com\n"
	for name, test := range map[string]struct {
		file     string
		metadata map[string]string
		want     Code
		says     string
	}{
		"utf-16":                  {"\xff\xfen\x00a\x00m\x00e\x00", nil, NotUTF8, "UTF-16"},
		"utf-16 without mark":     {"n\x00a\x00m\x00e\x00,\x00", nil, NotUTF8, "NUL"},
		"windows-1256":            {"name,email\n\xe3\xe4\xec,mona@example.com\n", nil, NotUTF8, "Line 2"},
		"binary":                  {"PK\x03\x04\x14\x00\x06\x00", nil, NotUTF8, "NUL"},
		"fault in the last row":   {good + "Ali,ali@example.com\nJos\xe9,jose@example.com\n", nil, NotUTF8, "Line 4"},
		"empty":                   {"", nil, EmptyFile, "empty"},
		"only a mark":             {"\ufeff", nil, EmptyFile, "empty"},
		"only blank lines":        {"\r\n , \r\n\r\n", nil, EmptyFile, "empty"},
		"only a header":           {"name,email", nil, EmptyFile, "no rows"},
		"a header and blank rows": {"name,email\n,\n , \t\n\n", nil, EmptyFile, "no rows"},
		"only a foreign header":   {"x,y", nil, EmptyFile, "no rows"},
		"no header":               {"Mona,mona@example.com\nAli,ali@example.com\n", nil, NoHeader, "first row"},
		"no header but phones":    {"Mona;+20 100 123 4567\n", nil, NoHeader, "first row"},
		"501 columns":             {"name,email" + strings.Repeat(",x", 499) + "\nMona,m@example.com\n", nil, TooManyColumns, "501"},
		"2001 rows":               {"name,email\n" + strings.Repeat("x,\n", 2001), nil, TooManyRows, "2000"},
		"too large":               {good + strings.Repeat("\n", 2<<20), nil, FileTooLarge, fmt.Sprint(2 << 20)},
		"torn header":             {"\"name,email\nMona,mona@example.com\n", nil, CorruptFile, "header"},
		"header over a megabyte":  {"name,email," + strings.Repeat("x", 1<<20) + "\nMona,m@example.com\n", nil, CorruptFile, "header"},
		"on-duplicate":            {good, map[string]string{"on-duplicate": "replace"}, InvalidOptions, "on-duplicate"},
		"default-region":          {good, map[string]string{"default-region": "XX"}, InvalidOptions, "default-region"},
		"mapping: no JSON":        {good, map[string]string{"mapping": `name=name`}, InvalidOptions, "JSON object"},
		"mapping: a list":         {good, map[string]string{"mapping": `["name"]`}, InvalidOptions, "JSON object"},
		"mapping: a number":       {good, map[string]string{"mapping": `{"name":1}`}, InvalidOptions, "JSON object"},
		"mapping: two objects":    {good, map[string]string{"mapping": `{} {}`}, InvalidOptions, "JSON object"},
		"mapping: no field":       {good, map[string]string{"mapping": `{"email":"mail"}`}, InvalidOptions, `column "email": There is no such field`},
		"mapping: no column":      {good, map[string]string{"mapping": `{"mail":"email"}`}, InvalidOptions, `column "mail": The file has no such column`},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			done, err := w.arrived(w.put(demo+"/drop/people.csv", test.file, test.metadata))
			job := w.all()[0]
			if err != nil || job.Status != Failed || done.Status != Failed || done.Code != test.want {
				t.Fatalf("%+v, %v, %s", done, err, job.Status)
			}
			w.checkEnd(job)
			if job.Error.Code != test.want || !strings.Contains(job.Error.Detail, test.says) || !strings.HasSuffix(job.Error.Detail, ".") {
				t.Errorf("%+v, want %s about %q", job.Error, test.want, test.says)
			}
			if len(w.messages)+len(w.contacts)+len(w.work)+len(w.chunks) > 0 {
				t.Error("something was imported")
			}
		})
	}
}

func TestFormatsThatAreNotReadYet(t *testing.T) {
	w := newWorld(t)
	for _, ending := range []string{"xlsx", "XLSX"} {
		done, err := w.arrived(w.put(demo+"/drop/people."+ending, "name,email\nMona,mona@example.com\n", nil))
		if err != nil || done.Code != UnsupportedFormat {
			t.Errorf("%s: %+v, %v", ending, done, err)
		}
	}
}

func TestFilesAtTheirLimits(t *testing.T) {
	w := newWorld(t)
	header, long := "name,email"+strings.Repeat(",x", 498), "x,,"+strings.Repeat("é", 450_000)+"\n"
	rows := strings.Repeat("x,\n", 1998) + long + long
	job := w.importFile(UpdateKnown, header, rows+strings.Repeat(" ", 2<<20-len(header)-len(rows)-1))
	if job.Size != 2<<20 || len(job.Columns) != 500 || job.Totals.Rows != 2000 || job.Totals.Failed != 2000 || job.Status != Completed {
		t.Errorf("%s: %+v of %d bytes and %d columns: %v", job.Status, job.Totals, job.Size, len(job.Columns), job.Error)
	}
}

// Uploads through the API have narrower limits than dropped files.
func TestLimitsOfUploads(t *testing.T) {
	for name, test := range map[string]struct {
		file string
		want Code
	}{
		"rows":     {"name,email\n" + strings.Repeat("x,\n", 1000), ""},
		"one more": {"name,email\n" + strings.Repeat("x,\n", 1001), TooManyRows},
		"bytes":    {"name,email\nx,\n" + strings.Repeat("\n", 5<<20), FileTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			started, err := w.service.Start(invocation(), demo, "sub-1", Request{FileName: "people.csv", Size: 3}, nil)
			job := started.Job
			if err != nil {
				t.Fatal(err)
			}
			done, err := w.arrived(w.put(job.Key, test.file, nil))
			if err != nil || done.Code != test.want {
				t.Errorf("%+v, %v", done, err)
			}
		})
	}
}

func TestRowsAreNumberedAsInTheFile(t *testing.T) {
	w := newWorld(t)
	job := w.importFile(UpdateKnown, "", "name,email,phone", "", "Mona,mona@example.com,", " , ,", "Ali,ali@", ",,", "", "Lea,,12", "Nina,nina@example.com,+201001234567,x")
	if diff := cmp.Diff([]string{"5 failed invalid_email", "8 failed invalid_phone", "9 failed malformed_row"}, w.reasons(job)); diff != "" {
		t.Error(diff)
	}
	if job.Totals != (Totals{Rows: 4, Processed: 4, Created: 1, Failed: 3}) || len(w.contacts) != 1 {
		t.Errorf("%+v", job.Totals)
	}
}

func TestAQuoteThatIsNeverClosedCostsItsLine(t *testing.T) {
	w := newWorld(t)
	job := w.importFile(UpdateKnown, "name,email", "Mona,mona@example.com", `"Ali,ali@example.com`, `"Lea" Q,lea@example.com`, `"Nina",nina@example.com`, `Omar,"omar@example.com`)
	if diff := cmp.Diff([]string{"3 failed malformed_row", "4 failed malformed_row", "6 failed malformed_row"}, w.reasons(job)); diff != "" {
		t.Error(diff)
	}
	if job.Totals.Created != 2 || len(w.named("Nina")) != 1 {
		t.Errorf("%+v", job.Totals)
	}
}

// The text of such a row does not fit a message either.
func TestARowOfAMegabyte(t *testing.T) {
	w := newWorld(t)
	giant := strings.Repeat("é", 510_000)
	job := w.importFile(UpdateKnown, "name,email,x", "Mona,mona@example.com,"+strings.Repeat("é", 400_000), "Ali,ali@example.com,"+giant, "Lea,lea@example.com,y")
	if diff := cmp.Diff([]string{"3 failed value_too_long"}, w.reasons(job)); diff != "" || job.Totals.Created != 2 {
		t.Error(diff, job.Totals)
	}
	if report := w.report(job); len(report) != 2 || !strings.HasPrefix(giant, report[1][2]) || len(report[1][2]) < 900_000 {
		t.Errorf("%d records", len(report))
	}
}

func TestOptionsOfADrop(t *testing.T) {
	w := newWorld(t)
	w.region = "EG"
	arrival := w.put(demo+"/drop/people.csv", "name,phone\nMona,0501234567\n", map[string]string{"on-duplicate": " skip ", "default-region": " sa ", "mapping": " ", "other": "x"})
	if _, err := w.arrived(arrival); err != nil {
		t.Fatal(err)
	}
	w.settle()
	want := Import{
		Workspace: demo, ID: w.refOf(arrival).ID, Status: Completed, Source: FromBucket, FileName: "people.csv", Format: "csv", Size: 27, OnDuplicate: SkipKnown, DefaultRegion: "SA",
		Bucket: uploadsBucket, Key: arrival.Key, ObjectVersion: "v1", Totals: Totals{Rows: 1, Processed: 1, Created: 1}, Columns: []string{"name", "phone"},
		Mapping: map[string]string{"name": "name", "phone": "phone"}, CreatedBy: "bucket", CreatedAt: dawn, StartedAt: dawn, FinishedAt: dawn, ProgressAt: dawn,
	}
	if diff := cmp.Diff(want, w.all()[0], cmpopts.IgnoreFields(Import{}, "Version")); diff != "" {
		t.Error(diff)
	}
	if w.named("Mona")[0].Phone != "+966501234567" {
		t.Error(w.named("Mona"))
	}
}

func TestTheWorkspacesRegionIsTheDefault(t *testing.T) {
	w := newWorld(t)
	w.region = "EG"
	job := w.importFile(UpdateKnown, "name,phone", "Mona,0100 123 4567")
	if job.DefaultRegion != "EG" || w.named("Mona")[0].Phone != "+201001234567" {
		t.Errorf("%+v", job)
	}
}
