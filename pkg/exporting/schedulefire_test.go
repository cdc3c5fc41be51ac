package exporting

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/occ/contacts/pkg/contact"
)

const dueAt = "2026-11-25T02:00:00Z"

func fire(t *testing.T, b *scheduleBook, ref Ref, at string) Fired {
	t.Helper()
	fired, err := b.timekeeper().Fire(bg, ref, at)
	if err != nil {
		t.Fatal(err)
	}
	return fired
}

func (b *scheduleBook) finish(ref Ref) {
	job := b.exports[ref]
	job.Status = Completed
	b.exports[ref] = job
}

func TestFire(t *testing.T) {
	b := newScheduleBook()
	schedule := makeSchedule(t, b)
	fired := fire(t, b, schedule.Ref(), dueAt)
	job := Ref{"demo", fired.Export}
	want := Export{
		Workspace: "demo", ID: fired.Export, Status: Queued, Source: FromSchedule, Schedule: schedule.ID, Format: XLSX, Selection: schedule.Selection,
		CreatedBy: "schedule", CreatedAt: scheduledDay,
	}
	if diff := cmp.Diff(map[Ref]Export{job: want}, b.exports); diff != "" || !slices.Equal(b.started, []Ref{job}) {
		t.Error(diff, b.started)
	}
	due := time.Date(2026, 11, 25, 2, 0, 0, 0, time.UTC)
	if got := b.schedules[schedule.Ref()]; got.LastExportID != fired.Export || !got.LastRunAt.Equal(due) || got.Version != 1 {
		t.Errorf("%+v", got)
	}
	b.finish(job)
	if again := fire(t, b, schedule.Ref(), dueAt); again.Export != fired.Export || len(b.exports) != 1 {
		t.Errorf("the same event again: %+v", again)
	}
	next := fire(t, b, schedule.Ref(), "2026-11-26T02:00:00Z")
	if next.Export == fired.Export || len(b.exports) != 2 {
		t.Errorf("the next event: %+v", next)
	}
	b.finish(Ref{"demo", next.Export})
	late := fire(t, b, schedule.Ref(), "2026-11-24T02:00:00Z")
	if got := b.schedules[schedule.Ref()]; late.Export == "" || got.LastExportID != next.Export {
		t.Errorf("a late event moves the last run back: %+v", got)
	}
}

