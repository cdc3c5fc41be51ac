package trigger

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"

	"github.com/occ/contacts/pkg/exporting"
)

// Exporter is what the function export does. *exporting.Runner implements it.
type Exporter interface {
	Run(ctx context.Context, ref exporting.Ref) (exporting.Ran, error)
	Sweep(ctx context.Context) (exporting.Swept, error)
}

// exportEvent is an event of functions/export.
type exportEvent struct {
	Action    string `json:"action"` // run, sweep
	Workspace string `json:"workspace"`
	ID        string `json:"id"`
}

// Export handles the events of functions/export: {"action":"run","workspace":…,"id":…} of an export that is to be worked on, and
// {"action":"sweep"} of its schedule. An error makes Lambda call again, twice; after that the sweep does.
func Export(exporter Exporter, log *slog.Logger) func(context.Context, json.RawMessage) error {
	return func(ctx context.Context, body json.RawMessage) error {
		var event exportEvent
		if err := json.Unmarshal(body, &event); err != nil {
			return fmt.Errorf("trigger: the event is no JSON object: %w", err)
		}
		switch event.Action {
		case "run":
			done, err := exporter.Run(ctx, exporting.Ref{Workspace: event.Workspace, ID: event.ID})
			logRan(ctx, log, done, err)
			return err
		case "sweep":
			return sweepExports(ctx, exporter, log)
		default:
			return fmt.Errorf("trigger: there is no action %q", event.Action)
		}
	}
}

func sweepExports(ctx context.Context, exporter Exporter, log *slog.Logger) error {
	done, err := exporter.Sweep(ctx)
	for _, ref := range done.Started {
		log.InfoContext(ctx, "an export stood still and runs again", "workspace", ref.Workspace, "export", ref.ID)
	}
	for _, failure := range done.Failed {
		log.ErrorContext(ctx, "an open export could not be looked after", "error", failure)
	}
	return err
}

func logRan(ctx context.Context, log *slog.Logger, done exporting.Ran, err error) {
	line := log.With("workspace", done.Ref.Workspace, "export", done.Ref.ID)
	switch {
	case err != nil:
		line.ErrorContext(ctx, "the export could not be written yet", "error", err)
	case done.Note != "":
		line.InfoContext(ctx, "an export needs nothing", "reason", done.Note)
	case done.Left:
		line.InfoContext(ctx, "an export goes on in the next invocation", "rows", done.Rows)
	default:
		line.InfoContext(ctx, "an export is written", "status", done.Status, "rows", done.Rows, "bytes", done.Bytes)
	}
}
