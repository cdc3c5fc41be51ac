package dynamo

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/importing"
	"github.com/occ/contacts/pkg/problem"
)

func job(n int) importing.Import {
	return importing.Import{
		Workspace: ws, ID: uuid.NewString(), Status: importing.AwaitingUpload, Source: importing.FromAPI, FileName: fmt.Sprintf("f%d.csv", n),
		Format: "csv", CreatedAt: epoch.Add(time.Duration(n) * time.Millisecond), CreatedBy: "sub", Version: 1,
	}
}

func TestEveryFieldOfAnImportComesBack(t *testing.T) {
	s, full := fresh(t), job(1)
	full.Size, full.OnDuplicate, full.DefaultRegion, full.Labels = 5<<32, importing.SkipKnown, "EG", []string{"a", "b"}
	full.Bucket, full.Key, full.ObjectVersion = "b", "demo/drop/x.csv", "v"
	full.Totals = importing.Totals{Rows: 6, Processed: 5, Created: 4, Updated: 3, Skipped: 2, Failed: 1}
	full.Columns, full.Mapping = []string{"Name", "", "E-Mail"}, map[string]string{"Name": "name"}
	full.DryRun, full.Given, full.Guessed = true, map[string]string{"Name": "name", "": "", "not read yet": "attr.x"}, map[string]string{"E-Mail": "email"}
	full.SampleRows = [][]string{{"a", "", "c"}, {}}
	full.Error, full.HasReport = &importing.FileError{Code: importing.NotUTF8, Detail: "line 3"}, true
	full.StartedAt, full.FinishedAt, full.ExpiresAt, full.ProgressAt, full.Attempts = epoch, epoch, epoch, epoch, 2
	full.UndoChunks, full.Undo = 7, importing.UndoTotals{Chunks: 6, Undone: 5, Kept: 4}
	none := job(3)
	none.Columns, none.Mapping = []string{"x"}, map[string]string{}
	for name, want := range map[string]importing.Import{"full": full, "bare": job(2), "no mapping": none} {
		t.Run(name, func(t *testing.T) {
			if err := s.CreateImport(ctx, want, nil); err != nil {
				t.Fatal(err)
			}
			got, err := s.Import(ctx, importing.Ref{Workspace: ws, ID: want.ID})
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Error(diff, err)
			}
		})
	}
}

// Items of before hold the mapping by names.
func TestAMappingOfBeforeIsRead(t *testing.T) {
	it, err := importItem(job(1), "w")
	if err != nil {
		t.Fatal(err)
	}
	it.setTexts("columns", []string{"Name"})
	it["mapping"] = text(`{"Name":"name"}`)
	got, err := importOf(it)
	if diff := cmp.Diff(map[string]string{"Name": "name"}, got.Mapping); diff != "" || err != nil {
		t.Error(diff, err)
	}
	it["given"] = text(`[{"c":1,"f":"email"}]`)
	if _, err := importOf(it); err == nil {
		t.Error("a column that is not there is passed over")
	}
}

