package dynamo

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"github.com/occ/contacts/pkg/problem"
)

// Retries beyond the SDK's own, which gives throttling three tries and knows nothing of cancelled transactions.
const (
	firstPause = 25 * time.Millisecond
	longPause  = time.Second
	maxTries   = 12 // about five seconds where the context has no deadline
)

// transientCodes are answers that may be another one a moment later.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
var transientCodes = []string{
	"ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded", "InternalServerError",
	"ServiceUnavailable", "TransactionConflictException", "TransactionInProgressException", "ReplicatedWriteConflictException",
}

// retry repeats op while it fails for a passing reason, tries are left and the context's deadline allows another pause. What still
// fails then is problem.Unavailable.
func retry(ctx context.Context, tries int, op func() error) error {
	for try := 1; ; try++ {
		err := op()
		if err == nil || !transient(err) {
			return err
		}
		if try == tries || !pause(ctx, try) {
			return busy(err)
		}
	}
}

func busy(cause error) error {
	return &problem.Error{Code: problem.Unavailable, Detail: "The database is busy. Try again in a moment.", Cause: cause}
}

// pause waits a random part of a doubling time, so that those who collided do not collide again; false when the
// deadline would pass meanwhile.
func pause(ctx context.Context, try int) bool {
	most := min(firstPause<<min(try, 10), longPause)
	wait := most/4 + rand.N(most*3/4) //nolint:gosec // jitter is no secret
	if deadline, ok := ctx.Deadline(); ctx.Err() != nil || ok && time.Until(deadline) <= wait {
		return false
	}
	select {
	case <-ctx.Done():
		return false
	case <-time.After(wait):
		return true
	}
}

// transient says that repeating may help: the table was busy, or no answer came.
func transient(err error) bool {
	if canceled, ok := errors.AsType[*types.TransactionCanceledException](err); ok {
		return slices.ContainsFunc(canceled.CancellationReasons, passing)
	}
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return slices.Contains(transientCodes, api.ErrorCode())
	}
	if _, ours := errors.AsType[*problem.Error](err); ours {
		return false
	}
	_, refused := errors.AsType[*refusal](err)
	_, invalid := errors.AsType[smithy.InvalidParamsError](err)
	return !refused && !invalid
}

// passing says that a transaction was cancelled for another reason than its own conditions and contents.
func passing(reason types.CancellationReason) bool {
	switch code(reason) {
	case "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded":
		return true
	default:
		return false
	}
}

func code(reason types.CancellationReason) string {
	if reason.Code == nil {
		return "None"
	}
	return *reason.Code
}
