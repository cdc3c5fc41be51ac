package importing

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/occ/contacts/pkg/contact"
)

// files are rows of all kinds, over few people, so that rows often meet. No two valid rows reach one known contact: each is known by one
// value alone.
var files = rapid.Custom(func(t *rapid.T) string {
	lines := []string{"name,email,phone,labels,notes"}
	fresh := 0
	for range rapid.IntRange(1, 15).Draw(t, "entries") {
		switch rapid.IntRange(0, 5).Draw(t, "kind") {
		case 0:
			for range rapid.SampledFrom([]int{1, 2, 60, 130}).Draw(t, "fresh") {
				fresh++
				lines = append(lines, fmt.Sprintf("Fresh %d,fresh%d@example.com,,,", fresh, fresh))
			}
		case 1:
			lines = append(lines, rapid.SampledFrom([]string{",,,,", ",x@example.com,,,", "x,x@,,,", "x,,12,,", "x,,,,", `x,"torn,,,`, "x,x@example.com,,,,,", "x,x@example.com,,a/b,"}).Draw(t, "odd"))
		default:
			who := func(name string) int { return rapid.IntRange(0, 29).Draw(t, name) }
			line := fmt.Sprintf("Person %d,", who("name"))
			if with := rapid.IntRange(1, 3).Draw(t, "with"); with == 1 {
				line += email(who("email")) + ","
			} else if with == 2 {
				line += "," + number(who("phone"))
			} else {
				line += email(who("email")) + "," + number(who("phone"))
			}
			lines = append(lines, line+","+rapid.SampledFrom([]string{"", "VIP", "vip;new"}).Draw(t, "labels")+","+rapid.SampledFrom([]string{"", "hello", "there"}).Draw(t, "notes"))
		}
	}
	return strings.Join(lines, "\n")
})

func email(i int) string  { return fmt.Sprintf("person%d@example.com", i) }
func number(i int) string { return fmt.Sprintf("+2010012345%02d", i) }

// knowSome stores people who are known by their e-mail or by their phone.
func (w *world) knowSome() {
	for i := range 10 {
		byEmail := contact.Contact{ID: fmt.Sprint("e", i), Name: fmt.Sprint("Known ", i), Email: email(i), Labels: []string{"VIP"}}
		w.know(byEmail, contact.Contact{ID: fmt.Sprint("p", i), Name: fmt.Sprint("Known ", i+10), Phone: number(i + 10)})
		w.keepNote(contact.Contact{Workspace: demo, ID: byEmail.ID}, contact.Note{ID: "1", Text: "there"})
	}
}

// trouble is what strikes calls: the nth call of a name, from 0.
type trouble map[string]map[int]fault

// draw adds up to n faults of some calls.
func (tr trouble) draw(t *rapid.T, n int, calls ...string) {
	for range rapid.IntRange(0, n).Draw(t, "faults") {
		call := rapid.SampledFrom(calls).Draw(t, "call")
		if tr[call] == nil {
			tr[call] = map[int]fault{}
		}
		tr[call][rapid.IntRange(0, 8).Draw(t, "nth")] = fault(rapid.IntRange(int(failing), int(outdated)).Draw(t, "fault"))
	}
}

func (tr trouble) strike() func(string) fault {
	counts := map[string]int{}
	return func(call string) fault {
		counts[call]++
		return tr[call][counts[call]-1]
	}
}

var (
	readingCalls = []string{"Head", "CreateImport", "Import", "UpdateImport", "Download", "Send", "ClosedChunks", "Counted", "OpenImports", "Receive", "Delete"}
	writingCalls = []string{"Chunk", "Match", "NoteTexts", "Commit", "MarkTrying", "PutWork", "Close", "GetWork", "ListWork", "WriteWork"}
)

// stir lets events and messages come in any order, twice, or never. rest are further things that may happen.
func (w *world) stir(t *rapid.T, arrival Arrival, rest ...func()) {
	sweeps, losses := 0, 0
	for range rapid.IntRange(0, 30).Draw(t, "steps") {
		if len(w.messages) == 0 {
			w.event(arrival)
			continue
		}
		i := rapid.IntRange(0, len(w.messages)-1).Draw(t, "message")
		switch step := rapid.IntRange(0, 9+len(rest)).Draw(t, "step"); {
		case step == 0 && sweeps < 4: // more without a delivery would give rows up
			sweeps++
			w.sweep()
		case step == 1 && losses < 4:
			losses++
			w.messages = slices.Delete(w.messages, i, i+1)
		case step == 2:
			w.messages = append(w.messages, w.messages[i])
		case step == 3:
			w.event(arrival)
		case step > 9:
			rest[step-10]()
		default:
			_ = w.deliver(i)
		}
	}
}

