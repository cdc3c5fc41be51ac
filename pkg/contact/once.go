package contact

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/occ/contacts/pkg/plainjson"
	"github.com/occ/contacts/pkg/problem"
)

// Once makes a creation happen once for a key that the client chose (pkg/httpapi/README.md, "Idempotency keys"). What
// was made is kept as it was then, for OnceLife, and goes with the contact that it belongs to.
type Once struct {
	Route string // method and path: keys of different ones are different
	Key   string
	Body  string // hash of the request's body

	Answer   []byte // what was made, to be kept with it
	Replaces string // writeId of a pointer whose answer is gone; it may be replaced
}

// ErrKeyTaken says that another creation took the key meanwhile.
var ErrKeyTaken = errors.New("contact: the idempotency key was taken meanwhile")

// Keeper keeps what was made for a key. Package dynamo implements it.
type Keeper interface {
	// Kept reads the answer that is kept for a key; nil when there is none any more, and once.Replaces is then set.
	// problem.IdempotencyKeyReused when it was for another body.
	Kept(ctx context.Context, workspace string, once *Once) (answer []byte, err error)
}

// onceTries bounds how often a key is looked at that is taken and then gone again.
const onceTries = 5

// OnlyOnce returns what was made for the key, or makes it. The creation puts once.Answer, set by Keep, on the condition that the
// key is free, and says ErrKeyTaken when it is not. Without once it is simply made.
func OnlyOnce[T any](ctx context.Context, keeper Keeper, workspace string, once *Once, create func() (T, error)) (made T, err error) {
	if once == nil {
		return create()
	}
	for range onceTries {
		answer, err := keeper.Kept(ctx, workspace, once)
		if err != nil {
			return made, err
		}
		if answer != nil {
			if err := json.Unmarshal(answer, &made); err != nil {
				return made, fmt.Errorf("contact: read a kept answer: %w", err)
			}
			return made, nil
		}
		if made, err = create(); !errors.Is(err, ErrKeyTaken) {
			return made, err
		}
	}
	return made, problem.New(problem.RequestInProgress, "A request with this Idempotency-Key is at work; repeat this one in a moment.")
}

// Keep notes what is about to be made.
func (o *Once) Keep(made any) (err error) {
	if o != nil {
		o.Answer, err = plainjson.Marshal(made)
	}
	return err
}
