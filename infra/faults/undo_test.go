package faults_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/occ/contacts/infra/faults"
	"github.com/occ/contacts/pkg/importing"
)

// An undo leaves what was there before the import, whatever DynamoDB does and whoever dies, and though its runs begin several times.
func TestAnUndoUnderFaultsAndKills(t *testing.T) {
	eachSeed(t, func(t *testing.T, seed uint64, workspace string) {
		file, known, want := people(rows)
		prepare(t, workspace, known)
		before := contents(t, workspace)
		drop(t, workspace, file)
		imported := ended(t, workspace)
		compare(t, workspace, imported, want)

		if status, _ := post(t, workspace, "/v1/imports/"+imported.ID+"/undo", nil, ""); status != http.StatusAccepted {
			t.Fatalf("the undo answers %d", status)
		}
		ctx, stop := context.WithTimeout(t.Context(), 15*time.Second)
		defer stop()
		var killer faults.Killer
		var others sync.WaitGroup
		proxy.Set(faults.All)
		others.Go(func() {
			killer.Random(ctx, seed, 300*time.Millisecond, home, "contacts-import-write", "contacts-import-parse")
		})
		for range 2 {
			others.Go(func() {
				invoke(t, "import-parse", fmt.Sprintf(`{"action":"parse","workspace":%q,"id":%q}`, workspace, imported.ID))
			})
		}
		job := ended(t, workspace)
		stop()
		others.Wait()
		proxy.Set(faults.Odds{})
		invoke(t, "import-parse", `{"action":"sweep"}`) // what deletions left
		t.Logf("%d killed, undone %+v", killer.Killed(), job.Undo)
		if killer.Killed() == 0 {
			t.Error("nobody was killed")
		}
		if job.Status != importing.Undone || job.Totals != want.totals || job.Undo.Kept != 0 || job.Undo.Undone != want.totals.Created+want.totals.Updated {
			t.Errorf("ended %s with %+v, undone %+v", job.Status, job.Totals, job.Undo)
		}
		same(t, contents(t, workspace), before)
		sound(t)
		if status, _ := post(t, workspace, "/v1/imports/"+imported.ID+"/undo", nil, ""); status != http.StatusConflict {
			t.Errorf("undone twice: %d", status)
		}
	})
}