// left is what is to be the same whatever happened on the way.
type left struct {
	Status   Status
	Totals   Totals
	Report   string
	Contacts map[string]contact.Contact
	Claims   map[string]string
	Notes    map[string][]string
	Changes  int
}

func (w *world) left(job Import) left {
	notes := map[string][]string{}
	for id, all := range w.notes {
		for _, note := range all {
			notes[id] = append(notes[id], note.Text)
		}
		slices.Sort(notes[id])
	}
	return left{job.Status, job.Totals, string(w.work[ReportKey(Ref{job.Workspace, job.ID})]), w.contacts, w.claims, notes, len(w.history)}
}

var withoutTimes = cmpopts.IgnoreFields(contact.Contact{}, "CreatedAt", "UpdatedAt")

func undisturbed(t *rapid.T, mode OnDuplicate, file string) (Import, left) {
	w := newWorld(t)
	w.knowSome()
	job := w.importFile(mode, file)
	return job, w.left(job)
}

func TestWhateverFailsTheResultIsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		file, mode := files.Draw(t, "file"), rapid.SampledFrom([]OnDuplicate{UpdateKnown, SkipKnown, RejectKnown}).Draw(t, "mode")
		_, want := undisturbed(t, mode, file)

		w := newWorld(t)
		w.knowSome()
		w.writer.maxReceives = 1000 // a crash on a last delivery costs its row: see the next property
		strikes := trouble{}
		strikes.draw(t, maxParses-1, readingCalls...)
		strikes.draw(t, 12, writingCalls...)
		w.strike = strikes.strike()
		arrival := w.put(demo+"/drop/people.csv", file, map[string]string{metaOnDuplicate: string(mode)})
		w.event(arrival)
		w.stir(t, arrival)
		w.settle()
		job := w.imports[w.refOf(arrival)]
		w.checkEnd(job)
		if diff := cmp.Diff(want, w.left(job), withoutTimes, cmpopts.EquateEmpty()); diff != "" || len(w.imports) != 1 {
			t.Fatal(diff)
		}
	})
}

// On last deliveries a crash costs the row that is being tried, a lethal row always does, and somebody may cancel: the sum is right
// all the same, and every contact is as it was or as the import makes it.
func TestWhateverKillsWorkersTheSumIsRight(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		file := files.Draw(t, "file")
		calm, want := undisturbed(t, UpdateKnown, file)

		w := newWorld(t)
		w.knowSome()
		before := maps.Clone(w.contacts)
		w.writer.maxReceives = 2
		lethal := rapid.SliceOfN(rapid.SampledFrom([]string{"Fresh 1", "Fresh 2", "Fresh 50", "Person 1", "Person 2", "Person 3"}), 0, 2).Draw(t, "lethal")
		w.lethal = func(c contact.Contact) bool { return slices.Contains(lethal, c.Name) }
		strikes := trouble{}
		strikes.draw(t, maxParses-1, readingCalls...)
		strikes.draw(t, 30, writingCalls...)
		w.strike = strikes.strike()
		arrival := w.put(demo+"/drop/people.csv", file, nil)
		w.event(arrival)
		w.stir(t, arrival, func() { _, _ = w.service.Cancel(invocation(), w.refOf(arrival)) })
		w.settle()
		job := w.imports[w.refOf(arrival)]
		w.checkEnd(job)
		if job.Status != Cancelled && job.Status != calm.Status {
			t.Fatalf("%s, %v", job.Status, job.Error)
		}
		if job.Totals.Rows > 0 && (job.Totals.Rows != calm.Totals.Rows || len(w.reasons(job)) != job.Totals.Skipped+job.Totals.Failed) {
			t.Fatalf("%+v: %v", job.Totals, w.reasons(job))
		}
		if made := len(w.contacts) - len(before); made != job.Totals.Created {
			t.Fatalf("%d contacts of %+v", made, job.Totals)
		}
		for id, c := range w.contacts {
			if !cmp.Equal(c, before[id]) && !cmp.Equal(c, want.Contacts[id], withoutTimes) {
				t.Fatalf("%+v was %+v and was to be %+v", c, before[id], want.Contacts[id])
			}
		}
	})
}
