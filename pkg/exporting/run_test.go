package exporting

import (
	"archive/zip"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/occ/contacts/pkg/contact"
)

// export runs an export undisturbed and returns its file.
func export(t *testing.T, format Format, selection Selection, people ...Record) string {
	t.Helper()
	w := newWorld(t, people...)
	ref := w.queue(format, selection)
	done, err := w.runner().Run(t.Context(), ref)
	job := w.jobs[ref]
	if err != nil || job.Status != Completed || job.Rows != len(people) || done.Rows != len(people) {
		t.Fatalf("%+v %+v %v", done, job, err)
	}
	return w.file(ref)
}

// file is the object of a completed export, the only one that is left.
func (w *world) file(ref Ref) string {
	w.t.Helper()
	job := w.jobs[ref]
	body, there := w.objects[job.Key]
	if !there || len(w.objects) != 1 || int64(len(body)) != job.Bytes {
		w.t.Fatalf("%d objects, %d bytes of %d at %s", len(w.objects), len(body), job.Bytes, job.Key)
	}
	return string(body)
}

func TestCSV(t *testing.T) {
	record := person(1)
	record.Contact.Company, record.Contact.Attributes["agreed"], record.Contact.Attributes["code"] = "=1+1", true, "007"
	record.Notes = []string{"one", "two\nlines"}
	got := export(t, CSV, Selection{}, record)
	want := "\ufeffid,name,email,phone,company,channel,labels,notes,identities,conversationCount,requestCount,lastInteractionAt,createdAt,attr.agreed,attr.code,attr.plan,attr.seats\r\n" +
		`c-001,Mona 1,m1@example.com,+201000000001,'=1+1,whatsapp,"VIP;new","[""one"",""two\nlines""]",,0,0,,2026-11-25T12:00:00.000Z,true,007,gold,1` + "\r\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestFields(t *testing.T) {
	fields := []string{"attr.seats", "email", "attr.none", "name"}
	if diff := cmp.Diff("\ufeffname,email,attr.none,attr.seats\r\nMona 1,m1@example.com,,1\r\n", export(t, CSV, Selection{Fields: fields}, person(1))); diff != "" {
		t.Error(diff)
	}
	want := "[\n" + `{"name":"Mona 1","email":"m1@example.com","customAttributes":{"seats":1}}` + "\n]\n"
	if diff := cmp.Diff(want, export(t, JSON, Selection{Fields: fields}, person(1))); diff != "" {
		t.Error(diff)
	}
}

func TestNoContacts(t *testing.T) {
	if got := export(t, CSV, Selection{Fields: []string{"name"}}); got != "\ufeffname\r\n" {
		t.Errorf("%q", got)
	}
	if got := export(t, JSON, Selection{}); got != "[\n]\n" {
		t.Errorf("%q", got)
	}
	if rows := strings.Count(contents(t, export(t, XLSX, Selection{Fields: []string{"name"}})), "<row "); rows != 1 {
		t.Errorf("%d rows", rows)
	}
}

// contents is a file as it is read: that of XLSX is compressed in pieces, whose ends follow from when a run ended.
func contents(t *testing.T, file string) string {
	t.Helper()
	if !strings.HasPrefix(file, "PK") {
		return file
	}
	book, err := zip.NewReader(strings.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, f := range book.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		all.WriteString(f.Name)
		if _, err := io.Copy(&all, r); err != nil { // it checks the sum
			t.Fatal(f.Name, err)
		}
	}
	return all.String()
}

func TestJSONIsWhatTheAPIAnswers(t *testing.T) {
	var got []map[string]any
	if err := json.Unmarshal([]byte(export(t, JSON, Selection{}, people(7)...)), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"id": "c-002", "name": "Mona 2", "email": "m2@example.com", "phone": "+201000000002", "company": nil, "channel": "whatsapp", "labels": []any{"VIP", "new"},
		"notes": []any{"First", "Second"}, "identities": []any{}, "conversationCount": 0.0, "requestCount": 0.0, "lastInteractionAt": nil,
		"createdAt": "2026-11-25T12:00:00.000Z", "customAttributes": map[string]any{"plan": "gold", "seats": 2.0},
	}
	if diff := cmp.Diff(want, got[2]); diff != "" || len(got) != 7 {
		t.Error(len(got), diff)
	}
}

// TestWhateverFails lets every call of a run fail once, before and after it did what it was to do; the runs after it make the same file.
func TestWhateverFails(t *testing.T) {
	for _, format := range Formats {
		t.Run(string(format), func(t *testing.T) {
			want := export(t, format, Selection{}, people(100)...)
			for _, afterwards := range []bool{false, true} {
				for failAt := 1; ; failAt++ {
					w := newWorld(t, people(100)...)
					w.failAt, w.afterwards = failAt, afterwards
					ref := w.queue(format, Selection{})
					if w.untilDone(ref); w.calls < failAt {
						break
					}
					if diff := cmp.Diff(contents(t, want), contents(t, w.file(ref))); diff != "" {
						t.Fatalf("call %d failing (afterwards: %v) gives another file:\n%s", failAt, afterwards, diff)
					}
				}
			}
		})
	}
}

