package importing

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/occ/contacts/pkg/problem"
)

func TestStart(t *testing.T) {
	w := newWorld(t)
	w.pass(123 * time.Microsecond)
	started, err := w.service.Start(invocation(), demo, "sub-1", Request{
		FileName: " People.CSV ", Size: 5 << 20, OnDuplicate: SkipKnown, Labels: []string{" VIP", "vip", "new"}, DefaultRegion: " eg ",
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	job, link := started.Job, started.Link
	want := Import{
		Workspace: demo, ID: job.ID, Status: AwaitingUpload, Source: FromAPI, FileName: "People.CSV", Format: "csv", Size: 5 << 20, OnDuplicate: SkipKnown, DefaultRegion: "EG",
		Labels: []string{"VIP", "new"}, Key: demo + "/api/" + job.ID + ".csv", CreatedBy: "sub-1", CreatedAt: dawn, ProgressAt: dawn, ExpiresAt: dawn.Add(time.Hour),
	}
	if diff := cmp.Diff(want, job); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want, w.imports[Ref{demo, job.ID}]); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(UploadLink{Method: "PUT", URL: "https://uploads/" + want.Key + "?size=5242880", ExpiresAt: want.ExpiresAt}, link); diff != "" {
		t.Error(diff)
	}
	second, err := w.service.Start(invocation(), demo, "sub-1", Request{FileName: "people", Size: 1, Format: "CSV"}, nil)
	other := second.Job
	if err != nil || other.OnDuplicate != UpdateKnown || other.Format != "csv" || other.ID == job.ID {
		t.Errorf("%+v, %v", other, err)
	}
}

func TestStartRefuses(t *testing.T) {
	labels := make([]string, 41)
	for i := range labels {
		labels[i] = strings.Repeat("x", i+1)
	}
	for name, test := range map[string]struct {
		request Request
		code    problem.Code
		field   string
	}{
		"no name":          {Request{FileName: " ", Size: 1, Format: "csv"}, problem.ValidationFailed, "body.fileName"},
		"only an ending":   {Request{FileName: ".csv", Size: 1}, problem.ValidationFailed, "body.fileName"},
		"an unseen name":   {Request{FileName: "\u200b\u3164.csv", Size: 1, Format: "csv"}, problem.ValidationFailed, "body.fileName"},
		"a control name":   {Request{FileName: "a\u009b.csv", Size: 1}, problem.ValidationFailed, "body.fileName"},
		"a long name":      {Request{FileName: strings.Repeat("é", 252) + ".csv", Size: 1}, problem.ValidationFailed, "body.fileName"},
		"a negative size":  {Request{FileName: "a.csv", Size: -1}, problem.ValidationFailed, "body.size"},
		"an empty file":    {Request{FileName: "a.csv"}, problem.ValidationFailed, "body.size"},
		"too large":        {Request{FileName: "a.csv", Size: 5<<20 + 1}, problem.FileTooLarge, ""},
		"another format":   {Request{FileName: "a.xlsx", Size: 1}, problem.UnsupportedFormat, ""},
		"no ending":        {Request{FileName: "people", Size: 1}, problem.UnsupportedFormat, ""},
		"format over name": {Request{FileName: "a.csv", Size: 1, Format: "json"}, problem.UnsupportedFormat, ""},
		"a label":          {Request{FileName: "a.csv", Size: 1, Labels: []string{"ok", "a/b"}}, problem.ValidationFailed, "body.labels"},
		"many labels":      {Request{FileName: "a.csv", Size: 1, Labels: labels}, problem.ValidationFailed, "body.labels"},
		"a region":         {Request{FileName: "a.csv", Size: 1, DefaultRegion: "XX"}, problem.ValidationFailed, "body.defaultRegion"},
		"a mode":           {Request{FileName: "a.csv", Size: 1, OnDuplicate: "replace"}, problem.ValidationFailed, "body.onDuplicate"},
	} {
		w := newWorld(t)
		_, err := w.service.Start(invocation(), demo, "sub-1", test.request, nil)
		fault, _ := err.(*problem.Error) //nolint:errorlint // as it is given
		if problem.CodeOf(err) != test.code || test.field != "" && fault.Fields[0].Location != test.field || len(w.imports) != 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	w := newWorld(t)
	if _, err := w.service.Start(invocation(), demo, "sub-1", Request{FileName: strings.Repeat("é", 251) + ".csv", Size: 1}, nil); err != nil {
		t.Error(err)
	}
	w.strike = once("CreateImport", 0, failing)
	if _, err := w.service.Start(invocation(), demo, "sub-1", Request{FileName: "a.csv", Size: 1}, nil); problem.CodeOf(err) != problem.Unavailable {
		t.Error(err)
	}
}

// While rows are being written the totals come from the chunks, in lists too.
func TestTotalsWhileRowsAreWritten(t *testing.T) {
	w := newWorld(t)
	ref := w.begin(UpdateKnown, fileOf(150, 1)+"Lea,lea@,\n")
	w.pass(time.Second)
	newer := started(w)
	check := func(want Totals, status Status) {
		t.Helper()
		job, err := w.service.Get(invocation(), ref)
		if err != nil || job.Totals != want || job.Status.Shown() != status {
			t.Errorf("%+v, %v, want %+v", job, err, want)
		}
		jobs, next, err := w.service.List(invocation(), demo, 10, "")
		if err != nil || next != "" || len(jobs) != 2 || jobs[0].ID != newer.ID || jobs[1].Totals != want {
			t.Errorf("%+v, %q, %v", jobs, next, err)
		}
	}
	check(Totals{Rows: 151}, Processing)
	if err := w.deliver(1); err != nil {
		t.Fatal(err)
	}
	check(Totals{Rows: 151, Processed: 51, Created: 50, Failed: 1}, Processing)
	w.strike = once("UpdateImport", 0, dyingThen)
	if err := w.deliver(0); err == nil {
		t.Fatal("it ended")
	}
	check(Totals{Rows: 151, Processed: 151, Created: 150, Failed: 1}, Processing) // finalizing is ours
	w.settle()
	check(Totals{Rows: 151, Processed: 151, Created: 150, Failed: 1}, Completed)
}

func TestListsComeInPages(t *testing.T) {
	w := newWorld(t)
	var want, got []string
	for range 5 {
		want = append([]string{started(w).ID}, want...)
		w.pass(time.Second)
	}
	if _, err := w.service.Start(invocation(), "other", "sub-1", Request{FileName: "a.csv", Size: 1}, nil); err != nil {
		t.Fatal(err)
	}
	for after := ""; ; {
		jobs, next, err := w.service.List(invocation(), demo, 2, after)
		if err != nil {
			t.Fatal(err)
		}
		for _, job := range jobs {
			got = append(got, job.ID)
		}
		if after = next; after == "" {
			break
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestFailuresOfReadingAreTold(t *testing.T) {
	w := newWorld(t)
	ref := w.begin(UpdateKnown, oneRow)
	for _, call := range []string{"Import", "Counted"} {
		w.strike = once(call, 0, failing)
		if _, err := w.service.Get(invocation(), ref); problem.CodeOf(err) != problem.Unavailable {
			t.Errorf("%s: %v", call, err)
		}
	}
	for _, call := range []string{"ListImports", "Counted"} {
		w.strike = once(call, 0, failing)
		if _, _, err := w.service.List(invocation(), demo, 10, ""); problem.CodeOf(err) != problem.Unavailable {
			t.Errorf("%s: %v", call, err)
		}
	}
	if _, err := w.service.Get(invocation(), Ref{"other", ref.ID}); problem.CodeOf(err) != problem.NotFound {
		t.Error(err)
	}
}

func TestReportLink(t *testing.T) {
	w := newWorld(t)
	ref := w.begin(UpdateKnown, "name,email\nMona,mona@\n")
	if _, err := w.service.ReportLink(invocation(), ref); problem.CodeOf(err) != problem.NoReport {
		t.Error(err)
	}
	w.settle()
	for fileName, want := range map[string]string{"people.csv": "people", "People.CSV": "People", "a.csv.b.csv": "a.csv.b", "people": "people", "v1.2 list": "v1.2 list"} {
		job := w.imports[ref]
		job.FileName = fileName
		w.imports[ref] = job
		link, err := w.service.ReportLink(invocation(), ref)
		if want := "https://exports/demo/reports/" + ref.ID + ".csv?name=" + want + " report.csv" + "&life=15m0s"; err != nil || link != want {
			t.Errorf("%s: %s, want %s: %v", fileName, link, want, err)
		}
	}
	whole := w.begin(UpdateKnown, oneRow)
	w.settle()
	if _, err := w.service.ReportLink(invocation(), whole); problem.CodeOf(err) != problem.NoReport {
		t.Error(err)
	}
	if _, err := w.service.ReportLink(invocation(), Ref{demo, "x"}); problem.CodeOf(err) != problem.NotFound {
		t.Error(err)
	}
}

func TestTemplatesThatThereAreNot(t *testing.T) {
	if _, err := NewTemplate("pdf"); problem.CodeOf(err) != problem.UnsupportedFormat {
		t.Error(err)
	}
}
