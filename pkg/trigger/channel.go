package trigger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"

	"github.com/aws/aws-lambda-go/events"

	"github.com/occ/contacts/pkg/budget"
	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/metrics"
	"github.com/occ/contacts/pkg/plainjson"
	"github.com/occ/contacts/pkg/problem"
)

// Applier applies what channels and the platform say. *channel.Applier implements it.
type Applier interface {
	Apply(ctx context.Context, batches []channel.Batch) []error
}

// Waiters looks after the events that wait. *channel.Cases implements it.
type Waiters interface {
	Sweep(ctx context.Context) (channel.CasesSwept, error)
}

// Inbox is the queue that the messages are of. *queue.Inbox implements it.
type Inbox interface {
	Returner
	// Delete removes a message by its receipt.
	Delete(ctx context.Context, receipt string) error
	// Bury puts a message among the dead letters, with the reason.
	Bury(ctx context.Context, message, reason string) error
	// DeadLetters takes single events of a message.
	channel.DeadLetters
}

// How often a message is delivered. The queue itself gives up later (template.yaml, ChannelEventsQueue).
const (
	// carefulFrom is from which delivery on a message is applied alone and after the others: one that ends the function costs only itself.
	carefulFrom = 3
	// maxTries is from which delivery on a message that fails is given up.
	maxTries = 12
	// maxDeaths is after how many deliveries a message is given up that was never seen to fail. What came along with one that kills had its
	// turn before that one some time.
	maxDeaths = 16
)

// channelEvents are the handlers of functions/channel-events.
type channelEvents struct {
	applier Applier
	waiters Waiters
	inbox   Inbox
	metrics *metrics.Recorder
	log     *slog.Logger
	waiting *int // messages of this batch that were put back
}

// ChannelEvents handles the events of functions/channel-events: messages of its queue, of which only those that failed come again, until they
// are given up, and {"action":"sweep"} of its schedule.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
func ChannelEvents(
	applier Applier, waiters Waiters, inbox Inbox, recorder *metrics.Recorder, log *slog.Logger,
) func(context.Context, json.RawMessage) (*events.SQSEventResponse, error) {
	c := channelEvents{applier, waiters, inbox, recorder, log, nil}
	return func(ctx context.Context, body json.RawMessage) (_ *events.SQSEventResponse, err error) {
		defer reported(&err)
		var event struct {
			Action  string              `json:"action"`
			Records []events.SQSMessage `json:"Records"`
		}
		if err := json.Unmarshal(body, &event); err != nil {
			return nil, fmt.Errorf("trigger: the event is no JSON object: %w", err)
		}
		work, stop := budget.Within(ctx, 0)
		defer stop()
		if event.Action == "sweep" {
			return nil, c.sweep(work)
		}
		return c.apply(ctx, work, event.Records), nil
	}
}

// apply applies what came the first times together: messages of one sender are one piece of work. The others follow one by one.
// The work's context ends before the invocation's, in which it is still said what failed.
func (c channelEvents) apply(ctx, work context.Context, messages []events.SQSMessage) *events.SQSEventResponse {
	c.waiting = new(int)
	var fresh, suspects []events.SQSMessage
	for _, message := range messages {
		if receives(message) < carefulFrom {
			fresh = append(fresh, message)
		} else {
			suspects = append(suspects, message)
		}
	}
	failed := c.together(ctx, work, fresh, len(suspects) > 0)
	for _, i := range rand.Perm(len(suspects)) { //nolint:gosec // no secret: none is to come always after one that kills
		failed = append(failed, c.alone(ctx, work, suspects[i])...)
	}
	c.metrics.Events(len(messages)-len(failed)-*c.waiting, len(failed))
	c.metrics.PutBack(*c.waiting)
	c.log.InfoContext(ctx, "events are applied", "messages", len(messages), "failed", len(failed), "putBack", *c.waiting)
	response := batchResponse(failed)
	return &response
}

// alone applies a message that came several times. One that came far more often than it may fail ended the function.
func (c channelEvents) alone(ctx, work context.Context, message events.SQSMessage) []events.SQSBatchItemFailure {
	const reason = "the function ended, or its time, while it was at work on these events"
	if receives(message) > maxDeaths && c.buried(ctx, message, metrics.Ended, reason) {
		return nil
	}
	return c.together(ctx, work, []events.SQSMessage{message}, true)
}

// errNotBegun is of messages for which no time was left. That passes, and is no try of theirs.
var errNotBegun = problem.New(problem.Unavailable, "The function has no time left for these events.")

