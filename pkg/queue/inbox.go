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
	"github.com/occ/contacts/pkg/problem"
)

// Inbox is the queue of channel-events as that function has it: Lambda receives for it, and removes what succeeded.
type Inbox struct {
	*Returns
	client    *sqs.Client
	url, dead string
}

var _ channel.DeadLetters = (*Inbox)(nil)

// NewInbox makes the queue at a URL, and that of its dead letters.
func NewInbox(client *sqs.Client, url, deadLetters string) *Inbox {
	return &Inbox{NewReturns(client, url), client, url, deadLetters}
}

// Delete removes a message before the function ends. Lambda does so once more, which does no harm.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html
func (q *Inbox) Delete(ctx context.Context, receipt string) error {
	if _, err := q.client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &q.url, ReceiptHandle: &receipt}); err != nil {
		return fmt.Errorf("queue: delete a message: %w", problem.Busy(err, busyDetail))
	}
	return nil
}

// Send implements channel.DeadLetters. The message is what the work queue takes, so that it can be put back there.
func (q *Inbox) Send(ctx context.Context, e channel.Event, reason string) error {
	body, err := json.Marshal(channel.Batch{Schema: channel.EventSchema, Workspace: e.Workspace, Events: []channel.Event{e}})
	if err != nil {
		return fmt.Errorf("queue: encode an event: %w", err)
	}
	return q.Bury(ctx, string(body), reason)
}

// Bury sends a message of the work queue as it is, with the reason as an attribute.
func (q *Inbox) Bury(ctx context.Context, message, reason string) error {
	return send(ctx, q.client, q.dead, []types.SendMessageBatchRequestEntry{{Id: aws.String("0"), MessageBody: &message, MessageAttributes: because(reason)}})
}

// maxReason is how many characters of a reason are kept. It is part of the message's size.
const maxReason = 1000

// because is a reason as an attribute of a dead letter, where people look first.
func because(reason string) map[string]types.MessageAttributeValue {
	return map[string]types.MessageAttributeValue{"reason": {DataType: aws.String("String"), StringValue: aws.String(attribute(reason))}}
}

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
