package importing

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/occ/contacts/pkg/contact"
)

var undoCalls = []string{
	"Import", "UpdateImport", "StartParse", "ChunksToUndo", "Download", "Send", "OpenImports", "UndoCounted", "UndoChunk", "Touched", "ImportedNotes",
	"RemoveImported", "RestoreImported", "SaveUndo", "CountUndo", "MarkTrying", "PutWork", "ListWork", "GetWork", "WriteWork",
}

// stirUndo lets messages of an undo come in any order, twice, or never, and runs begin more than once.
func (w *world) stirUndo(t *rapid.T, ref Ref) {
	for range rapid.IntRange(0, 25).Draw(t, "undo steps") {
		w.startRuns()
		if len(w.messages) == 0 {
			_, _ = w.parser.Resume(invocation(), ref)
			continue
		}
		i := rapid.IntRange(0, len(w.messages)-1).Draw(t, "message")
		switch rapid.IntRange(0, 7).Draw(t, "step") {
		case 0:
			w.messages = slices.Delete(w.messages, i, i+1)
		case 1:
			w.messages = append(w.messages, w.messages[i])
		case 2:
			_, _ = w.parser.Resume(invocation(), ref)
		case 3:
			w.sweep()
		default:
			_ = w.deliver(i)
		}
	}
}

// imported is a world after an import, and what was before.
func imported(t *rapid.T) (*world, Import, content) {
	w := newWorld(t)
	w.knowSome()
	before := w.content()
	return w, w.importFile(UpdateKnown, files.Draw(t, "file")), before
}

func TestWhateverFailsAnUndoBringsBackWhatWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, job, before := imported(t)
		ref := Ref{demo, job.ID}
		w.writer.maxReceives = 1000 // a crash on a last delivery keeps its row: see the next property
		if job.Status != Completed {
			return
		}
		if rapid.Bool().Draw(t, "without the file") {
			w.remove(job.Key)
		}
		reported := w.work[ReportKey(ref)]
		if _, err := w.service.Undo(invocation(), ref); err != nil {
			t.Fatal(err)
		}
		strikes := trouble{}
		strikes.draw(t, 15, undoCalls...)
		w.strike = strikes.strike()
		w.stirUndo(t, ref)
		w.settle()
		job = w.imports[ref]
		w.checkUndone(job)
		if diff := cmp.Diff(before, w.content(), asBefore); diff != "" || job.Undo.Kept != 0 || len(w.undo.images) != 0 {
			t.Fatalf("%+v, %d images: %s", job.Undo, len(w.undo.images), diff)
		}
		if job.Undo.Undone == 0 && job.Totals.Created > 0 || string(reported) != string(w.work[ReportKey(ref)]) {
			t.Fatalf("%+v of %+v", job.Undo, job.Totals)
		}
	})
}

// Contacts are edited and killers of workers meanwhile: the undo ends, and each contact is as it was, or is kept and reported.
func TestWhateverKillsWorkersAnUndoEnds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, job, before := imported(t)
		ref := Ref{demo, job.ID}
		if job.Status != Completed {
			return
		}
		for range rapid.IntRange(0, 3).Draw(t, "edits") {
			id := strings.TrimPrefix(rapid.SampledFrom(slices.Sorted(maps.Keys(w.contacts))).Draw(t, "edited"), demo+"/")
			w.edit(id, func(c *contact.Contact) { c.Company = "By hand" })
		}
		lethal := rapid.SliceOfN(rapid.SampledFrom([]string{"Fresh 1", "Fresh 50", "Known 1", "Known 2", "Known 11"}), 0, 2).Draw(t, "lethal")
		w.lethal = func(c contact.Contact) bool { return slices.Contains(lethal, c.Name) }
		if _, err := w.service.Undo(invocation(), ref); err != nil {
			t.Fatal(err)
		}
		strikes := trouble{}
		strikes.draw(t, 15, undoCalls...)
		w.strike = strikes.strike()
		was := w.content()
		w.stirUndo(t, ref)
		w.settle()
		job = w.imports[ref]
		w.checkUndone(job)
		listed := fmt.Sprint(w.kept(job))
		for name, c := range w.contacts {
			asItWas := cmp.Equal(c, before.Contacts[name], asBefore)
			id := strings.TrimPrefix(name, demo+"/")
			byHand := !strings.Contains(listed, id) && before.Contacts[name].ID != "" && c.Company == "By hand" // the import never wrote it
			kept := strings.Contains(listed, id) && cmp.Equal(c, was.Contacts[name])
			if !asItWas && !byHand && !kept {
				t.Fatalf("%+v was %+v, listed are %s", c, before.Contacts[name], listed)
			}
		}
	})
}

