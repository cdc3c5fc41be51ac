package restore

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"
)

// functions are those that write to the tables; those that take requests from outside come first.
var functions = []string{"api", "webhooks", "import-parse", "import-write", "export", "channel-events"}

// timerPrefix begins the names of the timers of export schedules, in their group.
const timerPrefix = "export-"

// writers are what was running before it was stopped.
type writers struct {
	// Mappings are the ids of the mappings of queues that were enabled: while they are disabled, messages wait in
	// their queues and lose no receive.
	Mappings []string `json:"mappings"`
	// Schedules are the names of the sweeps that were enabled.
	Schedules []string `json:"schedules"`
	// Functions are those that were stopped, each with the concurrency that was reserved for it; -1 for none.
	Functions map[string]int32 `json:"functions"`
}

// stopWriters stops whatever calls functions, then the functions. In this order: a function without concurrency loses
// what calls it asynchronously and uses up the receives of its queue. import-parse loses nothing: what S3 calls it
// with goes to its failure destination, which the sweep reads.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
func (r *run) stopWriters(ctx context.Context) error {
	if r.state.Writers.Functions == nil {
		if err := r.rememberWriters(ctx); err != nil {
			return err
		}
		if err := r.save(); err != nil {
			return err
		}
	}
	w := r.state.Writers
	for _, id := range w.Mappings {
		if err := r.enableMapping(ctx, id, false); err != nil {
			return err
		}
	}
	for _, name := range w.Schedules {
		if err := r.setSchedule(ctx, name, types.ScheduleStateDisabled); err != nil {
			return err
		}
	}
	if err := r.removeTimers(ctx); err != nil {
		return err
	}
	for _, function := range functions {
		_, err := r.Lambda.PutFunctionConcurrency(ctx, &lambda.PutFunctionConcurrencyInput{
			FunctionName: aws.String(r.Stack + "-" + function), ReservedConcurrentExecutions: aws.Int32(0),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// rememberWriters notes what runs, before anything is stopped.
func (r *run) rememberWriters(ctx context.Context) error {
	w := writers{Functions: map[string]int32{}}
	for _, function := range functions {
		name := aws.String(r.Stack + "-" + function)
		reserved, err := r.Lambda.GetFunctionConcurrency(ctx, &lambda.GetFunctionConcurrencyInput{FunctionName: name})
		if err != nil {
			return err
		}
		w.Functions[function] = -1
		if reserved.ReservedConcurrentExecutions != nil {
			w.Functions[function] = *reserved.ReservedConcurrentExecutions
		}
		pages := lambda.NewListEventSourceMappingsPaginator(r.Lambda, &lambda.ListEventSourceMappingsInput{FunctionName: name})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return err
			}
			for _, m := range page.EventSourceMappings {
				if state := aws.ToString(m.State); state == "Enabled" || state == "Enabling" || state == "Creating" {
					w.Mappings = append(w.Mappings, aws.ToString(m.UUID))
				}
			}
		}
	}
	pages := scheduler.NewListSchedulesPaginator(r.Scheduler, &scheduler.ListSchedulesInput{
		GroupName: &r.SweepGroup, NamePrefix: aws.String(r.Stack + "-"),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, s := range page.Schedules {
			if s.State == types.ScheduleStateEnabled && strings.HasPrefix(aws.ToString(s.Name), r.Stack+"-") {
				w.Schedules = append(w.Schedules, aws.ToString(s.Name))
			}
		}
	}
	r.state.Writers = w
	return nil
}

// startWriters puts back what stopWriters stopped, in the opposite order. The sweeps then put the timers of export
// schedules.
func (r *run) startWriters(ctx context.Context) error {
	w := r.state.Writers
	for _, function := range functions {
		name := aws.String(r.Stack + "-" + function)
		var err error
		if reserved := w.Functions[function]; reserved >= 0 {
			_, err = r.Lambda.PutFunctionConcurrency(ctx, &lambda.PutFunctionConcurrencyInput{
				FunctionName: name, ReservedConcurrentExecutions: &reserved,
			})
		} else {
			_, err = r.Lambda.DeleteFunctionConcurrency(ctx, &lambda.DeleteFunctionConcurrencyInput{FunctionName: name})
		}
		if err != nil {
			return err
		}
	}
	for _, name := range w.Schedules {
		if err := r.setSchedule(ctx, name, types.ScheduleStateEnabled); err != nil {
			return err
		}
	}
	for _, id := range w.Mappings {
		if err := r.enableMapping(ctx, id, true); err != nil {
			return err
		}
	}
	return nil
}

// enableMapping switches the mapping of a queue, and waits until that is so.
func (r *run) enableMapping(ctx context.Context, id string, on bool) error {
	wanted := "Disabled"
	if on {
		wanted = "Enabled"
	}
	err := r.until(ctx, "mapping "+id, func() (bool, error) {
		_, err := r.Lambda.UpdateEventSourceMapping(ctx, &lambda.UpdateEventSourceMappingInput{UUID: &id, Enabled: &on})
		if isA[*lambdatypes.ResourceInUseException](err) {
			return false, nil // a change is under way
		}
		return err == nil, err
	})
	if err != nil {
		return err
	}
	return r.until(ctx, "mapping "+id, func() (bool, error) {
		m, err := r.Lambda.GetEventSourceMapping(ctx, &lambda.GetEventSourceMappingInput{UUID: &id})
		if err != nil {
			return false, err
		}
		return aws.ToString(m.State) == wanted, nil
	})
}

// setSchedule changes the state of a schedule; UpdateSchedule wants all of it said again.
func (r *run) setSchedule(ctx context.Context, name string, state types.ScheduleState) error {
	s, err := r.Scheduler.GetSchedule(ctx, &scheduler.GetScheduleInput{Name: &name, GroupName: &r.SweepGroup})
	if err != nil {
		return fmt.Errorf("schedule %s: %w", name, err)
	}
	_, err = r.Scheduler.UpdateSchedule(ctx, &scheduler.UpdateScheduleInput{
		Name: s.Name, GroupName: s.GroupName, Description: s.Description, State: state,
		ScheduleExpression: s.ScheduleExpression, ScheduleExpressionTimezone: s.ScheduleExpressionTimezone,
		StartDate: s.StartDate, EndDate: s.EndDate, FlexibleTimeWindow: s.FlexibleTimeWindow, Target: s.Target,
		ActionAfterCompletion: s.ActionAfterCompletion, KmsKeyArn: s.KmsKeyArn,
	})
	return err
}

// removeTimers removes the timers of export schedules. Those that the restored tables know are put again by the
// sweep; one whose schedule was made after that second must not fire.
func (r *run) removeTimers(ctx context.Context) error {
	pages := scheduler.NewListSchedulesPaginator(r.Scheduler, &scheduler.ListSchedulesInput{
		GroupName: &r.TimerGroup, NamePrefix: aws.String(timerPrefix),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, timer := range page.Schedules {
			if !strings.HasPrefix(aws.ToString(timer.Name), timerPrefix) {
				continue // a server that knows no prefixes
			}
			_, err := r.Scheduler.DeleteSchedule(ctx, &scheduler.DeleteScheduleInput{Name: timer.Name, GroupName: &r.TimerGroup})
			if err != nil && !isA[*types.ResourceNotFoundException](err) {
				return err
			}
		}
	}
	return nil
}
