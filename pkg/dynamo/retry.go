package dynamo

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/occ/contacts/pkg/problem"
)

// maxTries is how often a call is sent, and how often one is repeated for what DynamoDB leaves unprocessed without
// any progress. The first is the business of the client's retryer (pkg/awsclient); it knows nothing of the second, as
// such an answer is no error.
const maxTries = 8

// Pauses before what was left unprocessed is asked for again, as the client's retryer makes them.
const (
	firstPause = 25 * time.Millisecond
	longPause  = 500 * time.Millisecond
)

const busyDetail = "The database is busy. Try again in a moment."

func busy(cause error) error {
	return &problem.Error{Code: problem.Unavailable, Detail: busyDetail, Cause: cause}
}

// pause waits a random part of a doubling time, so that those who collided do not collide again; false when the
// deadline would pass meanwhile.
func pause(ctx context.Context, try int) bool {
	wait := rand.N(min(firstPause<<min(try, 10), longPause)) //nolint:gosec // jitter is no secret
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
