package importing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/occ/contacts/pkg/contact"
)

// begin drops a file and leaves its messages waiting.
func (w *world) begin(mode OnDuplicate, file string) Ref {
	w.t.Helper()
	arrival := w.put(demo+"/drop/people.csv", file, map[string]string{metaOnDuplicate: string(mode)})
	if _, err := w.arrived(arrival); err != nil {
		w.t.Fatalf("%v", err)
	}
	return w.refOf(arrival)
}

func TestAMessageThatComesAgainChangesNothing(t *testing.T) {
	w := newWorld(t)
	w.know(mona)
	ref := w.begin(UpdateKnown, "name,email,labels,notes\nMona Q,mona@example.com,new,hello\nAli,ali@example.com,,note\nLea,lea@,,\n"+strings.Repeat("x,\n", 200))
	messages := slices.Clone(w.messages)
	if err := w.deliver(0); err != nil {
		t.Fatal(err)
	}
	done, err := w.handle(messages[0]) // while the import is at work
	if err != nil || done.Tally != (Totals{Processed: 100, Created: 1, Updated: 1, Failed: 98}) {
		t.Errorf("%+v, %v", done, err)
	}
	w.settle()
	before := fmt.Sprint(w.imports, w.contacts, w.notes, w.totals, len(w.history), len(w.chunks))
	for _, m := range messages { // after its end
		m.receives, m.dead = 9, true
		if done, err := w.handle(m); err != nil || done.Note != "the import is completed" {
			t.Errorf("%+v, %v", done, err)
		}
	}
	if after := fmt.Sprint(w.imports, w.contacts, w.notes, w.totals, len(w.history), len(w.chunks)); after != before {
		t.Error(cmp.Diff(before, after))
	}
	if job := w.imports[ref]; job.Totals != (Totals{Rows: 203, Processed: 203, Created: 1, Updated: 1, Failed: 201}) {
		t.Errorf("%+v", job.Totals)
	}
}

func TestDeliveriesAtOnceWriteEachRowOnce(t *testing.T) {
	for range 5 {
		w := newWorld(t)
		w.know(mona)
		ref := w.begin(UpdateKnown, strings.ReplaceAll(fileOf(250, 1), "Person 7,person7@example.com", "Mona,mona@example.com")+"Lea,lea@,\n")
		var all sync.WaitGroup
		for range 3 {
			for _, m := range slices.Clone(w.messages) {
				all.Go(func() {
					for {
						if _, err := w.handle(m); err == nil {
							return
						}
					}
				})
			}
		}
		all.Wait()
		w.settle()
		job := w.imports[ref]
		w.checkEnd(job)
		if job.Status != Completed || job.Totals != (Totals{Rows: 251, Processed: 251, Created: 249, Updated: 1, Failed: 1}) || len(w.contacts) != 250 || w.contacts["demo/mona"].Version != 2 {
			t.Errorf("%s: %+v, %d contacts", job.Status, job.Totals, len(w.contacts))
		}
		if got := w.reasons(job); !slices.Equal(got, []string{"252 failed invalid_email"}) {
			t.Error(got)
		}
	}
}

// A row that kills its worker costs itself and no other.
func TestARowThatKillsItsWorker(t *testing.T) {
	for _, poisoned := range [][]string{{"Person 0"}, {"Person 57"}, {"Person 149"}, {"Person 3", "Person 4", "Person 120"}} {
		w := newWorld(t)
		w.lethal = func(c contact.Contact) bool { return slices.Contains(poisoned, c.Name) }
		ref := w.begin(UpdateKnown, fileOf(150, 1)+"Lea,lea@,\n")
		w.deliverAll()
		job := w.imports[ref]
		w.checkEnd(job)
		if want := (Totals{Rows: 151, Processed: 151, Created: 150 - len(poisoned), Failed: 1 + len(poisoned)}); job.Totals != want || job.Status != Completed || len(w.contacts) != want.Created {
			t.Errorf("%v: %s with %+v, %d contacts", poisoned, job.Status, job.Totals, len(w.contacts))
		}
		var want []string
		for _, name := range poisoned {
			var n int
			_, _ = fmt.Sscanf(name, "Person %d", &n)
			want = append(want, fmt.Sprintf("%d failed internal_error", n+2))
		}
		if diff := cmp.Diff(append(want, "152 failed invalid_email"), w.reasons(job)); diff != "" {
			t.Error(diff)
		}
	}
}

// The same without dead letters: the sweep sends the chunk again, and its record says which row was being tried.
func TestARowThatKillsItsWorkerAndItsMessageIsLost(t *testing.T) {
	w := newWorld(t)
	w.lethal = func(c contact.Contact) bool { return c.Name == "Person 57" }
	ref := w.begin(UpdateKnown, fileOf(100, 1))
	for range 8 {
		for len(w.messages) > 0 && !w.messages[0].dead {
			_ = w.deliver(0)
		}
		w.messages = nil
		w.sweep()
	}
	job := w.imports[ref]
	if job.Totals != (Totals{Rows: 100, Processed: 100, Created: 99, Failed: 1}) || job.Status != Completed {
		t.Errorf("%s with %+v", job.Status, job.Totals)
	}
}

func TestTheLastDeliveryIsCareful(t *testing.T) {
	type delivery struct {
		receives int
		dead     bool
	}
	for d, want := range map[delivery]bool{{1, false}: false, {maxReceives - 1, false}: false, {maxReceives, false}: true, {1, true}: true} {
		w := newWorld(t)
		w.begin(UpdateKnown, oneRow)
		done, err := w.handle(message{w.messages[0].body, d.receives, d.dead, false})
		if err != nil || done.Careful != want || done.Status != Completed {
			t.Errorf("%+v: %+v, %v", d, done, err)
		}
	}
}

