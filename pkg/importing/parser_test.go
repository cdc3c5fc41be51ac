package importing

import (
	"slices"
	"strings"
	"testing"
)

const oneRow = "name,email\nMona,mona@example.com\n"

func TestOneVersionOfAnObjectIsOneImport(t *testing.T) {
	w := newWorld(t)
	arrival := w.put(demo+"/drop/people.csv", oneRow, nil)
	for range 5 {
		if _, err := w.arrived(arrival); err != nil {
			t.Fatal(err)
		}
	}
	w.settle()
	done, err := w.arrived(arrival)
	if err != nil || done.Ignored != "the import is completed already" || len(w.imports) != 1 || len(w.contacts) != 1 {
		t.Errorf("%+v, %v, %d imports, %d contacts", done, err, len(w.imports), len(w.contacts))
	}
}

func TestTwoVersionsOfAKeyAreTwoImports(t *testing.T) {
	w := newWorld(t)
	first := w.put(demo+"/drop/people.csv", oneRow, nil)
	second := w.put(demo+"/drop/people.csv", "name,email\nAli,ali@example.com\n", nil)
	for _, arrival := range []Arrival{second, first, second} { // events may come in reverse order
		if _, err := w.arrived(arrival); err != nil {
			t.Fatal(err)
		}
	}
	w.settle()
	if jobs := w.all(); len(jobs) != 2 || jobs[0].Totals.Created != 1 || jobs[1].Totals.Created != 1 || len(w.named("Ali")) != 1 || len(w.named("Mona")) != 1 {
		t.Errorf("%+v", jobs)
	}
}

// In a bucket without versions the sequencer tells the writes apart.
func TestABucketWithoutVersions(t *testing.T) {
	w := newWorld(t)
	arrival := w.put(demo+"/drop/people.csv", oneRow, nil)
	arrival.Version = ""
	for _, sequencer := range []string{"01", "02", "01"} {
		arrival.Sequencer = sequencer
		if _, err := w.arrived(arrival); err != nil {
			t.Fatal(err)
		}
	}
	w.settle()
	if jobs := w.all(); len(jobs) != 2 || jobs[0].Totals.Created+jobs[1].Totals.Created != 1 {
		t.Errorf("%+v", jobs)
	}
}

func TestKeysThatImportNothing(t *testing.T) {
	w := newWorld(t)
	for _, key := range []string{
		"people.csv", "demo/people.csv", "demo/drop/people.txt", "demo/drop/people", "demo/drop/.csv", "demo/drop/", "demo/drop/2026/people.csv", "/demo/drop/people.csv", "demo//people.csv", "demo/Drop/people.csv",
		"-demo/drop/people.csv", "a b/drop/people.csv", strings.Repeat("w", 64) + "/drop/people.csv", "demo/reports/x.csv", "demo/api/.csv", "demo/api/", "",
	} {
		if done, err := w.arrived(w.put(key, oneRow, nil)); err != nil || done.Ignored == "" || done.Ref != (Ref{}) {
			t.Errorf("%q: %+v, %v", key, done, err)
		}
	}
	for _, key := range []string{"demo/drop/people.CSV", "demo/drop/a.b c+é.csv", "D_e-m0/drop/..csv", strings.Repeat("w", 63) + "/drop/people.csv"} {
		if done, err := w.arrived(w.put(key, oneRow, nil)); err != nil || done.Ignored != "" || done.Status != Processing {
			t.Errorf("%q: %+v, %v", key, done, err)
		}
	}
	if len(w.imports) != 4 {
		t.Errorf("%d imports", len(w.imports))
	}
}

func TestADeletedObjectImportsNothing(t *testing.T) {
	w := newWorld(t)
	arrival := w.put(demo+"/drop/people.csv", oneRow, nil)
	w.remove(arrival.Key)
	if done, err := w.arrived(arrival); err != nil || done.Ignored != "the object is gone" || len(w.imports) != 0 {
		t.Errorf("%+v, %v", done, err)
	}
}

func TestAnObjectThatIsDeletedBeforeItIsRead(t *testing.T) {
	for _, call := range []string{"Head", "Download"} {
		w := newWorld(t)
		arrival := w.put(demo+"/drop/people.csv", oneRow, nil)
		created := false
		w.strike = func(name string) fault {
			created = created || name == "CreateImport"
			if created && name == call {
				w.remove(arrival.Key)
			}
			return noFault
		}
		if done, err := w.arrived(arrival); err != nil || done.Status != Failed || done.Code != CorruptFile {
			t.Errorf("before %s: %+v, %v", call, done, err)
		}
	}
}

func started(w *world) Import {
	started, err := w.service.Start(invocation(), demo, "sub-1", Request{FileName: "people.csv", Size: int64(len(oneRow)), Labels: []string{"fair"}}, nil)
	job := started.Job
	if err != nil {
		w.t.Fatalf("%v", err)
	}
	return job
}

