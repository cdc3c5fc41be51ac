package queue

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/occ/contacts/pkg/channel"
)

// DeadEvents is the dead-letter queue of channel-events, for what it cannot apply.
type DeadEvents struct {
	client *sqs.Client
	url    string
}

var _ channel.DeadLetters = (*DeadEvents)(nil)

// NewDeadEvents makes the queue at a URL.
func NewDeadEvents(client *sqs.Client, url string) *DeadEvents { return &DeadEvents{client, url} }

// Send implements channel.DeadLetters. The message is what the work queue takes, so that it can be put back there.
func (d *DeadEvents) Send(ctx context.Context, e channel.Event, reason string) error {
	body, err := json.Marshal(channel.Batch{Schema: channel.EventSchema, Workspace: e.Workspace, Events: []channel.Event{e}})
	if err != nil {
		return fmt.Errorf("queue: encode an event: %w", err)
	}
	return d.Bury(ctx, string(body), reason)
}

// Bury sends a message of the work queue as it is, with the reason as an attribute: people look there first.
func (d *DeadEvents) Bury(ctx context.Context, message, reason string) error {
	reason = attribute(reason)
	return send(ctx, d.client, d.url, []types.SendMessageBatchRequestEntry{{
		Id: aws.String("0"), MessageBody: &message,
		MessageAttributes: map[string]types.MessageAttributeValue{"reason": {DataType: aws.String("String"), StringValue: &reason}},
	}})
}

// maxReason is how many characters of a reason are kept. It is part of the message's size.
const maxReason = 1000

// attribute is a text that an attribute may hold: SQS refuses most control characters and empty values.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_MessageAttributeValue.html
func attribute(text string) string {
	runes := []rune(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\uFFFE' || r == '\uFFFF' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "?")))
	if len(runes) == 0 {
		return "unknown"
	}
	return string(runes[:min(len(runes), maxReason)])
}