// together applies messages and says which are to come again. early removes the others from the queue at once.
func (c channelEvents) together(ctx, work context.Context, messages []events.SQSMessage, early bool) []events.SQSBatchItemFailure {
	outcomes := make([]error, len(messages))
	var batches []channel.Batch
	var of []int // of each batch: its message
	for i, message := range messages {
		batch, err := batchOf(message.Body)
		if outcomes[i] = err; err == nil {
			batches, of = append(batches, batch), append(of, i)
		}
	}
	if work.Err() == nil {
		for n, err := range c.applier.Apply(work, batches) {
			outcomes[of[n]] = c.refused(ctx, messages[of[n]], batches[n], err)
		}
	} else {
		for _, i := range of {
			outcomes[i] = errNotBegun
		}
	}
	failed := []events.SQSBatchItemFailure{}
	for i, message := range messages {
		switch err := outcomes[i]; {
		case err != nil && !c.gaveUp(ctx, message, err):
			failed = append(failed, events.SQSBatchItemFailure{ItemIdentifier: message.MessageId})
		case early:
			if err := c.inbox.Delete(ctx, message.ReceiptHandle); err != nil { // Lambda will
				c.log.WarnContext(ctx, "a message could not be removed early", "messageId", message.MessageId, "error", err)
			}
		}
	}
	return failed
}

// gaveUp reports whether a message that failed is done with: it was put back, has failed often enough, or can never
// be read.
func (c channelEvents) gaveUp(ctx context.Context, message events.SQSMessage, failure error) bool {
	if never, is := errors.AsType[*unreadable](failure); is {
		return c.buried(ctx, message, metrics.Unusable, never.reason)
	}
	if putBack(ctx, c.inbox, message, failure, c.log) {
		c.log.WarnContext(ctx, "events wait for a busy service", "messageId", message.MessageId, "putBack", timesPutBack(message)+1, "error", failure)
		*c.waiting++
		return true
	}
	if receives(message) < maxTries {
		c.log.WarnContext(ctx, "events could not be applied yet", "messageId", message.MessageId, "receives", receives(message), "error", failure)
		return false
	}
	return c.buried(ctx, message, metrics.Failed, problem.Loggable(failure))
}

// buried puts a message among the dead letters, as it is. The kind of the reason is one of package metrics.
func (c channelEvents) buried(ctx context.Context, message events.SQSMessage, kind, reason string) bool {
	log := c.log.With("messageId", message.MessageId, "receives", receives(message), "reason", reason)
	if err := c.inbox.Bury(ctx, message.Body, reason); err != nil {
		log.ErrorContext(ctx, "events cannot be applied, nor put among the dead letters", "error", err)
		return false
	}
	log.ErrorContext(ctx, "events cannot be applied")
	c.metrics.DeadLetters(kind, 1)
	return true
}

// refused puts the events of a message that can never be applied among the dead letters, and returns what is left to
// be said of the message. Where others of it failed, those go on as a message of their own, and first: so no event is
// refused twice because another one comes again.
func (c channelEvents) refused(ctx context.Context, message events.SQSMessage, batch channel.Batch, failure error) error {
	never, is := errors.AsType[*channel.RefusedEvents](failure)
	if !is {
		return failure
	}
	if never.Err != nil {
		batch.Events = never.Rest
		body, err := plainjson.Marshal(batch)
		if err == nil {
			times := timesPutBack(message) + 1
			err = c.inbox.PutBack(ctx, string(body), putBackAttribute, times, delayAfter(times))
		}
		if err != nil {
			return errors.Join(never.Err, err)
		}
		c.log.WarnContext(ctx, "events could not be applied yet", "messageId", message.MessageId, "receives", receives(message), "error", never.Err)
		*c.waiting++
	}
	for _, refusal := range never.Refusals {
		log := c.log.With("messageId", message.MessageId, "receives", receives(message), "reason", refusal.Reason)
		if err := c.inbox.Send(ctx, refusal.Event, refusal.Reason); err != nil {
			return err
		}
		log.ErrorContext(ctx, "events cannot be applied")
		c.metrics.DeadLetters(metrics.Unusable, 1)
	}
	return nil
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
	case message.Schema < 1:
		return channel.Batch{}, &unreadable{"it says no schema"}
	}
	return message.Batch, nil
}

func (c channelEvents) sweep(ctx context.Context) error {
	done, err := c.waiters.Sweep(ctx)
	for _, failure := range done.Failed {
		c.log.ErrorContext(ctx, "a waiting event could not be looked after", "error", failure)
	}
	if done.Waiting > 0 {
		c.log.InfoContext(ctx, "waiting events are looked at", "waiting", done.Waiting, "applied", done.Applied, "dead", done.Dead, "stopped", done.Stopped)
	}
	c.metrics.DeadLetters(metrics.Unseen, done.Dead)
	return swept(c.metrics, err)
}
