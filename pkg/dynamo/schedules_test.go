package dynamo

import (
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
	"github.com/occ/contacts/pkg/exporting"
	"github.com/occ/contacts/pkg/problem"
)

const manySchedules = 1000

func schedule(n int) exporting.Schedule {
	at := epoch.Add(time.Duration(n) * time.Millisecond)
	return exporting.Schedule{
		Workspace: ws, ID: uuid.NewString(), Name: fmt.Sprintf("Schedule %d", n), Expression: "rate(1 day)", Format: exporting.CSV, Enabled: true,
		CreatedBy: "sub", CreatedAt: at, UpdatedAt: at, Version: 1, PendingAt: at,
	}
}

func putSchedule(t *testing.T, s *Store, one exporting.Schedule) exporting.Schedule {
	t.Helper()
	if err := s.CreateSchedule(ctx, one, manySchedules, nil); err != nil {
		t.Fatal(err)
	}
	return one
}

func storedSchedule(t *testing.T, s *Store, ref exporting.Ref) exporting.Schedule {
	t.Helper()
	one, err := s.Schedule(ctx, ref)
	if err != nil {
		t.Fatal(err)
	}
	return one
}

func pendingSchedules(t *testing.T, s *Store) []exporting.Ref {
	t.Helper()
	refs, err := s.PendingSchedules(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return refs
}

// noBreach demands that schedules, their count and the pending ones agree.
func noBreach(t *testing.T, s *Store) {
	t.Helper()
	if found, err := s.Verify(ctx); err != nil || len(found.Breaches) > 0 {
		t.Errorf("%q, %v", found.Breaches, err)
	}
}

func TestEveryFieldOfAScheduleComesBack(t *testing.T) {
	s, full := fresh(t), schedule(1)
	full.LastRunAt, full.LastExportID, full.Format = epoch, "e-1", exporting.XLSX
	full.Selection = exporting.Selection{
		Q: "mona", Channel: "api", Label: "VIP", Company: "Acme", After: "2026-01-01", Before: "2026-02-01T00:00:00Z", Fields: []string{"name", "attr.plan"},
		Search: &contact.Search{Words: []string{"mona"}, Digits: "1234"},
		Filter: contact.Filter{Label: "vip", Company: "acme", Channel: contact.API, From: epoch, Before: epoch.Add(time.Hour)},
	}
	bare := schedule(2)
	bare.Enabled = false
	for name, want := range map[string]exporting.Schedule{"full": full, "bare": bare} {
		t.Run(name, func(t *testing.T) {
			putSchedule(t, s, want)
			if diff := cmp.Diff(want, storedSchedule(t, s, want.Ref())); diff != "" {
				t.Error(diff)
			}
		})
	}
	if _, err := s.Schedule(ctx, exporting.Ref{Workspace: "other", ID: full.ID}); problem.CodeOf(err) != problem.NotFound {
		t.Errorf("another workspace reads it: %v", err)
	}
	noBreach(t, s)
}

func TestUpdateSchedule(t *testing.T) {
	s := fresh(t)
	before := putSchedule(t, s, schedule(1))
	if err := s.ClearPending(ctx, before); err != nil {
		t.Fatal(err)
	}
	if err := s.ScheduleRan(ctx, before.Ref(), epoch, "e-1"); err != nil { // after before was read
		t.Fatal(err)
	}
	after := before
	after.Name, after.Format, after.Version, after.UpdatedAt, after.PendingAt = "Other", exporting.JSON, 2, epoch.Add(time.Hour), time.Time{}
	after.Selection = exporting.Selection{Label: "VIP", Filter: contact.Filter{Label: "vip"}}
	if err := s.UpdateSchedule(ctx, after); err != nil {
		t.Fatal(err)
	}
	want := after
	want.LastRunAt, want.LastExportID = epoch, "e-1"
	if diff := cmp.Diff(want, storedSchedule(t, s, before.Ref())); diff != "" || len(pendingSchedules(t, s)) != 0 {
		t.Error(diff)
	}
	if err := s.UpdateSchedule(ctx, after); !errors.Is(err, exporting.ErrStale) {
		t.Errorf("the same version again: %v", err)
	}
	want.Expression, want.Enabled, want.Version, want.PendingAt, want.Selection = "rate(2 days)", false, 3, epoch.Add(time.Hour), exporting.Selection{}
	if err := s.UpdateSchedule(ctx, want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, storedSchedule(t, s, before.Ref())); diff != "" || len(pendingSchedules(t, s)) != 1 {
		t.Error(diff)
	}
	gone := schedule(2)
	gone.Version = 2
	if err := s.UpdateSchedule(ctx, gone); !errors.Is(err, exporting.ErrStale) {
		t.Errorf("one that is not there: %v", err)
	}
	noBreach(t, s)
}

func TestPendingGoesWithWhatWasPut(t *testing.T) {
	s := fresh(t)
	one := putSchedule(t, s, schedule(1))
	if diff := cmp.Diff([]exporting.Ref{one.Ref()}, pendingSchedules(t, s)); diff != "" {
		t.Error(diff)
	}
	if err := s.ClearPending(ctx, one); err != nil {
		t.Fatal(err)
	}
	settled := one
	settled.PendingAt = time.Time{}
	if got := storedSchedule(t, s, one.Ref()); !cmp.Equal(got, settled) || len(pendingSchedules(t, s)) != 0 {
		t.Errorf("%+v", got)
	}
	if err := s.ClearPending(ctx, one); !errors.Is(err, exporting.ErrStale) {
		t.Errorf("a state that is no longer: %v", err)
	}
	if err := s.ClearPending(ctx, settled); err != nil {
		t.Errorf("it is settled: %v", err)
	}
	again := settled
	again.PendingAt = epoch.Add(time.Hour)
	if err := s.MarkPending(ctx, again); err != nil || len(pendingSchedules(t, s)) != 1 {
		t.Fatal(err)
	}
	for what, other := range map[string]exporting.Schedule{"settled": settled, "put before": one} {
		if err := s.ClearPending(ctx, other); !errors.Is(err, exporting.ErrStale) {
			t.Errorf("%s: %v", what, err)
		}
		if err := s.DeleteSchedule(ctx, other, nil); !errors.Is(err, exporting.ErrStale) {
			t.Errorf("delete, %s: %v", what, err)
		}
	}
	older := again
	older.Version = 0
	if err := s.MarkPending(ctx, older); !errors.Is(err, exporting.ErrStale) {
		t.Errorf("an old version: %v", err)
	}
	noBreach(t, s)
	for range 2 {
		if err := s.DeleteSchedule(ctx, again, nil); err != nil {
			t.Error(err)
		}
	}
	if _, err := s.Schedule(ctx, one.Ref()); problem.CodeOf(err) != problem.NotFound || len(pendingSchedules(t, s)) != 0 {
		t.Errorf("it is there still: %v", err)
	}
	noBreach(t, s)
}

func TestRunsAreNotedForwards(t *testing.T) {
	s := fresh(t)
	one := putSchedule(t, s, schedule(1))
	for i, at := range []time.Duration{time.Minute, 3 * time.Minute, 2 * time.Minute, 3 * time.Minute} {
		if err := s.ScheduleRan(ctx, one.Ref(), epoch.Add(at), fmt.Sprint("e-", i)); err != nil {
			t.Fatal(err)
		}
	}
	got := storedSchedule(t, s, one.Ref())
	if !got.LastRunAt.Equal(epoch.Add(3*time.Minute)) || got.LastExportID != "e-1" || got.Version != 1 {
		t.Errorf("%+v", got)
	}
	gone := exporting.Ref{Workspace: ws, ID: "gone"}
	if err := s.ScheduleRan(ctx, gone, epoch, "e"); err != nil {
		t.Error(err)
	}
	if _, err := s.Schedule(ctx, gone); problem.CodeOf(err) != problem.NotFound {
		t.Errorf("a run makes a schedule: %v", err)
	}
}

func TestSchedulesHaveRoomForSoMany(t *testing.T) {
	const most, requests = 3, 12
	s := fresh(t)
	made := make(chan exporting.Schedule, requests)
	var all sync.WaitGroup
	for n := range requests {
		all.Go(func() {
			one := schedule(n)
			if err := s.CreateSchedule(ctx, one, most, nil); err == nil {
				made <- one
			} else if !errors.Is(err, exporting.ErrTooMany) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if len(made) != most {
		t.Fatalf("%d were made", len(made))
	}
	elsewhere := schedule(0)
	elsewhere.Workspace = "other"
	if err := s.CreateSchedule(ctx, elsewhere, most, nil); err != nil {
		t.Errorf("another workspace: %v", err)
	}
	if err := s.DeleteSchedule(ctx, <-made, nil); err != nil {
		t.Fatal(err)
	}
	if err := s.CreateSchedule(ctx, schedule(20), most, nil); err != nil {
		t.Errorf("after one was deleted: %v", err)
	}
	noBreach(t, s)
}

func TestAScheduleTakesItsKeyAlong(t *testing.T) {
	s := fresh(t)
	key := func() *contact.Once {
		return &contact.Once{Route: "POST /v1/export-schedules", Key: "k", Body: "b", Answer: []byte(`{}`)}
	}
	one := schedule(1)
	if err := s.CreateSchedule(ctx, one, 1, key()); err != nil {
		t.Fatal(err)
	}
	if err := s.CreateSchedule(ctx, schedule(2), 1, key()); !errors.Is(err, contact.ErrKeyTaken) { // and full as well
		t.Errorf("the same key: %v", err)
	}
	if answer, err := s.Kept(ctx, ws, key()); err != nil || string(answer) != "{}" {
		t.Errorf("%s, %v", answer, err)
	}
	if err := s.DeleteSchedule(ctx, one, key()); err != nil {
		t.Fatal(err)
	}
	if answer, err := s.Kept(ctx, ws, key()); err != nil || answer != nil {
		t.Errorf("taken back: %s, %v", answer, err)
	}
}

func TestListSchedules(t *testing.T) {
	s := fresh(t)
	var want []string
	for n := range 7 {
		want = append(want, putSchedule(t, s, schedule(n)).ID)
	}
	slices.Reverse(want)
	for limit := 1; limit <= 8; limit++ {
		var got []string
		for after := ""; ; {
			page, next, err := s.ListSchedules(ctx, ws, limit, after)
			if err != nil || len(page) > limit {
				t.Fatalf("%d schedules, %v", len(page), err)
			}
			for _, one := range page {
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
	if page, _, err := s.ListSchedules(ctx, "other", 10, ""); len(page) != 0 || err != nil {
		t.Errorf("another workspace lists %v, %v", page, err)
	}
}

func TestEachWorkspace(t *testing.T) {
	s := fresh(t)
	var want []string
	for n := range 9 {
		want = append(want, fmt.Sprintf("w-%d", n))
		if err := s.RegisterWorkspace(ctx, want[n]); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	err := s.EachWorkspace(ctx, func(workspace string) error {
		got = append(got, workspace)
		return nil
	})
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	stop := errors.New("stop")
	if err := s.EachWorkspace(ctx, func(string) error { return stop }); !errors.Is(err, stop) {
		t.Error(err)
	}
}

func TestBreachesOfSchedulesAreFound(t *testing.T) {
	for name, sabotage := range map[string]func(b *breaker, one exporting.Schedule){
		"says pending true":  func(b *breaker, one exporting.Schedule) { b.removeJob(pendingScheduleKey(ws, one.ID)) },
		"says pending false": func(b *breaker, one exporting.Schedule) { b.job(scheduleKey(ws, one.ID), attrPending, "") },
		"counts 2 schedules": func(b *breaker, _ exporting.Schedule) { b.count(scheduleCountKey(ws), "held", 2) },
		"counts none":        func(b *breaker, _ exporting.Schedule) { b.removeJob(scheduleCountKey(ws)) },
		"and has 0":          func(b *breaker, one exporting.Schedule) { b.removeJob(scheduleKey(ws, one.ID)) },
	} {
		t.Run(name, func(t *testing.T) {
			s := fresh(t)
			sabotage(&breaker{t, s}, putSchedule(t, s, schedule(1)))
			found, err := s.Verify(ctx)
			if err != nil || !strings.Contains(strings.Join(found.Breaches, "\n"), name) {
				t.Errorf("found %q, %v", found.Breaches, err)
			}
		})
	}
}

// TestLostAnswersOfSchedules has every write done, and its answer lost.
func TestLostAnswersOfSchedules(t *testing.T) {
	s := fresh(t)
	losing := func(action string) *Store { return s.through(&lossy{action: action, losses: 1}) }
	const transaction = "TransactWriteItems"
	one := schedule(1)
	if err := losing(transaction).CreateSchedule(ctx, one, 1, nil); err != nil {
		t.Fatal(err)
	}
	if err := losing(transaction).ClearPending(ctx, one); err != nil {
		t.Error(err)
	}
	if err := losing("UpdateItem").ScheduleRan(ctx, one.Ref(), epoch, "e-1"); err != nil {
		t.Error(err)
	}
	one.Version, one.PendingAt = 2, epoch.Add(time.Hour)
	if err := losing(transaction).UpdateSchedule(ctx, one); err != nil {
		t.Error(err)
	}
	one.PendingAt = epoch.Add(2 * time.Hour)
	if err := losing(transaction).MarkPending(ctx, one); err != nil {
		t.Error(err)
	}
	noBreach(t, s)
	if err := losing(transaction).DeleteSchedule(ctx, one, nil); err != nil {
		t.Error(err)
	}
	noBreach(t, s)
	if err := s.CreateSchedule(ctx, schedule(2), 1, nil); err != nil {
		t.Errorf("the deleted one is still counted: %v", err)
	}
}
