// Command import-write turns chunks of rows into contacts, exactly once in effect. Trigger: the queue of chunks, and its dead letters.
package main

import (
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/occ/contacts/pkg/awsclient"
	"github.com/occ/contacts/pkg/config"
	"github.com/occ/contacts/pkg/dynamo"
	"github.com/occ/contacts/pkg/files"
	"github.com/occ/contacts/pkg/importing"
	"github.com/occ/contacts/pkg/logging"
	"github.com/occ/contacts/pkg/queue"
	"github.com/occ/contacts/pkg/trigger"
)

func main() {
	settings, aws, recorder := awsclient.Start("import-write", config.LoadImportWrite)
	store := dynamo.Open(awsclient.DynamoDB(aws), dynamo.Tables(settings.Tables))
	objects := files.New(awsclient.S3(aws), "", settings.ExportsBucket)
	writer := importing.NewWriter(store, store, objects, importing.NewFinisher(store, objects, time.Now), settings.MaxReceives, time.Now)
	messages := awsclient.SQS(aws)
	lambda.Start(trigger.ImportWrite(trigger.Chunks{
		Writer: writer, Work: queue.NewReturns(messages, settings.QueueURL), Dead: queue.NewReturns(messages, settings.DeadLettersURL),
		DeadLettersARN: settings.DeadLettersARN, Metrics: recorder, Log: logging.New(settings.LogLevel),
	}))
}
