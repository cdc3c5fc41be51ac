package problem_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"testing"

	"github.com/occ/contacts/pkg/problem"
)

// answered is an error of a service, as the SDK gives it.
type answered struct {
	code   string
	status int
}

func (a *answered) Error() string       { return a.code }
func (a *answered) ErrorCode() string   { return a.code }
func (a *answered) HTTPStatusCode() int { return a.status }

// ended is a call that its caller ended.
type ended struct{ error }

func (ended) CanceledError() bool { return true }
func (e ended) Unwrap() error     { return e.error }

func TestTheEndOfTimePasses(t *testing.T) {
	for err, want := range map[error]problem.Code{
		fmt.Errorf("read: %w", context.DeadlineExceeded): problem.Unavailable,
		context.Canceled: problem.Internal,
		&problem.Error{Code: problem.NotFound, Cause: context.DeadlineExceeded}: problem.NotFound,
		errors.New("broken"): problem.Internal,
	} {
		if got := problem.CodeOf(problem.Late(err)); got != want {
			t.Errorf("%v is %s, want %s", err, got, want)
		}
	}
	if problem.Late(nil) != nil {
		t.Error("nothing is late")
	}
}

func TestWhatPassesByItself(t *testing.T) {
	for name, test := range map[string]struct {
		err  error
		want bool
	}{
		"nothing":          {nil, false},
		"throttled table":  {&answered{"ProvisionedThroughputExceededException", 400}, true},
		"slow down":        {&answered{"SlowDown", 503}, true},
		"too many calls":   {&answered{"TooManyRequestsException", 429}, true},
		"broken service":   {&answered{"InternalServerError", 500}, true},
		"no access":        {&answered{"AccessDeniedException", 400}, false},
		"no object":        {&answered{"NoSuchKey", 404}, false},
		"condition failed": {&answered{"ConditionalCheckFailedException", 400}, false},
		"no connection":    {&url.Error{Op: "Post", URL: "http://127.0.0.1", Err: errors.New("refused")}, true},
		"broken off":       {fmt.Errorf("read: %w", io.ErrUnexpectedEOF), true},
		"ended by caller":  {ended{&url.Error{Op: "Post", Err: context.Canceled}}, false},
		"ours":             {problem.New(problem.NotFound, "There is none."), false},
		"two at once":      {errors.Join(errors.New("no tokens left"), &answered{"ThrottlingException", 400}), true},
	} {
		if got := problem.Passing(test.err); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
		after := problem.Busy(test.err, "Try again.")
		changed := after != test.err //nolint:errorlint // the very same error is meant
		if (problem.CodeOf(after) == problem.Unavailable) != test.want || changed != test.want || !errors.Is(after, test.err) {
			t.Errorf("%s becomes %v", name, after)
		}
	}
}