// TestNothingIsAtWorkAfterARun has a run fail while it reads a fragment ahead.
func TestNothingIsAtWorkAfterARun(t *testing.T) {
	w := newWorld(t, people(100)...)
	ref := w.queue(CSV, Selection{})
	reading := make(chan struct{})
	reads, ended := 0, false
	w.onGet = func(ctx context.Context) {
		if reads++; reads == 2 { // the fragment after the first
			close(reading)
			<-ctx.Done()
			ended = true
		}
	}
	w.onPart = func() error {
		<-reading
		return errDown
	}
	runner := w.runner()
	runner.limits.part = 1 // of one fragment
	if _, err := runner.Run(t.Context(), ref); !errors.Is(err, errDown) || !ended {
		t.Errorf("%v; the reading ended: %v", err, ended)
	}
}

// untilDone runs an export as Lambda and the sweep would, until it has ended, and clears what a run that died left.
func (w *world) untilDone(ref Ref) {
	w.t.Helper()
	for range 10 {
		_, err := w.runner().Run(w.t.Context(), ref)
		if job := w.jobs[ref]; err == nil && !job.Status.Open() {
			break
		}
		w.later(time.Minute)
	}
	if job := w.jobs[ref]; job.Status != Completed {
		w.t.Fatalf("%+v", job)
	}
	w.clear(ref)
}

// clear removes what runs left that died or were overtaken, as the bucket's lifecycle rule does.
func (w *world) clear(ref Ref) {
	for key := range w.objects {
		if strings.HasPrefix(key, workPrefix(ref)) {
			delete(w.objects, key)
		}
	}
}

// TestGoesOnInTheNextInvocation gives each invocation time for a batch or so.
func TestGoesOnInTheNextInvocation(t *testing.T) {
	for _, format := range Formats {
		want := export(t, format, Selection{}, people(20)...)
		w := newWorld(t, people(20)...)
		w.slow = 2 * time.Millisecond
		ref := w.queue(format, Selection{})
		runs := 0
		for ; w.jobs[ref].Status.Open(); runs++ {
			ctx, cancel := context.WithTimeout(context.Background(), 2*time.Millisecond)
			if _, err := w.runner().Run(ctx, ref); err != nil {
				t.Fatal(err)
			}
			cancel()
			if runs > 100 {
				t.Fatal("no end")
			}
		}
		if diff := cmp.Diff(contents(t, want), contents(t, w.file(ref))); diff != "" || runs < 5 || len(w.started) != runs-1 {
			t.Errorf("%s: %d runs, %d started: %s", format, runs, len(w.started), diff)
		}
	}
}

// TestRunsAtOnce has a second run take over while the first still is at work: one of them gets on, and the file is whole.
func TestRunsAtOnce(t *testing.T) {
	want := export(t, CSV, Selection{}, people(60)...)
	w := newWorld(t, people(60)...)
	ref := w.queue(CSV, Selection{})
	other := make(chan error, 1)
	w.onWalk = func() {
		w.onWalk = nil
		w.later(time.Minute)
		_, err := w.runner().Run(context.Background(), ref)
		other <- err
	}
	done, err := w.runner().Run(t.Context(), ref)
	if otherErr := <-other; err != nil || otherErr != nil || done.Note != "another run took over" {
		t.Error(done, err, otherErr)
	}
	w.clear(ref)
	if w.file(ref) != want {
		t.Error("the file is another one")
	}
	if again, err := w.runner().Run(t.Context(), ref); err != nil || again.Note != "the export is completed" {
		t.Error(again, err)
	}
}

func TestAnotherRunAtWorkIsLeftAlone(t *testing.T) {
	w := newWorld(t)
	ref := w.queue(CSV, Selection{})
	job := w.jobs[ref]
	job.Status, job.ProgressAt = Running, noon.Add(-5*time.Second)
	w.jobs[ref] = job
	if done, err := w.runner().Run(t.Context(), ref); err != nil || done.Note != "another run is at work" {
		t.Error(done, err)
	}
}

func TestGivenUp(t *testing.T) {
	w := newWorld(t, people(3)...)
	ref := w.queue(CSV, Selection{})
	for range maxAttempts + 1 {
		w.failAt = w.calls + 3 // the walk
		_, _ = w.runner().Run(t.Context(), ref)
		w.later(time.Minute)
	}
	if job := w.jobs[ref]; job.Status != Failed || job.Error == nil || job.Error.Code != "internal_error" || job.FinishedAt.IsZero() {
		t.Errorf("%+v", job)
	}
}

