package importing

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/problem"
)

// startRuns begins the runs of import-parse that were asked for.
func (w *world) startRuns() {
	for ; len(w.starts) > 0; w.starts = w.starts[1:] {
		_, _ = w.parser.Resume(invocation(), w.starts[0])
	}
}

// undoAll undoes an import and waits for the end.
func (w *world) undoAll(ref Ref) Import {
	w.t.Helper()
	if job, err := w.service.Undo(invocation(), ref); err != nil || job.Status != Undoing || !job.FinishedAt.IsZero() {
		w.t.Fatalf("%+v, %v", job, err)
	}
	w.startRuns()
	w.settle()
	job := w.imports[ref]
	w.checkUndone(job)
	return job
}

// checkUndone demands what holds at the end of every undo.
func (w *world) checkUndone(job Import) {
	w.t.Helper()
	sum := job.Totals.Created + job.Totals.Updated + job.Totals.Skipped + job.Totals.Failed
	if job.Status != Undone || job.FinishedAt.IsZero() || sum != job.Totals.Rows || job.Undo != w.undo.totals[Ref{job.Workspace, job.ID}] {
		w.t.Errorf("%s with %+v, undone %+v", job.Status, job.Totals, job.Undo)
	}
	if job.Undo.Undone+job.Undo.Kept > job.Totals.Created+job.Totals.Updated {
		w.t.Errorf("%+v of %+v", job.Undo, job.Totals)
	}
	_, reported := w.work[ReportKey(Ref{job.Workspace, job.ID})]
	if reported != job.HasReport || reported && len(w.reasons(job)) != job.Totals.Skipped+job.Totals.Failed+job.Undo.Kept {
		w.t.Errorf("%+v and %+v are reported as %q", job.Totals, job.Undo, w.reasons(job))
	}
}

var asBefore = cmp.Options{cmpopts.IgnoreFields(contact.Contact{}, "UpdatedAt", "Version"), cmpopts.EquateEmpty()}

// content is what an undo brings back.
type content struct {
	Contacts map[string]contact.Contact
	Claims   map[string]string
	Notes    map[string]map[string]contact.Note
}

func (w *world) content() content {
	notes := map[string]map[string]contact.Note{}
	for id, all := range w.notes {
		if len(all) > 0 {
			notes[id] = maps.Clone(all)
		}
	}
	return content{maps.Clone(w.contacts), maps.Clone(w.claims), notes}
}

// kept are the kept rows of a report, each as "row code contact".
func (w *world) kept(job Import) (kept []string) {
	for i, record := range w.report(job) {
		if own := record[len(job.Columns):]; i > 0 && own[1] == "kept" {
			kept = append(kept, own[0]+" "+own[2]+" "+own[3])
		}
	}
	return kept
}

const mixedFile = "name,email,phone,labels,notes\n" +
	"Mona Q,mona@example.com,,new,hello\n" +
	"Ali,ali@example.com,,vip,note\n" +
	"Lea,lea@,,,\n" +
	"Mona,,+201001234567,second,again\n" + // the same contact by its phone
	"Zoe,zoe@example.com,,,\n"

