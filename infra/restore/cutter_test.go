package restore

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/smithy-go/middleware"
)

// cutter lets a number of calls through; the one after is done, and its answer lost, and all others fail.
type cutter struct {
	mu    sync.Mutex
	after int
	calls int
}

var errCut = errors.New("the connection is lost")

// through sends all calls through a cutter.
func (c Clients) through(cut *cutter) Clients {
	return Clients{
		DynamoDB: dynamodb.New(c.DynamoDB.Options(), func(o *dynamodb.Options) { o.APIOptions = append(o.APIOptions, cut.hook) }),
		Lambda:   lambda.New(c.Lambda.Options(), func(o *lambda.Options) { o.APIOptions = append(o.APIOptions, cut.hook) }),
		Scheduler: scheduler.New(c.Scheduler.Options(), func(o *scheduler.Options) {
			o.APIOptions = append(o.APIOptions, cut.hook)
		}),
	}
}

func (c *cutter) hook(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("Cut", c.call), middleware.Before)
}

func (c *cutter) call(
	ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
) (out middleware.InitializeOutput, metadata middleware.Metadata, err error) {
	c.mu.Lock()
	c.calls++
	call, after := c.calls, c.after
	c.mu.Unlock()
	if call > after+1 {
		return out, metadata, errCut
	}
	out, metadata, err = next.HandleInitialize(ctx, in)
	if call == after+1 {
		return middleware.InitializeOutput{}, metadata, errCut
	}
	return out, metadata, err
}

// window is how far back the tables of these tests can be set. The emulator itself knows the present second alone.
const window = time.Hour

// withWindow has DynamoDB say that recovery began a window ago.
func withWindow(o *dynamodb.Options) {
	o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("Window", widen), middleware.After)
	})
}

func widen(
	ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
) (middleware.InitializeOutput, middleware.Metadata, error) {
	out, metadata, err := next.HandleInitialize(ctx, in)
	if answer, is := out.Result.(*dynamodb.DescribeContinuousBackupsOutput); is {
		if recovery := recoveryOf(answer); recovery != nil && recovery.EarliestRestorableDateTime != nil {
			recovery.EarliestRestorableDateTime = aws.Time(recovery.EarliestRestorableDateTime.Add(-window))
		}
	}
	return out, metadata, err
}
