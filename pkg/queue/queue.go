// Package queue carries the chunks of imports and the events of channels through SQS, and reads the calls of import-parse that failed for good.
package queue

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/occ/contacts/pkg/importing"
	"github.com/occ/contacts/pkg/problem"
)

const busyDetail = "The queue is busy. Try again in a moment."

// Chunks is the queue of import-write.
type Chunks struct {
	client *sqs.Client
	url    string
}

// NewChunks makes the queue at a URL.
func NewChunks(client *sqs.Client, url string) *Chunks { return &Chunks{client, url} }

var (
	_ importing.ChunkQueue  = (*Chunks)(nil)
	_ importing.FailedCalls = (*Failures)(nil)
)

// Send implements importing.ChunkQueue: at most 10 messages and 1 MiB together.
func (q *Chunks) Send(ctx context.Context, messages [][]byte) error {
	var entries []types.SendMessageBatchRequestEntry
	for i, message := range messages {
		entries = append(entries, types.SendMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), MessageBody: aws.String(string(message))})
	}
	return send(ctx, q.client, q.url, entries)
}

// sendTries is how often messages are sent that a batch left out: SQS may take some of a batch and refuse others.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
const sendTries = 5

// send sends one batch, all of it or an error.
func send(ctx context.Context, client *sqs.Client, url string, entries []types.SendMessageBatchRequestEntry) error {
	for try := 1; ; try++ {
		out, err := client.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: &url, Entries: entries})
		if err != nil {
			return fmt.Errorf("queue: send %d messages: %w", len(entries), problem.Busy(err, busyDetail))
		}
		if entries = refused(entries, out.Failed); len(entries) == 0 {
			return nil
		}
		if try == sendTries {
			refused := fmt.Errorf("queue: %d messages are refused: %s", len(entries), aws.ToString(out.Failed[0].Message))
			if out.Failed[0].SenderFault {
				return refused
			}
			return &problem.Error{Code: problem.Unavailable, Detail: busyDetail, Cause: refused}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Duration(try)*50*time.Millisecond + rand.N(50*time.Millisecond)): //nolint:gosec // jitter is no secret
		}
	}
}

// refused are the entries that are to be sent again.
func refused(entries []types.SendMessageBatchRequestEntry, failed []types.BatchResultErrorEntry) []types.SendMessageBatchRequestEntry {
	ids := make(map[string]bool, len(failed))
	for _, failure := range failed {
		ids[aws.ToString(failure.Id)] = true
	}
	var again []types.SendMessageBatchRequestEntry
	for _, entry := range entries {
		if ids[aws.ToString(entry.Id)] {
			again = append(again, entry)
		}
	}
	return again
}

// Failures is the failure destination of import-parse's asynchronous calls.
type Failures struct {
	client *sqs.Client
	url    string
}

// NewFailures makes the failure destination at a URL.
func NewFailures(client *sqs.Client, url string) *Failures { return &Failures{client, url} }

// Receive implements importing.FailedCalls.
func (f *Failures) Receive(ctx context.Context) ([]importing.FailedCall, error) {
	out, err := f.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &f.url, MaxNumberOfMessages: 10})
	if err != nil {
		return nil, fmt.Errorf("queue: receive failed calls: %w", problem.Busy(err, busyDetail))
	}
	var calls []importing.FailedCall
	for _, message := range out.Messages {
		calls = append(calls, importing.FailedCall{Body: []byte(aws.ToString(message.Body)), Receipt: aws.ToString(message.ReceiptHandle)})
	}
	return calls, nil
}

// releaseAfter is after how long a call that was released comes again: at the next sweep.
const releaseAfter = 30 // seconds

// Release implements importing.FailedCalls.
func (f *Failures) Release(ctx context.Context, receipt string) error {
	_, err := f.client.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{QueueUrl: &f.url, ReceiptHandle: &receipt, VisibilityTimeout: releaseAfter})
	if err != nil {
		return fmt.Errorf("queue: release a failed call: %w", problem.Busy(err, busyDetail))
	}
	return nil
}

// Delete implements importing.FailedCalls.
func (f *Failures) Delete(ctx context.Context, receipt string) error {
	if _, err := f.client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &f.url, ReceiptHandle: &receipt}); err != nil {
		return fmt.Errorf("queue: delete a failed call: %w", problem.Busy(err, busyDetail))
	}
	return nil
}
