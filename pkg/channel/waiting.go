package channel

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// waitLife is how long an event waits for whom it is about (pkg/httpapi/README.md, "Who is it").
const waitLife = 24 * time.Hour

// waitersAtOnce is how many of the events that wait are tried at once.
const waitersAtOnce = 8

// CasesSwept is what a sweep did, for the log.
type CasesSwept struct {
	Waiting int     // events looked at
	Applied int     // of them could be applied
	Dead    int     // of them went to the dead letters
	Stopped bool    // there was no time for the rest; the next sweep begins elsewhere
	Failed  []error // events that could not be looked after; the next sweep tries again
}

// sweepMargin is how long before its deadline a sweep looks at no further event: one takes a few reads.
const sweepMargin = 2 * time.Second

// errNoTime stops a walk.
var errNoTime = errors.New("channel: no time is left")

// Sweep tries every event that waits once more, and gives up those that have waited a day. An event is sent to the dead letters before
// it stops waiting: a crash between sends it twice, and never loses it.
func (c *Cases) Sweep(ctx context.Context) (CasesSwept, error) {
	var done CasesSwept
	var lock sync.Mutex
	var workers sync.WaitGroup
	free := make(chan struct{}, waitersAtOnce)
	err := c.store.EachWaiting(ctx, func(w Waiting) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if deadline, has := ctx.Deadline(); has && time.Until(deadline) < sweepMargin {
			return errNoTime
		}
		free <- struct{}{}
		workers.Go(func() {
			defer func() { <-free }()
			applied, dead, err := c.look(ctx, w)
			lock.Lock()
			defer lock.Unlock()
			done.Waiting++
			switch {
			case err != nil:
				done.Failed = append(done.Failed, fmt.Errorf("waiting event %s: %w", w.Event.ID, err))
			case dead:
				done.Dead++
			case applied:
				done.Applied++
			}
		})
		return nil
	})
	workers.Wait()
	if done.Stopped = errors.Is(err, errNoTime); done.Stopped {
		err = nil
	}
	return done, err
}

// look tries one event that waits.
func (c *Cases) look(ctx context.Context, w Waiting) (applied, dead bool, err error) {
	letter, reason := w.Event, ""
	err = c.apply(ctx, w.Event)
	if early, ok := errors.AsType[*notYet](err); ok {
		if c.now().Sub(w.Since) < waitLife {
			return false, false, nil
		}
		reason = "waited 24 hours: " + early.reason
	} else if bad, ok := errors.AsType[*Refused](err); ok {
		reason, letter = bad.Reason, w.Event.refusedFor(bad.Reason)
	} else if err != nil {
		return false, false, err
	}
	if reason != "" {
		if err := c.dead.Send(ctx, letter, reason); err != nil {
			return false, false, err
		}
	}
	return reason == "", reason != "", c.store.EndWait(ctx, w)
}

func (c *Cases) apply(ctx context.Context, e Event) error {
	if e.Kind == SurveySubmitted {
		return c.survey(ctx, e)
	}
	return c.request(ctx, e)
}
