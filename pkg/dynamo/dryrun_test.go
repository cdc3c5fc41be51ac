package dynamo

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/importing"
)

// objects are the files of an import, in memory.
type objects struct {
	importing.FileStore
	bodies map[string][]byte
}

func (o objects) PutWork(_ context.Context, key string, body []byte) error {
	o.bodies[key] = body
	return nil
}

func (o objects) GetWork(_ context.Context, key string) ([]byte, error) { return o.bodies[key], nil }

func (o objects) ListWork(_ context.Context, prefix string) (keys []string, err error) {
	for _, key := range slices.Sorted(maps.Keys(o.bodies)) {
		if strings.HasPrefix(key, prefix) {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

func (o objects) WriteWork(_ context.Context, key, _ string, body io.Reader) (err error) {
	o.bodies[key], err = io.ReadAll(body)
	return err
}

// rowsOfEveryKind are rows that create, update, change nothing, and fail, each reaching contacts of its own.
func rowsOfEveryKind(known []contact.Contact) []importing.Row {
	rows := []importing.Row{
		{Name: "New One", Email: "new1@example.com", Labels: []string{"fresh"}, Company: "Acme", Notes: []string{"hello"}},
		{Name: "New Two", Phone: "+201099999999", Channel: contact.WhatsApp},
		{Name: "Renamed", Email: known[0].Email, Notes: []string{"there"}, Labels: []string{"seldom"}},
		{Name: known[1].Name, Email: known[1].Email, Phone: known[1].Phone},
		{Name: "Between Two", Email: known[2].Email, Phone: known[3].Phone},
		{Name: "Too Many", Email: known[4].Email, Labels: []string{"one more"}},
		{Verdict: &importing.Verdict{Outcome: importing.Rejected, Code: importing.MissingName, Message: "The row has no name."}},
	}
	for i := range rows {
		rows[i].Number, rows[i].Cells = i+2, []string{rows[i].Name, rows[i].Email, rows[i].Phone}
	}
	return rows
}

// imported writes the rows as an import's only chunk.
func imported(t *testing.T, s *Store, files objects, mode importing.OnDuplicate, dry bool, rows []importing.Row) (importing.Import, string) {
	t.Helper()
	one := job(0)
	one.Status, one.OnDuplicate, one.DryRun, one.Totals.Rows, one.Columns = importing.Processing, mode, dry, len(rows), []string{"name", "email", "phone"}
	if err := s.CreateImport(ctx, one, nil); err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(importing.Chunk{Schema: 1, Workspace: ws, Import: one.ID, OnDuplicate: mode, DryRun: dry, Labels: []string{"of all"}, CreatedAt: epoch, Rows: rows})
	if err != nil {
		t.Fatal(err)
	}
	writer := importing.NewWriter(s, s, files, importing.NewFinisher(s, files, time.Now), 3, time.Now)
	if _, err := writer.Handle(ctx, importing.Delivery{Body: body, Receives: 1}); err != nil {
		t.Fatal(err)
	}
	ref := importing.Ref{Workspace: ws, ID: one.ID}
	if one, err = s.Import(ctx, ref); err != nil {
		t.Fatal(err)
	}
	return one, string(files.bodies[importing.ReportKey(ref)])
}

func TestADryRunWritesNothingAndSaysWhatWillBe(t *testing.T) {
	want := map[importing.OnDuplicate]importing.Totals{
		importing.UpdateKnown: {Rows: 7, Processed: 7, Created: 2, Updated: 2, Failed: 3},
		importing.SkipKnown:   {Rows: 7, Processed: 7, Created: 2, Skipped: 3, Failed: 2},
		importing.RejectKnown: {Rows: 7, Processed: 7, Created: 2, Failed: 5},
	}
	for mode, totals := range want {
		t.Run(string(mode), func(t *testing.T) {
			s, files := fresh(t), objects{bodies: map[string][]byte{}}
			known := []contact.Contact{person(0), person(1), person(2), person(3), person(4)}
			known[1].Labels = []string{"of all"}
			for n := range contact.MaxLabels {
				known[4].Labels = append(known[4].Labels, fmt.Sprint("label ", n))
			}
			create(t, s, known...)
			contacts, timeline, jobs := everything(t, s, s.tables.Contacts), everything(t, s, s.tables.Timeline), everything(t, s, s.tables.Jobs)

			dry, dryReport := imported(t, s, files, mode, true, rowsOfEveryKind(known))
			if !reflect.DeepEqual(contacts, everything(t, s, s.tables.Contacts)) || len(everything(t, s, s.tables.Timeline)) != len(timeline) {
				t.Error("something was written")
			}
			if left := len(everything(t, s, s.tables.Jobs)) - len(jobs); left != 3 { // the import, its chunk, its totals
				t.Errorf("%d items of jobs more", left)
			}
			wet, report := imported(t, s, files, mode, false, rowsOfEveryKind(known))
			if dry.Totals != totals || wet.Totals != totals || dry.Status != importing.Completed || wet.Status != importing.Completed {
				t.Errorf("%s with %+v, then %s with %+v, want %+v", dry.Status, dry.Totals, wet.Status, wet.Totals, totals)
			}
			if diff := cmp.Diff(dryReport, report); diff != "" || dryReport == "" {
				t.Error(diff)
			}
			if found, err := s.Verify(ctx); err != nil || len(found.Breaches) > 0 {
				t.Error(found.Breaches, err)
			}
		})
	}
}

// A workspace is there from its first import, but not from one that writes nothing.
func TestADryRunMakesNoWorkspace(t *testing.T) {
	s, files := fresh(t), objects{bodies: map[string][]byte{}}
	for _, dry := range []bool{true, false} {
		if one, _ := imported(t, s, files, importing.UpdateKnown, dry, rowsOfEveryKind([]contact.Contact{person(0), person(1), person(2), person(3), person(4)})); one.Totals.Created != 6 {
			t.Errorf("%+v", one.Totals)
		}
		if it, err := s.read(ctx, s.tables.Jobs, workspaceKey(ws)); err != nil || (it == nil) != dry {
			t.Errorf("dry %v: registry %v, %v", dry, it, err)
		}
	}
}
