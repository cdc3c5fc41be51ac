// Command api is the REST API. Trigger: API Gateway.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
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
	"github.com/occ/contacts/pkg/phone"
)

func main() {
	settings, err := config.LoadAPI()
	aws, awsErr := awsclient.Load(context.Background())
	if err != nil || awsErr != nil {
		fmt.Fprintln(os.Stderr, "api cannot start:", err, awsErr)
		os.Exit(1)
	}
	store := dynamo.Open(awsclient.DynamoDB(aws), dynamo.Tables(settings.Tables))
	objects := files.New(awsclient.S3(aws), settings.UploadsBucket, settings.ExportsBucket)
	functions := invoke.New(awsclient.Lambda(aws), settings.ImportParseFunction, settings.ExportFunction)
	lambda.Start(gateway.Handler(newHandler(store, objects, functions, settings, logging.New(settings.LogLevel))))
}

// storage is what the API keeps in the tables.
type storage interface {
	contact.Store
	importing.Library
	exporting.Store
	channel.TimelineStore
	SigningKey(ctx context.Context) ([]byte, error)
}

// starter calls other functions.
type starter interface {
	importing.Starter
	exporting.Starter
}

// newHandler puts the API together.
func newHandler(store storage, links importing.Links, functions starter, settings config.API, log *slog.Logger) http.Handler {
	contacts := contact.NewService(store, phone.Parse, phone.ValidRegion, time.Now)
	return httpapi.New(httpapi.Deps{
		Contacts: contacts, Settings: contacts,
		Imports:   importing.NewService(store, links, functions, []string{"csv", "json"}, settings.MaxUploadBytes, phone.ValidRegion, time.Now),
		Exports:   exporting.NewService(store, links, functions, contacts.Search, settings.ExportsKept, time.Now),
		Timelines: channel.NewHistory(store, store),
		Template:  importing.NewTemplate, SigningKey: store.SigningKey, BaseURL: settings.PublicBaseURL, Log: log,
	})
}