func TestAnUndoBringsBackWhatWas(t *testing.T) {
	w := newWorld(t)
	w.know(mona)
	w.keepNote(contact.Contact{Workspace: demo, ID: "mona"}, contact.Note{ID: "1", Text: "there"})
	before := w.content()
	imported := w.importFile(UpdateKnown, mixedFile)
	if imported.Totals != (Totals{Rows: 5, Processed: 5, Created: 2, Updated: 2, Failed: 1}) {
		t.Fatalf("%+v", imported.Totals)
	}
	w.pass(time.Hour)
	job := w.undoAll(Ref{demo, imported.ID})
	if diff := cmp.Diff(before, w.content(), asBefore); diff != "" {
		t.Error(diff)
	}
	if job.Totals != imported.Totals || job.Undo != (UndoTotals{Chunks: 1, Undone: 4}) {
		t.Errorf("%+v, %+v", job.Totals, job.Undo)
	}
	if diff := cmp.Diff([]string{"4 failed invalid_email"}, w.reasons(job)); diff != "" {
		t.Error(diff)
	}
	mona := w.contacts["demo/mona"]
	if mona.Version != 4 || !mona.UpdatedAt.After(dawn) || len(w.undo.images) != 0 {
		t.Errorf("version %d, changed at %s, %d images", mona.Version, mona.UpdatedAt, len(w.undo.images))
	}
	last := w.history[len(w.history)-1]
	slices.SortFunc(last.Changes, func(a, b contact.Change) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	want := contact.Activity{At: mona.UpdatedAt, Actor: contact.Actor{Type: contact.ByImport, ID: job.ID}, Action: "import_undone", Changes: []contact.Change{
		{Field: "email", From: "mona@example.com", To: "Mona@example.com"}, {Field: "labels", From: "new"}, {Field: "labels", From: "second"},
		{Field: "notes", From: "again"}, {Field: "notes", From: "hello"},
	}}
	if diff := cmp.Diff(want, last); diff != "" {
		t.Error(diff)
	}
}

func TestWhatWasEditedSinceIsKept(t *testing.T) {
	w := newWorld(t)
	w.know(mona, contact.Contact{ID: "nora", Name: "Nora", Email: "nora@example.com"}, contact.Contact{ID: "sam", Name: "Sam", Email: "Sam@example.com"})
	imported := w.importFile(UpdateKnown, "name,email,labels",
		"Mona,mona@example.com,a", "Nora,nora@example.com,b", "Sam,sam@example.com,c",
		"Ali,ali@example.com,", "Lea,lea@example.com,", "Zoe,zoe@example.com,", "Bob,bob@example.com,", "Gone,gone@example.com,", "Bad,bad@,")
	id := func(row int) string { return ContactID(imported.ID, row) }
	w.edit("mona", func(c *contact.Contact) { c.Company = "Other" })
	w.edit(id(5), func(c *contact.Contact) { c.Company = "Other" })
	for row, speak := range map[int]func(*contact.Contact){
		6: func(c *contact.Contact) { c.LastInteractionAt = dawn },
		7: func(c *contact.Contact) { c.ConversationCount = 1 },
		8: func(c *contact.Contact) { c.RequestCount = 1 },
	} {
		c := w.contacts["demo/"+id(row)]
		speak(&c)
		w.keep(c)
	}
	w.erase(w.contacts["demo/"+id(9)])
	w.erase(w.contacts["demo/nora"])
	spoken := w.contacts["demo/sam"] // that somebody spoke with a known contact is no edit
	spoken.LastInteractionAt, spoken.ConversationCount = dawn, 3
	w.keep(spoken)
	was := w.content()

	job := w.undoAll(Ref{demo, imported.ID})
	if job.Undo != (UndoTotals{Chunks: 1, Undone: 3, Kept: 5}) || job.Totals != imported.Totals {
		t.Errorf("%+v, %+v", job.Undo, job.Totals)
	}
	var rows []string
	for i, line := range w.kept(job) {
		row, rest, _ := strings.Cut(line, " ")
		rows = append(rows, row)
		who := []string{"mona", id(5), id(6), id(7), id(8)}[i]
		if !strings.HasPrefix(rest, "edited_since ") || !strings.Contains(rest, who) {
			t.Errorf("%s, want contact %s", line, who)
		}
	}
	if diff := cmp.Diff([]string{"2", "5", "6", "7", "8"}, rows); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"10 failed invalid_email"}, w.reasons(job)[:1]); diff != "" {
		t.Error(diff)
	}
	if cells := w.report(job)[2][:3]; !slices.Equal(cells, []string{"Mona", "mona@example.com", "a"}) {
		t.Errorf("the original columns are %q", cells)
	}
	sam := w.contacts["demo/sam"]
	if sam.Email != "Sam@example.com" || len(sam.Labels) != 0 || sam.ConversationCount != 3 || !sam.LastInteractionAt.Equal(dawn) {
		t.Errorf("%+v", sam)
	}
	was.Contacts["demo/sam"] = sam
	if diff := cmp.Diff(was, w.content()); diff != "" {
		t.Error(diff)
	}
}

