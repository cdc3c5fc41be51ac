package budget

import (
	"context"
	"testing"
	"time"
)

func TestTheWorkEndsBeforeTheInvocation(t *testing.T) {
	began := time.Now()
	for name, test := range map[string]struct{ invocation, most, want time.Duration }{
		"a function of 30 s":          {30 * time.Second, 0, 28 * time.Second},
		"an answer within 8 s":        {29 * time.Second, 8 * time.Second, 8 * time.Second},
		"little is left":              {4 * time.Second, 8 * time.Second, 3 * time.Second},
		"no end of the invocation":    {0, 8 * time.Second, 8 * time.Second},
		"no end, and no bound either": {0, 0, 0},
	} {
		ctx := t.Context()
		if test.invocation > 0 {
			var stop context.CancelFunc
			ctx, stop = context.WithDeadline(ctx, began.Add(test.invocation))
			defer stop()
		}
		work, stop := Within(ctx, test.most)
		defer stop()
		end, ends := work.Deadline()
		// What passed between the two readings of the clock makes the end a little earlier or later.
		if got := end.Sub(began); ends != (test.want > 0) || ends && (got < test.want-time.Second || got > test.want+time.Second) {
			t.Errorf("%s: ends %v after %s, want %s", name, ends, got, test.want)
		}
	}
	for left, want := range map[time.Duration]time.Duration{28 * time.Second: 26 * time.Second, 4 * time.Second: 3 * time.Second, 0: 0} {
		if got := usable(left); got != want {
			t.Errorf("of %s, %s may be spent, want %s", left, got, want)
		}
	}
}
