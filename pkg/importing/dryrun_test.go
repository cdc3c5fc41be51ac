package importing

import (
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/occ/contacts/pkg/problem"
)

// importDry uploads a file and waits for its end.
func (w *world) importDry(mode OnDuplicate, dry bool, file string) Import {
	w.t.Helper()
	made, err := w.service.Start(invocation(), demo, "sub-1", Request{FileName: "people.csv", Size: 1, OnDuplicate: mode, DryRun: dry}, nil)
	if err != nil {
		w.t.Fatalf("%v", err)
	}
	if _, err := w.arrived(w.put(made.Job.Key, file, nil)); err != nil {
		w.t.Fatalf("%v", err)
	}
	w.settle()
	job := w.imports[Ref{demo, made.Job.ID}]
	w.checkEnd(job)
	return job
}

func TestADryRunSaysWhatTheImportWillDo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		file, mode := files.Draw(t, "file"), rapid.SampledFrom([]OnDuplicate{UpdateKnown, SkipKnown, RejectKnown}).Draw(t, "mode")
		w := newWorld(t)
		w.knowSome()
		before, claims := maps.Clone(w.contacts), maps.Clone(w.claims)
		notes := w.left(Import{}).Notes
		dry := w.importDry(mode, true, file)
		if !cmp.Equal(before, w.contacts) || !cmp.Equal(claims, w.claims) || !cmp.Equal(notes, w.left(dry).Notes) || len(w.history) > 0 {
			t.Fatal("something was written")
		}
		wet := w.importDry(mode, false, file)
		if dry.Status != wet.Status || dry.Totals != wet.Totals || !dry.DryRun || wet.DryRun {
			t.Fatalf("%s with %+v, then %s with %+v", dry.Status, dry.Totals, wet.Status, wet.Totals)
		}
		if diff := cmp.Diff(w.report(dry), w.report(wet)); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestACancelledDryRun(t *testing.T) {
	w := newWorld(t)
	made, err := w.service.Start(invocation(), demo, "sub-1", Request{FileName: "people.csv", Size: 1, DryRun: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	ref := Ref{demo, made.Job.ID}
	if _, err := w.arrived(w.put(made.Job.Key, fileOf(250, 1), nil)); err != nil {
		t.Fatal(err)
	}
	if err := w.deliver(1); err != nil {
		t.Fatal(err)
	}
	if job, err := w.service.Cancel(invocation(), ref); err != nil || job.Totals.Created != 100 {
		t.Fatalf("%+v, %v", job, err)
	}
	w.settle()
	job := w.imports[ref]
	w.checkEnd(job)
	if job.Status != Cancelled || job.Totals != (Totals{Rows: 250, Processed: 250, Created: 100, Skipped: 150}) || len(w.contacts) != 0 {
		t.Errorf("%s: %+v, %d contacts", job.Status, job.Totals, len(w.contacts))
	}
	if _, err := w.service.Cancel(invocation(), ref); problem.CodeOf(err) != problem.NotPossible {
		t.Error(err)
	}
}

// On a last delivery rows are judged one by one, and still nothing is written.
func TestACarefulDryRun(t *testing.T) {
	w := newWorld(t)
	w.know(mona)
	w.writer.maxReceives = 1
	job := w.importDry(UpdateKnown, true, "name,email,notes\nMona Q,mona@example.com,hello\nAli,ali@example.com,note\nLea,lea@,\n")
	if job.Totals != (Totals{Rows: 3, Processed: 3, Created: 1, Updated: 1, Failed: 1}) || len(w.contacts) != 1 || len(w.notes) != 0 {
		t.Errorf("%+v, %d contacts", job.Totals, len(w.contacts))
	}
}
