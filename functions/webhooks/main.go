// Command webhooks takes the webhooks of channels and of the platform: verifies, normalises, queues. Trigger: API Gateway.
package main

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/occ/contacts/pkg/awsclient"
	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/config"
	"github.com/occ/contacts/pkg/dynamo"
	"github.com/occ/contacts/pkg/gateway"
	"github.com/occ/contacts/pkg/logging"
	"github.com/occ/contacts/pkg/metrics"
	"github.com/occ/contacts/pkg/phone"
	"github.com/occ/contacts/pkg/queue"
	"github.com/occ/contacts/pkg/seal"
	"github.com/occ/contacts/pkg/webhook"
)

func main() {
	settings, aws, recorder := awsclient.Start("webhooks", config.LoadWebhooks)
	store := dynamo.Open(awsclient.DynamoDB(aws), dynamo.Tables(settings.Tables))
	sealer := seal.New(seal.NewClient(aws), settings.SecretsKey)
	events := queue.NewEvents(awsclient.SQS(aws), settings.QueueURL, settings.DeadLettersURL)
	handler := newHandler(store, sealer, events, settings.PublicBaseURL, time.Now, recorder, logging.New(settings.LogLevel))
	lambda.Start(gateway.Handler(handler, answersWithin))
}

// answersWithin is how long a webhook may take before the provider is told to send it again. Twilio waits for 15
// seconds, Meta for 10 or so.
const answersWithin = 5 * time.Second

// storage is what the webhooks read of the tables.
type storage interface {
	channel.AccountStore
	DefaultRegion(ctx context.Context, workspace string) (string, error)
}

// newHandler puts the webhooks together.
func newHandler(
	store storage, sealer channel.Sealer, events webhook.Queue, baseURL string, now func() time.Time, recorder *metrics.Recorder, log *slog.Logger,
) http.Handler {
	return webhook.New(webhook.Deps{
		Accounts: channel.NewKeyring(store, sealer, now), Queue: events, Region: store.DefaultRegion, Phone: phone.Parse,
		BaseURL: baseURL, Metrics: recorder, Log: log, Now: now,
	})
}