// However long its services are busy, an export is not given up, and its file is whole in the end.
func TestBusyHoursCostNoExport(t *testing.T) {
	for name, refused := range map[string]int{"all": 10, "nine of ten": 9, "half": 5} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, people(30)...)
			ref := w.queue(CSV, Selection{})
			random := rand.New(rand.NewPCG(1, 2))
			w.busy = func() bool { return random.IntN(10) < refused }
			for range 4 * 60 {
				_, _ = w.runner().Run(t.Context(), ref)
				w.later(time.Minute)
			}
			w.busy = nil
			if _, err := w.runner().Run(t.Context(), ref); err != nil {
				t.Error(err)
			}
			if job := w.jobs[ref]; job.Status != Completed || job.Rows != 30 {
				t.Errorf("%+v", job)
			}
		})
	}
}

func TestSweep(t *testing.T) {
	w := newWorld(t)
	for i, job := range []Export{
		{Status: Queued, CreatedAt: noon.Add(-time.Minute)}, {Status: Queued, CreatedAt: noon}, {Status: Completed, CreatedAt: noon.Add(-time.Hour)},
		{Status: Running, ProgressAt: noon.Add(-time.Minute)}, {Status: Running, ProgressAt: noon},
	} {
		job.Workspace, job.ID = "demo", fmt.Sprint(i)
		w.jobs[job.Ref()] = job
	}
	done, err := w.runner().Sweep(t.Context())
	if err != nil || done.Open != 4 || len(done.Started) != 2 || len(w.started) != 2 {
		t.Error(done, err)
	}
	for _, ref := range w.started {
		if ref.ID != "0" && ref.ID != "3" {
			t.Error(ref)
		}
	}
}

func TestNotesTooLongForACell(t *testing.T) {
	record := person(1)
	record.Notes = []string{strings.Repeat("a", 10_000), strings.Repeat("\U0001F600", 10_000), strings.Repeat("\"", 10_000), "[b]"}
	notes := newTable([]string{"notes"}, len(grouped(record.Notes, noteUnits)), 0)
	if diff := cmp.Diff([]string{"notes", "notes 2"}, notes.header()); diff != "" {
		t.Error(diff)
	}
	cells, err := notes.row(nil, record)
	if err != nil || len(cells) != 2 {
		t.Fatal(len(cells), err)
	}
	for i, text := range cells {
		if n := len([]rune(text)); n > maxCell || !strings.HasPrefix(text, "[") {
			t.Errorf("cell %d has %d characters", i, n)
		}
	}
	if one, _ := newTable([]string{"notes"}, 1, 0).row(nil, record); strings.Count(one[0], "[b]") != 1 {
		t.Error("a CSV cell lacks a note")
	}
	read, err := csv.NewReader(strings.NewReader(export(t, CSV, Selection{Fields: []string{"notes"}}, record)[3:])).ReadAll()
	if err != nil || len(read) != 2 || len(read[0]) != 1 {
		t.Error(len(read), err)
	}
}

// What was searched for is often somebody's e-mail or phone: it does not outlive the export.
func TestAnExportThatEndedForgetsWhatWasSearchedFor(t *testing.T) {
	searched := Selection{Q: "mona@example.com", Search: &contact.Search{Email: "mona@example.com"}, Label: "VIP"}
	w := newWorld(t, person(1))
	done, failed := w.queue(CSV, searched), w.queue(CSV, searched)
	if _, err := w.runner().Run(t.Context(), done); err != nil {
		t.Fatal(err)
	}
	if err := w.runner().fail(t.Context(), w.jobs[failed], "internal_error", "…"); err != nil {
		t.Fatal(err)
	}
	for _, ref := range []Ref{done, failed} {
		if job := w.jobs[ref]; job.Status.Open() || job.Selection.Q != "" || job.Selection.Search != nil || job.Selection.Label != "VIP" {
			t.Errorf("%+v", job)
		}
	}
}

// A contact that is given again replaces what was given of it before, and is no further row.
func TestWhatIsGivenAgainReplacesWhatWasGiven(t *testing.T) {
	var people []Record
	for n := range 9 {
		people = append(people, person(n))
	}
	again := people[1]
	again.Contact.Company, again.Again = "Merged Inc", 1
	twice := again
	twice.Contact.Company = "Merged Twice"
	w := newWorld(t, append(people, again, twice)...)
	ref := w.queue(CSV, Selection{})
	if _, err := w.runner().Run(t.Context(), ref); err != nil {
		t.Fatal(err)
	}
	job, file := w.jobs[ref], w.file(ref)
	if job.Rows != 9 || strings.Count(file, people[1].Contact.ID) != 1 || !strings.Contains(file, "Merged Twice") || strings.Contains(file, "Merged Inc") {
		t.Errorf("%d rows: %s", job.Rows, file)
	}
}