func TestAnUploadIsImported(t *testing.T) {
	w := newWorld(t)
	job := started(w)
	w.pass(linkLife)
	if _, err := w.arrived(w.put(job.Key, oneRow, map[string]string{"on-duplicate": "reject"})); err != nil {
		t.Fatal(err)
	}
	w.settle()
	job = w.imports[Ref{demo, job.ID}]
	if job.Status != Completed || job.Totals.Created != 1 || job.ObjectVersion != "v1" || job.Bucket != uploadsBucket || job.OnDuplicate != UpdateKnown || !job.StartedAt.Equal(dawn.Add(linkLife)) {
		t.Errorf("%+v", job)
	}
	if made := w.named("Mona"); len(made) != 1 || !slices.Equal(made[0].Labels, []string{"fair"}) {
		t.Errorf("%+v", made)
	}
}

func TestOnlyTheFirstUploadOfALinkCounts(t *testing.T) {
	w := newWorld(t)
	job := started(w)
	first, second := w.put(job.Key, oneRow, nil), w.put(job.Key, "name,email\nAli,ali@example.com\n", nil)
	for _, arrival := range []Arrival{first, second, first} {
		done, err := w.arrived(arrival)
		if err != nil || (done.Ignored == "") != (arrival == first) {
			t.Errorf("%s: %+v, %v", arrival.Version, done, err)
		}
	}
	w.settle()
	if len(w.imports) != 1 || len(w.named("Mona")) != 1 || len(w.contacts) != 1 {
		t.Errorf("%+v", w.contacts)
	}
}

func TestUploadsThatBelongToNoImport(t *testing.T) {
	w := newWorld(t)
	job := started(w)
	drop := w.put(demo+"/drop/people.csv", oneRow, nil)
	if _, err := w.arrived(drop); err != nil {
		t.Fatal(err)
	}
	gone := w.put(job.Key, oneRow, nil)
	w.remove(job.Key)
	for name, arrival := range map[string]Arrival{
		"unknown id":          w.put(demo+"/api/x.csv", oneRow, nil),
		"another ending":      w.put(demo+"/api/"+job.ID+".txt", oneRow, nil),
		"another workspace":   w.put("other/api/"+job.ID+".csv", oneRow, nil),
		"id of a drop":        w.put(demo+"/api/"+w.refOf(drop).ID+".csv", oneRow, nil),
		"deleted before read": gone,
	} {
		if done, err := w.arrived(arrival); err != nil || done.Ignored == "" {
			t.Errorf("%s: %+v, %v", name, done, err)
		}
	}
	if job := w.imports[Ref{demo, job.ID}]; job.Status != AwaitingUpload {
		t.Errorf("%+v", job)
	}
	if _, err := w.service.Cancel(invocation(), Ref{demo, job.ID}); err != nil {
		t.Fatal(err)
	}
	if done, err := w.arrived(w.put(job.Key, oneRow, nil)); err != nil || done.Status != Cancelled || done.Ignored == "" {
		t.Errorf("%+v, %v", done, err)
	}
}

// Every call of import-parse that fails for a passing reason is called again, and what it had begun is gone on with.
func TestEveryCallOfAParseMayFail(t *testing.T) {
	calls := []string{"Head", "CreateImport", "Import", "UpdateImport", "Download", "PutWork", "Send", "Counted"}
	for _, call := range calls {
		size := 1
		if call == "PutWork" {
			size = maxBody // a message that it does not fit
		}
		for struck, name := range map[fault]string{failing: "fails", losing: "loses its answer", dying: "dies", dyingThen: "dies then", outdated: "is stale"} {
			for nth := range 3 {
				w := newWorld(t)
				w.strike = once(call, nth, struck)
				w.event(w.put(demo+"/drop/people.csv", "name,email,x\nMona,mona@example.com,"+strings.Repeat("x", size)+"\nAli,ali@example.com,\n", nil))
				w.settle()
				if job := w.all()[0]; job.Status != Completed || job.Totals != (Totals{Rows: 2, Processed: 2, Created: 2}) || len(w.contacts) != 2 {
					t.Errorf("call %d of %s %s: %s with %+v", nth, call, name, job.Status, job.Totals)
				}
			}
		}
	}
}

// once strikes the nth call of a name, from 0.
func once(call string, nth int, struck fault) func(string) fault {
	return func(name string) fault {
		if name != call {
			return noFault
		}
		nth--
		if nth == -1 {
			return struck
		}
		return noFault
	}
}

func TestAFileThatKillsItsReaderIsGivenUp(t *testing.T) {
	for _, uploaded := range []bool{false, true} {
		w := newWorld(t)
		reads := 0
		w.strike = func(call string) fault {
			if call == "Download" {
				reads++
				return dying
			}
			return noFault
		}
		key := demo + "/drop/people.csv"
		if uploaded {
			key = started(w).Key
		}
		arrival := w.put(key, oneRow, nil)
		w.event(arrival)
		w.event(arrival) // a doubled event does not use up the tries
		if reads != maxRepeats {
			t.Errorf("read %d times by events", reads)
		}
		w.settle()
		job := w.all()[0]
		if job.Status != Failed || job.Error.Code != InternalError || reads != maxParses {
			t.Errorf("%s after %d readings: %v", job.Status, reads, job.Error)
		}
		w.checkEnd(job)
	}
}
