package sample

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/occ/contacts/infra/local/checkout"
	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/channel/provider"
	"github.com/occ/contacts/pkg/contact"
)

// WebhookNames are the samples of webhooks, events/webhooks-<name>.json, in an order in which they could have happened: somebody writes before
// anything is known of them, and changes their number at the end.
var WebhookNames = []string{
	"whatsapp-verify", "whatsapp-message", "whatsapp-username", "whatsapp-reaction", "whatsapp-echo", "whatsapp-status",
	"instagram-message", "instagram-echo", "messenger-message", "messenger-postback", "messenger-reaction",
	"telegram-message", "telegram-callback", "telegram-contact", "telegram-group", "sms-message", "sms-whatsapp", "sms-status",
	"widget-message", "email-message", "platform-message", "platform-campaign",
	"platform-request-opened", "platform-request-updated", "platform-request-closed", "platform-survey", "platform-request-deleted",
	"whatsapp-number-changed", "whatsapp-user-id-changed",
}

// Secrets are those that the samples of a channel are signed with.
func Secrets(c contact.Channel) channel.Secrets {
	switch c {
	case contact.WhatsApp, contact.Instagram, contact.Messenger:
		return channel.Secrets{AppSecret: "sample-app-secret", VerifyToken: "sample-verify-token"} //nolint:gosec // made up, and in events/ for everybody to read
	case contact.Telegram:
		return channel.Secrets{SecretToken: "sample-secret-token"}
	case contact.SMS:
		return channel.Secrets{AuthToken: "sample-auth-token"} //nolint:gosec // made up, and in events/ for everybody to read
	default:
		return channel.Secrets{SigningSecret: "whsec_c2FtcGxlLXNpZ25pbmcta2V5LW9mLTMyLWJ5dGVzISE="} //nolint:gosec // made up, and in events/ for everybody to read
	}
}

// Webhook is a sample, as its provider sends it.
type Webhook struct {
	Name, Method string
	Path         string               // with the query
	Accounts     []channel.AccountKey // that of the address, and the one that the body names besides
	contentType  string
	body         []byte
}

// ReadWebhook reads the sample of a name.
func ReadWebhook(name string) (Webhook, error) {
	if !slices.Contains(WebhookNames, name) {
		return Webhook{}, fmt.Errorf("there is no sample %q; SAMPLE is one of %s", name, strings.Join(WebhookNames, ", "))
	}
	root, err := checkout.Root()
	if err != nil {
		return Webhook{}, err
	}
	file := filepath.Join(root, "events", "webhooks-"+name+".json")
	text, err := os.ReadFile(file) //nolint:gosec // one of our own
	if err != nil {
		return Webhook{}, err
	}
	var event events.APIGatewayV2HTTPRequest
	if err := json.Unmarshal(text, &event); err != nil {
		return Webhook{}, fmt.Errorf("%s: %w", file, err)
	}
	w := Webhook{
		Name: name, Method: event.RequestContext.HTTP.Method, Path: event.RawPath, contentType: event.Headers["content-type"], body: []byte(event.Body),
	}
	if event.RawQueryString != "" {
		w.Path += "?" + event.RawQueryString
	}
	if event.IsBase64Encoded {
		if w.body, err = base64.StdEncoding.DecodeString(event.Body); err != nil {
			return Webhook{}, fmt.Errorf("%s: %w", file, err)
		}
	}
	w.Accounts, err = accounts(event.RawPath, w.body)
	return w, err
}

// accounts are what has to be registered for a webhook to count. The events of the platform name accounts of other channels.
func accounts(path string, body []byte) ([]channel.AccountKey, error) {
	name, id, found := strings.Cut(strings.TrimPrefix(path, "/v1/webhooks/"), "/")
	if !found {
		return nil, fmt.Errorf("%s is not /v1/webhooks/{channel}/{accountId}", path)
	}
	all := []channel.AccountKey{{Channel: contact.Channel(name), ID: id}}
	var event struct {
		Data struct {
			Channel   contact.Channel `json:"channel"`
			AccountID string          `json:"accountId"`
		} `json:"data"`
	}
	_ = json.Unmarshal(body, &event) // a body of another provider names none
	if named := (channel.AccountKey{Channel: event.Data.Channel, ID: event.Data.AccountID}); named.ID != "" && named != all[0] {
		all = append(all, named)
	}
	return all, nil
}

// Request is the sample as it is sent to an API, signed at a time. The API is at base; signedBase is the address that it knows itself by, which
// Twilio signs.
func (w Webhook) Request(ctx context.Context, base, signedBase string, at time.Time) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, w.Method, strings.TrimSuffix(base, "/")+w.Path, bytes.NewReader(w.body))
	if err != nil || w.Method == http.MethodGet {
		return request, err
	}
	request.Header.Set("Content-Type", w.contentType)
	c := w.Accounts[0].Channel
	for name, value := range provider.Sign(c, strings.TrimSuffix(signedBase, "/")+w.Path, w.body, Secrets(c), at) {
		request.Header.Set(name, value)
	}
	return request, nil
}
