package faults_test

import (
	"bytes"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/occ/contacts/infra/local/stack"
	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/channel/provider"
	"github.com/occ/contacts/pkg/contact"
)

// secrets are those of every account of the tests.
var secrets = channel.Secrets{AppSecret: "secret", VerifyToken: "verify", SigningSecret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}

// register makes the workspace's accounts, one of each channel of a script; the id of each is the workspace's.
func register(t *testing.T, workspace string) {
	t.Helper()
	for name, its := range map[string]map[string]string{
		"whatsapp": {"appSecret": secrets.AppSecret, "verifyToken": secrets.VerifyToken}, "widget": {"signingSecret": secrets.SigningSecret},
	} {
		path := "/v1/channel-accounts/" + name + "/" + workspace
		eventually(t, "the account is registered", func() bool { // anew ended a function that the emulator may still call
			status, _ := ask(t, tokenOf(t, workspace), http.MethodPut, path, map[string]any{"name": "Faults", "secrets": its}, nil)
			return status == http.StatusCreated || status == http.StatusOK
		})
	}
}

// deliver posts a line over the workspace's account until it is answered 200, as providers do.
func deliver(t *testing.T, workspace string, one line) {
	t.Helper()
	body := fmt.Sprintf(one.body, workspace)
	for began := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		status := postSigned(t, one.channel, workspace, []byte(body))
		if status == http.StatusOK {
			return
		}
		if status != 0 && status < 500 && status != http.StatusTooManyRequests || time.Since(began) > patience {
			t.Errorf("a webhook of %s is answered %d", one.channel, status)
			return
		}
	}
}

// postSigned posts a body; status 0 when no answer came.
func postSigned(t *testing.T, name, account string, body []byte) (status int) {
	t.Helper()
	address := local.APIURL + "/v1/webhooks/" + name + "/" + account
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		t.Error(err)
		return http.StatusBadRequest
	}
	for header, value := range provider.Sign(contact.Channel(name), address, body, secrets, time.Now()) {
		request.Header.Set(header, value)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0
	}
	_ = response.Body.Close()
	return response.StatusCode
}

// queues reaches SQS as the functions do.
func queues() *sqs.Client { return sqs.NewFromConfig(stack.Config(local.EmulatorURL)) }

// depth is how many messages the queue of an output holds, those that somebody works on too.
func depth(t *testing.T, output string) int {
	t.Helper()
	waiting, taken, err := stack.InQueue(t.Context(), queues(), aws.String(local.Outputs[output]))
	if err != nil {
		t.Fatal(err)
	}
	return waiting + taken
}
