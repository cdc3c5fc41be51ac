package dynamo

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/exporting"
	"github.com/occ/contacts/pkg/problem"
)

func exportJob(n int) exporting.Export {
	return exporting.Export{
		Workspace: ws, ID: uuid.NewString(), Status: exporting.Queued, Source: exporting.FromAPI, Format: exporting.CSV,
		CreatedBy: "sub", CreatedAt: epoch.Add(time.Duration(n) * time.Millisecond),
	}
}

func TestEveryFieldOfAnExportComesBack(t *testing.T) {
	s, full := fresh(t), exportJob(1)
	filter, err := contact.NewFilter("VIP", "Acme", contact.WhatsApp, epoch, epoch.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	full.Selection = exporting.Selection{
		Q: "mona", Channel: "whatsapp", Label: "VIP", Company: "Acme", After: "2026-01-01", Before: "2026-02-01", Fields: []string{"name"},
		Search: &contact.Search{Words: []string{"mona"}}, Filter: filter,
	}
	full.Status, full.Source, full.Schedule = exporting.Running, exporting.FromSchedule, "s-1"
	full.Rows, full.Bytes, full.Key, full.Error = 5, 5<<33, "demo/2026/01/02/x.csv", &exporting.Fault{Code: "internal_error", Detail: "Start it again."}
	full.StartedAt, full.FinishedAt, full.ProgressAt, full.Checkpoint, full.Attempts = epoch, epoch, epoch, "k", 3
	for _, want := range []exporting.Export{full, exportJob(2)} {
		if err := s.CreateExport(ctx, want, nil); err != nil {
			t.Fatal(err)
		}
		got, err := s.Export(ctx, want.Ref())
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Error(diff, err)
		}
		if err := s.CreateExport(ctx, want, nil); !errors.Is(err, exporting.ErrExists) {
			t.Error(err)
		}
	}
	if _, err := s.Export(ctx, exporting.Ref{Workspace: "other", ID: full.ID}); problem.CodeOf(err) != problem.NotFound {
		t.Error(err)
	}
}

func TestExportsLiveTheirStates(t *testing.T) {
	s, job := fresh(t), exportJob(1)
	if err := s.CreateExport(ctx, job, nil); err != nil {
		t.Fatal(err)
	}
	open := func(want int) {
		t.Helper()
		if refs, err := s.OpenExports(ctx); err != nil || len(refs) != want || want > 0 && refs[0] != job.Ref() {
			t.Error(refs, err)
		}
	}
	open(1)
	stale := job
	job.Status = exporting.Running
	job, err := s.UpdateExport(ctx, job)
	if err != nil || job.Version != 1 {
		t.Fatal(job.Version, err)
	}
	if _, err := s.UpdateExport(ctx, stale); !errors.Is(err, exporting.ErrStale) {
		t.Error(err)
	}
	open(1)
	job.Status = exporting.Completed
	if _, err := s.UpdateExport(ctx, job); err != nil {
		t.Fatal(err)
	}
	open(0)
}

func TestListExports(t *testing.T) {
	s := fresh(t)
	var want []string
	for n := range 5 {
		job := exportJob(n)
		want = append([]string{job.ID}, want...)
		if err := s.CreateExport(ctx, job, nil); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for after := ""; ; {
		page, next, err := s.ListExports(ctx, ws, 2, after)
		if err != nil {
			t.Fatal(err)
		}
		for _, job := range page {
			got = append(got, job.ID)
		}
		if after = next; after == "" {
			break
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// exportWalk is what a walk gives, stopped after each batch that has a position and begun again there.
func exportWalk(t *testing.T, s *Store, selection exporting.Selection, stops bool) map[string][]string {
	t.Helper()
	stop, found, after := errors.New("enough"), map[string][]string{}, ""
	for {
		err := s.Walk(ctx, ws, selection, after, func(batch []exporting.Record, position string) error {
			for _, record := range batch {
				if _, twice := found[record.Contact.ID]; twice {
					t.Errorf("%s comes twice", record.Contact.ID)
				}
				found[record.Contact.ID] = append([]string{}, record.Notes...)
			}
			if position == "" { // not a place to go on from
				return nil
			}
			if after = position; stops {
				return stop
			}
			return nil
		})
		if !errors.Is(err, stop) {
			if err != nil {
				t.Fatal(err)
			}
			return found
		}
	}
}

func TestAWalkGivesEverybodyOnceWithTheirNotes(t *testing.T) {
	s, want, labelled := fresh(t), map[string][]string{}, map[string][]string{}
	for n := range 150 {
		c := person(n)
		if n%3 == 0 {
			c.Labels = []string{"VIP"}
		}
		create(t, s, c)
		notes := []string{}
		for k := range n % 4 {
			before := get(t, s, c.ID)
			note := contact.Note{ID: uuid.Must(uuid.NewV7()).String(), Text: fmt.Sprintf("%d %s", k, strings.Repeat("x", 9_000)), CreatedAt: epoch, UpdatedAt: epoch}
			after := before
			after.Version++
			if err := s.WriteNote(ctx, before, after, contact.Activity{At: epoch, Action: "note_added"}, note, nil); err != nil {
				t.Fatal(err)
			}
			notes = append(notes, note.Text)
		}
		if want[c.ID] = notes; n%3 == 0 {
			labelled[c.ID] = notes
		}
	}
	other := person(900)
	other.Workspace = "other"
	create(t, s, other)
	for _, stops := range []bool{false, true} {
		if diff := cmp.Diff(want, exportWalk(t, s, exporting.Selection{}, stops)); diff != "" {
			t.Error(diff[:min(len(diff), 500)])
		}
		filter, _ := contact.NewFilter("vip", "", "", time.Time{}, time.Time{})
		if diff := cmp.Diff(labelled, exportWalk(t, s, exporting.Selection{Filter: filter}, stops)); diff != "" {
			t.Error(diff[:min(len(diff), 500)])
		}
		if found := exportWalk(t, s, exporting.Selection{Search: &contact.Search{Words: []string{"person7"}}}, stops); len(found) != 11 {
			t.Error(len(found))
		}
		if found := exportWalk(t, s, exporting.Selection{Filter: contact.Filter{Nobody: true}}, stops); len(found) != 0 {
			t.Error(len(found))
		}
	}
}

// TestAContactOfManyPages has more notes than a page of DynamoDB holds: they come together all the same.
func TestAContactOfManyPages(t *testing.T) {
	s := fresh(t)
	c := person(1)
	create(t, s, c, person(2))
	var want []string
	for n := range 40 { // 1.2 MB
		note := contact.Note{ID: uuid.Must(uuid.NewV7()).String(), Text: fmt.Sprintf("%02d%s", n, strings.Repeat("م", 9_998)), CreatedAt: epoch, UpdatedAt: epoch}
		note.Text += strings.Repeat("y", 10_000)
		want = append(want, note.Text)
		before := get(t, s, c.ID)
		after := before
		after.Version++
		if err := s.WriteNote(ctx, before, after, contact.Activity{At: epoch, Action: "note_added"}, note, nil); err != nil {
			t.Fatal(err)
		}
	}
	for _, stops := range []bool{false, true} {
		if got := exportWalk(t, s, exporting.Selection{}, stops); len(got) != 2 || !slices.Equal(got[c.ID], want) {
			t.Errorf("%d contacts, %d notes", len(got), len(got[c.ID]))
		}
	}
}
