package exporting

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/problem"
)

var (
	bg        = context.Background()
	errStruck = errors.New("the call failed, or its answer was lost")
)

func daily() ScheduleDraft {
	return ScheduleDraft{Name: " Daily ", Expression: "rate(1  day)", Format: XLSX, Selection: Selection{Label: "VIP", Fields: []string{"name"}}, Enabled: true}
}

func makeSchedule(t interface{ Fatal(...any) }, b *scheduleBook) Schedule {
	made, err := b.service().Create(bg, "demo", "s-1", daily(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func given[T any](value T) contact.Field[T] { return contact.Field[T]{Set: true, Value: value} }

func null[T any]() contact.Field[T] { return contact.Field[T]{Set: true, Null: true} }

func TestCreateSchedule(t *testing.T) {
	b := newScheduleBook()
	made := makeSchedule(t, b)
	want := Schedule{
		Workspace: "demo", ID: made.ID, Name: "Daily", Expression: "rate(1 day)", Format: XLSX, Enabled: true, CreatedBy: "s-1", CreatedAt: scheduledDay,
		UpdatedAt: scheduledDay, Version: 1, Selection: Selection{Label: "VIP", Fields: []string{"name"}, Filter: contact.Filter{Label: "vip"}},
	}
	if diff := cmp.Diff(want, b.schedules[made.Ref()]); diff != "" {
		t.Error(diff)
	}
	if timer := b.timers[made.Ref()]; timer.Expression != "rate(1 day)" || !timer.Enabled {
		t.Errorf("timer %+v", timer)
	}
}

// TestNamesOfSchedules holds their names to the rules of other names.
func TestNamesOfSchedules(t *testing.T) {
	for _, name := range []string{"", "\u200b", "a\u009b", strings.Repeat("n", 101)} {
		draft := daily()
		draft.Name = name
		_, err := newScheduleBook().service().Create(bg, "demo", "s-1", draft, nil)
		if refused, ok := errors.AsType[*problem.Error](err); !ok || refused.Fields[0].Location != "body.name" {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestSchedulesThatCannotBe(t *testing.T) {
	for location, edit := range map[string]func(*ScheduleDraft){
		"body.name":          func(d *ScheduleDraft) { d.Name = " " },
		"body.schedule":      func(d *ScheduleDraft) { d.Expression = "rate(1 days)" },
		"body.format":        func(d *ScheduleDraft) { d.Format = "pdf" },
		"body.fields[0]":     func(d *ScheduleDraft) { d.Selection.Fields = []string{"shoes"} },
		"body.fields":        func(d *ScheduleDraft) { d.Selection.Fields = slices.Repeat([]string{"name"}, 1001) },
		"body.channel":       func(d *ScheduleDraft) { d.Selection.Channel = "fax" },
		"body.createdAfter":  func(d *ScheduleDraft) { d.Selection.After = "yesterday" },
		"body.createdBefore": func(d *ScheduleDraft) { d.Selection.Before = "2026-01-01T00:00:00." + strings.Repeat("0", 1000) + "Z" },
		"body.label":         func(d *ScheduleDraft) { d.Selection.Label = strings.Repeat("l", 1001) },
		"body.q":             func(d *ScheduleDraft) { d.Selection.Q = strings.Repeat("q", 201) },
	} {
		b, draft := newScheduleBook(), daily()
		edit(&draft)
		_, err := b.service().Create(bg, "demo", "s-1", draft, nil)
		refused, ok := errors.AsType[*problem.Error](err)
		if !ok || refused.Code != problem.ValidationFailed || refused.Fields[0].Location != location || len(b.schedules)+len(b.timers) > 0 {
			t.Errorf("%s: %v", location, err)
		}
	}
	long := daily()
	long.Name = strings.Repeat("ü", 100)
	if _, err := newScheduleBook().service().Create(bg, "demo", "s-1", long, nil); err != nil {
		t.Error(err)
	}
	long.Name += "ü"
	if _, err := newScheduleBook().service().Create(bg, "demo", "s-1", long, nil); problem.CodeOf(err) != problem.ValidationFailed {
		t.Error(err)
	}
}

func TestAWorkspaceHasRoomForTwentySchedules(t *testing.T) {
	b := newScheduleBook()
	for range 20 {
		makeSchedule(t, b)
	}
	if _, err := b.service().Create(bg, "demo", "s-1", daily(), nil); problem.CodeOf(err) != problem.NotPossible || !strings.Contains(err.Error(), "20") {
		t.Error(err)
	}
}

func TestTheSameKeyMakesOneSchedule(t *testing.T) {
	b := newScheduleBook()
	key := func() *contact.Once { return &contact.Once{Key: "k"} }
	first, err := b.service().Create(bg, "demo", "s-1", daily(), key())
	if err != nil {
		t.Fatal(err)
	}
	again, err := b.service().Create(bg, "demo", "s-1", daily(), key())
	if diff := cmp.Diff(first, again); diff != "" || err != nil || len(b.schedules) != 1 {
		t.Error(diff, err)
	}
}

func TestUpdateScheduleByPatch(t *testing.T) {
	full := Selection{Q: "mona", Channel: "api", Label: "VIP", Company: "Acme", After: "2026-01-01", Before: "2026-02-01", Fields: []string{"name", "email"}}
	understood := full
	understood.Search = &contact.Search{Words: []string{"mona"}}
	understood.Filter = contact.Filter{
		Label: "vip", Company: "acme", Channel: contact.API, From: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Before: time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC),
	}
	for name, test := range map[string]struct {
		patch   SchedulePatch
		edit    func(*Schedule)
		retimed bool
	}{
		"nothing": {SchedulePatch{}, nil, false},
		"the same": {SchedulePatch{
			Name: given("Daily "), Expression: given("rate(1 day)"), Format: given("xlsx"), Label: given("VIP"), Enabled: given(true), Q: given(""), Fields: given([]string{"name"}),
		}, nil, false},
		"name":     {SchedulePatch{Name: given("Other")}, func(s *Schedule) { s.Name = "Other" }, false},
		"format":   {SchedulePatch{Format: given("csv")}, func(s *Schedule) { s.Format = CSV }, false},
		"schedule": {SchedulePatch{Expression: given("cron(0 2 * * ? *)")}, func(s *Schedule) { s.Expression = "cron(0 2 * * ? *)" }, true},
		"enabled":  {SchedulePatch{Enabled: given(false)}, func(s *Schedule) { s.Enabled = false }, true},
		"filters": {SchedulePatch{
			Q: given("mona"), Channel: given("api"), Company: given("Acme"), CreatedAfter: given("2026-01-01"), CreatedBefore: given("2026-02-01"), Fields: given(full.Fields),
		}, func(s *Schedule) { s.Selection = understood }, false},
		"no filters": {SchedulePatch{Label: null[string](), Fields: null[[]string](), Q: null[string]()}, func(s *Schedule) { s.Selection = Selection{} }, false},
		"unseen": {SchedulePatch{Label: given("\u200b"), Company: given("\u3164 "), Fields: given([]string{})}, func(s *Schedule) {
			s.Selection = Selection{}
		}, false},
		"no fields": {SchedulePatch{Label: given(""), Fields: given([]string{})}, func(s *Schedule) { s.Selection = Selection{} }, false},
	} {
		t.Run(name, func(t *testing.T) {
			b := newScheduleBook()
			want := makeSchedule(t, b)
			want.PendingAt = time.Time{}
			b.clock = b.clock.Add(time.Hour)
			if test.edit != nil {
				test.edit(&want)
				want.Version, want.UpdatedAt = 2, b.clock
			}
			answered, err := b.service().Update(bg, want.Ref(), test.patch, contact.Precondition{})
			if diff := cmp.Diff(want, b.schedules[want.Ref()]); diff != "" || err != nil {
				t.Error(diff, err)
			}
			answered.PendingAt = time.Time{}
			if diff := cmp.Diff(want, answered); diff != "" {
				t.Error(diff)
			}
			if (b.puts == 2) != test.retimed || b.timers[want.Ref()].Expression != want.Expression || b.timers[want.Ref()].Enabled != want.Enabled {
				t.Errorf("put %d times: %+v", b.puts, b.timers[want.Ref()])
			}
		})
	}
}

func TestPatchesThatCannotBe(t *testing.T) {
	for location, patch := range map[string]SchedulePatch{
		"body.name": {Name: null[string]()}, "body.schedule": {Expression: null[string]()}, "body.format": {Format: null[string]()},
		"body.enabled": {Enabled: null[bool]()}, "body.channel": {Channel: given("fax")}, "body.fields[1]": {Fields: given([]string{"name", "attr."})},
	} {
		b := newScheduleBook()
		made := makeSchedule(t, b)
		_, err := b.service().Update(bg, made.Ref(), patch, contact.Precondition{})
		if refused, ok := errors.AsType[*problem.Error](err); !ok || refused.Code != problem.ValidationFailed || refused.Fields[0].Location != location {
			t.Errorf("%s: %v", location, err)
		}
	}
}

func TestPreconditionsOfSchedules(t *testing.T) {
	b := newScheduleBook()
	made := makeSchedule(t, b)
	other, its := contact.Precondition{Revisions: []contact.Revision{{ID: made.ID, Version: 7}, {ID: "other", Version: 1}}}, contact.Precondition{Revisions: []contact.Revision{{ID: made.ID, Version: 1}}}
	if _, err := b.service().Update(bg, made.Ref(), SchedulePatch{Name: given("x")}, other); problem.CodeOf(err) != problem.VersionConflict {
		t.Error(err)
	}
	if err := b.service().Delete(bg, made.Ref(), other); problem.CodeOf(err) != problem.VersionConflict {
		t.Error(err)
	}
	if err := b.service().Delete(bg, made.Ref(), its); err != nil || len(b.schedules)+len(b.timers) > 0 {
		t.Error(err, b.schedules, b.timers)
	}
	if err := b.service().Delete(bg, made.Ref(), contact.Precondition{}); problem.CodeOf(err) != problem.NotFound {
		t.Error(err)
	}
	if _, err := b.service().Update(bg, made.Ref(), SchedulePatch{Name: given("x")}, contact.Precondition{}); problem.CodeOf(err) != problem.NotFound {
		t.Error(err)
	}
}

func TestAnExpressionThatIsRefusedLeavesNothing(t *testing.T) {
	b := newScheduleBook()
	b.refused = "rate(1 day)"
	if _, err := b.service().Create(bg, "demo", "s-1", daily(), &contact.Once{Key: "k"}); problem.CodeOf(err) != problem.ValidationFailed {
		t.Error(err)
	}
	if len(b.schedules) != 0 || b.kept != nil {
		t.Errorf("left: %v, key %v", b.schedules, b.kept)
	}
	b.refused = "rate(2 days)"
	made := makeSchedule(t, b)
	patch := SchedulePatch{Expression: given("rate(2 days)"), Name: given("Other")}
	if _, err := b.service().Update(bg, made.Ref(), patch, contact.Precondition{}); problem.CodeOf(err) != problem.ValidationFailed {
		t.Error(err)
	}
	if got := b.schedules[made.Ref()]; got.Expression != "rate(1 day)" || got.Name != "Daily" || got.Version != 3 || !got.PendingAt.IsZero() {
		t.Errorf("%+v", got)
	}
}

// settled says what is wrong between schedules and timers once a sweep was there and every timer without a schedule has fired.
func (b *scheduleBook) settled() string {
	for ref, schedule := range b.schedules {
		timer, found := b.timers[ref]
		switch {
		case !schedule.PendingAt.IsZero():
			return "a schedule is pending still"
		case !found || timer.Expression != schedule.Expression || timer.Enabled != schedule.Enabled:
			return "a timer is not as its schedule says"
		}
	}
	for ref, timer := range b.timers {
		if _, found := b.schedules[ref]; !found && !timer.Enabled {
			return "a timer that never fires is left of a schedule"
		}
	}
	return ""
}

// TestTimersFollowTheirSchedules has calls fail before or after they are done, or other requests and sweeps come in between any two
// calls; then a sweep alone puts everything right. (Whoever dies just after they put an older timer over another's is not noticed.)
func TestTimersFollowTheirSchedules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := newScheduleBook()
		ref := makeSchedule(t, b).Ref()
		left := rapid.IntRange(1, 12).Draw(t, "requests")
		step := func() {
			left--
			b.clock = b.clock.Add(time.Duration(rapid.IntRange(0, 90).Draw(t, "seconds")) * time.Second)
			switch rapid.SampledFrom([]string{"expression", "enabled", "name", "delete", "create", "repair"}).Draw(t, "request") {
			case "expression":
				patch := SchedulePatch{Expression: given(rapid.SampledFrom([]string{"rate(1 day)", "rate(2 days)", "rate(3 days)"}).Draw(t, "expression"))}
				_, _ = b.service().Update(bg, ref, patch, contact.Precondition{})
			case "enabled":
				_, _ = b.service().Update(bg, ref, SchedulePatch{Enabled: given(rapid.Bool().Draw(t, "enabled"))}, contact.Precondition{})
			case "name":
				_, _ = b.service().Update(bg, ref, SchedulePatch{Name: given(rapid.StringMatching("[a-c]").Draw(t, "name"))}, contact.Precondition{})
			case "delete":
				_ = b.service().Delete(bg, ref, contact.Precondition{})
			case "create":
				if made, err := b.service().Create(bg, "demo", "s-1", daily(), nil); err == nil {
					ref = made.Ref()
				}
			case "repair":
				_, _ = b.timekeeper().Repair(bg)
			}
		}
		crashes := rapid.Bool().Draw(t, "crashes")
		b.strike = func(string, bool) error {
			switch {
			case crashes && rapid.IntRange(0, 5).Draw(t, "strike") == 0:
				return errStruck
			case !crashes && left > 0 && rapid.IntRange(0, 5).Draw(t, "between") == 0:
				step()
			}
			return nil
		}
		for left > 0 {
			step()
		}
		b.strike, b.clock = nil, b.clock.Add(time.Hour)
		if done, err := b.timekeeper().Repair(bg); err != nil || len(done.Failed) > 0 {
			t.Fatal(done, err)
		}
		if wrong := b.settled(); wrong != "" {
			t.Fatalf("%s: schedules %+v, timers %+v", wrong, b.schedules, b.timers)
		}
	})
}

func TestNoTwoChangesArePendingAlike(t *testing.T) {
	b := newScheduleBook()
	ref := makeSchedule(t, b).Ref()
	b.strike = func(call string, _ bool) error {
		if call == "PutTimer" {
			return errStruck
		}
		return nil
	}
	seen := map[time.Time]bool{}
	for n := range 3 {
		patch := SchedulePatch{Expression: given("rate(" + strconv.Itoa(n+2) + " hours)")}
		if _, err := b.service().Update(bg, ref, patch, contact.Precondition{}); err != nil {
			t.Fatal(err)
		}
		b.clock = b.clock.Add(-time.Second) // clocks differ
		seen[b.schedules[ref].PendingAt] = true
	}
	if len(seen) != 3 {
		t.Errorf("%v", seen)
	}
}

func TestRepairLeavesRequestsAtWorkAlone(t *testing.T) {
	b := newScheduleBook()
	b.strike = func(call string, _ bool) error {
		if call == "PutTimer" {
			return errStruck
		}
		return nil
	}
	made := makeSchedule(t, b) // it is made all the same
	b.clock = b.clock.Add(59 * time.Second)
	if done, err := b.timekeeper().Repair(bg); err != nil || done.Put != 0 || done.Failed != nil {
		t.Errorf("%+v, %v", done, err)
	}
	b.clock = b.clock.Add(time.Second)
	if done, err := b.timekeeper().Repair(bg); err != nil || done.Put != 0 || len(done.Failed) != 1 || !errors.Is(done.Failed[0], errStruck) {
		t.Errorf("%+v, %v", done, err)
	}
	b.strike = nil
	if done, err := b.timekeeper().Repair(bg); err != nil || done.Put != 1 || b.timers[made.Ref()].ID != made.ID {
		t.Errorf("%+v, %v", done, err)
	}
	if done, err := b.timekeeper().Repair(bg); err != nil || done.Put != 0 {
		t.Errorf("again: %+v, %v", done, err)
	}
}
