package importing

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// statusAfter sweeps once and returns the status of the only import.
func (w *world) statusAfter() Status {
	w.sweep()
	return w.all()[0].Status
}

func TestAnUploadThatNeverComes(t *testing.T) {
	w := newWorld(t)
	started(w)
	w.pass(uploadWait - 2*retry - time.Second)
	if got := w.statusAfter(); got != AwaitingUpload {
		t.Fatalf("%s after a day", got)
	}
	w.strike = once("Head", 0, failing) // it may have come
	if got := w.statusAfter(); got != AwaitingUpload {
		t.Fatalf("%s although nobody could look", got)
	}
	if got := w.statusAfter(); got != Cancelled {
		t.Fatalf("%s after more than a day", got)
	}
	w.checkEnd(w.all()[0])
	if done := w.sweep(); done.Open != 0 {
		t.Errorf("%+v", done)
	}
}

func TestAnUploadWhoseEventIsLost(t *testing.T) {
	w := newWorld(t)
	w.put(started(w).Key, oneRow, nil)
	w.pass(uploadWait)
	if got := w.statusAfter(); got != Processing {
		t.Fatal(got)
	}
	w.settle()
	if job := w.all()[0]; job.Status != Completed || job.Totals.Created != 1 || job.ObjectVersion != "v1" {
		t.Errorf("%+v", job)
	}
}

func TestAnUploadThatComesWhileItIsGivenUp(t *testing.T) {
	for _, nth := range []int{0, 1} { // before and after the sweep looks for the object
		w := newWorld(t)
		job := started(w)
		w.pass(uploadWait)
		came := false
		w.strike = func(call string) fault {
			if !came && (call == "UpdateImport" || nth == 0 && call == "Head") {
				came = true
				w.striking.Unlock()
				defer w.striking.Lock()
				if _, err := w.arrived(w.put(job.Key, oneRow, nil)); err != nil {
					t.Error(err)
				}
			}
			return noFault
		}
		w.sweep()
		w.settle()
		if job := w.all()[0]; job.Status != Completed || job.Totals.Created != 1 {
			t.Errorf("%+v", job)
		}
	}
}

func TestFailedCallsAreTakenUp(t *testing.T) {
	w := newWorld(t)
	w.strike = func(call string) fault {
		if call == "CreateImport" {
			return failing
		}
		return noFault
	}
	w.event(w.put(demo+"/drop/people.csv", oneRow, nil))
	w.event(w.put(demo+"/reports/people.csv", oneRow, nil))
	w.failed = append(w.failed, FailedCall{[]byte("unreadable"), "other"})
	if len(w.imports) != 0 || len(w.failed) != 2 {
		t.Fatalf("%d imports, %d failed calls", len(w.imports), len(w.failed))
	}
	if done := w.sweep(); done.Calls != 0 || len(w.hidden) != 2 {
		t.Errorf("%+v", done)
	}
	w.strike = once("Delete", 0, failing)
	if done := w.sweep(); done.Calls != 1 || len(w.hidden) != 2 || len(w.imports) != 1 {
		t.Errorf("%+v", done)
	}
	if done := w.sweep(); done.Calls != 1 || len(w.hidden) != 1 || w.hidden[0].Receipt != "other" {
		t.Errorf("%+v", done)
	}
	w.hidden = nil
	w.settle()
	if job := w.all()[0]; len(w.imports) != 1 || job.Totals.Created != 1 {
		t.Errorf("%+v", job)
	}
}

