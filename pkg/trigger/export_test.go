package trigger_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/occ/contacts/pkg/exporting"
	"github.com/occ/contacts/pkg/trigger"
)

// exporter remembers what it was called with, and answers what it is told.
type exporter struct {
	ran    []exporting.Ref
	swept  int
	answer exporting.Ran
	sweep  exporting.Swept
	err    error

	fired    []exporting.Ref
	due      string
	night    time.Time
	repaired int
}

func (e *exporter) Run(_ context.Context, ref exporting.Ref) (exporting.Ran, error) {
	e.ran = append(e.ran, ref)
	e.answer.Ref = ref
	return e.answer, e.err
}

func (e *exporter) Sweep(context.Context) (exporting.Swept, error) {
	e.swept++
	return e.sweep, e.err
}

func (e *exporter) Fire(_ context.Context, ref exporting.Ref, due string) (exporting.Fired, error) {
	e.fired, e.due = append(e.fired, ref), due
	return exporting.Fired{Schedule: ref, Export: "e-1"}, e.err
}

func (e *exporter) Nightly(_ context.Context, now time.Time) (exporting.BackedUp, error) {
	e.night = now
	return exporting.BackedUp{Workspaces: 3, Started: 2}, e.err
}

func (e *exporter) Repair(context.Context) (exporting.Repaired, error) {
	e.repaired++
	return exporting.Repaired{Put: 1, Failed: []error{errors.New("schedule s: busy")}}, e.err
}

// handle gives an event to the function and returns what it logged.
func (e *exporter) handle(t *testing.T, event []byte) (logged string, err error) {
	t.Helper()
	var lines bytes.Buffer
	err = trigger.Export(e, e, nil, slog.New(slog.NewTextHandler(&lines, nil)))(t.Context(), event)
	return lines.String(), err
}

func sampleExport() exporting.Ref {
	return exporting.Ref{Workspace: "demo", ID: "7d9f5a1c-4a58-4d0e-9a53-2f6f5f0b6c11"}
}

func TestAnExportIsRunAndLogged(t *testing.T) {
	for name, c := range map[string]struct {
		answer exporting.Ran
		want   string
	}{
		"written":  {exporting.Ran{Status: exporting.Completed, Rows: 12, Bytes: 3_456}, `level=INFO msg="an export is written" workspace=demo export=7d9f5a1c-4a58-4d0e-9a53-2f6f5f0b6c11 status=completed rows=12 bytes=3456`},
		"too late": {exporting.Ran{Status: exporting.Running, Rows: 12, Left: true}, `level=INFO msg="an export goes on in the next invocation" workspace=demo export=7d9f5a1c-4a58-4d0e-9a53-2f6f5f0b6c11 rows=12`},
		"nothing":  {exporting.Ran{Note: "another run is at work"}, `level=INFO msg="an export needs nothing" workspace=demo export=7d9f5a1c-4a58-4d0e-9a53-2f6f5f0b6c11 reason="another run is at work"`},
	} {
		t.Run(name, func(t *testing.T) {
			e := &exporter{answer: c.answer}
			logged, err := e.handle(t, sample(t, "export-run"))
			if diff := cmp.Diff([]exporting.Ref{sampleExport()}, e.ran); diff != "" || err != nil || e.swept != 0 {
				t.Error(diff, err, e.swept)
			}
			if strings.Count(logged, "\n") != 1 || !strings.Contains(logged, c.want) {
				t.Errorf("logged %s", logged)
			}
		})
	}
}

func TestAFailedExportIsCalledAgain(t *testing.T) {
	e := &exporter{err: errors.New("busy")}
	logged, err := e.handle(t, sample(t, "export-run"))
	if !errors.Is(err, e.err) {
		t.Error("Lambda does not hear of it")
	}
	if !strings.Contains(logged, `level=ERROR msg="the export could not be written yet"`) || !strings.Contains(logged, "error=busy") {
		t.Errorf("logged %s", logged)
	}
}

func TestTheScheduleOfExports(t *testing.T) {
	e := &exporter{sweep: exporting.Swept{Open: 3, Started: []exporting.Ref{sampleExport()}, Failed: []error{errors.New("export x: busy")}}}
	logged, err := e.handle(t, sample(t, "export-sweep"))
	if err != nil || e.swept != 1 || len(e.ran) != 0 {
		t.Error(err, e.swept, e.ran)
	}
	for _, want := range []string{
		`level=INFO msg="an export stood still and runs again" workspace=demo export=7d9f5a1c-4a58-4d0e-9a53-2f6f5f0b6c11`,
		`level=ERROR msg="an open export could not be looked after" error="export x: busy"`,
	} {
		if !strings.Contains(logged, want) {
			t.Errorf("logged %s, want %s", logged, want)
		}
	}
	e.err = errors.New("the table is busy")
	if _, err := e.handle(t, sample(t, "export-sweep")); !errors.Is(err, e.err) {
		t.Error("Lambda does not hear of a sweep that failed")
	}
}

func TestEventsThatAreNoneOfExports(t *testing.T) {
	for event, want := range map[string]string{`[]`: "no JSON object", `{`: "no JSON object", `{}`: `no action ""`, `{"action":"Run"}`: `no action "Run"`} {
		e := &exporter{}
		if _, err := e.handle(t, json.RawMessage(event)); err == nil || !strings.Contains(err.Error(), want) || len(e.ran) != 0 || e.swept != 0 {
			t.Errorf("%s: %v", event, err)
		}
	}
}

func TestAScheduleFires(t *testing.T) {
	e := &exporter{}
	logged, err := e.handle(t, sample(t, "export-scheduled"))
	want := []exporting.Ref{{Workspace: "demo", ID: "2f1d9a7e-0d6c-4a0b-8f43-6c1f0c8a1b2d"}}
	if diff := cmp.Diff(want, e.fired); diff != "" || err != nil || e.due != "2026-11-25T02:00:00Z" || !strings.Contains(logged, "export=e-1") {
		t.Error(diff, err, e.due, logged)
	}
	e.err = errors.New("busy")
	if _, err := e.handle(t, sample(t, "export-scheduled")); err == nil {
		t.Error("Lambda does not hear of a schedule that could not fire")
	}
}

func TestTheNightlyBackupKeepsItsDay(t *testing.T) {
	e := &exporter{}
	if logged, err := e.handle(t, sample(t, "export-nightly")); err != nil || e.night.Format(time.RFC3339) != "2026-11-25T02:00:00Z" || !strings.Contains(logged, "started=2") {
		t.Error(err, e.night, logged)
	}
	before := time.Now()
	if _, err := e.handle(t, []byte(`{"action":"nightly","time":"<aws.scheduler.scheduled-time>"}`)); err != nil || e.night.Before(before) {
		t.Error(err, e.night)
	}
}

func TestTheSweepRepairsTimers(t *testing.T) {
	e := &exporter{}
	if logged, err := e.handle(t, sample(t, "export-sweep")); err != nil || e.repaired != 1 || !strings.Contains(logged, "timers=1") || !strings.Contains(logged, "busy") {
		t.Error(err, e.repaired, logged)
	}
}