// One that kills every worker that touches it costs no other.
func TestAPoisonedContactIsKept(t *testing.T) {
	w := newWorld(t)
	job := w.importFile(UpdateKnown, fileOf(30, 1))
	w.lethal = func(c contact.Contact) bool { return c.Name == "Person 7" }
	job = w.undoAll(Ref{demo, job.ID})
	if kept := w.kept(job); len(kept) != 1 || !strings.HasPrefix(kept[0], "9 internal_error ") || len(w.contacts) != 1 || job.Undo.Undone != 29 {
		t.Errorf("%q, %d contacts, %+v", kept, len(w.contacts), job.Undo)
	}
}

// When a call never succeeds the undo still ends, and says what it left.
func TestAnUndoThatNobodyCanDoEnds(t *testing.T) {
	for call, want := range map[string]UndoTotals{
		"RemoveImported": {Chunks: 1, Kept: 20}, "Download": {Chunks: 1, Undone: 20}, "Send": {Chunks: 1, Kept: 20}, "UndoChunk": {}, "Touched": {}, "SaveUndo": {}, "CountUndo": {}, "PutWork": {Chunks: 1, Undone: 20},
	} {
		w := newWorld(t)
		job := w.importFile(UpdateKnown, fileOf(20, 1))
		w.strike = func(called string) fault {
			if called == call {
				return broken
			}
			return noFault
		}
		ref := Ref{demo, job.ID}
		if _, err := w.service.Undo(invocation(), ref); err != nil {
			t.Fatal(err)
		}
		for range maxParseAbandons + 1 {
			for range len(w.messages) {
				_ = w.deliver(0)
			}
			w.sweep()
		}
		job = w.imports[ref]
		w.checkUndone(job)
		if job.Undo != want || want.Kept > 0 && !strings.Contains(w.kept(job)[0], " internal_error ") {
			t.Errorf("%s: %+v", call, job.Undo)
		}
	}
}

func TestAnUndoMayDieAtAnyCall(t *testing.T) {
	for _, struck := range []fault{dying, dyingThen, failing, losing} {
		for nth := range 40 {
			w := newWorld(t)
			w.know(mona)
			before := w.content()
			job := w.importFile(UpdateKnown, mixedFile)
			if _, err := w.service.Undo(invocation(), Ref{demo, job.ID}); err != nil {
				t.Fatal(err)
			}
			calls := 0
			w.strike = func(string) fault {
				if calls++; calls == nth+1 {
					return struck
				}
				return noFault
			}
			w.startRuns()
			w.settle()
			job = w.imports[Ref{demo, job.ID}]
			w.checkUndone(job)
			if diff := cmp.Diff(before, w.content(), asBefore); diff != "" || job.Undo != (UndoTotals{Chunks: 1, Undone: 4}) {
				t.Fatalf("call %d, fault %d: %+v %s", nth, struck, job.Undo, diff)
			}
		}
	}
}

// Messages of an undo that come after its end, or of another kind of chunk while it is at work, do nothing.
func TestMessagesOutOfTime(t *testing.T) {
	w := newWorld(t)
	ref := w.begin(UpdateKnown, fileOf(20, 1))
	importing := w.messages[0]
	w.settle()
	if _, err := w.service.Undo(invocation(), ref); err != nil {
		t.Fatal(err)
	}
	w.startRuns()
	undoing := w.messages[0]
	if done, err := w.handle(importing); err != nil || done.Note != "the import is undoing" {
		t.Errorf("%+v, %v", done, err)
	}
	if done, err := w.handle(undoing); err != nil || done.Undo != (UndoTotals{Chunks: 1, Undone: 20}) || done.Status != Undone {
		t.Errorf("%+v, %v", done, err)
	}
	for _, m := range []message{importing, undoing} {
		if done, err := w.handle(m); err != nil || done.Note != "the import is undone" {
			t.Errorf("%+v, %v", done, err)
		}
	}
	w.messages = nil
	if _, err := w.service.Undo(invocation(), ref); err == nil || errors.Is(err, errBusy) {
		t.Errorf("undone twice: %v", err)
	}
}