func TestAnImportThatEndsBetweenItsSteps(t *testing.T) {
	for name, strike := range map[string]func(string) fault{
		"counted, and nobody saw it": once("Counted", 1, dying),
		"stuck in finalizing":        once("UpdateImport", 2, dyingThen),
		"stuck before the report":    once("ListWork", 0, dying),
		"stuck in the report":        once("GetWork", 0, dying),
		"stuck at the report's end":  once("WriteWork", 0, dyingThen),
		"stuck before the end":       once("UpdateImport", 3, dying),
		"at the very end":            once("UpdateImport", 3, dyingThen),
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.strike = strike
			if _, err := w.arrived(w.put(demo+"/drop/people.csv", oneRow+"Ali,ali@\n", nil)); err != nil {
				t.Fatal(err)
			}
			if err := w.deliver(0); err == nil {
				t.Fatal("nothing happened")
			}
			w.messages = nil
			w.sweep()
			job := w.all()[0]
			if job.Status != Completed || job.Totals != (Totals{Rows: 2, Processed: 2, Created: 1, Failed: 1}) {
				t.Errorf("%s: %+v", job.Status, job.Totals)
			}
			w.checkEnd(job)
			if diff := cmp.Diff([]string{"3 failed invalid_email"}, w.reasons(job)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A sweep leaves what moves alone, and a moving import has all of its tries before it.
func TestProgressIsSeen(t *testing.T) {
	w := newWorld(t)
	if _, err := w.arrived(w.put(demo+"/drop/people.csv", fileOf(300, 1), nil)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.sweeper.Sweep(invocation()); err != nil || w.all()[0].Attempts != 0 || len(w.messages) != 3 {
		t.Errorf("%+v, %v", w.all()[0], err)
	}
	w.sweep()
	if job := w.all()[0]; job.Attempts != 1 || len(w.messages) != 6 {
		t.Errorf("%+v", job)
	}
	if err := w.deliver(0); err != nil {
		t.Fatal(err)
	}
	w.sweep()
	if job := w.all()[0]; job.Attempts != 0 || job.Totals.Processed != 100 || job.Totals.Rows != 300 || len(w.messages) != 5 {
		t.Errorf("%+v", job)
	}
}

func TestRowsThatNobodyCanWriteAreGivenUp(t *testing.T) {
	for _, cancelled := range []bool{false, true} {
		w := newWorld(t)
		w.strike = func(call string) fault {
			if call == "Match" || cancelled && call == "GetWork" {
				return broken
			}
			return noFault
		}
		arrival := w.put(demo+"/drop/people.csv", "name,email\nMona,mona@example.com\nAli,ali@\n", nil)
		if _, err := w.arrived(arrival); err != nil {
			t.Fatal(err)
		}
		if cancelled {
			if _, err := w.service.Cancel(invocation(), w.refOf(arrival)); err != nil {
				t.Fatal(err)
			}
		}
		for range maxParseAbandons {
			w.messages = nil
			w.sweep()
		}
		w.strike = nil
		w.settle()
		job := w.all()[0]
		w.checkEnd(job)
		want, reasons := Totals{Rows: 2, Processed: 2, Failed: 2}, []string{"2 failed internal_error", "3 failed invalid_email"}
		if cancelled {
			want, reasons = Totals{Rows: 2, Processed: 2, Skipped: 1, Failed: 1}, []string{"2 skipped cancelled", "3 failed invalid_email"}
		}
		if diff := cmp.Diff(reasons, w.reasons(job)); diff != "" || job.Totals != want || (job.Status == Cancelled) != cancelled {
			t.Errorf("%s: %+v %s", job.Status, job.Totals, diff)
		}
	}
}

// Without the file not even that can be done: what has no outcome is counted.
func TestAFileThatIsDeletedBeforeItsRowsAreWritten(t *testing.T) {
	for _, cancelled := range []bool{false, true} {
		w := newWorld(t)
		arrival := w.put(demo+"/drop/people.csv", fileOf(250, 1), nil)
		if _, err := w.arrived(arrival); err != nil {
			t.Fatal(err)
		}
		if err := w.deliver(1); err != nil {
			t.Fatal(err)
		}
		w.messages = nil
		w.remove(arrival.Key)
		if cancelled {
			if _, err := w.service.Cancel(invocation(), w.refOf(arrival)); err != nil {
				t.Fatal(err)
			}
		}
		w.settle()
		want := Totals{Rows: 250, Processed: 250, Created: 100, Failed: 150}
		if cancelled {
			want.Failed, want.Skipped = 0, 150
		}
		job := w.all()[0]
		w.checkEnd(job)
		if job.Totals != want || (job.Status == Cancelled) != cancelled {
			t.Errorf("%s: %+v", job.Status, job.Totals)
		}
	}
}

func TestOneImportDoesNotKeepOthersWaiting(t *testing.T) {
	w := newWorld(t)
	started(w)
	started(w)
	w.pass(uploadWait)
	w.strike = once("Import", 0, failing)
	if done := w.sweep(); done.Open != 2 || len(done.Moved) != 1 || !errors.Is(done.Failed[0], errBusy) {
		t.Errorf("%+v", done)
	}
	w.strike = once("OpenImports", 0, failing)
	if _, err := w.sweeper.Sweep(invocation()); !errors.Is(err, errBusy) {
		t.Error(err)
	}
	w.strike = once("Receive", 0, failing)
	if done := w.sweep(); done.Open != 1 || len(done.Moved) != 1 {
		t.Errorf("%+v", done)
	}
}
