// Package invoke calls our own functions asynchronously, through Lambda: what an API call asks for runs elsewhere, at once.
package invoke

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/occ/contacts/pkg/exporting"
	"github.com/occ/contacts/pkg/importing"
	"github.com/occ/contacts/pkg/problem"
)

// Functions names the functions that are called. It may be used by many goroutines at once.
type Functions struct {
	client      *lambda.Client
	importParse string
	export      string
}

// New makes Functions of two functions' names.
func New(client *lambda.Client, importParse, export string) *Functions {
	return &Functions{client, importParse, export}
}

// task is the event of a job that is to be worked on.
type task struct {
	Action    string `json:"action"`
	Workspace string `json:"workspace"`
	ID        string `json:"id"`
}

// StartParse has import-parse take an import up.
func (f *Functions) StartParse(ctx context.Context, ref importing.Ref) error {
	return f.call(ctx, f.importParse, task{"parse", ref.Workspace, ref.ID})
}

// StartExport implements exporting.Starter.
func (f *Functions) StartExport(ctx context.Context, ref exporting.Ref) error {
	return f.call(ctx, f.export, task{"run", ref.Workspace, ref.ID})
}

func (f *Functions) call(ctx context.Context, function string, event task) error {
	payload, err := json.Marshal(event)
	if err != nil {
		return fmt.Errorf("invoke: %w", err)
	}
	if _, err := f.client.Invoke(ctx, &lambda.InvokeInput{FunctionName: &function, InvocationType: types.InvocationTypeEvent, Payload: payload}); err != nil {
		return fmt.Errorf("invoke: call %s: %w", function, problem.Busy(err, "The work could not be started. Try again in a moment."))
	}
	return nil
}