// The largest import that waits for its mapping fits an item of 400 KB.
func TestTheLargestImportFitsItsItem(t *testing.T) {
	s, large := fresh(t), job(1)
	large.Mapping, large.Given, large.Guessed = map[string]string{}, map[string]string{}, map[string]string{}
	for n := range 500 {
		name := fmt.Sprintf("%s%03d", strings.Repeat("𝟎", 97), n)
		large.Columns = append(large.Columns, name)
		large.Mapping[name] = "attr." + fmt.Sprintf("%064d", n)
		large.Given[name], large.Guessed[name] = large.Mapping[name], "email"
	}
	for n := range 40 {
		large.Labels = append(large.Labels, fmt.Sprintf("%s%02d", strings.Repeat("𝟎", 48), n))
	}
	large.SampleRows = slices.Repeat([][]string{{strings.Repeat("x", 6<<10)}}, 5)
	large.Error = &importing.FileError{Code: importing.MissingColumns, Detail: strings.Repeat("x", 1000)}
	if err := s.CreateImport(ctx, large, nil); err != nil {
		t.Fatal(err)
	}
	got, err := s.Import(ctx, importing.Ref{Workspace: ws, ID: large.ID})
	if diff := cmp.Diff(large, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestImportsLiveTheirStates(t *testing.T) {
	s, one := fresh(t), job(1)
	ref := importing.Ref{Workspace: ws, ID: one.ID}
	if err := s.CreateImport(ctx, one, nil); err != nil {
		t.Fatal(err)
	}
	if err := s.CreateImport(ctx, one, nil); !errors.Is(err, importing.ErrExists) {
		t.Errorf("the same event again: %v", err)
	}
	open := func() int {
		refs, err := s.OpenImports(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return len(refs)
	}
	if open() != 1 {
		t.Error("a new import is not among the open ones")
	}
	moved := one
	moved.Status = importing.Completed
	moved, err := s.UpdateImport(ctx, moved)
	if err != nil || moved.Version != 2 || open() != 0 {
		t.Errorf("completed: version %d, %d open, %v", moved.Version, open(), err)
	}
	if _, err := s.UpdateImport(ctx, one); !errors.Is(err, importing.ErrStale) {
		t.Errorf("an old version: %v", err)
	}
	moved.Status = importing.Undoing
	if _, err := s.UpdateImport(ctx, moved); err != nil || open() != 1 {
		t.Errorf("undoing: %d open, %v", open(), err)
	}
	if got, err := s.Import(ctx, ref); err != nil || got.Version != 3 {
		t.Errorf("stored %+v, %v", got, err)
	}
	if _, err := s.Import(ctx, importing.Ref{Workspace: "other", ID: one.ID}); problem.CodeOf(err) != problem.NotFound {
		t.Errorf("another workspace reads it: %v", err)
	}
}

func TestListImports(t *testing.T) {
	s := fresh(t)
	var want []string
	for n := range 12 {
		one := job(n)
		if err := s.CreateImport(ctx, one, nil); err != nil {
			t.Fatal(err)
		}
		want = append(want, one.ID)
	}
	slices.Reverse(want)
	for limit := 1; limit <= 13; limit++ {
		var got []string
		for after := ""; ; {
			jobs, next, err := s.ListImports(ctx, ws, limit, after)
			if err != nil || len(jobs) > limit {
				t.Fatalf("%d jobs, %v", len(jobs), err)
			}
			for _, one := range jobs {
				got = append(got, one.ID)
			}
			if after = next; after == "" {
				break
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("limit %d: %s", limit, diff)
		}
	}
}

func TestChunksAreCountedOnce(t *testing.T) {
	const chunks = 40
	s := fresh(t)
	tally := importing.Totals{Processed: 3, Created: 1, Skipped: 1, Failed: 1}
	ref := func(n int) importing.ChunkRef {
		return importing.ChunkRef{Ref: importing.Ref{Workspace: ws, ID: "i"}, Number: n, Rows: 3}
	}
	var all sync.WaitGroup
	for n := range chunks {
		all.Go(func() {
			state, _, err := s.Commit(ctx, ref(n), importing.ChunkState{}, []importing.Write{
				{Index: 0, Outcome: importing.Skipped}, {Index: 1, Outcome: importing.Skipped}, {Index: 2, Outcome: importing.Skipped},
			})
			if err != nil {
				t.Error(err)
			}
			var twice sync.WaitGroup
			for range 2 {
				twice.Go(func() {
					if err := s.Close(ctx, ref(n), state, tally); err != nil {
						t.Error(err)
					}
				})
			}
			twice.Wait()
		})
	}
	all.Wait()
	want := importing.Totals{Processed: 3 * chunks, Created: chunks, Skipped: chunks, Failed: chunks}
	if got, err := s.Counted(ctx, ref(0).Ref); err != nil || got != want {
		t.Errorf("counted %+v, %v", got, err)
	}
	closed, err := s.ClosedChunks(ctx, ref(0).Ref, chunks+5)
	if err != nil || len(closed) != chunks || !closed[0] || !closed[39] || closed[40] {
		t.Errorf("closed %v, %v", closed, err)
	}
	if err := s.Close(ctx, ref(chunks), importing.ChunkState{}, tally); !errors.Is(err, importing.ErrStale) {
		t.Errorf("a chunk without a record: %v", err)
	}
	for _, it := range everything(t, s, s.tables.Jobs) {
		if it.number(attrSchema) != schema || it.text(attrWriteID) == "" {
			t.Errorf("item %v has no schema or writeId", it.key())
		}
		if left := time.Until(time.Unix(int64(it.number(attrExpires)), 0)); strings.Contains(it.text(attrPK), "#i#") && (left < importing.UndoLife || left > chunkLife) {
			t.Errorf("item %v expires in %s", it.key(), left)
		}
	}
}

func TestMarkTrying(t *testing.T) {
	s, ref := fresh(t), chunkOf(3)
	state, err := s.MarkTrying(ctx, ref, importing.ChunkState{}, 1)
	if want := (importing.ChunkState{Version: 1, Outcomes: "...", Trying: 2, Tries: 1}); err != nil || !cmp.Equal(state, want) {
		t.Fatalf("%+v, %v", state, err)
	}
	if _, err := s.MarkTrying(ctx, ref, importing.ChunkState{}, 1); !errors.Is(err, importing.ErrStale) {
		t.Errorf("an old state: %v", err)
	}
	state, _, err = s.Commit(ctx, ref, state, []importing.Write{{Index: 1, Outcome: importing.Skipped}})
	if want := (importing.ChunkState{Version: 2, Outcomes: ".s."}); err != nil || !cmp.Equal(state, want) {
		t.Errorf("after the commit: %+v, %v", state, err)
	}
}

func TestSettings(t *testing.T) {
	s := fresh(t)
	if got, err := s.Settings(ctx, ws); err != nil || got != contact.DefaultSettings() {
		t.Errorf("before any: %+v, %v", got, err)
	}
	for version := 1; version <= 3; version++ {
		want := contact.Settings{DefaultRegion: "EG", NightlyBackup: version == 2, Version: version}
		if err := s.PutSettings(ctx, ws, want); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Settings(ctx, ws); err != nil || got != want {
			t.Errorf("%+v, %v", got, err)
		}
		if err := s.PutSettings(ctx, ws, want); problem.CodeOf(err) != problem.VersionConflict {
			t.Errorf("the same version again: %v", err)
		}
	}
}

func TestProcessesShareOneSigningKey(t *testing.T) {
	s := fresh(t)
	keys := make([][]byte, 8)
	var all sync.WaitGroup
	for i := range keys {
		all.Go(func() {
			var err error
			if keys[i], err = Open(s.client.Client, s.tables).SigningKey(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, k := range keys {
		if len(k) != keyBytes || !bytes.Equal(k, keys[0]) {
			t.Errorf("keys %x", keys)
		}
	}
}

func TestWorkspacesAreRegisteredOnce(t *testing.T) {
	s, m := fresh(t), &meter{}
	metered := s.through(m)
	create(t, metered, person(1), person(2))
	if m.calls["PutItem"] != 1 {
		t.Errorf("calls %v", m.calls)
	}
	if it, err := s.read(ctx, s.tables.Jobs, workspaceKey(ws)); err != nil || it == nil {
		t.Errorf("registry: %v, %v", it, err)
	}
}