func TestFireWithoutAScheduledTime(t *testing.T) {
	b := newScheduleBook()
	schedule := makeSchedule(t, b)
	const verbatim = "<aws.scheduler.scheduled-time>" // as the local emulator leaves it
	first := fire(t, b, schedule.Ref(), verbatim)
	b.finish(Ref{"demo", first.Export})
	b.clock = b.clock.Add(29 * time.Second) // 02:00:59
	if again := fire(t, b, schedule.Ref(), verbatim); again.Export != first.Export || len(b.exports) != 1 {
		t.Errorf("%+v", again)
	}
	if !b.schedules[schedule.Ref()].LastRunAt.Equal(time.Date(2026, 11, 25, 2, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", b.schedules[schedule.Ref()])
	}
	b.clock = b.clock.Add(time.Second)
	if next := fire(t, b, schedule.Ref(), ""); next.Export == first.Export || len(b.exports) != 2 {
		t.Errorf("%+v", next)
	}
}

func TestFireDoesNothing(t *testing.T) {
	b := newScheduleBook()
	gone := Ref{"demo", "gone"}
	b.timers[gone] = Schedule{}
	if fired := fire(t, b, gone, dueAt); fired.Note == "" || fired.Export != "" || len(b.timers) != 0 {
		t.Errorf("without schedule: %+v, timers %v", fired, b.timers)
	}
	schedule := makeSchedule(t, b)
	if fired := fire(t, b, Ref{"other", schedule.ID}, dueAt); fired.Export != "" {
		t.Errorf("in another workspace: %+v", fired)
	}
	fire(t, b, schedule.Ref(), dueAt)
	started := len(b.started)
	if fired := fire(t, b, schedule.Ref(), "2026-11-26T02:00:00Z"); !strings.Contains(fired.Note, "queued") || fired.Export != "" {
		t.Errorf("while the one before runs: %+v", fired)
	}
	if _, err := b.service().Update(bg, schedule.Ref(), SchedulePatch{Enabled: given(false)}, contact.Precondition{}); err != nil {
		t.Fatal(err)
	}
	b.finish(Ref{"demo", b.schedules[schedule.Ref()].LastExportID})
	if fired := fire(t, b, schedule.Ref(), "2026-11-27T02:00:00Z"); fired.Note == "" || fired.Export != "" {
		t.Errorf("disabled: %+v", fired)
	}
	if len(b.exports) != 1 || len(b.started) != started {
		t.Errorf("exports %v, started %v", b.exports, b.started)
	}
}

// failingAt lets the nth call fail, before it is done or after, and counts the calls.
func failingAt(n int, afterwards bool) (strike func(string, bool) error, calls *int) {
	calls = new(int)
	return func(_ string, done bool) error {
		if !done {
			*calls++
		}
		if *calls == n && done == afterwards {
			return errStruck
		}
		return nil
	}, calls
}

// TestFireIsDoneAgain lets every call fail once; the event comes again, as one does whose function failed.
func TestFireIsDoneAgain(t *testing.T) {
	for n := 1; ; n++ {
		for _, afterwards := range []bool{false, true} {
			b := newScheduleBook()
			schedule := makeSchedule(t, b)
			strike, calls := failingAt(n, afterwards)
			b.strike = strike
			first, err := b.timekeeper().Fire(bg, schedule.Ref(), dueAt)
			if err == nil && *calls < n {
				if n < 5 {
					t.Fatalf("only %d calls", *calls)
				}
				return
			}
			b.strike = nil
			second := fire(t, b, schedule.Ref(), dueAt)
			got := b.schedules[schedule.Ref()]
			if second.Export == "" || err == nil && second != first || len(b.exports) != 1 || got.LastExportID != second.Export || len(b.started) == 0 {
				t.Errorf("call %d fails, afterwards %t: %+v, %v, exports %v, started %v", n, afterwards, second, err, b.exports, b.started)
			}
		}
	}
}

// The backups of many workspaces do not begin at once: some do, and the others after a pause each time.
func TestTheNightIsSpread(t *testing.T) {
	b := newScheduleBook()
	for n := range 35 {
		b.settings[fmt.Sprint("w-", n)] = contact.Settings{NightlyBackup: true}
	}
	keeper := b.timekeeper()
	var startedBefore []int
	keeper.wait = func(_ context.Context, d time.Duration) error {
		startedBefore = append(startedBefore, len(b.started))
		if d <= 0 {
			t.Errorf("a pause of %s", d)
		}
		return nil
	}
	done, err := keeper.Nightly(bg, scheduledDay)
	if (done != BackedUp{Workspaces: 35, Started: 35}) || err != nil {
		t.Errorf("%+v, %v", done, err)
	}
	if diff := cmp.Diff([]int{10, 20, 30}, startedBefore); diff != "" {
		t.Error(diff)
	}
}

func TestNightly(t *testing.T) {
	b := newScheduleBook()
	for n := range 6 {
		b.settings[fmt.Sprint("w-", n)] = contact.Settings{NightlyBackup: n != 2}
	}
	b.strike = func(call string, done bool) error {
		if call == "CreateExport" && !done && len(b.exports) == 2 { // the third, once
			b.exports[Ref{"x", "x"}] = Export{}
			return errStruck
		}
		return nil
	}
	done, err := b.timekeeper().Nightly(bg, scheduledDay)
	if (done != BackedUp{Workspaces: 6, Started: 4}) || !errors.Is(err, errStruck) || !strings.Contains(err.Error(), "w-3") {
		t.Errorf("%+v, %v", done, err)
	}
	delete(b.exports, Ref{"x", "x"})
	if done, err = b.timekeeper().Nightly(bg, scheduledDay.Add(time.Hour)); (done != BackedUp{Workspaces: 6, Started: 1}) || err != nil {
		t.Errorf("again: %+v, %v", done, err)
	}
	var got []string
	for ref, job := range b.exports {
		got = append(got, ref.Workspace)
		want := Export{Workspace: ref.Workspace, ID: ref.ID, Status: Queued, Source: FromSchedule, Format: CSV, CreatedBy: "schedule", CreatedAt: scheduledDay}
		if diff := cmp.Diff(want, job); diff != "" {
			t.Error(diff)
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, []string{"w-0", "w-1", "w-3", "w-4", "w-5"}) || len(b.started) != 5 {
		t.Errorf("backups of %v, started %v", got, b.started)
	}
	if done, err = b.timekeeper().Nightly(bg, scheduledDay.Add(24*time.Hour)); done.Started != 5 || err != nil {
		t.Errorf("the next night: %+v, %v", done, err)
	}
}

// TestNightlyIsDoneAgain lets every call fail once; one more call makes what is missing.
func TestNightlyIsDoneAgain(t *testing.T) {
	for n := 1; ; n++ {
		for _, afterwards := range []bool{false, true} {
			b := newScheduleBook()
			for _, workspace := range []string{"a", "b", "c"} {
				b.settings[workspace] = contact.DefaultSettings()
			}
			strike, calls := failingAt(n, afterwards)
			b.strike = strike
			_, _ = b.timekeeper().Nightly(bg, scheduledDay)
			if *calls < n {
				if n < 9 {
					t.Fatalf("only %d calls", *calls)
				}
				return
			}
			b.strike = nil
			if _, err := b.timekeeper().Nightly(bg, scheduledDay); err != nil || len(b.exports) != 3 {
				t.Errorf("call %d fails, afterwards %t: %v, exports of %v", n, afterwards, err, slices.Collect(maps.Keys(b.exports)))
			}
		}
	}
}

func TestNightlyEndsBeforeItsTimeIsUp(t *testing.T) {
	b := newScheduleBook()
	b.settings["w"] = contact.DefaultSettings()
	ctx, cancel := context.WithDeadline(bg, time.Now().Add(-time.Second))
	defer cancel()
	if done, err := b.timekeeper().Nightly(ctx, scheduledDay); done != (BackedUp{}) || !errors.Is(err, errTimeUp) {
		t.Errorf("%+v, %v", done, err)
	}
}
