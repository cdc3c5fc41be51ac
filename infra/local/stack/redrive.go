package stack

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// Redrive puts the messages of every dead-letter queue with a work queue back into it, by a stack's outputs, and prints how many. import-parse
// has none: its sweep reads its dead letters by itself.
func Redrive(ctx context.Context, cfg aws.Config, outputs map[string]string, out io.Writer) error {
	client := sqs.NewFromConfig(cfg)
	for _, name := range slices.Sorted(maps.Keys(outputs)) {
		letters, work := outputs[name], outputs[strings.TrimSuffix(name, "DlqUrl")+"QueueUrl"]
		if !strings.HasSuffix(name, "DlqUrl") || work == "" {
			continue
		}
		moved, err := move(ctx, client, letters, work)
		if err != nil {
			return fmt.Errorf("%s: %w", letters, err)
		}
		fmt.Fprintf(out, "%s: %d back\n", letters[strings.LastIndex(letters, "/")+1:], moved) //nolint:errcheck // a terminal
	}
	return nil
}

// move sends each message on before it deletes it: a crash doubles a message, which the workers bear, and loses none. One that is back already,
// as its cause is not gone, stays.
func move(ctx context.Context, client *sqs.Client, from, to string) (moved int, err error) {
	seen := map[string]bool{}
	for {
		received, err := client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: aws.String(from), MaxNumberOfMessages: 10, WaitTimeSeconds: 1})
		if err != nil || len(received.Messages) == 0 {
			return moved, err
		}
		for _, message := range received.Messages {
			if seen[*message.Body] {
				continue
			}
			seen[*message.Body] = true
			if _, err := client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: aws.String(to), MessageBody: message.Body}); err != nil {
				return moved, err
			}
			if _, err := client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: aws.String(from), ReceiptHandle: message.ReceiptHandle}); err != nil {
				return moved, err
			}
			moved++
		}
	}
}
