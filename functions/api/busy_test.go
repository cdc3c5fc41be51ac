package main

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/occ/contacts/pkg/awsclient"
	"github.com/occ/contacts/pkg/config"
	"github.com/occ/contacts/pkg/dynamo"
	"github.com/occ/contacts/pkg/files"
	"github.com/occ/contacts/pkg/gateway"
	"github.com/occ/contacts/pkg/invoke"
	"github.com/occ/contacts/pkg/scheduler"
	"github.com/occ/contacts/pkg/seal"
)

// throttling is all of AWS, and refuses every call.
type throttling struct{ calls atomic.Int64 }

func (s *throttling) Do(*http.Request) (*http.Response, error) {
	s.calls.Add(1)
	return &http.Response{
		StatusCode: http.StatusBadRequest, Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}},
		Body: io.NopCloser(strings.NewReader(`{"__type":"ThrottlingException","message":"busy"}`)),
	}, nil
}

// onAWS is the API on a fake of AWS, as main puts it together.
func onAWS(service aws.HTTPClient) http.Handler {
	cfg := aws.Config{
		Region: "eu-central-1", Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""), HTTPClient: service,
		Retryer: func() aws.Retryer { return awsclient.NewRetryer(nil) },
	}
	settings := config.API{MaxUploadBytes: 1000, UploadsBucket: "uploads", ExportsBucket: "exports"}
	others := outside{
		links: files.New(awsclient.S3(cfg), "uploads", "exports"), functions: invoke.New(invoke.NewClient(cfg), "import-parse", "export"),
		timers: scheduler.New(scheduler.NewClient(cfg), scheduler.Target{}), sealer: seal.New(seal.NewClient(cfg), "key"),
	}
	tables := dynamo.Tables{Contacts: "contacts", Timeline: "timeline", Jobs: "jobs"}
	store := dynamo.Open(awsclient.DynamoDB(cfg), tables).EncryptWith(seal.NewStorage(seal.NewClient(cfg), "key"))
	return newHandler(store, others, settings, slog.New(slog.DiscardHandler))
}

// bodies are what operations take; those that are not named take none.
var bodies = map[string]string{
	"createContact": `{"name":"Mona"}`, "updateContact": `{"name":"Mona"}`, "addNote": `{"text":"A note"}`, "updateNote": `{"text":"A note"}`,
	"updateSettings": `{"nightlyBackup":false}`, "startExport": `{"format":"csv"}`, "startImport": `{"fileName":"people.csv","size":10}`,
	"mapImport":            `{"mapping":{"Name":"name"}}`,
	"createExportSchedule": `{"name":"Every night","schedule":"rate(1 day)","format":"csv"}`, "updateExportSchedule": `{"name":"Every day"}`,
	"putChannelAccount": `{"name":"Support","secrets":{"signingSecret":"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}}`,
}

// alive are the operations that need nothing of AWS, and elsewhere those of functions/webhooks.
var (
	alive     = []string{"getHealth", "getDocument", "getImportTemplate"}
	elsewhere = []string{"takeWebhook", "verifyWebhook"}
)

// TestAThrottledServiceSaysSo calls every operation of the document while AWS refuses every call.
func TestAThrottledServiceSaysSo(t *testing.T) {
	all := operations(t)
	if len(all) < 30 {
		t.Fatalf("the document has %d operations", len(all))
	}
	var calls sync.WaitGroup // at once: each of them waits most of the time
	for _, op := range all {
		if !slices.Contains(elsewhere, op.id) {
			calls.Go(func() { op.demand(t) })
		}
	}
	calls.Wait()
}

// demand calls an operation of a throttled service, and demands the answer that promises to pass.
func (op described) demand(t *testing.T) {
	service := &throttling{}
	answer, err := gateway.Handler(onAWS(service), answersWithin)(t.Context(), op.event(t))
	if err != nil {
		t.Error(op.id, err)
	}
	if slices.Contains(alive, op.id) {
		if answer.StatusCode != http.StatusOK {
			t.Errorf("%s: %d %s", op.id, answer.StatusCode, answer.Body)
		}
		return
	}
	if answer.StatusCode != http.StatusServiceUnavailable || answer.Headers["retry-after"] == "" || !strings.Contains(answer.Body, `"temporarily_unavailable"`) {
		t.Errorf("%s: %d %s, Retry-After %q", op.id, answer.StatusCode, answer.Body, answer.Headers["retry-after"])
	}
	// One call fails after eight attempts and 2.5 s of pauses. A list asks several partitions, and nothing goes on
	// after a failure.
	if n := service.calls.Load(); n == 0 || n > 8*64 {
		t.Errorf("%s: %d calls", op.id, n)
	}
}

// TestTheTimeOfARequestEnds has AWS not answer at all.
func TestTheTimeOfARequestEnds(t *testing.T) {
	ctx, stop := context.WithTimeout(t.Context(), 4*time.Second) // of which the work has three quarters
	defer stop()
	op := described{"getContact", http.MethodGet, "/v1/contacts/{id}"}
	answer, err := gateway.Handler(onAWS(silent{}), answersWithin)(ctx, op.event(t))
	if err != nil || answer.StatusCode != http.StatusServiceUnavailable || answer.Headers["retry-after"] == "" {
		t.Errorf("%d %s, %v", answer.StatusCode, answer.Body, err)
	}
	if ctx.Err() != nil {
		t.Error("the answer came after the invocation's end")
	}
}

// silent is an AWS that never answers.
type silent struct{}

func (silent) Do(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

type described struct{ id, method, path string }

// event is a request for an operation, by an admin.
func (op described) event(t *testing.T) events.APIGatewayV2HTTPRequest {
	path := strings.NewReplacer("{channel}", "widget", "{label}", "VIP", "{accountId}", "shop").Replace(op.path)
	if path = strings.NewReplacer("{id}", known, "{noteId}", known).Replace(path); strings.Contains(path, "{") {
		t.Errorf("the test has no value for a parameter of %s", path)
	}
	var event events.APIGatewayV2HTTPRequest
	event.RawPath, event.RequestContext.HTTP.Method, event.Body = path, op.method, bodies[op.id]
	if op.id == "getImportTemplate" {
		event.RawQueryString = "format=csv"
	}
	event.Headers = map[string]string{"content-type": "application/json", "content-length": strconv.Itoa(len(event.Body))}
	event.RequestContext.Authorizer = &events.APIGatewayV2HTTPRequestContextAuthorizerDescription{
		JWT: &events.APIGatewayV2HTTPRequestContextAuthorizerJWTDescription{
			Claims: map[string]string{"sub": "s-1", "custom:workspace": "demo", "cognito:groups": "[admin]"},
		},
	}
	return event
}

// operations are those of the document.
func operations(t *testing.T) (all []described) {
	t.Helper()
	var event events.APIGatewayV2HTTPRequest
	event.RawPath, event.RequestContext.HTTP.Method = "/v1/openapi.json", http.MethodGet
	answer, err := gateway.Handler(onAWS(&throttling{}), answersWithin)(t.Context(), event)
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Paths map[string]map[string]struct {
			OperationID string `json:"operationId"`
		}
	}
	if err := json.Unmarshal([]byte(answer.Body), &document); err != nil {
		t.Fatal(err)
	}
	for path, methods := range document.Paths {
		for method, op := range methods {
			all = append(all, described{op.OperationID, strings.ToUpper(method), path})
		}
	}
	return all
}
