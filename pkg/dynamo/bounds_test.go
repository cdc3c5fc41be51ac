package dynamo

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/exporting"
	"github.com/occ/contacts/pkg/importing"
	"github.com/occ/contacts/pkg/problem"
)

// filled puts items as they are.
func filled(t *testing.T, s *Store, table string, items []item) {
	t.Helper()
	for chunk := range slices.Chunk(items, maxBatchWrites) {
		writes := make([]types.WriteRequest, len(chunk))
		for i, it := range chunk {
			writes[i] = types.WriteRequest{PutRequest: &types.PutRequest{Item: it}}
		}
		if _, err := s.client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{table: writes}}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestNotesOfAContactAreBounded(t *testing.T) {
	s := fresh(t)
	c := person(1)
	create(t, s, c)
	notes := make([]item, contact.MaxNotes-1)
	for n := range notes {
		notes[n] = noteItem(c, contact.Note{ID: fmt.Sprintf("%04d", n), Text: fmt.Sprint("note ", n), CreatedAt: epoch, UpdatedAt: epoch}, "w")
	}
	filled(t, s, s.tables.Contacts, notes)
	if _, err := service(s).AddNote(ctx, ws, c.ID, user, "the last", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := service(s).AddNote(ctx, ws, c.ID, user, "one too many", nil); problem.CodeOf(err) != problem.NotPossible || !strings.Contains(err.Error(), "Delete") {
		t.Errorf("%v", err)
	}
	w := workbenchOn(t, s)
	job := w.handled(
		fileRow(2, func(r *importing.Row) { r.Email, r.Notes = c.Email, []string{"one more"} }),
		fileRow(3, func(r *importing.Row) { r.Email, r.Notes = c.Email, []string{"note 7"} }), // is there
	)
	if job.Totals.Failed != 1 || job.Totals.Updated != 1 || !strings.Contains(strings.Join(w.report(importing.Ref{Workspace: ws, ID: "i-1"}), "\n"), "value_too_long") {
		t.Errorf("%+v", job.Totals)
	}
}

// entries are those of so many open jobs of a workspace.
func entries(n int, workspace string, at func(workspace, id string) key) []item {
	list := make([]item, n)
	for i := range list {
		list[i] = newItem(at(workspace, fmt.Sprint(i)), "w", 2)
	}
	return list
}

func TestOpenJobsOfAWorkspaceAreBounded(t *testing.T) {
	s := fresh(t)
	imports := importing.NewService(s, fakeLinks{}, nil, []string{"csv"}, 1<<20, nil, time.Now)
	nobody := func(context.Context, string, string, string) (*contact.Search, error) { return nil, nil }
	exports := exporting.NewService(s, fakeLinks{}, noStarter{}, nobody, time.Hour, time.Now)
	start := func(workspace string) (error, error) {
		_, first := imports.Start(ctx, workspace, "sub", importing.Request{FileName: "a.csv", Size: 1}, nil)
		_, second := exports.Start(ctx, workspace, "sub", exporting.Request{Format: exporting.CSV}, nil)
		return first, second
	}
	filled(t, s, s.tables.Jobs, append(entries(999, ws, openImportKey), entries(99, ws, openExportKey)...))
	filled(t, s, s.tables.Jobs, append(entries(1200, ws+"2", openImportKey), entries(120, ws+"2", openExportKey)...))
	if first, second := start(ws); first != nil || second != nil {
		t.Errorf("the last ones: %v, %v", first, second)
	}
	for _, workspace := range []string{ws, ws + "2"} {
		first, second := start(workspace)
		if problem.CodeOf(first) != problem.NotPossible || problem.CodeOf(second) != problem.NotPossible {
			t.Errorf("one too many in %s: %v, %v", workspace, first, second)
		}
	}
	if first, second := start("other"); first != nil || second != nil {
		t.Errorf("another workspace: %v, %v", first, second)
	}
}

type noStarter struct{}

func (noStarter) StartExport(context.Context, exporting.Ref) error { return nil }
