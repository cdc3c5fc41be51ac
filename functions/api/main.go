// Command api is the REST API. Trigger: API Gateway.
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
	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/dynamo"
	"github.com/occ/contacts/pkg/exporting"
	"github.com/occ/contacts/pkg/files"
	"github.com/occ/contacts/pkg/gateway"
	"github.com/occ/contacts/pkg/httpapi"
	"github.com/occ/contacts/pkg/importing"
	"github.com/occ/contacts/pkg/invoke"
	"github.com/occ/contacts/pkg/logging"
	"github.com/occ/contacts/pkg/metrics"
	"github.com/occ/contacts/pkg/phone"
	"github.com/occ/contacts/pkg/scheduler"
	"github.com/occ/contacts/pkg/seal"
)

func main() {
	settings, aws, recorder := awsclient.Start("api", config.LoadAPI)
	keys := seal.NewClient(aws)
	store := dynamo.Open(awsclient.DynamoDB(aws), dynamo.Tables(settings.Tables)).EncryptWith(seal.NewStorage(keys, settings.SecretsKey))
	objects := files.New(awsclient.S3(aws), settings.UploadsBucket, settings.ExportsBucket)
	others := outside{
		metrics: recorder,
		links:   objects, functions: invoke.New(invoke.NewClient(aws), settings.ImportParseFunction, settings.ExportFunction),
		timers: scheduler.New(scheduler.NewClient(aws), scheduler.Target(settings.Schedules)), sealer: seal.New(keys, settings.SecretsKey),
	}
	lambda.Start(gateway.Handler(newHandler(store, others, settings, logging.New(settings.LogLevel)), answersWithin))
}

// answersWithin is how long a request may take before it is answered that the service is busy.
const answersWithin = 8 * time.Second

// storage is what the API keeps in the tables.
type storage interface {
	contact.Store
	importing.Library
	exporting.Store
	exporting.ScheduleStore
	channel.AccountStore
	channel.TimelineStore
	SigningKey(ctx context.Context) ([]byte, error)
}

// starter calls other functions.
type starter interface {
	importing.Starter
	exporting.Starter
}

// outside is what the API reaches beside its tables.
type outside struct {
	links     importing.Links
	functions starter
	timers    exporting.Timers
	sealer    channel.Sealer
	metrics   *metrics.Recorder
}

// newHandler puts the API together.
func newHandler(store storage, others outside, settings config.API, log *slog.Logger) http.Handler {
	contacts := contact.NewService(store, phone.Parse, phone.ValidRegion, time.Now)
	return httpapi.New(httpapi.Deps{
		Contacts: contacts, Settings: contacts,
		Imports:   importing.NewService(store, others.links, others.functions, []string{"csv", "xlsx", "json"}, settings.MaxUploadBytes, phone.ValidRegion, time.Now),
		Exports:   exporting.NewService(store, others.links, others.functions, contacts.Search, settings.ExportsKept, time.Now),
		Schedules: exporting.NewSchedules(store, others.timers, contacts.Search, time.Now),
		Accounts:  channel.NewRegistry(store, others.sealer, time.Now),
		Timelines: channel.NewHistory(store, store),
		Template:  importing.NewTemplate, SigningKey: store.SigningKey, BaseURL: settings.PublicBaseURL,
		MaxUploadBytes: settings.MaxUploadBytes, Metrics: others.metrics, Log: log,
	})
}
