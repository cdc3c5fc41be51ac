package stack

import (
	"context"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// InQueue is how many messages a queue holds: those that wait, and those that somebody took and did not yet delete.
func InQueue(ctx context.Context, queues *sqs.Client, queue *string) (waiting, taken int, err error) {
	const visible, invisible = sqstypes.QueueAttributeNameApproximateNumberOfMessages, sqstypes.QueueAttributeNameApproximateNumberOfMessagesNotVisible
	out, err := queues.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: queue, AttributeNames: []sqstypes.QueueAttributeName{visible, invisible},
	})
	if err != nil {
		return 0, 0, err
	}
	if waiting, err = strconv.Atoi(out.Attributes[string(visible)]); err != nil {
		return 0, 0, err
	}
	taken, err = strconv.Atoi(out.Attributes[string(invisible)])
	return waiting, taken, err
}
