package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/occ/contacts/infra/local/sample"
	"github.com/occ/contacts/infra/local/stack"
	"github.com/occ/contacts/pkg/channel/meta"
)

// inbox is a WhatsApp account of the stack, and a process of function webhooks that takes its messages. They stay in the queue of
// channel-events until drain is called.
type inbox struct {
	*bench
	workspace, account string
	webhooks           *worker
	queues             *sqs.Client
	queue              *string
	since              time.Time // when message 0 was written; each of the others a second later
}

const inboxSecret = "app-secret-of-the-bench" //nolint:gosec // of an account that lives as long as a run

// openInbox registers an account and starts the function, built as template.yaml's build does and in the environment that it is deployed with.
func (b *bench) openInbox(ctx context.Context) (*inbox, error) {
	if err := b.setDelivery(ctx, "channel-events", false); err != nil {
		return nil, err
	}
	now := time.Now()
	i := &inbox{bench: b, workspace: "events", account: fmt.Sprint(now.UnixNano()), since: now.Add(-24 * time.Hour).Truncate(time.Second)}
	i.queues, i.queue = sqs.NewFromConfig(stack.Config(b.local.EmulatorURL)), aws.String(b.local.Outputs["ChannelEventsQueueUrl"])
	token, err := b.local.Token(ctx, i.workspace, "admin", "")
	if err != nil {
		return nil, err
	}
	account := map[string]any{"name": "Sales", "secrets": map[string]string{"appSecret": inboxSecret, "verifyToken": "verify"}}
	if err := call(ctx, http.MethodPut, b.local.APIURL+"/v1/channel-accounts/whatsapp/"+i.account, token, account, &struct{}{}); err != nil {
		return nil, err
	}
	environment, err := b.deployedEnvironment(ctx, "webhooks")
	if err != nil {
		return nil, err
	}
	binary := filepath.Join(b.home, "webhooks")
	if err := build(ctx, b.root, "./functions/webhooks", binary); err != nil {
		return nil, err
	}
	i.webhooks, err = startWorker(ctx, binary, environment)
	return i, err
}

// close ends the function and gives the queue back to channel-events.
func (i *inbox) close(ctx context.Context) error {
	i.webhooks.stop()
	return errors.Join(i.setDelivery(ctx, "channel-events", true), os.Remove(filepath.Join(i.home, "webhooks")))
}

// setDelivery begins or ends the delivery of a queue's messages to a function of the stack.
func (b *bench) setDelivery(ctx context.Context, function string, enabled bool) error {
	functions := lambda.NewFromConfig(stack.Config(b.local.EmulatorURL))
	list, err := functions.ListEventSourceMappings(ctx, &lambda.ListEventSourceMappingsInput{FunctionName: aws.String(stack.Name + "-" + function)})
	if err != nil {
		return err
	}
	for _, mapping := range list.EventSourceMappings {
		if _, err := functions.UpdateEventSourceMapping(ctx, &lambda.UpdateEventSourceMappingInput{UUID: mapping.UUID, Enabled: &enabled}); err != nil {
			return err
		}
	}
	return nil
}

// deployedEnvironment is that of a function of the stack.
func (b *bench) deployedEnvironment(ctx context.Context, function string) ([]string, error) {
	name, functions := stack.Name+"-"+function, lambda.NewFromConfig(stack.Config(b.local.EmulatorURL))
	settings, err := functions.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: &name})
	if err != nil {
		return nil, err
	}
	environment := []string{
		"AWS_ENDPOINT_URL=" + b.local.EmulatorURL, "AWS_ENDPOINT_URL_DYNAMODB=" + b.local.DynamoDBURL, "AWS_REGION=" + stack.Region,
		"AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_LAMBDA_FUNCTION_NAME=" + name,
	}
	if settings.Environment != nil {
		for variable, value := range settings.Environment.Variables {
			environment = append(environment, variable+"="+value)
		}
	}
	return environment, nil
}

// receive has the function take message n, which a number wrote, and says how long it took.
func (i *inbox) receive(ctx context.Context, number string, n int) (time.Duration, error) {
	event, err := i.webhook(number, n)
	if err != nil {
		return 0, err
	}
	text, took, err := i.webhooks.invoke(ctx, event)
	if err != nil {
		return 0, err
	}
	var answer events.APIGatewayV2HTTPResponse
	if err := json.Unmarshal(text, &answer); err != nil {
		return 0, err
	}
	if answer.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("a webhook was answered by %d: %s", answer.StatusCode, answer.Body)
	}
	return took, nil
}

// webhook is API Gateway's event of a webhook with one message, as the Cloud API sends it.
func (i *inbox) webhook(number string, n int) ([]byte, error) {
	type object = map[string]any
	body, err := json.Marshal(sample.CloudAPI(i.account, object{
		"contacts": []object{{"profile": object{"name": "Person" + number + " Tester"}, "wa_id": number}},
		"messages": []object{{
			"from": number, "id": fmt.Sprintf("wamid.%d", n), "timestamp": fmt.Sprint(i.at(n).Unix()), "type": "text", "text": object{"body": "Hello"},
		}},
	}))
	if err != nil {
		return nil, err
	}
	path := "/v1/webhooks/whatsapp/" + i.account
	event := events.APIGatewayV2HTTPRequest{
		Version: "2.0", RouteKey: "POST /v1/webhooks/{channel}/{accountId}", RawPath: path, Body: string(body),
		Headers: map[string]string{"content-type": "application/json", strings.ToLower(meta.SignatureHeader): meta.Sign(body, inboxSecret)},
	}
	event.RequestContext.Stage, event.RequestContext.RequestID = "$default", fmt.Sprint("bench-", n)
	event.RequestContext.HTTP.Method, event.RequestContext.HTTP.Path = http.MethodPost, path
	return json.Marshal(event)
}

// at is when message n was written.
func (i *inbox) at(n int) time.Time { return i.since.Add(time.Duration(n) * time.Second) }
