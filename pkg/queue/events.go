package queue

import (
	"bytes"
	"context"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/plainjson"
)

// Events is the queue of channel-events, and its dead letters.
type Events struct {
	client    *sqs.Client
	url, dead string
}

// NewEvents makes the queue at a URL, and that of its dead letters.
func NewEvents(client *sqs.Client, url, deadLetters string) *Events {
	return &Events{client, url, deadLetters}
}

// Send sends batches; it returns when all of them are there.
func (q *Events) Send(ctx context.Context, batches []channel.Batch) error {
	var messages []types.SendMessageBatchRequestEntry
	for _, batch := range batches {
		message, err := entryOf(batch)
		if err != nil {
			return err
		}
		messages = append(messages, message)
	}
	return q.sendAll(ctx, q.url, messages)
}

// Bury sends letters to the dead letters, each with its reason as an attribute too.
func (q *Events) Bury(ctx context.Context, letters []channel.Letter) error {
	var messages []types.SendMessageBatchRequestEntry
	for _, letter := range letters {
		message, err := entryOf(letter)
		if err != nil {
			return err
		}
		message.MessageAttributes = because(letter.Reason)
		messages = append(messages, message)
	}
	return q.sendAll(ctx, q.dead, messages)
}

// A batch of messages has at most 10, and these bytes together, less than the megabyte that SQS takes.
const (
	maxMessages   = 10
	maxBatchBytes = 1_000_000
)

// sendAll sends as many batches as it takes.
func (q *Events) sendAll(ctx context.Context, url string, messages []types.SendMessageBatchRequestEntry) error {
	for len(messages) > 0 {
		count, size := 0, 0
		for count < min(len(messages), maxMessages) {
			size += len(*messages[count].MessageBody) + attributesSize
			if count > 0 && size > maxBatchBytes {
				break
			}
			messages[count].Id = aws.String(strconv.Itoa(count))
			count++
		}
		if err := send(ctx, q.client, url, messages[:count]); err != nil {
			return err
		}
		messages = messages[count:]
	}
	return nil
}

// attributesSize is more than a message's attributes count.
const attributesSize = 512

// entryOf encodes a message. SQS refuses two characters that JSON lets stand.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
func entryOf(value any) (types.SendMessageBatchRequestEntry, error) {
	body, err := plainjson.Marshal(value)
	if err != nil {
		return types.SendMessageBatchRequestEntry{}, fmt.Errorf("queue: encode a message: %w", err)
	}
	body = bytes.ReplaceAll(body, []byte("\uFFFE"), []byte(`\ufffe`))
	body = bytes.ReplaceAll(body, []byte("\uFFFF"), []byte(`\uffff`))
	return types.SendMessageBatchRequestEntry{MessageBody: aws.String(string(body))}, nil
}
