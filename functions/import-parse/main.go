// Command import-parse turns uploaded files into imports and their rows into chunks; every minute it looks after the imports
// that stand still. Triggers: objects of the uploads bucket, and a schedule.
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
	"github.com/occ/contacts/pkg/phone"
	"github.com/occ/contacts/pkg/queue"
	"github.com/occ/contacts/pkg/seal"
	"github.com/occ/contacts/pkg/trigger"
)

func main() {
	settings, aws, recorder := awsclient.Start("import-parse", config.LoadImportParse)
	secret := seal.NewStorage(seal.NewClient(aws), settings.SecretsKey)
	store := dynamo.Open(awsclient.DynamoDB(aws), dynamo.Tables(settings.Tables)).EncryptWith(secret)
	objects := files.New(awsclient.S3(aws), settings.UploadsBucket, settings.ExportsBucket)
	messages := awsclient.SQS(aws)
	finisher := importing.NewFinisher(store, objects, time.Now)
	parser := importing.NewParser(importing.ParserDeps{
		Imports: store, Chunks: store, Files: objects, Queue: queue.NewChunks(messages, settings.WriteQueueURL), Formats: formats,
		Limits: importing.Limits{
			UploadBytes: settings.MaxUploadBytes, UploadRows: settings.MaxUploadRows, DropBytes: settings.MaxDropBytes, DropRows: settings.MaxDropRows,
		},
		Region: store.DefaultRegion, ParsePhone: phone.Parse, ValidRegion: phone.ValidRegion,
		Finisher: finisher, Writer: importing.NewWriter(store, store, objects, finisher, 1, time.Now), Now: time.Now,
	})
	sweeper := importing.NewSweeper(parser, queue.NewFailures(messages, settings.FailuresURL), trigger.FailedArrivals, settings.Retry)
	lambda.Start(trigger.ImportParse(parser, sweeper, store, recorder, logging.New(settings.LogLevel)))
}