func TestAClaimThatIsAnothersNow(t *testing.T) {
	w := newWorld(t)
	w.know(contact.Contact{ID: "sam", Name: "Sam", Email: "sam@example.com", Phone: number(1)})
	imported := w.importFile(UpdateKnown, "name,email,phone", "Sam,new@example.com,"+number(1))
	w.know(contact.Contact{ID: "thief", Name: "Thief", Email: "sam@example.com"})
	was := w.content()
	job := w.undoAll(Ref{demo, imported.ID})
	if diff := cmp.Diff(was, w.content()); diff != "" {
		t.Error(diff)
	}
	if kept := w.kept(job); len(kept) != 1 || !strings.HasPrefix(kept[0], "2 edited_since The e-mail that contact sam had") || !strings.Contains(kept[0], "contact thief") {
		t.Error(kept)
	}
}

// An edit between two rows of one contact would be lost with the image of before the first.
func TestAnEditBetweenTwoRowsIsKept(t *testing.T) {
	w := newWorld(t)
	w.know(mona)
	ref := w.begin(UpdateKnown, "name,email,phone,company\nMona,mona@example.com,,A\n"+strings.Repeat("x,,,\n", 99)+"Mona,,+201001234567,B\n")
	if err := w.deliver(slices.IndexFunc(w.waiting(), func(c Chunk) bool { return c.Number == 0 })); err != nil {
		t.Fatal(err)
	}
	w.edit("mona", func(c *contact.Contact) { c.Labels = append(c.Labels, "by hand") })
	w.settle()
	was := w.content()
	job := w.undoAll(ref)
	if diff := cmp.Diff(was, w.content()); diff != "" || job.Undo.Kept != 2 {
		t.Errorf("%+v %s", job.Undo, diff)
	}
}

// An edit that comes while the undo looks at the contact is seen.
func TestAnEditDuringTheUndo(t *testing.T) {
	for _, call := range []string{"RemoveImported", "RestoreImported"} {
		w := newWorld(t)
		w.know(mona)
		imported := w.importFile(UpdateKnown, "name,email,company", "Mona,mona@example.com,New", "Ali,ali@example.com,New")
		id := map[string]string{"RemoveImported": ContactID(imported.ID, 3), "RestoreImported": "mona"}[call]
		edited := false
		w.strike = func(called string) fault {
			if called == call && !edited {
				edited = true
				w.mu.Lock()
				defer w.mu.Unlock()
				w.edit(id, func(c *contact.Contact) { c.Company = "By hand" })
			}
			return noFault
		}
		job := w.undoAll(Ref{demo, imported.ID})
		if kept := w.kept(job); len(kept) != 1 || !strings.Contains(kept[0], id) || w.contacts["demo/"+id].Company != "By hand" {
			t.Errorf("%s: %q", call, kept)
		}
	}
}

// Uploads are kept for less long than imports can be undone.
func TestAnUndoWithoutTheFile(t *testing.T) {
	w := newWorld(t)
	w.know(mona)
	imported := w.importFile(UpdateKnown, mixedFile+strings.ReplaceAll(fileOf(150, 1)[len("name,email,x\n"):], ",x", ",,,"))
	w.edit(ContactID(imported.ID, 3), func(c *contact.Contact) { c.Company = "Other" })
	w.edit("mona", func(c *contact.Contact) { c.Company = "Other" })
	w.remove(imported.Key)
	job := w.undoAll(Ref{demo, imported.ID})
	if job.Undo.Kept != 3 || len(w.contacts) != 2 || job.Undo.Undone+3 != job.Totals.Created+job.Totals.Updated {
		t.Errorf("%+v, %d contacts", job.Undo, len(w.contacts))
	}
	for i, row := range []string{"2", "3", "5"} {
		record := w.report(job)[2:][i]
		if record[5] != row || strings.Join(record[:5], "") != "" || record[6] != "kept" {
			t.Errorf("%q", record)
		}
	}
}

