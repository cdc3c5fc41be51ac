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

// channelEvents are the handlers of functions/channel-events.
type channelEvents struct {
	applier Applier
	waiters Waiters
	log     *slog.Logger
}

// ChannelEvents handles the events of functions/channel-events: messages of its queue, of which only those that failed come again, and
// {"action":"sweep"} of its schedule.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
func ChannelEvents(applier Applier, waiters Waiters, log *slog.Logger) func(context.Context, json.RawMessage) (*events.SQSEventResponse, error) {
	c := channelEvents{applier, waiters, log}
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
		if err != nil {
			c.log.ErrorContext(ctx, "events could not be applied yet", "messageId", messages[i].MessageId, "receives", receives(messages[i]), "error", err)
			response.BatchItemFailures = append(response.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: messages[i].MessageId})
		}
	}
	c.log.InfoContext(ctx, "events are applied", "messages", len(messages), "failed", len(response.BatchItemFailures))
	return response
}

// batchOf reads a message. A letter, which says why what was signed cannot be used, is none: put back among the messages it fails again.
func batchOf(body string) (channel.Batch, error) {
	var batch channel.Batch
	if err := json.Unmarshal([]byte(body), &batch); err != nil {
		return batch, errors.New("the message is no batch of events")
	}
	if batch.Schema != channel.EventSchema || len(batch.Events) == 0 {
		return batch, fmt.Errorf("the message holds no events of schema %d", channel.EventSchema)
	}
	return batch, nil
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
