package queue

import (
	"context"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// Returns puts messages back into the queue that they came from.
type Returns struct {
	client *sqs.Client
	url    string
}

// NewReturns makes a Returns of the queue at a URL.
func NewReturns(client *sqs.Client, url string) *Returns { return &Returns{client, url} }

// PutBack sends a message as a new one, to come after a delay: SQS counts the deliveries of a message, and nobody can
// set that count back. The attribute says how often it was put back.
func (r *Returns) PutBack(ctx context.Context, body, attribute string, times int, delay time.Duration) error {
	said := map[string]types.MessageAttributeValue{attribute: {DataType: aws.String("Number"), StringValue: aws.String(strconv.Itoa(times))}}
	return send(ctx, r.client, r.url, []types.SendMessageBatchRequestEntry{{
		Id: aws.String("0"), MessageBody: &body, MessageAttributes: said, DelaySeconds: int32(delay.Seconds()), // a minute at most
	}})
}
