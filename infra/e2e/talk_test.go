package e2e

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/occ/contacts/infra/local/sample"
	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/channel/provider"
	"github.com/occ/contacts/pkg/contact"
)

// addressOf is where an account is registered, or its webhooks come in.
func addressOf(below string, account channel.AccountKey) string {
	return "/v1/" + below + "/" + string(account.Channel) + "/" + account.ID
}

// register makes an account a workspace's, with the secrets that deliver signs with.
func register(admin caller, account channel.AccountKey) {
	admin.t.Helper()
	admin.call(http.MethodPut, addressOf("channel-accounts", account), map[string]any{"name": "Account", "secrets": sample.Secrets(account.Channel)}).is(http.StatusCreated)
}

// deliver posts a body as the account's provider does: a string as it is, or a value as JSON.
func deliver(t *testing.T, account channel.AccountKey, body any) answer {
	t.Helper()
	text, isText := body.(string)
	if !isText {
		encoded, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		text = string(encoded)
	}
	to := addressOf("webhooks", account)
	var headers []string
	for name, value := range provider.Sign(account.Channel, local.APIURL+to, []byte(text), sample.Secrets(account.Channel), time.Now()) {
		headers = append(headers, name, value)
	}
	return caller{t, ""}.call(http.MethodPost, to, text, headers...)
}

// event is one of the platform, or of a channel without a provider's format.
func event(kind string, at time.Time, data map[string]any) map[string]any {
	return map[string]any{"type": kind, "timestamp": at.UTC().Format(time.RFC3339), "data": data}
}

// talk makes a conversation of an admin's workspace: an account of the workspace, and a message over it. It returns the platform's id of it.
func talk(t *testing.T, admin caller, name string) string {
	t.Helper()
	account, conversation := channel.AccountKey{Channel: contact.Widget, ID: "talk-" + name}, "conversation-"+name
	register(admin, account)
	deliver(t, account, event("conversation.message", time.Now(), map[string]any{
		"conversationId": conversation, "contact": map[string]any{"externalId": "visitor-" + name, "name": "Visitor"}, "messageId": "m-1", "direction": "inbound",
	})).is(http.StatusOK)
	eventually(t, "the conversation is there", func() bool {
		return admin.call(http.MethodGet, "/v1/conversations/"+conversation, nil).status == http.StatusOK
	})
	tag := admin.call(http.MethodGet, "/v1/conversations/"+conversation, nil).is(http.StatusOK).header.Get("ETag")
	admin.call(http.MethodGet, "/v1/conversations/"+conversation, nil, "If-None-Match", tag).is(http.StatusNotModified)
	return conversation
}
