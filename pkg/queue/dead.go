package queue

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/occ/contacts/pkg/channel"
)

// DeadEvents is the dead-letter queue of channel-events, for events that waited in vain.
type DeadEvents struct {
	client *sqs.Client
	url    string
}

var _ channel.DeadLetters = (*DeadEvents)(nil)

// NewDeadEvents makes the queue at a URL.
func NewDeadEvents(client *sqs.Client, url string) *DeadEvents { return &DeadEvents{client, url} }

// Send implements channel.DeadLetters. The message is what the work queue takes, so that it can be put back there; the reason is an
// attribute of it.
func (d *DeadEvents) Send(ctx context.Context, e channel.Event, reason string) error {
	body, err := json.Marshal(channel.Batch{Schema: channel.EventSchema, Workspace: e.Workspace, Events: []channel.Event{e}})
	if err != nil {
		return fmt.Errorf("queue: encode an event: %w", err)
	}
	return send(ctx, d.client, d.url, []types.SendMessageBatchRequestEntry{{
		Id: aws.String("0"), MessageBody: aws.String(string(body)),
		MessageAttributes: map[string]types.MessageAttributeValue{"reason": {DataType: aws.String("String"), StringValue: &reason}},
	}})
}
