package dynamo

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/importing"
)

func waits(t *testing.T, s *Store, workspace string, events int) {
	t.Helper()
	for range events {
		w := channel.Waiting{Event: channel.Event{Workspace: workspace, ID: uuid.NewString()}, Since: time.Now()}
		if err := s.Wait(ctx, w); err != nil {
			t.Fatal(err)
		}
	}
}

// The events of one workspace do not keep those of the others from their turn, nor always the same ones of its own.
func TestWaitingEventsOfAllWorkspacesHaveTheirTurn(t *testing.T) {
	s := fresh(t)
	const flood, few = 600, 12
	waits(t, s, "aaa", flood)
	waits(t, s, "demo", few)
	enough := errors.New("enough")
	walk := func(most int) map[string]int {
		visited := map[string]int{}
		err := s.EachWaiting(ctx, func(w channel.Waiting) error {
			if len(visited) == most {
				return enough
			}
			visited[w.Event.Workspace+" "+w.Event.ID]++
			return nil
		})
		if err != nil && !errors.Is(err, enough) {
			t.Fatal(err)
		}
		return visited
	}
	all := walk(flood + few + 1)
	if len(all) != flood+few {
		t.Errorf("%d of %d events are visited", len(all), flood+few)
	}
	for name, times := range all {
		if times != 1 {
			t.Errorf("%s is visited %d times", name, times)
		}
	}
	seen := map[string]bool{}
	for range 4 { // runs that end after a share of each
		short := walk(openBuckets*waitingShare + few)
		others := 0
		for name := range short {
			seen[name] = true
			if name[:4] == "demo" {
				others++
			}
		}
		if others != few {
			t.Errorf("%d of %d events of the other workspace had their turn", others, few)
		}
	}
	if len(seen) <= openBuckets*waitingShare+few {
		t.Errorf("each run visits the same %d events", len(seen))
	}
}

// One workspace's open imports stand between those of the others, and not before them.
func TestOpenImportsComeInTurn(t *testing.T) {
	s := fresh(t)
	at := time.Now()
	for workspace, n := range map[string]int{"aaa": 40, "demo": 3} {
		for i := range n {
			job := importing.Import{Workspace: workspace, ID: fmt.Sprint("i-", i), Status: importing.AwaitingUpload, CreatedAt: at, ProgressAt: at}
			if err := s.CreateImport(ctx, job, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	refs, err := s.OpenImports(ctx)
	if err != nil || len(refs) != 43 {
		t.Fatal(len(refs), err)
	}
	demo := 0
	for _, ref := range refs[:6] {
		if ref.Workspace == "demo" {
			demo++
		}
	}
	if demo != 3 {
		t.Errorf("%d of 3 imports of the other workspace are among the first 6", demo)
	}
}