// A worker may be killed by something else while it writes a row alone: that row is tried again.
func TestARowIsNotBlamedForOneDeath(t *testing.T) {
	w := newWorld(t)
	ref := w.begin(UpdateKnown, fileOf(20, 1))
	commits := 0
	w.strike = func(call string) fault {
		if call == "Commit" {
			if commits++; commits == 3 || commits == 6 {
				return dying
			}
		}
		return noFault
	}
	message := w.messages[0]
	for message.receives = maxReceives; message.receives < maxReceives+3; message.receives++ {
		_, _ = w.handle(message) // its death is what the test wants
	}
	if job := w.imports[ref]; job.Status != Completed || job.Totals.Created != 20 {
		t.Errorf("%s with %+v: %v", job.Status, job.Totals, w.reasons(job))
	}
}

// Another copy of the message, which a sweep sent, may arrive while a row is being tried alone: that row killed nobody.
func TestACopyDoesNotBlameTheRowThatIsBeingTried(t *testing.T) {
	w := newWorld(t)
	ref := w.begin(UpdateKnown, fileOf(20, 1))
	last, commits := w.messages[0], 0
	last.receives = maxReceives
	w.strike = func(call string) fault {
		if call == "Commit" {
			if commits++; commits == 5 {
				w.striking.Unlock()
				defer w.striking.Lock()
				if err := w.deliver(0); err != nil {
					t.Error(err)
				}
			}
		}
		return noFault
	}
	if done, err := w.handle(last); err != nil || !done.Careful {
		t.Errorf("%+v, %v", done, err)
	}
	if job := w.imports[ref]; job.Status != Completed || job.Totals.Created != 20 {
		t.Errorf("%s with %+v: %v", job.Status, job.Totals, w.reasons(job))
	}
}

// What passes by itself is no fault of the row that was being tried.
func TestABusyTableIsNoFaultOfARow(t *testing.T) {
	w := newWorld(t)
	ref := w.begin(UpdateKnown, fileOf(5, 1))
	commits := 0
	w.strike = func(call string) fault {
		if call == "Commit" {
			if commits++; commits%3 != 0 {
				return failing
			}
		}
		return noFault
	}
	w.deliverAll()
	if job := w.imports[ref]; job.Status != Completed || job.Totals.Created != 5 {
		t.Errorf("%s with %+v", job.Status, job.Totals)
	}
}

// Every call of a writer may fail: the message comes again, and the result is the same.
func TestEveryCallOfAWriteMayFail(t *testing.T) {
	for _, call := range []string{"Import", "GetWork", "Chunk", "Match", "NoteTexts", "Commit", "PutWork", "Close", "Counted", "UpdateImport", "ListWork", "WriteWork"} {
		for _, struck := range []fault{failing, losing, dying, dyingThen, outdated} {
			for nth := range 3 {
				w := newWorld(t)
				w.know(mona)
				ref := w.begin(UpdateKnown, "name,email,notes\nMona,mona@example.com,hello\nAli,ali@example.com,note\nLea,lea@,\n"+strings.Repeat("x,,\n", 100))
				w.strike = once(call, nth, struck)
				w.settle()
				job := w.imports[ref]
				w.checkEnd(job)
				if job.Status != Completed || job.Totals != (Totals{Rows: 103, Processed: 103, Created: 1, Updated: 1, Failed: 101}) || len(w.contacts) != 2 || len(w.notes["demo/mona"]) != 1 {
					t.Errorf("call %d of %s, fault %d: %s with %+v", nth, call, struck, job.Status, job.Totals)
				}
			}
		}
	}
}

// Rows that others are always faster at come back with their message, and so do those of a function whose time is over.
func TestAWriterGivesUpInTime(t *testing.T) {
	w := newWorld(t)
	ref := w.begin(UpdateKnown, oneRow)
	w.strike = func(call string) fault {
		if call == "Commit" {
			return outdated
		}
		return noFault
	}
	if err := w.deliver(0); err == nil {
		t.Error("a row without outcome is done")
	}
	ctx, stop := context.WithCancel(invocation())
	w.strike = func(call string) fault {
		if call == "Commit" {
			stop()
			return outdated
		}
		return noFault
	}
	if _, err := w.writer.Handle(ctx, Delivery{Body: w.messages[0].body, Receives: 1}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	w.strike = nil
	w.settle()
	if job := w.imports[ref]; job.Totals.Created != 1 {
		t.Errorf("%+v", job.Totals)
	}
}

func TestMessagesThatWriteNothing(t *testing.T) {
	w := newWorld(t)
	ref := w.begin(UpdateKnown, oneRow)
	chunk := w.waiting()[0]
	chunk.Import = "unknown"
	unknown, _ := json.Marshal(chunk)
	for name, body := range map[string]string{"no JSON": "{", "no chunk": `{"rows":[{"verdict":{"outcome":"xx"}}]}`, "of no import": string(unknown)} {
		if done, err := w.handle(message{body: []byte(body), receives: 1}); err != nil || done.Note == "" {
			t.Errorf("%s: %+v, %v", name, done, err)
		}
	}
	if _, err := w.handle(message{body: []byte(`{"schema":2}`), receives: 1}); err == nil {
		t.Error("a chunk of another schema is taken")
	}
	lost, _ := json.Marshal(Chunk{Schema: chunkSchema, Workspace: demo, Import: ref.ID, BodyKey: "demo/chunks/lost.json"})
	if _, err := w.handle(message{body: lost, receives: 1}); err == nil {
		t.Error("a chunk without body is taken")
	}
	w.settle()
	if job := w.imports[ref]; job.Totals.Created != 1 || len(w.chunks) != 1 {
		t.Errorf("%+v", job.Totals)
	}
}
