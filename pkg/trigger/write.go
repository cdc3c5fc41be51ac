package trigger

import (
	"context"
	"log/slog"
	"strconv"
	"sync"

	"github.com/aws/aws-lambda-go/events"

	"github.com/occ/contacts/pkg/importing"
)

// Writer is what import-write does with a chunk. *importing.Writer implements it.
type Writer interface {
	Handle(ctx context.Context, delivery importing.Delivery) (importing.Written, error)
}

// ImportWrite handles the messages of functions/import-write; those of its own dead-letter queue too, by its ARN. The messages of a
// batch are handled at once; only those that failed come again.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
func ImportWrite(writer Writer, deadLettersARN string, log *slog.Logger) func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) {
	return func(ctx context.Context, event events.SQSEvent) (events.SQSEventResponse, error) {
		failed := make([]bool, len(event.Records))
		var handlers sync.WaitGroup
		for i, message := range event.Records {
			handlers.Go(func() {
				done, err := writer.Handle(ctx, importing.Delivery{
					Body: []byte(message.Body), Receives: receives(message), Dead: message.EventSourceARN == deadLettersARN,
				})
				failed[i] = err != nil
				logWritten(ctx, log, done, err)
			})
		}
		handlers.Wait()
		response := events.SQSEventResponse{}
		for i, message := range event.Records {
			if failed[i] {
				response.BatchItemFailures = append(response.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: message.MessageId})
			}
		}
		return response, nil
	}
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
