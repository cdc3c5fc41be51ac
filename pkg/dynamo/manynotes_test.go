package dynamo

import (
	"fmt"
	"strings"
	"testing"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/importing"
)

// noted is a row with more notes than its transaction takes.
func noted(edit func(*importing.Row)) importing.Row {
	return fileRow(2, func(r *importing.Row) {
		for n := range 300 {
			r.Notes = append(r.Notes, fmt.Sprint("private note ", n))
		}
		if edit != nil {
			edit(r)
		}
	})
}

// notesIn are the notes in the table, by their keys.
func notesIn(t *testing.T, s *Store) map[key]string {
	t.Helper()
	notes := map[key]string{}
	for _, it := range everything(t, s, s.tables.Contacts) {
		if strings.Contains(it.text(attrSK), notePrefix) {
			notes[it.key()] = it.text("text")
		}
	}
	return notes
}

// A worker dies at each of the transactions of a row with many notes, and somebody cancels the import: either the row
// and all of its notes are written, or neither is.
func TestNotesGoWithTheirRow(t *testing.T) {
	for _, known := range []bool{true, false} {
		for dies := range 5 {
			t.Run(fmt.Sprintf("known %v, after %d", known, dies), func(t *testing.T) {
				s := fresh(t)
				w := workbenchOn(t, s)
				c := person(1)
				create(t, s, c)
				body := w.chunk("i-1", noted(func(r *importing.Row) {
					if known {
						r.Email = c.Email
					}
				}))
				calls := 0
				_, writer := w.on(&refusing{action: "TransactWriteItems", times: 1 << 30, body: `{"__type":"x#AccessDeniedException","message":"dead"}`, after: func() bool {
					calls++
					return calls > dies
				}})
				if _, err := writer.Handle(ctx, importing.Delivery{Body: body, Receives: 1}); err == nil {
					t.Fatal("it did not die")
				}
				ref := importing.Ref{Workspace: ws, ID: "i-1"}
				if _, err := importing.NewService(s, nil, nil, nil, 0, nil, w.now).Cancel(ctx, ref); err != nil {
					t.Fatal(err)
				}
				_, writer = w.on(nil)
				if _, err := writer.Handle(ctx, importing.Delivery{Body: body, Receives: 2}); err != nil {
					t.Fatal(err)
				}
				job, err := s.Import(ctx, ref)
				wrote, want := job.Totals.Created+job.Totals.Updated == 1, 0
				if wrote {
					want = 300
				}
				if n := len(notesIn(t, s)); err != nil || n != want || wrote != (dies > 0) {
					t.Errorf("%d notes lie in the table, and the import says %+v, %v", n, job.Totals, err)
				}
				verified(t, s)
			})
		}
	}
}

// Deliveries at once: one wrote the row and is about to write its notes when the other comes.
func TestDeliveriesAtOnceOfARowWithManyNotes(t *testing.T) {
	for after := 1; after <= 4; after++ {
		s := fresh(t)
		w := workbenchOn(t, s)
		body := w.chunk("i-1", noted(nil))
		handle := func(writer *importing.Writer) {
			if _, err := writer.Handle(ctx, importing.Delivery{Body: body, Receives: 1}); err != nil {
				t.Error(err)
			}
		}
		_, second := w.on(nil)
		_, first := w.on(&between{action: "TransactWriteItems", after: after, do: func() { handle(second) }})
		handle(first)
		if n := len(notesIn(t, s)); n != 300 {
			t.Errorf("after %d: %d notes", after, n)
		}
		verified(t, s)
	}
}

// Whoever is deleted between two transactions gets no more notes, and nobody's note comes back.
func TestNotesOfAContactThatChangesMeanwhile(t *testing.T) {
	for name, change := range map[string]func(t *testing.T, s *Store, id string) int{
		"deleted": func(t *testing.T, s *Store, id string) int {
			if err := service(s).Delete(ctx, ws, id, contact.Precondition{}); err != nil {
				t.Error(err)
			}
			return 0
		},
		"a note is deleted": func(t *testing.T, s *Store, id string) int {
			notes, _, err := service(s).Notes(ctx, ws, id, 1, "")
			if err == nil {
				err = service(s).DeleteNote(ctx, ws, id, notes[0].ID, user, contact.Precondition{})
			}
			if err != nil {
				t.Error(err)
			}
			return 299
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := fresh(t)
			w := workbenchOn(t, s)
			body, want := w.chunk("i-1", noted(nil)), 0
			_, writer := w.on(&between{action: "TransactWriteItems", after: 2, do: func() { want = change(t, s, one(t, s).ID) }})
			if _, err := writer.Handle(ctx, importing.Delivery{Body: body, Receives: 1}); err != nil {
				t.Fatal(err)
			}
			if n := len(notesIn(t, s)); n != want {
				t.Errorf("%d notes, want %d", n, want)
			}
			verified(t, s)
		})
	}
}
