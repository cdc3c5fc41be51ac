// Command export writes the files of exports into S3, and every minute has those run that stand still. Triggers: asynchronous calls of
// functions/api and of itself, and schedules.
package main

import (
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/occ/contacts/pkg/awsclient"
	"github.com/occ/contacts/pkg/config"
	"github.com/occ/contacts/pkg/dynamo"
	"github.com/occ/contacts/pkg/exporting"
	"github.com/occ/contacts/pkg/files"
	"github.com/occ/contacts/pkg/invoke"
	"github.com/occ/contacts/pkg/logging"
	"github.com/occ/contacts/pkg/scheduler"
	"github.com/occ/contacts/pkg/trigger"
)

func main() {
	settings, aws, recorder := awsclient.Start("export", config.LoadExport)
	store := dynamo.Open(awsclient.DynamoDB(aws), dynamo.Tables(settings.Tables))
	objects := files.New(awsclient.S3(aws), "", settings.ExportsBucket)
	functions := invoke.New(invoke.NewClient(aws), "", settings.ExportFunction)
	runner := exporting.NewRunner(store, store, objects, functions, settings.Patience, time.Now)
	timers := scheduler.New(scheduler.NewClient(aws), scheduler.Target(settings.Schedules))
	timekeeper := exporting.NewTimekeeper(store, store, store, timers, functions, time.Now)
	lambda.Start(trigger.Export(runner, timekeeper, recorder, logging.New(settings.LogLevel)))
}
