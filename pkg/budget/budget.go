// Package budget gives the work of an invocation less time than the invocation has, so that there is always some left
// to say what came of it: an answer to a client, the messages that failed, a record of what was done.
package budget

import (
	"context"
	"time"
)

// Kept is how much of an invocation is kept for its end. One of less than four times that keeps a quarter.
const Kept = 2 * time.Second

// Within returns a context that ends before the invocation does, and after most at the latest; zero sets no such
// bound. A context without a deadline, as tests have, ends after most alone.
func Within(ctx context.Context, most time.Duration) (context.Context, context.CancelFunc) {
	left, bounded := most, most > 0
	if deadline, ok := ctx.Deadline(); ok {
		if rest := usable(time.Until(deadline)); !bounded || rest < left {
			left, bounded = rest, true
		}
	}
	if !bounded {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, left)
}

// usable is how much of a time may be spent.
func usable(left time.Duration) time.Duration { return left - min(Kept, left/4) }
