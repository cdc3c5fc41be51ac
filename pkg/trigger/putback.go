package trigger

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/occ/contacts/pkg/problem"
)

// Returner puts a message back into the queue that it came from, as one that was never delivered. *queue.Returns
// implements it.
type Returner interface {
	PutBack(ctx context.Context, body, attribute string, times int, delay time.Duration) error
}

// A message that a busy service kept from being dealt with was not tried, so that delivery must not count: SQS would
// give it up after some of them, and the functions would take it for one that kills. It is put back as a new message,
// first after a second or two and later each minute, for a week at most; after that it counts as one that fails.
const (
	putBackAttribute = "putBack" // how often it was put back
	longestDelay     = time.Minute
	maxPutBacks      = 7 * 24 * 60
)

// timesPutBack is how often a message was put back.
func timesPutBack(message events.SQSMessage) int {
	if said := message.MessageAttributes[putBackAttribute].StringValue; said != nil {
		times, _ := strconv.Atoi(*said) // what is no number was none of ours
		return times
	}
	return 0
}

// wasPutBack reports whether the delivery before this one ended with the message being put back.
func wasPutBack(message events.SQSMessage) bool {
	return timesPutBack(message) > 0 && receives(message) == 1
}

// delayAfter is how long a message waits when it was put back so often: half of a doubling time and a random part of
// the other half.
func delayAfter(times int) time.Duration {
	half := min(time.Second<<min(times, 10), longestDelay) / 2
	return half + rand.N(half) //nolint:gosec // jitter is no secret
}

// putBack puts a message back if a busy service is all that was wrong, and reports whether it did. Where it could not,
// the message comes again as one that failed.
func putBack(ctx context.Context, queue Returner, message events.SQSMessage, failure error, log *slog.Logger) bool {
	times := timesPutBack(message) + 1
	if problem.CodeOf(failure) != problem.Unavailable || times > maxPutBacks {
		return false
	}
	if err := queue.PutBack(ctx, message.Body, putBackAttribute, times, delayAfter(times)); err != nil {
		log.WarnContext(ctx, "a message could not be put back", "messageId", message.MessageId, "error", err)
		return false
	}
	return true
}
