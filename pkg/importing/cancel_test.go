package importing

import (
	"slices"
	"testing"

	"github.com/occ/contacts/pkg/problem"
)

func TestACancelledImportSkipsWhatIsNotWritten(t *testing.T) {
	w := newWorld(t)
	ref := w.begin(UpdateKnown, fileOf(250, 1)+"Lea,lea@,\n")
	if err := w.deliver(1); err != nil {
		t.Fatal(err)
	}
	job, err := w.service.Cancel(invocation(), ref)
	if err != nil || job.Status != Processing || job.Totals != (Totals{Rows: 251, Processed: 100, Created: 100}) {
		t.Fatalf("%+v, %v", job, err)
	}
	w.settle()
	job = w.imports[ref]
	w.checkEnd(job)
	if job.Status != Cancelled || job.Totals != (Totals{Rows: 251, Processed: 251, Created: 100, Skipped: 150, Failed: 1}) || len(w.contacts) != 100 {
		t.Errorf("%s: %+v", job.Status, job.Totals)
	}
	reasons := w.reasons(job)
	if len(reasons) != 151 || reasons[0] != "2 skipped cancelled" || reasons[100] != "202 skipped cancelled" || reasons[150] != "252 failed invalid_email" || !slices.IsSorted(reasons[100:]) {
		t.Error(reasons)
	}
}

// A cancel may come at any moment, and the sum is right all the same.
func TestACancelAtAnyCall(t *testing.T) {
	for nth := range 60 {
		w := newWorld(t)
		arrival := w.put(demo+"/drop/people.csv", fileOf(120, 1)+"Lea,lea@,\n", nil)
		cancelled := false
		calls := 0
		w.strike = func(string) fault {
			if calls++; calls == nth+1 {
				w.striking.Unlock()
				defer w.striking.Lock()
				_, err := w.service.Cancel(invocation(), w.refOf(arrival))
				cancelled = err == nil
				if code := problem.CodeOf(err); err != nil && code != problem.NotFound && code != problem.NotPossible {
					t.Errorf("call %d: %v", nth, err)
				}
			}
			return noFault
		}
		w.event(arrival)
		w.settle()
		job := w.imports[w.refOf(arrival)]
		w.checkEnd(job)
		if (job.Status == Cancelled) != cancelled || job.Status == Completed && job.Totals.Created != 120 || job.Totals.Created != len(w.contacts) {
			t.Errorf("call %d: cancelled %v, %s with %+v", nth, cancelled, job.Status, job.Totals)
		}
	}
}

// A file that cannot be read stays cancelled if it was cancelled first.
func TestACancelBeforeTheFault(t *testing.T) {
	w := newWorld(t)
	arrival := w.put(demo+"/drop/people.csv", "name,email\n\xff", nil)
	w.strike = func(call string) fault {
		if call == "Download" {
			w.striking.Unlock()
			defer w.striking.Lock()
			if _, err := w.service.Cancel(invocation(), w.refOf(arrival)); err != nil {
				t.Error(err)
			}
		}
		return noFault
	}
	if done, err := w.arrived(arrival); err != nil || done.Status != Cancelled || w.all()[0].Error != nil {
		t.Errorf("%+v, %v, %+v", done, err, w.all()[0])
	}
}

func TestCancelInEveryState(t *testing.T) {
	for status, want := range map[Status]struct {
		after Status
		code  problem.Code
	}{
		AwaitingUpload: {Cancelled, ""}, Parsing: {Cancelled, ""}, AwaitingMapping: {Cancelled, ""}, Processing: {Processing, ""}, Finalizing: {Finalizing, problem.NotPossible},
		Completed: {Completed, problem.NotPossible}, Failed: {Failed, problem.NotPossible}, Cancelled: {Cancelled, problem.NotPossible}, Undoing: {Undoing, problem.NotPossible}, Undone: {Undone, problem.NotPossible},
	} {
		w := newWorld(t)
		ref := Ref{demo, "1"}
		w.imports[ref] = Import{Workspace: demo, ID: "1", Status: status, Totals: Totals{Rows: 5}}
		for range 2 {
			job, err := w.service.Cancel(invocation(), ref)
			if want.code != "" && problem.CodeOf(err) != want.code || want.code == "" && (err != nil || job.Status != want.after) {
				t.Errorf("%s: %+v, %v", status, job, err)
			}
			if stored := w.imports[ref]; stored.Status != want.after || stored.Version > 1 || stored.Cancelling != (status == Processing) || want.after != status && !stored.FinishedAt.Equal(dawn) {
				t.Errorf("%s: %+v", status, stored)
			}
			if want.after != status {
				break
			}
		}
	}
	w := newWorld(t)
	if _, err := w.service.Cancel(invocation(), Ref{demo, "1"}); problem.CodeOf(err) != problem.NotFound {
		t.Error(err)
	}
}
