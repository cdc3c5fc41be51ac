package faults_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/occ/contacts/infra/faults"
	"github.com/occ/contacts/pkg/exporting"
	"github.com/occ/contacts/pkg/importing"
)

// exact are a workspace's contacts and their notes with everything that is stored of them, versions included.
func exact(t *testing.T, workspace string) []string {
	t.Helper()
	var all []string
	err := store.Walk(t.Context(), workspace, exporting.Selection{}, "", func(batch []exporting.Record, _ string) error {
		for _, record := range batch {
			all = append(all, fmt.Sprintf("%+v", record))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(all)
	return all
}

// upload sends a file where an import of the API awaits it.
func upload(t *testing.T, link map[string]any, file []byte) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, link["url"].(string), bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("the upload answers %+v, %v", response, err)
	}
	_ = response.Body.Close()
}

// A dry run counts what an undisturbed import would do, and writes no contact, whatever DynamoDB does and whoever dies.
func TestADryRunUnderFaultsAndKills(t *testing.T) {
	eachSeed(t, func(t *testing.T, seed uint64, workspace string) {
		file, known, want := people(rows)
		prepare(t, workspace, known)
		before := exact(t, workspace)
		status, made := post(t, workspace, "/v1/imports", map[string]any{"fileName": "people.csv", "size": len(file), "dryRun": true}, "")
		if status != http.StatusCreated {
			t.Fatalf("the import answers %d %v", status, made)
		}

		ctx, stop := context.WithTimeout(t.Context(), 5*time.Second)
		defer stop()
		var killer faults.Killer
		var killing sync.WaitGroup
		proxy.Set(faults.All)
		defer proxy.Set(faults.Odds{})
		killing.Go(func() {
			killer.Random(ctx, seed, 150*time.Millisecond, home, "contacts-import-write", "contacts-import-parse")
		})
		upload(t, made["upload"].(map[string]any), file)
		job := ended(t, workspace)
		stop()
		killing.Wait()
		proxy.Set(faults.Odds{})
		t.Logf("%d killed", killer.Killed())
		if killer.Killed() == 0 {
			t.Error("nobody was killed")
		}
		if job.Status != importing.Completed || !job.DryRun || job.Totals != want.totals {
			t.Errorf("ended %s with %+v, want %+v (%v)", job.Status, job.Totals, want.totals, job.Error)
		}
		same(t, exact(t, workspace), before)
		sound(t)
	})
}
