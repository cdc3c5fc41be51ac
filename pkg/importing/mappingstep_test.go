package importing

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/occ/contacts/pkg/problem"
)

const unmapped = "Who,Email,Plan\nMona Adel,mona@example.com,gold\nAli Said,ali@example.com,\n"

// awaiting drops a file and demands that it then waits for its mapping.
func (w *world) awaiting(file string) Ref {
	w.t.Helper()
	ref := w.begin(UpdateKnown, file)
	if job := w.imports[ref]; job.Status != AwaitingMapping || len(w.messages)+len(w.chunks)+len(w.work) > 0 {
		w.t.Fatalf("%s with %v, %d messages", job.Status, job.Error, len(w.messages))
	}
	return ref
}

// mapBy maps an import.
func (w *world) mapBy(ref Ref, text string) Import {
	w.t.Helper()
	job, err := w.service.Map(invocation(), ref, mapped(w.t, text))
	if err != nil {
		w.t.Fatalf("%s: %v", text, err)
	}
	return job
}

func TestAFileThatHasToBeMapped(t *testing.T) {
	w := newWorld(t)
	ref := w.awaiting(unmapped)
	job := w.imports[ref]
	want := Import{Columns: []string{"Who", "Email", "Plan"}, Mapping: map[string]string{"Who": "name", "Email": "email"}, SampleRows: [][]string{{"Mona Adel", "mona@example.com", "gold"}, {"Ali Said", "ali@example.com", ""}}}
	if diff := cmp.Diff(want, Import{Columns: job.Columns, Mapping: job.Mapping, SampleRows: job.SampleRows, Totals: job.Totals, Given: job.Given}); diff != "" {
		t.Error(diff)
	}
	w.pass(time.Hour)
	job = w.mapBy(ref, `{"who":"name","Plan":"attr.plan"}`)
	if job.Status != Parsing || job.Attempts != 0 || !job.ProgressAt.Equal(dawn.Add(time.Hour)) || job.SampleRows != nil || !slices.Equal(w.starts, []Ref{ref}) {
		t.Errorf("%+v, starts %v", job, w.starts)
	}
	w.resume() // no sweep is needed
	w.deliverAll()
	job = w.imports[ref]
	w.checkEnd(job)
	mona := w.named("Mona Adel")
	if job.Status != Completed || job.Totals != (Totals{Rows: 2, Processed: 2, Created: 2}) || len(mona) != 1 || mona[0].Attributes["plan"] != "gold" {
		t.Errorf("%s with %+v: %+v", job.Status, job.Totals, mona)
	}
	if diff := cmp.Diff(map[string]string{"Who": "name", "Email": "email", "Plan": "attr.plan"}, job.Mapping); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsSuggestedCanBeSentBack(t *testing.T) {
	w := newWorld(t)
	ref := w.awaiting(unmapped)
	back := Mapping{}
	for column, field := range w.imports[ref].Mapping {
		back[column] = &field
	}
	if _, err := w.service.Map(invocation(), ref, back); err != nil {
		t.Fatal(err)
	}
	w.settle()
	if job := w.imports[ref]; job.Totals.Created != 2 {
		t.Errorf("%s with %+v", job.Status, job.Totals)
	}
}

func TestFilesThatWait(t *testing.T) {
	for name, test := range map[string]struct {
		file string
		want map[string]string
	}{
		"no name":                  {"title,email\nx,mona@example.com\n", map[string]string{"email": "email"}},
		"no e-mail nor phone":      {"name,fax\nMona,+201001234567\n", map[string]string{"name": "name"}},
		"values say it, no name":   {"a,b\nMona,mona@example.com\n", map[string]string{"b": "email"}},
		"neither":                  {"a,b\nx,y\n", map[string]string{}},
		"one e-mail of two rows":   {"name,b\nx,mona@example.com\ny,\n", map[string]string{"name": "name", "b": "email"}},
		"too few of them e-mails":  {"name,b\nx,mona@example.com\ny,m@example.com\nz,z\n", map[string]string{"name": "name", "b": "email"}},
		"malformed rows are blank": {"name,b\nx,\"y\nz,mona@example.com\nv,w\n", map[string]string{"name": "name"}},
	} {
		w := newWorld(t)
		if diff := cmp.Diff(test.want, w.imports[w.awaiting(test.file)].Mapping); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// A column of e-mails is an e-mail column whatever its header.
func TestFilesThatNeedNoMapping(t *testing.T) {
	w := newWorld(t)
	w.region = "EG"
	job := w.importFile(UpdateKnown, "Full name,Kontakt,Nummer", "Mona Adel,mona@example.com,0100 123 4567", "Ali Said,ali@example.com,01001234568")
	want := map[string]string{"Full name": "name", "Kontakt": "email", "Nummer": "phone"}
	if diff := cmp.Diff(want, job.Mapping); diff != "" || job.Totals.Created != 2 || w.named("Mona Adel")[0].Phone != "+201001234567" {
		t.Error(diff, job.Totals)
	}
	if diff := cmp.Diff(map[string]string{"Kontakt": "email", "Nummer": "phone"}, job.Guessed); diff != "" {
		t.Error(diff)
	}
}

// The chunks follow from the file and the record, not from what is guessed by another look.
func TestChunksFollowFromWhatIsStored(t *testing.T) {
	w := newWorld(t)
	ref := w.begin(UpdateKnown, "Full name,Kontakt,Other\nMona,mona@example.com,mona@example.org\nAli,ali@example.com,\n")
	job := w.imports[ref]
	if job.Status != Processing || len(job.Guessed) != 1 {
		t.Fatalf("%s, guessed %v", job.Status, job.Guessed)
	}
	job.Guessed = map[string]string{"Other": fieldEmail}
	w.imports[ref], w.messages = job, nil
	w.settle()
	if made := w.named("Mona"); len(made) != 1 || made[0].Email != "mona@example.org" || w.imports[ref].Totals.Failed != 1 {
		t.Errorf("%+v", made)
	}
}

func TestAMappingOfMetadata(t *testing.T) {
	w := newWorld(t)
	arrival := w.put(demo+"/drop/people.csv", unmapped, map[string]string{"mapping": ` {"WHO":"name","Plan":"labels","Email":null} `})
	if _, err := w.arrived(arrival); err != nil {
		t.Fatal(err)
	}
	ref := w.refOf(arrival)
	if job := w.imports[ref]; job.Status != AwaitingMapping || !cmp.Equal(job.Given, map[string]string{"Who": "name", "Plan": "labels", "Email": ""}) {
		t.Fatalf("%+v", job)
	}
	w.mapBy(ref, `{"Who":"name","Plan":"company"}`) // instead of what was said before
	w.settle()
	if made := w.named("Mona Adel"); len(made) != 1 || made[0].Company != "gold" || made[0].Email != "mona@example.com" || len(made[0].Labels) > 0 {
		t.Errorf("%+v", made)
	}
	arrival = w.put(demo+"/drop/people.csv", unmapped, map[string]string{"mapping": `{"Who":"company","Email":"name","Plan":"email"}`})
	if done, err := w.arrived(arrival); err != nil || done.Status != Processing {
		t.Errorf("%+v, %v", done, err)
	}
}

func TestAMappingThatComesBeforeItsFile(t *testing.T) {
	for mapping, want := range map[string]struct {
		status Status
		code   Code
		says   string
	}{
		`{"Who":"name"}`:                {status: Processing},
		`{"Plan":"attr.plan"}`:          {status: AwaitingMapping},
		`{"Nobody":"name"}`:             {Failed, MissingColumns, `The mapping, column "Nobody": The file has no such column`},
		`{"Who":"name","w ho":"phone"}`: {Failed, MissingColumns, `"Who" means the same column`},
	} {
		w := newWorld(t)
		made, err := w.service.Start(invocation(), demo, "sub-1", Request{FileName: "a.csv", Size: 1, Mapping: mapped(t, mapping)}, nil)
		if err != nil {
			t.Fatal(err)
		}
		done, err := w.arrived(w.put(made.Job.Key, unmapped, nil))
		job := w.imports[Ref{demo, made.Job.ID}]
		if err != nil || done.Status != want.status || done.Code != want.code || want.code != "" && !strings.Contains(job.Error.Detail, want.says) {
			t.Errorf("%s: %+v, %v, %v", mapping, done, job.Error, err)
		}
	}
}

// Keys are written by programs: who sends JSON is told to name them right.
func TestJSONDoesNotWait(t *testing.T) {
	w := newWorld(t)
	w.parser.Formats["json"] = csvFormat
	done, err := w.arrived(w.put(demo+"/drop/people.json", unmapped, nil))
	if job := w.all()[0]; err != nil || done.Code != MissingColumns || !strings.Contains(job.Error.Detail, "no key for the name") {
		t.Errorf("%+v, %v, %v", done, job.Error, err)
	}
}

func TestAMappingComesOnce(t *testing.T) {
	w := newWorld(t)
	ref := w.awaiting(unmapped)
	w.strike = once("UpdateImport", 0, outdated)
	w.mapBy(ref, `{"Who":"name"}`)
	for _, status := range []Status{Parsing, Completed} {
		if job := w.imports[ref]; job.Status != status {
			t.Errorf("%s, want %s", job.Status, status)
		}
		_, err := w.service.Map(invocation(), ref, mapped(t, `{"Who":"company"}`))
		if problem.CodeOf(err) != problem.NotPossible || !strings.Contains(err.Error(), string(status)) {
			t.Errorf("%s: %v", status, err)
		}
		w.settle()
	}
	if _, err := w.service.Map(invocation(), Ref{"other", ref.ID}, Mapping{}); problem.CodeOf(err) != problem.NotFound {
		t.Error(err)
	}
	if _, err := w.service.Map(invocation(), Ref{demo, started(w).ID}, Mapping{}); problem.CodeOf(err) != problem.NotPossible {
		t.Error(err)
	}
}

func TestCancelWhileAMappingIsAwaited(t *testing.T) {
	w := newWorld(t)
	ref := w.awaiting(unmapped)
	job, err := w.service.Cancel(invocation(), ref)
	if err != nil || job.Status != Cancelled || job.SampleRows != nil {
		t.Errorf("%+v, %v", job, err)
	}
	w.checkEnd(job)
	if _, err := w.service.Map(invocation(), ref, mapped(t, `{"Who":"name"}`)); problem.CodeOf(err) != problem.NotPossible {
		t.Error(err)
	}
	if done, err := w.parser.Resume(invocation(), ref); err != nil || done.Ignored == "" {
		t.Errorf("%+v, %v", done, err)
	}
}

// Repeated events and sweeps leave an import alone that waits; after 30 days it is given up.
func TestAMappingThatNeverComes(t *testing.T) {
	w := newWorld(t)
	ref := w.awaiting(unmapped)
	before := w.imports[ref]
	if done, err := w.arrived(Arrival{Bucket: uploadsBucket, Key: before.Key, Version: before.ObjectVersion}); err != nil || done.Ignored == "" {
		t.Errorf("%+v, %v", done, err)
	}
	w.sweep()
	w.pass(mappingWait - 3*(2*retry+time.Second))
	w.sweep()
	if diff := cmp.Diff(before, w.imports[ref]); diff != "" {
		t.Fatal(diff)
	}
	w.pass(time.Minute)
	w.sweep()
	job := w.imports[ref]
	w.checkEnd(job)
	if job.Status != Cancelled || job.SampleRows != nil {
		t.Errorf("%+v", job)
	}
}

// Whatever fails between a mapping and its rows, the import goes on: by the run that was asked for, or by the sweep.
func TestEveryCallAfterAMappingMayFail(t *testing.T) {
	for _, call := range []string{"Import", "StartParse", "UpdateImport", "Head", "Download", "Send", "Counted"} {
		for _, struck := range []fault{failing, losing, dying, dyingThen, outdated} {
			for nth := range 3 {
				w := newWorld(t)
				ref := w.awaiting(unmapped)
				w.strike = once(call, nth, struck)
				_, err := w.service.Map(invocation(), ref, mapped(t, `{"Who":"name"}`))
				if err != nil && w.imports[ref].Status == AwaitingMapping {
					w.mapBy(ref, `{"Who":"name"}`) // as a client would
				}
				w.settle()
				job := w.imports[ref]
				w.checkEnd(job)
				if job.Totals != (Totals{Rows: 2, Processed: 2, Created: 2}) || len(w.contacts) != 2 {
					t.Errorf("%s, %d of the %dth: %s with %+v", call, struck, nth, job.Status, job.Totals)
				}
			}
		}
	}
}

func TestResumeOfNothing(t *testing.T) {
	w := newWorld(t)
	for _, ref := range []Ref{{demo, "x"}, {demo, started(w).ID}, w.awaiting(unmapped)} {
		if done, err := w.parser.Resume(invocation(), ref); err != nil || done.Ignored == "" {
			t.Errorf("%+v, %v", done, err)
		}
	}
	w.strike = once("Import", 0, failing)
	if _, err := w.parser.Resume(invocation(), Ref{demo, "x"}); problem.CodeOf(err) != problem.Unavailable {
		t.Error(err)
	}
}

// Without a starter the sweep starts what was mapped.
func TestAServiceWithoutAStarter(t *testing.T) {
	w := newWorld(t)
	ref := w.awaiting(unmapped)
	w.service.starter = nil
	w.mapBy(ref, `{"Who":"name"}`)
	w.settle()
	if job := w.imports[ref]; job.Totals.Created != 2 {
		t.Errorf("%s with %+v", job.Status, job.Totals)
	}
}