func TestWhatCannotBeUndone(t *testing.T) {
	for name, test := range map[string]struct {
		job  Import
		says string // empty: it can
	}{
		"awaiting upload": {Import{Status: AwaitingUpload}, "is awaiting_upload. Wait"}, "parsing": {Import{Status: Parsing}, "is parsing. Wait"},
		"awaiting mapping": {Import{Status: AwaitingMapping}, "is awaiting_mapping. Wait"}, "processing": {Import{Status: Processing}, "is processing. Wait"},
		"finalizing": {Import{Status: Finalizing}, "is processing. Wait"}, "failed": {Import{Status: Failed}, "wrote nothing"},
		"undoing": {Import{Status: Undoing}, "being undone already"}, "undone": {Import{Status: Undone}, "is undone already"},
		"a dry run": {Import{Status: Completed, DryRun: true}, "dry run"}, "a cancelled dry run": {Import{Status: Cancelled, DryRun: true}, "dry run"},
		"old": {Import{Status: Completed, CreatedAt: dawn, StartedAt: dawn.Add(-UndoLife - time.Second)}, "90 days"}, "old, never begun": {Import{Status: Cancelled, CreatedAt: dawn.Add(-UndoLife - time.Second)}, "90 days"},
		"not too old": {Import{Status: Completed, CreatedAt: dawn.Add(-UndoLife - time.Second), StartedAt: dawn.Add(-UndoLife)}, ""}, "cancelled": {Import{Status: Cancelled, StartedAt: dawn}, ""},
	} {
		w := newWorld(t)
		job := test.job
		job.Workspace, job.ID = demo, "1"
		w.imports[Ref{demo, "1"}] = job
		got, err := w.service.Undo(invocation(), Ref{demo, "1"})
		if test.says != "" {
			if problem.CodeOf(err) != problem.NotPossible || !strings.Contains(err.Error(), test.says) || !cmp.Equal(w.imports[Ref{demo, "1"}], job) || len(w.starts) != 0 {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil || got.Status != Undoing || len(w.starts) != 1 {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	w := newWorld(t)
	if _, err := w.service.Undo(invocation(), Ref{demo, "1"}); problem.CodeOf(err) != problem.NotFound {
		t.Error(err)
	}
}

func TestCancelledImportsAreUndone(t *testing.T) {
	w := newWorld(t)
	ref := w.begin(UpdateKnown, fileOf(250, 1))
	if err := w.deliver(1); err != nil {
		t.Fatal(err)
	}
	if _, err := w.service.Cancel(invocation(), ref); err != nil {
		t.Fatal(err)
	}
	w.settle()
	job := w.undoAll(ref)
	if len(w.contacts) != 0 || job.Undo != (UndoTotals{Chunks: 3, Undone: 100}) || len(w.reasons(job)) != 150 {
		t.Errorf("%d contacts, %+v", len(w.contacts), job.Undo)
	}

	waiting := started(w) // nothing was written
	empty := Ref{demo, waiting.ID}
	if _, err := w.service.Cancel(invocation(), empty); err != nil {
		t.Fatal(err)
	}
	if job := w.undoAll(empty); job.HasReport || job.Undo != (UndoTotals{}) {
		t.Errorf("%+v", job)
	}
}

func TestAStartThatIsLost(t *testing.T) {
	w := newWorld(t)
	imported := w.importFile(UpdateKnown, fileOf(20, 1))
	ref := Ref{demo, imported.ID}
	w.strike = once("StartParse", 0, failing)
	if _, err := w.service.Undo(invocation(), ref); err != nil {
		t.Fatal(err)
	}
	if job, err := w.service.Get(invocation(), ref); err != nil || job.Status != Undoing || job.Totals != imported.Totals {
		t.Errorf("%+v, %v", job, err)
	}
	if _, err := w.sweeper.Sweep(invocation()); err != nil || len(w.messages) != 1 { // the next one, without waiting
		t.Errorf("%d messages, %v", len(w.messages), err)
	}
	w.settle()
	w.checkUndone(w.imports[ref])
}

func TestResume(t *testing.T) {
	w := newWorld(t)
	ref := w.begin(UpdateKnown, oneRow)
	if done, err := w.parser.Resume(invocation(), ref); err != nil || done.Sent != 1 || done.Status != Processing {
		t.Errorf("%+v, %v", done, err)
	}
	w.settle()
	sent := len(w.messages)
	for _, ref := range []Ref{ref, {demo, "unknown"}} {
		if done, err := w.parser.Resume(invocation(), ref); err != nil || done.Ignored == "" || len(w.messages) != sent {
			t.Errorf("%+v, %v", done, err)
		}
	}
	w.strike = once("Import", 0, failing)
	if _, err := w.parser.Resume(invocation(), ref); problem.CodeOf(err) != problem.Unavailable {
		t.Error(err)
	}
	if _, err := w.service.Undo(invocation(), ref); err != nil {
		t.Fatal(err)
	}
	for n := range 5 { // doubled calls do not use up the tries
		done, err := w.parser.Resume(invocation(), ref)
		if err != nil || (done.Ignored == "") != (n < maxRepeats) {
			t.Errorf("%d: %+v, %v", n, done, err)
		}
	}
	w.settle()
	if len(w.contacts) != 0 {
		t.Errorf("%+v", w.contacts)
	}
}

// The progress of an undo counts each row once, however often its chunk comes, and ends at the rows that the import
// created and updated, those that changed nothing too.
func TestTheProgressOfAnUndo(t *testing.T) {
	w := newWorld(t)
	w.know(contact.Contact{ID: "p0", Name: "Person 0", Email: "person0@example.com"})
	ref := w.begin(UpdateKnown, fileOf(250, 1))
	w.settle()
	imported := w.imports[ref].Totals
	if imported.Created != 249 || imported.Updated != 1 {
		t.Fatalf("%+v", imported)
	}
	w.edit(ContactID(ref.ID, 200), func(c *contact.Contact) { c.Company = "Other" })
	if _, err := w.service.Undo(invocation(), ref); err != nil {
		t.Fatal(err)
	}
	progress := func(want int) {
		t.Helper()
		job, err := w.service.Get(invocation(), ref)
		if err != nil || job.Undo.Undone+job.Undo.Kept != want || job.Totals != imported {
			t.Errorf("%+v of %+v, %v; want %d", job.Undo, job.Totals, err, want)
		}
	}
	progress(0)
	w.startRuns()
	slices.SortFunc(w.messages, func(a, b message) int { return strings.Compare(string(a.body), string(b.body)) })
	for i, want := range []int{100, 200, 250} {
		for range 2 {
			if _, err := w.handle(w.messages[i]); err != nil {
				t.Fatal(err)
			}
			progress(want)
		}
	}
	w.settle()
	if job := w.imports[ref]; job.Undo != (UndoTotals{Chunks: 3, Undone: 249, Kept: 1}) || job.Status != Undone {
		t.Errorf("%+v", job.Undo)
	}
	listed, _, err := w.service.List(invocation(), demo, 1, "")
	if err != nil || listed[0].Undo.Kept != 1 {
		t.Errorf("%+v, %v", listed, err)
	}
}
