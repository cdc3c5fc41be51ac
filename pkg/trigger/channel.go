package trigger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"github.com/aws/aws-lambda-go/events"

	"github.com/occ/contacts/pkg/channel"
)

// Applier applies what channels and the platform say. *channel.Applier implements it.
type Applier interface {
	Apply(ctx context.Context, batches []channel.Batch) []error
}

// Waiters looks after the events that wait. *channel.Cases implements it.
type Waiters interface {
	Sweep(ctx context.Context) (channel.CasesSwept, error)
}

// Graves takes messages that are given up. *queue.DeadEvents implements it.
type Graves interface {
	Bury(ctx context.Context, message, reason string) error
}

// maxTries is after how many deliveries a message that fails is given up, with its reason. The queue itself gives up later, those that ended
// the function each time (template.yaml, ChannelEventsQueue).
const maxTries = 10

// channelEvents are the handlers of functions/channel-events.
type channelEvents struct {
	applier Applier
	waiters Waiters
	graves  Graves
	log     *slog.Logger
}

// ChannelEvents handles the events of functions/channel-events: messages of its queue, of which only those that failed come again, and
// after some tries are given up; and
// {"action":"sweep"} of its schedule.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
func ChannelEvents(applier Applier, waiters Waiters, graves Graves, log *slog.Logger) func(context.Context, json.RawMessage) (*events.SQSEventResponse, error) {
	c := channelEvents{applier, waiters, graves, log}
	return func(ctx context.Context, body json.RawMessage) (*events.SQSEventResponse, error) {
		var event struct {
			Action  string              `json:"action"`
			Records []events.SQSMessage `json:"Records"`
		}
		if err := json.Unmarshal(body, &event); err != nil {
			return nil, fmt.Errorf("trigger: the event is no JSON object: %w", err)
		}
		if event.Action == "sweep" {
			return nil, c.sweep(ctx)
		}
		return c.apply(ctx, event.Records), nil
	}
}

// apply applies the messages together: those of one sender in several of them are one piece of work.
func (c channelEvents) apply(ctx context.Context, messages []events.SQSMessage) *events.SQSEventResponse {
	failed := make([]error, len(messages))
	var batches []channel.Batch
	var of []int // of each batch: its message
	for i, message := range messages {
		batch, err := batchOf(message.Body)
		if failed[i] = err; err == nil {
			batches, of = append(batches, batch), append(of, i)
		}
	}
	for n, err := range c.applier.Apply(ctx, batches) {
		failed[of[n]] = err
	}
	response := &events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{}}
	for i, err := range failed {
		if err != nil && !c.gaveUp(ctx, messages[i], err) {
			response.BatchItemFailures = append(response.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: messages[i].MessageId})
		}
	}
	c.log.InfoContext(ctx, "events are applied", "messages", len(messages), "failed", len(response.BatchItemFailures))
	return response
}

// gaveUp puts a message that failed among the dead letters, as it is, if it is time; it is sent there before it leaves the queue.
func (c channelEvents) gaveUp(ctx context.Context, message events.SQSMessage, failure error) bool {
	log := c.log.With("message", message.MessageId, "receives", receives(message))
	unreadable, never := errors.AsType[*unreadable](failure)
	if !never && receives(message) < maxTries {
		log.WarnContext(ctx, "events could not be applied yet", "error", failure)
		return false
	}
	reason := failure.Error()
	if never {
		reason = unreadable.reason
	}
	if err := c.graves.Bury(ctx, message.Body, reason); err != nil {
		log.ErrorContext(ctx, "events cannot be applied, nor put among the dead letters", "error", failure, "deadLetters", err)
		return false
	}
	log.ErrorContext(ctx, "events cannot be applied", "error", failure)
	return true
}

// unreadable is a message that no repetition makes one of events.
type unreadable struct{ reason string }

// Error implements error.
func (u *unreadable) Error() string { return "trigger: no message of events: " + u.reason }

// batchOf reads a message. A letter, which says why what was signed cannot be used, is none: put back among the messages, it goes where it
// came from.
func batchOf(body string) (channel.Batch, error) {
	var message struct {
		channel.Batch
		Reason string `json:"reason"`
	}
	switch err := json.Unmarshal([]byte(body), &message); {
	case err != nil:
		return channel.Batch{}, &unreadable{"it is not JSON, or of another form than a batch"}
	case len(message.Events) == 0 && message.Reason != "":
		return channel.Batch{}, &unreadable{message.Reason}
	case len(message.Events) == 0:
		return channel.Batch{}, &unreadable{"it holds no events"}
	}
	return message.Batch, nil
}

func (c channelEvents) sweep(ctx context.Context) error {
	done, err := c.waiters.Sweep(ctx)
	for _, failure := range done.Failed {
		c.log.ErrorContext(ctx, "a waiting event could not be looked after", "error", failure)
	}
	if done.Waiting > 0 {
		c.log.InfoContext(ctx, "waiting events are looked at", "waiting", done.Waiting, "applied", done.Applied, "dead", done.Dead)
	}
	return err
}
