package exporting

import (
	"testing"
	"time"

	"github.com/occ/contacts/pkg/contact"
)

// TestRemakeTimers loses every timer, as a restored table does, and lets the sweep put them again.
func TestRemakeTimers(t *testing.T) {
	b := newScheduleBook()
	b.settings["demo"] = contact.Settings{}
	made := makeSchedule(t, b)
	later := makeSchedule(t, b)
	delete(b.timers, made.Ref())
	delete(b.timers, later.Ref())

	changed := false
	b.strike = func(call string, done bool) error {
		if call != "MarkPending" || done || changed {
			return nil
		}
		changed = true // somebody edits the schedule between reading and marking it
		stored := b.schedules[later.Ref()]
		stored.Version++
		stored.Expression = "rate(2 days)"
		b.schedules[later.Ref()] = stored
		return nil
	}
	marked, err := RemakeTimers(bg, b, b, b.clock)
	if err != nil || marked != 2 {
		t.Fatalf("marked %d, %v", marked, err)
	}
	b.strike = nil
	b.clock = b.clock.Add(2 * time.Minute)
	if put, err := b.timekeeper().Repair(bg); err != nil || put.Put != 2 || len(put.Failed) > 0 {
		t.Fatalf("repaired %+v, %v", put, err)
	}
	if got := b.timers[later.Ref()].Expression; got != "rate(2 days)" {
		t.Errorf("the timer of the edited schedule is %q", got)
	}
	if b.timers[made.Ref()].Expression != "rate(1 day)" || !b.schedules[made.Ref()].PendingAt.IsZero() {
		t.Errorf("timer %+v of schedule %+v", b.timers[made.Ref()], b.schedules[made.Ref()])
	}
}

// TestRemakeTimersSkipsWhatIsGone deletes a schedule while it is to be marked.
func TestRemakeTimersSkipsWhatIsGone(t *testing.T) {
	b := newScheduleBook()
	b.settings["demo"] = contact.Settings{}
	made := makeSchedule(t, b)
	b.strike = func(call string, done bool) error {
		if call == "MarkPending" && !done {
			delete(b.schedules, made.Ref())
		}
		return nil
	}
	if _, err := RemakeTimers(bg, b, b, b.clock); err != nil {
		t.Fatal(err)
	}
}
