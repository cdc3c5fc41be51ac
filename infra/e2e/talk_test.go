package e2e

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"
)

// signing is the key of the accounts that tests sign as, as Standard Webhooks spells it.
const signing = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// talk makes a conversation of an admin's workspace: an account of the workspace, and a message over it. It returns the platform's id of it.
func talk(t *testing.T, admin caller, name string) string {
	t.Helper()
	account, conversation := "talk-"+name, "conversation-"+name
	admin.call(http.MethodPut, "/v1/channel-accounts/widget/"+account, map[string]any{
		"name": "Talk", "secrets": map[string]any{"signingSecret": "whsec_" + signing},
	}).is(http.StatusCreated)
	at := time.Now().UTC().Format(time.RFC3339)
	signed(t, "/v1/webhooks/widget/"+account, map[string]any{"type": "conversation.message", "timestamp": at, "data": map[string]any{
		"conversationId": conversation, "channel": "widget", "accountId": account, "contact": map[string]any{"externalId": "visitor-" + name, "name": "Visitor"},
		"messageId": "m-1", "direction": "inbound", "sentAt": at,
	}}).is(http.StatusOK)
	eventually(t, "the conversation is there", func() bool {
		return admin.call(http.MethodGet, "/v1/conversations/"+conversation, nil).status == http.StatusOK
	})
	return conversation
}

// signed posts an event as the platform does. https://www.standardwebhooks.com
func signed(t *testing.T, path string, event any) answer {
	t.Helper()
	body, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := base64.StdEncoding.DecodeString(signing)
	if err != nil {
		t.Fatal(err)
	}
	id, at := fmt.Sprintf("msg_%d", time.Now().UnixNano()), fmt.Sprint(time.Now().Unix())
	mac := hmac.New(sha256.New, secret)
	_, _ = fmt.Fprintf(mac, "%s.%s.%s", id, at, body)
	return caller{t, ""}.call(http.MethodPost, path, string(body),
		"Webhook-Id", id, "Webhook-Timestamp", at, "Webhook-Signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
}
