package dynamo

import (
	"context"
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/occ/contacts/pkg/problem"
)

// tableClient is the client of DynamoDB as this package calls it. The client's own retryer repeats what passes by
// itself; here it learns of the conflicts of transactions, and what still fails for a passing reason becomes
// problem.Unavailable, reads and writes alike.
type tableClient struct{ *dynamodb.Client }

type options = func(*dynamodb.Options)

// GetItem reads one item.
func (c tableClient) GetItem(ctx context.Context, in *dynamodb.GetItemInput, with ...options) (*dynamodb.GetItemOutput, error) {
	out, err := c.Client.GetItem(ctx, in, with...)
	return out, explained(err)
}

// BatchGetItem reads up to a hundred items.
func (c tableClient) BatchGetItem(ctx context.Context, in *dynamodb.BatchGetItemInput, with ...options) (*dynamodb.BatchGetItemOutput, error) {
	out, err := c.Client.BatchGetItem(ctx, in, with...)
	return out, explained(err)
}

// Query reads items of one partition.
func (c tableClient) Query(ctx context.Context, in *dynamodb.QueryInput, with ...options) (*dynamodb.QueryOutput, error) {
	out, err := c.Client.Query(ctx, in, with...)
	return out, explained(err)
}

// Scan reads items of the whole table.
func (c tableClient) Scan(ctx context.Context, in *dynamodb.ScanInput, with ...options) (*dynamodb.ScanOutput, error) {
	out, err := c.Client.Scan(ctx, in, with...)
	return out, explained(err)
}

// PutItem puts one item.
func (c tableClient) PutItem(ctx context.Context, in *dynamodb.PutItemInput, with ...options) (*dynamodb.PutItemOutput, error) {
	out, err := c.Client.PutItem(ctx, in, append(with, repeatConflicts)...)
	return out, explained(err)
}

// UpdateItem changes one item.
func (c tableClient) UpdateItem(ctx context.Context, in *dynamodb.UpdateItemInput, with ...options) (*dynamodb.UpdateItemOutput, error) {
	out, err := c.Client.UpdateItem(ctx, in, append(with, repeatConflicts)...)
	return out, explained(err)
}

// DeleteItem deletes one item.
func (c tableClient) DeleteItem(ctx context.Context, in *dynamodb.DeleteItemInput, with ...options) (*dynamodb.DeleteItemOutput, error) {
	out, err := c.Client.DeleteItem(ctx, in, append(with, repeatConflicts)...)
	return out, explained(err)
}

// BatchWriteItem writes up to 25 items.
func (c tableClient) BatchWriteItem(ctx context.Context, in *dynamodb.BatchWriteItemInput, with ...options) (*dynamodb.BatchWriteItemOutput, error) {
	out, err := c.Client.BatchWriteItem(ctx, in, append(with, repeatConflicts)...)
	return out, explained(err)
}

// TransactWriteItems writes several items or none. Each repetition has the token of the first.
func (c tableClient) TransactWriteItems(
	ctx context.Context, in *dynamodb.TransactWriteItemsInput, with ...options,
) (*dynamodb.TransactWriteItemsOutput, error) {
	out, err := c.Client.TransactWriteItems(ctx, in, append(with, repeatConflicts)...)
	return out, explained(err)
}

// attempts bounds how often the client's retryer sends a call.
func attempts(most int) options { return func(o *dynamodb.Options) { o.RetryMaxAttempts = most } }

// repeatConflicts has the client's retryer repeat writes that met another transaction, or of which one item was
// throttled.
func repeatConflicts(o *dynamodb.Options) {
	if its, ok := o.Retryer.(aws.RetryerV2); ok {
		o.Retryer = conflictRetryer{its}
	}
}

type conflictRetryer struct{ aws.RetryerV2 }

// IsErrorRetryable implements aws.Retryer.
func (r conflictRetryer) IsErrorRetryable(err error) bool {
	return r.RetryerV2.IsErrorRetryable(err) || cancelledForNow(err) || problem.Passing(err)
}

// explained turns what passes by itself into problem.Unavailable.
func explained(err error) error {
	if cancelledForNow(err) {
		return busy(err)
	}
	return problem.Busy(err, busyDetail)
}

// cancelledForNow reports whether a transaction was cancelled for another reason than its own conditions and contents.
func cancelledForNow(err error) bool {
	canceled, ok := errors.AsType[*types.TransactionCanceledException](err)
	return ok && slices.ContainsFunc(canceled.CancellationReasons, func(reason types.CancellationReason) bool {
		switch code(reason) {
		case reasonConflict, "ThrottlingError", "ProvisionedThroughputExceeded":
			return true
		default:
			return false
		}
	})
}

const reasonConflict = "TransactionConflict"

// inConflict reports whether a transaction was cancelled because another one was at work on one of its items.
func inConflict(err error) bool {
	canceled, ok := errors.AsType[*types.TransactionCanceledException](err)
	return ok && slices.ContainsFunc(canceled.CancellationReasons, func(reason types.CancellationReason) bool {
		return code(reason) == reasonConflict
	})
}

func code(reason types.CancellationReason) string {
	if reason.Code == nil {
		return "None"
	}
	return *reason.Code
}
