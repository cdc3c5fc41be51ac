package trigger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/occ/contacts/pkg/budget"
	"github.com/occ/contacts/pkg/exporting"
	"github.com/occ/contacts/pkg/metrics"
)

// Exporter writes the files of exports. *exporting.Runner implements it.
type Exporter interface {
	Run(ctx context.Context, ref exporting.Ref) (exporting.Ran, error)
	Sweep(ctx context.Context) (exporting.Swept, error)
}

// Timekeeper starts the exports of schedules. *exporting.Timekeeper implements it.
type Timekeeper interface {
	Fire(ctx context.Context, ref exporting.Ref, scheduledTime string) (exporting.Fired, error)
	Nightly(ctx context.Context, now time.Time) (exporting.BackedUp, error)
	Repair(ctx context.Context) (exporting.Repaired, error)
}

// exportEvent is an event of functions/export.
type exportEvent struct {
	Action    string `json:"action"` // run, sweep, scheduled, nightly
	Workspace string `json:"workspace"`
	ID        string `json:"id"`       // of run: the export
	Schedule  string `json:"schedule"` // of scheduled
	Time      string `json:"time"`     // of scheduled and nightly: when it was due
}

// exports are the handlers of functions/export.
type exports struct {
	exporter Exporter
	keeper   Timekeeper
	metrics  *metrics.Recorder
	log      *slog.Logger
}

// Export handles the events of functions/export: {"action":"run","workspace":…,"id":…} of an export that is to be worked on,
// {"action":"scheduled","workspace":…,"schedule":…,"time":…} of an export schedule, {"action":"nightly","time":…} and {"action":"sweep"} of the template's
// schedules. An error makes Lambda call again, twice; after that the sweep does.
func Export(exporter Exporter, keeper Timekeeper, recorder *metrics.Recorder, log *slog.Logger) func(context.Context, json.RawMessage) error {
	e := exports{exporter, keeper, recorder, log}
	return func(ctx context.Context, body json.RawMessage) (err error) {
		defer reported(&err)
		ctx, stop := budget.Within(ctx, 0)
		defer stop()
		defer recorder.Flush()
		var event exportEvent
		if err := json.Unmarshal(body, &event); err != nil {
			return fmt.Errorf("trigger: the event is no JSON object: %w", err)
		}
		switch event.Action {
		case "run":
			return e.run(ctx, exporting.Ref{Workspace: event.Workspace, ID: event.ID})
		case "scheduled":
			return e.fire(ctx, exporting.Ref{Workspace: event.Workspace, ID: event.Schedule}, event.Time)
		case "nightly":
			return e.nightly(ctx, event.Time)
		case "sweep":
			return swept(recorder, errors.Join(e.sweep(ctx), e.repair(ctx)))
		default:
			return fmt.Errorf("trigger: there is no action %q", event.Action)
		}
	}
}

func (e exports) run(ctx context.Context, ref exporting.Ref) error {
	done, err := e.exporter.Run(ctx, ref)
	line := e.log.With("workspace", ref.Workspace, "export", ref.ID)
	switch {
	case err != nil:
		line.ErrorContext(ctx, "the export could not be written yet", "error", err)
	case done.Note != "":
		line.InfoContext(ctx, "an export needs nothing", "reason", done.Note)
	case done.Left:
		line.InfoContext(ctx, "an export goes on in the next invocation", "rows", done.Rows)
	default:
		line.InfoContext(ctx, "an export is written", "status", done.Status, "rows", done.Rows, "bytes", done.Bytes)
		e.metrics.FinishedExport(string(done.Status), done.Rows, done.Bytes)
	}
	return err
}

func (e exports) fire(ctx context.Context, ref exporting.Ref, due string) error {
	done, err := e.keeper.Fire(ctx, ref, due)
	line := e.log.With("workspace", ref.Workspace, "schedule", ref.ID)
	if err != nil {
		line.ErrorContext(ctx, "the schedule's export could not be started yet", "error", err)
		return err
	}
	line.InfoContext(ctx, "a schedule fired", "export", done.Export, "note", done.Note)
	return nil
}

// nightly starts the backup of the day that it was due on, which a repetition after midnight does not change. The local emulator does not
// say when that was.
func (e exports) nightly(ctx context.Context, due string) error {
	day, err := time.Parse(time.RFC3339, due)
	if err != nil {
		day = time.Now()
	}
	done, err := e.keeper.Nightly(ctx, day)
	e.log.InfoContext(ctx, "the nightly backup is started", "workspaces", done.Workspaces, "started", done.Started)
	e.metrics.StartedBackups(done.Started)
	return err
}

func (e exports) sweep(ctx context.Context) error {
	done, err := e.exporter.Sweep(ctx)
	for _, ref := range done.Started {
		e.log.InfoContext(ctx, "an export stood still and runs again", "workspace", ref.Workspace, "export", ref.ID)
	}
	for _, failure := range done.Failed {
		e.log.ErrorContext(ctx, "an open export could not be looked after", "error", failure)
	}
	return err
}

func (e exports) repair(ctx context.Context) error {
	done, err := e.keeper.Repair(ctx)
	for _, failure := range done.Failed {
		e.log.ErrorContext(ctx, "the timer of a schedule could not be put", "error", failure)
	}
	if done.Put > 0 {
		e.log.InfoContext(ctx, "timers of schedules are put that were left behind", "timers", done.Put)
	}
	return err
}
