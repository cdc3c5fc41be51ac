package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"

	"github.com/occ/contacts/infra/local/stack"
	"github.com/occ/contacts/infra/restore"
	"github.com/occ/contacts/pkg/dynamo"
	"github.com/occ/contacts/pkg/exporting"
)

// longestRun is the longest time-out of a function in template.yaml.
const longestRun = 15 * time.Minute

// restoreTables sets a stack's tables back; a stack on AWS, or without a name the local one.
func restoreTables(ctx context.Context, f flags) error {
	options := restore.Options{
		Stack: f.stack, Confirmed: f.confirm, Abandon: f.abandon, File: filepath.Join(dataDir(), "restore-"+f.stack+".json"),
		SweepGroup: f.stack + "-sweeps", TimerGroup: f.stack + "-exports", Drain: longestRun, Poll: 5 * time.Second, Log: os.Stderr,
	}
	if f.at != "" {
		at, err := time.Parse(time.RFC3339, f.at)
		if err != nil {
			return fmt.Errorf("AT is a time such as 2026-01-31T09:30:00Z, not %q", f.at)
		}
		options.At = at
	}
	cfg, _, err := target(ctx, f.stack)
	if err != nil {
		return err
	}
	tables := dynamodb.NewFromConfig(cfg)
	if f.stack == "" {
		if tables, err = localTables(); err != nil {
			return err
		}
		options.Stack, options.File = stack.Name, filepath.Join(dataDir(), "restore.json")
		options.SweepGroup, options.TimerGroup = "default", "default" // the emulator's template knows no other
		options.Rehearsal = true
		options.Drain, options.Poll = 0, 100*time.Millisecond
	}
	store := dynamo.Open(tables, dynamo.Tables{
		Contacts: options.Stack + "-contacts", Timeline: options.Stack + "-timeline", Jobs: options.Stack + "-jobs",
	})
	remake := func(ctx context.Context) (int, error) { return exporting.RemakeTimers(ctx, store, store, time.Now()) }
	clients := restore.Clients{DynamoDB: tables, Lambda: lambda.NewFromConfig(cfg), Scheduler: scheduler.NewFromConfig(cfg)}
	err = restore.Run(ctx, clients, remake, options)
	if errors.Is(err, restore.ErrUnconfirmed) {
		fmt.Fprintf(os.Stderr, "look at the tables %s-…-then; then run the same command with CONFIRM=yes, or with ABANDON=yes\n", options.Stack)
		return nil
	}
	return err
}

// localTables reaches the DynamoDB of the running local stack. Only the emulator's own can restore.
func localTables() (*dynamodb.Client, error) {
	port, err := port()
	if err != nil {
		return nil, err
	}
	if dynamoDB(port) != "ministack" {
		return nil, errors.New("the local DynamoDB cannot restore; start the stack, and this, with DYNAMODB=ministack")
	}
	return dynamodb.NewFromConfig(stack.Config(stack.DynamoDBAddress(port, "ministack"))), nil
}
