package trigger

import (
	"context"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/occ/contacts/pkg/budget"
	"github.com/occ/contacts/pkg/importing"
	"github.com/occ/contacts/pkg/metrics"
)

// Writer is what import-write does with a chunk. *importing.Writer implements it.
type Writer interface {
	Handle(ctx context.Context, delivery importing.Delivery) (importing.Written, error)
}

// Chunks are what ImportWrite works with.
type Chunks struct {
	Writer         Writer
	Work           Returner // the queue of chunks
	Dead           Returner // its dead letters
	DeadLettersARN string
	Metrics        *metrics.Recorder
	Log            *slog.Logger
}

// ImportWrite handles the messages of functions/import-write; those of its own dead-letter queue too, by its ARN. The
// messages of a batch are handled at once; only those that failed come again, and those that a busy service kept from
// being written are put back.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
func ImportWrite(c Chunks) func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) {
	return func(ctx context.Context, event events.SQSEvent) (events.SQSEventResponse, error) {
		work, stop := budget.Within(ctx, 0)
		defer stop()
		failed := make([]bool, len(event.Records))
		var handlers sync.WaitGroup
		for i, message := range event.Records {
			handlers.Go(func() {
				began, dead := time.Now(), message.EventSourceARN == c.DeadLettersARN
				done, err := c.Writer.Handle(work, importing.Delivery{
					Body: []byte(message.Body), Receives: receives(message), Dead: dead, PutBack: wasPutBack(message),
				})
				queue := c.Work
				if dead {
					queue = c.Dead
				}
				returned := putBack(ctx, queue, message, err, c.Log)
				failed[i] = err != nil && !returned
				logWritten(ctx, c.Log, done, err)
				c.measure(message, dead, returned, done, err, time.Since(began))
			})
		}
		handlers.Wait()
		var failures []events.SQSBatchItemFailure
		for i, message := range event.Records {
			if failed[i] {
				failures = append(failures, events.SQSBatchItemFailure{ItemIdentifier: message.MessageId})
			}
		}
		return batchResponse(failures), nil
	}
}

// batchResponse names the messages that failed. None is an empty list and not null: AWS takes both for success, the
// local emulator ends with an error on null, and leaves the whole batch in its queue.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
func batchResponse(failures []events.SQSBatchItemFailure) events.SQSEventResponse {
	if failures == nil {
		failures = []events.SQSBatchItemFailure{}
	}
	return events.SQSEventResponse{BatchItemFailures: failures}
}

// measure tells what became of a message.
func (c Chunks) measure(message events.SQSMessage, dead, putBack bool, done importing.Written, err error, took time.Duration) {
	if dead && receives(message) == 1 && timesPutBack(message) == 0 {
		c.Metrics.DeadLetters(metrics.Chunk, 1)
	}
	if err == nil && done.Note == "" {
		c.Metrics.WroteChunk(metrics.Rows{
			Created: done.Tally.Created, Updated: done.Tally.Updated, Skipped: done.Tally.Skipped, Failed: done.Tally.Failed,
		}, took)
	}
	if putBack {
		c.Metrics.PutBack(1)
	}
	c.Metrics.Flush()
}

// receives is how often a message was delivered; at least once.
func receives(message events.SQSMessage) int {
	n, err := strconv.Atoi(message.Attributes["ApproximateReceiveCount"])
	if err != nil {
		return 1
	}
	return n
}

func logWritten(ctx context.Context, log *slog.Logger, done importing.Written, err error) {
	line := log.With("workspace", done.Ref.Workspace, "import", done.Ref.ID, "chunk", done.Chunk)
	switch {
	case err != nil:
		line.ErrorContext(ctx, "a chunk could not be written yet", "error", err, "careful", done.Careful)
	case done.Note != "":
		line.InfoContext(ctx, "a chunk needs nothing", "reason", done.Note)
	case done.Undo.Chunks > 0:
		line.InfoContext(ctx, "a chunk is undone", "undone", done.Undo.Undone, "kept", done.Undo.Kept, "careful", done.Careful, "status", done.Status)
	default:
		line.InfoContext(ctx, "a chunk is written", "created", done.Tally.Created, "updated", done.Tally.Updated, "skipped", done.Tally.Skipped,
			"failed", done.Tally.Failed, "careful", done.Careful, "status", done.Status)
	}
}
