// Package trigger turns the events that invoke our functions (objects in S3, schedules, messages of SQS) into calls of the domain,
// and logs what came of them.
package trigger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"

	"github.com/aws/aws-lambda-go/events"

	"github.com/occ/contacts/pkg/budget"
	"github.com/occ/contacts/pkg/importing"
	"github.com/occ/contacts/pkg/metrics"
)

// Parser is what import-parse does with an object, and with an import that is to go on. *importing.Parser implements it.
type Parser interface {
	Arrived(ctx context.Context, arrival importing.Arrival) (importing.Parsed, error)
	Resume(ctx context.Context, ref importing.Ref) (importing.Parsed, error)
}

// Sweeper looks after the open imports. *importing.Sweeper implements it.
type Sweeper interface {
	Sweep(ctx context.Context) (importing.Swept, error)
}

// Cleaner removes what deleted contacts left behind when a function died. *dynamo.Store implements it.
type Cleaner interface {
	CleanUp(ctx context.Context) (contacts int, err error)
}

// ImportParse handles the events of functions/import-parse: objects of the uploads bucket, {"action":"sweep"} of the schedule, and
// {"action":"parse","workspace":…,"id":…} of the API for an import that is to go on.
// An error makes Lambda call again, twice, and then hand the event to the failure destination.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
func ImportParse(
	parser Parser, sweeper Sweeper, cleaner Cleaner, recorder *metrics.Recorder, log *slog.Logger,
) func(context.Context, json.RawMessage) error {
	return func(ctx context.Context, event json.RawMessage) (err error) {
		defer reported(&err)
		ctx, stop := budget.Within(ctx, 0)
		defer stop()
		defer recorder.Flush()
		var order struct {
			Action    string `json:"action"`
			Workspace string `json:"workspace"`
			ID        string `json:"id"`
		}
		if err := json.Unmarshal(event, &order); err != nil {
			return fmt.Errorf("trigger: the event is no JSON object: %w", err)
		}
		switch order.Action {
		case "sweep":
			return swept(recorder, errors.Join(sweep(ctx, sweeper, log), clean(ctx, cleaner, log)))
		case "parse":
			done, err := parser.Resume(ctx, importing.Ref{Workspace: order.Workspace, ID: order.ID})
			logParsed(ctx, log, done, err)
			measureParsed(recorder, done, err)
			return err
		}
		arrivals, err := arrivalsOf(event)
		if err != nil {
			return err
		}
		var failed []error
		for _, arrival := range arrivals {
			done, err := parser.Arrived(ctx, arrival)
			logParsed(ctx, log, done, err)
			measureParsed(recorder, done, err)
			failed = append(failed, err)
		}
		return errors.Join(failed...)
	}
}

// arrivalsOf reads an S3 event. Keys come encoded as in a form. https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
func arrivalsOf(event []byte) ([]importing.Arrival, error) {
	var notice events.S3Event
	if err := json.Unmarshal(event, &notice); err != nil {
		return nil, fmt.Errorf("trigger: the event is none of S3: %w", err)
	}
	var arrivals []importing.Arrival
	for _, record := range notice.Records {
		if !strings.HasPrefix(record.EventName, "ObjectCreated:") {
			continue
		}
		key, err := url.QueryUnescape(record.S3.Object.Key)
		if err != nil {
			return nil, fmt.Errorf("trigger: the key of an S3 event: %w", err)
		}
		arrivals = append(arrivals, importing.Arrival{
			Bucket: record.S3.Bucket.Name, Key: key, Version: record.S3.Object.VersionID, Sequencer: record.S3.Object.Sequencer,
		})
	}
	return arrivals, nil
}

// FailedArrivals reads the objects out of a call of import-parse that lies in the failure destination; none of a failed sweep, nor
// of an import that was to go on: the sweep looks after it.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
func FailedArrivals(body []byte) ([]importing.Arrival, error) {
	var failure struct {
		RequestPayload json.RawMessage `json:"requestPayload"`
	}
	if err := json.Unmarshal(body, &failure); err != nil || len(failure.RequestPayload) == 0 {
		return nil, nil //nolint:nilerr // nothing of ours: it is deleted, since no repetition makes it readable
	}
	return arrivalsOf(failure.RequestPayload)
}

func sweep(ctx context.Context, sweeper Sweeper, log *slog.Logger) error {
	done, err := sweeper.Sweep(ctx)
	for _, moved := range done.Moved {
		logParsed(ctx, log, moved, nil)
	}
	for _, failure := range done.Failed {
		log.ErrorContext(ctx, "an open import could not be looked after", "error", failure)
	}
	level := slog.LevelDebug
	if len(done.Moved)+len(done.Failed)+done.Calls+done.Left > 0 {
		level = slog.LevelInfo
	}
	log.Log(ctx, level, "swept", "open", done.Open, "moved", len(done.Moved), "failed", len(done.Failed), "calls", done.Calls, "left", done.Left)
	return err
}

func clean(ctx context.Context, cleaner Cleaner, log *slog.Logger) error {
	contacts, err := cleaner.CleanUp(ctx)
	if contacts > 0 {
		log.InfoContext(ctx, "what deleted contacts left is removed", "contacts", contacts)
	}
	return err
}

func measureParsed(recorder *metrics.Recorder, done importing.Parsed, err error) {
	switch {
	case err != nil:
	case done.Ignored != "":
		recorder.IgnoredObject()
	case done.Code == "":
		recorder.ReadFile(done.Rows)
	}
}

func logParsed(ctx context.Context, log *slog.Logger, done importing.Parsed, err error) {
	line := log.With("workspace", done.Ref.Workspace, "import", done.Ref.ID)
	switch {
	case err != nil:
		line.ErrorContext(ctx, "the object could not be imported yet", "error", err)
	case done.Ignored != "":
		line.InfoContext(ctx, "an object imports nothing", "reason", done.Ignored)
	case done.Code != "":
		line.InfoContext(ctx, "the file cannot be imported", "code", done.Code)
	default:
		line.InfoContext(ctx, "the file is read", "status", done.Status, "rows", done.Rows, "chunks", done.Sent)
	}
}
