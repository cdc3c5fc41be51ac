package faults_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/occ/contacts/infra/faults"
	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/importing"
	"github.com/occ/contacts/pkg/phone"
)

// prepare creates the contacts that a file updates.
func prepare(t *testing.T, workspace string, known []contact.Draft) {
	t.Helper()
	service := contact.NewService(store, phone.Parse, phone.ValidRegion, time.Now)
	for _, draft := range known {
		if _, err := service.Create(t.Context(), workspace, contact.Actor{Type: contact.ByUser, ID: "test"}, draft, nil); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWorkersKilledAtRandomMoments(t *testing.T) {
	eachSeed(t, func(t *testing.T, seed uint64, workspace string) {
		file, known, want := people(rows)
		prepare(t, workspace, known)
		ctx, stop := context.WithTimeout(t.Context(), 15*time.Second)
		var killer faults.Killer
		var killing sync.WaitGroup
		killing.Go(func() {
			killer.Random(ctx, seed, 150*time.Millisecond, home, "contacts-import-write", "contacts-import-parse")
		})
		drop(t, workspace, file)
		job := ended(t, workspace)
		stop()
		killing.Wait()
		if killer.Killed() == 0 {
			t.Error("nobody was killed")
		}
		t.Logf("%d killed", killer.Killed())
		compare(t, workspace, job, want)
	})
}

func TestDynamoDBFaults(t *testing.T) {
	eachSeed(t, func(t *testing.T, _ uint64, workspace string) {
		file, known, want := people(rows)
		prepare(t, workspace, known)
		before := proxy.Injected()
		proxy.Set(faults.All)
		drop(t, workspace, file)
		job := ended(t, workspace)
		proxy.Set(faults.Odds{})
		for _, kind := range []string{"throttled", "conflict"} {
			if proxy.Injected()[kind] == before[kind] {
				t.Errorf("no request was %s", kind)
			}
		}
		t.Logf("injected %v", proxy.Injected())
		compare(t, workspace, job, want)
	})
}

// A row whose writing always kills the worker costs itself and no other.
func TestAPoisonedRow(t *testing.T) {
	anew(t)
	workspace := fmt.Sprintf("w%d", time.Now().UnixNano())
	file, known, want := people(400)
	prepare(t, workspace, known)
	var killer faults.Killer
	defer killer.Poison(proxy, "poison@example.com")()
	file = append(file, "Poison Row,poison@example.com,+201055555555,Acme,VIP\nLast Row,last@example.com,+201066666666,Acme,VIP\n"...)
	want.totals.Rows, want.totals.Processed = want.totals.Rows+2, want.totals.Processed+2
	want.totals.Created++
	want.totals.Failed++
	want.add("Last Row", "last@example.com", "+201066666666", "import")
	want.sort()
	drop(t, workspace, file)
	compare(t, workspace, ended(t, workspace), want)
	if killer.Killed() == 0 {
		t.Error("nobody was killed")
	}
}

// S3 repeats its events, and a file that is parsed again sends its chunks again.
func TestDoubledEvents(t *testing.T) {
	eachSeed(t, func(t *testing.T, _ uint64, workspace string) {
		file, known, want := people(rows)
		prepare(t, workspace, known)
		event := drop(t, workspace, file)
		var doubles sync.WaitGroup
		for range 4 {
			doubles.Go(func() { invoke(t, "import-parse", event) })
		}
		job := ended(t, workspace)
		doubles.Wait()
		invoke(t, "import-parse", event)
		compare(t, workspace, job, want)
		if jobs, _, err := store.ListImports(t.Context(), workspace, 10, ""); err != nil || len(jobs) != 1 || jobs[0].Status != importing.Completed {
			t.Errorf("%d imports, %v", len(jobs), err)
		}
	})
}
