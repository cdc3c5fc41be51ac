package awsclient

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"github.com/occ/contacts/pkg/metrics"
)

// Retries, of every call to AWS: the SDK's own retryer decides what is repeated. A call is sent at most eight times,
// which takes one second on average and never more than 2.5 seconds of pauses, so a service that refuses everything
// is reported soon.
const (
	maxAttempts = 8
	firstPause  = 25 * time.Millisecond
	longPause   = 500 * time.Millisecond
)

// NewRetryer makes the retryer of one client. The recorder hears of what is throttled and repeated.
func NewRetryer(recorder *metrics.Recorder) aws.RetryerV2 {
	standard := retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = maxAttempts
		// The SDK's own pauses are up to 2^n seconds, and a MaxBackoff below 2 seconds would take the chance out of
		// them.
		o.Backoff = retry.BackoffDelayerFunc(func(attempt int, _ error) (time.Duration, error) {
			return rand.N(longestPause(attempt)), nil //nolint:gosec // jitter is no secret
		})
	})
	return retryer{standard, recorder}
}

// longestPause is the bound of the pause after an attempt, from 1.
func longestPause(attempt int) time.Duration { return min(firstPause<<min(attempt, 10), longPause) }

type retryer struct {
	*retry.Standard
	recorder *metrics.Recorder
}

// IsErrorRetryable implements aws.Retryer. It is asked about every attempt that failed.
func (r retryer) IsErrorRetryable(err error) bool {
	if throttles.IsErrorThrottle(err).Bool() {
		r.recorder.Throttled()
	}
	return r.Standard.IsErrorRetryable(err)
}

var throttles = retry.IsErrorThrottles(retry.DefaultThrottles)

// errNoTime is returned when a call is not repeated because its caller has no time left.
var errNoTime = errors.New("awsclient: no time is left to repeat the call")

// GetRetryToken implements aws.Retryer: no repetition begins that the context's deadline would cut off. So the caller
// hears why the call failed and not only that time was up.
func (r retryer) GetRetryToken(ctx context.Context, failure error) (func(error) error, error) {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= longPause {
		return nil, errNoTime
	}
	release, err := r.Standard.GetRetryToken(ctx, failure)
	if err == nil {
		r.recorder.Retried()
	}
	return release, err
}
