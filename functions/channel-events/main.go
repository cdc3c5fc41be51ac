// Command channel-events turns what channels and the platform say into contacts, conversations, requests and feedback. Triggers: the
// queue that functions/webhooks fills, and a schedule of one minute for the events that wait.
package main

import (
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/google/uuid"

	"github.com/occ/contacts/pkg/awsclient"
	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/config"
	"github.com/occ/contacts/pkg/dynamo"
	"github.com/occ/contacts/pkg/logging"
	"github.com/occ/contacts/pkg/queue"
	"github.com/occ/contacts/pkg/seal"
	"github.com/occ/contacts/pkg/trigger"
)

func main() {
	settings, aws, recorder := awsclient.Start("channel-events", config.LoadChannelEvents)
	secret := seal.NewStorage(seal.NewClient(aws), settings.SecretsKey)
	store := dynamo.Open(awsclient.DynamoDB(aws), dynamo.Tables(settings.Tables)).EncryptWith(secret)
	inbox := queue.NewInbox(awsclient.SQS(aws), settings.QueueURL, settings.DeadLettersURL)
	cases := channel.NewCases(store, inbox, time.Now)
	applier := channel.NewApplier(store, cases, time.Now, uuid.NewString)
	lambda.Start(trigger.ChannelEvents(applier, cases, inbox, recorder, logging.New(settings.LogLevel)))
}
