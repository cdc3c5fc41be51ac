// Package scheduler has schedules fire: each has a schedule of EventBridge Scheduler that calls functions/export.
package scheduler

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"

	"github.com/occ/contacts/pkg/exporting"
	"github.com/occ/contacts/pkg/problem"
)

// Target is what schedules call.
type Target struct {
	Group    string // of schedules, in which ours lie
	Function string // ARN
	Role     string // ARN of the role that EventBridge Scheduler calls it with
}

// Timers makes the schedules of EventBridge Scheduler.
type Timers struct {
	client *scheduler.Client
	target Target
}

var _ exporting.Timers = (*Timers)(nil)

// New makes a Timers.
func New(client *scheduler.Client, target Target) *Timers { return &Timers{client, target} }

// maxAge is how long a call is tried, in seconds: of the calls that a long outage held up, few are of use.
const maxAge = 3600

// scheduledTime is filled in by EventBridge Scheduler, and left as it is by the local emulator.
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
const scheduledTime = "<aws.scheduler.scheduled-time>"

// call is what the function is called with.
type call struct {
	Action    string `json:"action"`
	Workspace string `json:"workspace"`
	Schedule  string `json:"schedule"`
	Time      string `json:"time"`
}

const busyDetail = "The scheduler is busy. Try again in a moment."

// PutTimer implements exporting.Timers.
func (t *Timers) PutTimer(ctx context.Context, schedule exporting.Schedule) error {
	create, err := t.describe(schedule)
	if err != nil {
		return err
	}
	_, err = t.client.CreateSchedule(ctx, create)
	if _, exists := errors.AsType[*types.ConflictException](err); exists {
		_, err = t.client.UpdateSchedule(ctx, &scheduler.UpdateScheduleInput{
			Name: create.Name, GroupName: create.GroupName, Description: create.Description, ScheduleExpression: create.ScheduleExpression,
			ScheduleExpressionTimezone: create.ScheduleExpressionTimezone, FlexibleTimeWindow: create.FlexibleTimeWindow, State: create.State, Target: create.Target,
		})
	}
	if invalid, is := errors.AsType[*types.ValidationException](err); is && ofExpression(invalid) {
		return fmt.Errorf("%w: %s", exporting.ErrRefused, invalid.ErrorMessage())
	} else if err != nil {
		return fmt.Errorf("scheduler: put the timer of schedule %s: %w", schedule.ID, problem.Busy(err, busyDetail))
	}
	return nil
}

// ofExpression tells an expression that cannot be from what else is invalid, as a role that cannot be taken on: that is our fault.
func ofExpression(invalid *types.ValidationException) bool {
	return strings.Contains(strings.ToLower(invalid.ErrorMessage()), "expression")
}

func (t *Timers) describe(schedule exporting.Schedule) (*scheduler.CreateScheduleInput, error) {
	var input bytes.Buffer
	encoder := json.NewEncoder(&input)
	encoder.SetEscapeHTML(false) // scheduledTime is looked for as it is
	if err := encoder.Encode(call{"scheduled", schedule.Workspace, schedule.ID, scheduledTime}); err != nil {
		return nil, fmt.Errorf("scheduler: write the call of schedule %s: %w", schedule.ID, err)
	}
	state := types.ScheduleStateDisabled
	if schedule.Enabled {
		state = types.ScheduleStateEnabled
	}
	return &scheduler.CreateScheduleInput{
		Name: aws.String(name(schedule.Ref())), GroupName: &t.target.Group,
		Description:        aws.String("Export schedule " + schedule.ID + " of workspace " + schedule.Workspace),
		ScheduleExpression: &schedule.Expression, ScheduleExpressionTimezone: aws.String("UTC"), State: state,
		FlexibleTimeWindow: &types.FlexibleTimeWindow{Mode: types.FlexibleTimeWindowModeOff},
		Target: &types.Target{
			Arn: &t.target.Function, RoleArn: &t.target.Role, Input: aws.String(string(bytes.TrimSpace(input.Bytes()))),
			RetryPolicy: &types.RetryPolicy{MaximumEventAgeInSeconds: aws.Int32(maxAge)},
		},
	}, nil
}

// RemoveTimer implements exporting.Timers.
func (t *Timers) RemoveTimer(ctx context.Context, ref exporting.Ref) error {
	_, err := t.client.DeleteSchedule(ctx, &scheduler.DeleteScheduleInput{Name: aws.String(name(ref)), GroupName: &t.target.Group})
	if _, absent := errors.AsType[*types.ResourceNotFoundException](err); err != nil && !absent {
		return fmt.Errorf("scheduler: remove the timer of schedule %s: %w", ref.ID, problem.Busy(err, busyDetail))
	}
	return nil
}

// name follows from the schedule, in the 64 characters that a name may have. A workspace's name holds no line break.
// https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html
func name(ref exporting.Ref) string {
	sum := sha256.Sum256([]byte(ref.Workspace + "\n" + ref.ID))
	return "export-" + hex.EncodeToString(sum[:20])
}
