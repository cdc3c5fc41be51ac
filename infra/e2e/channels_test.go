package e2e

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"
)

const (
	appSecret = "app-secret-of-the-tests"
	wamid     = "wamid.%s"
)

// whatsapp posts a message of somebody as the Cloud API does.
// https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/payload-examples
func whatsapp(t *testing.T, account, waID, name, message string, at time.Time) answer {
	t.Helper()
	body, err := json.Marshal(map[string]any{"object": "whatsapp_business_account", "entry": []any{map[string]any{"id": "1", "changes": []any{map[string]any{
		"field": "messages", "value": map[string]any{
			"messaging_product": "whatsapp", "metadata": map[string]any{"display_phone_number": "15550783881", "phone_number_id": account},
			"contacts": []any{map[string]any{"profile": map[string]any{"name": name}, "wa_id": waID}},
			"messages": []any{map[string]any{
				"from": waID, "id": fmt.Sprintf(wamid, message), "timestamp": fmt.Sprint(at.Unix()), "type": "text", "text": map[string]any{"body": "Hello"},
			}},
		},
	}}}}})
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, []byte(appSecret))
	mac.Write(body)
	return caller{t, ""}.call(http.MethodPost, "/v1/webhooks/whatsapp/"+account, string(body), "X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
}

// found are the contacts that a search gives.
func found(admin caller, q string) []map[string]any {
	return admin.call(http.MethodGet, "/v1/contacts?q="+url.QueryEscape(q), nil).is(http.StatusOK).items()
}

// TestSomebodyWritesAndLeaves is the life of a contact that nobody typed: they write (many webhooks at once are one contact), have a
// request, are deleted, and write again.
func TestSomebodyWritesAndLeaves(t *testing.T) {
	admin := as(t, fresh(t), "admin")
	account := fmt.Sprint(time.Now().UnixNano())
	phone := "2010" + account[len(account)-8:]
	admin.call(http.MethodPut, "/v1/channel-accounts/whatsapp/"+account, map[string]any{
		"name": "Sales", "secrets": map[string]any{"appSecret": appSecret, "verifyToken": "verify"},
	}).is(http.StatusCreated)
	admin.call(http.MethodPut, "/v1/channel-accounts/platform/p-"+account, map[string]any{
		"name": "Platform", "secrets": map[string]any{"signingSecret": "whsec_" + signing},
	}).is(http.StatusCreated)
	began := time.Now()
	var senders sync.WaitGroup
	for n := range 20 {
		senders.Go(func() { whatsapp(t, account, phone, "Mona WhatsApp", fmt.Sprint(n), began).is(http.StatusOK) })
	}
	senders.Wait()
	whatsapp(t, account, phone, "Mona WhatsApp", "0", began).is(http.StatusOK) // once more
	eventually(t, "the contact is found by the last digits of its phone", func() bool { return len(found(admin, phone[6:])) == 1 })
	mona := found(admin, "+"+phone)[0]
	id := mona["id"].(string)
	if mona["name"] != "Mona WhatsApp" || mona["channel"] != "whatsapp" || mona["conversationCount"] != 1.0 || len(mona["identities"].([]any)) != 1 {
		t.Fatalf("%v", mona)
	}
	conversation := admin.call(http.MethodGet, "/v1/contacts/"+id+"/conversations", nil).is(http.StatusOK).items()[0]["id"].(string)

	request := func(kind string, at time.Time) {
		signed(t, "/v1/webhooks/platform/p-"+account, map[string]any{"type": "request." + kind, "timestamp": at.UTC().Format(time.RFC3339), "data": map[string]any{
			"requestId": "r-" + account, "contactId": id, "subject": "Help", "status": kind, "at": at.UTC().Format(time.RFC3339),
		}}).is(http.StatusOK)
	}
	request("opened", began)
	eventually(t, "the request is there", func() bool {
		return len(admin.call(http.MethodGet, "/v1/contacts/"+id+"/requests", nil).is(http.StatusOK).items()) == 1
	})
	admin.call(http.MethodDelete, "/v1/contacts/"+id, nil).problem(http.StatusConflict, "contact_has_requests")
	request("deleted", began.Add(2*time.Second))
	eventually(t, "the contact can be deleted", func() bool {
		return admin.call(http.MethodDelete, "/v1/contacts/"+id, nil).status == http.StatusNoContent
	})

	if name := admin.call(http.MethodGet, "/v1/conversations/"+conversation, nil).is(http.StatusOK).text("customerName"); name != "Deleted User" {
		t.Errorf("the conversation is with %q", name)
	}
	whatsapp(t, account, phone, "Mona WhatsApp", "3", began).is(http.StatusOK) // an old event, again
	whatsapp(t, account, phone, "Mona Again", "later", time.Now().Add(2*time.Second)).is(http.StatusOK)
	eventually(t, "the person is there anew", func() bool { return len(found(admin, "+"+phone)) == 1 })
	if again := found(admin, "+"+phone)[0]; again["id"] == id || again["name"] != "Mona Again" {
		t.Errorf("%v", again)
	}
}

func TestWebhooksThatAreRefused(t *testing.T) {
	admin := as(t, fresh(t), "admin")
	account := fmt.Sprint(time.Now().UnixNano())
	path := "/v1/webhooks/whatsapp/" + account
	nobody := caller{t, ""}
	nobody.call(http.MethodPost, path, "{}").problem(http.StatusNotFound, "not_found")
	admin.call(http.MethodPut, "/v1/channel-accounts/whatsapp/"+account, map[string]any{
		"name": "Sales", "secrets": map[string]any{"appSecret": appSecret, "verifyToken": "verify"},
	}).is(http.StatusCreated)
	nobody.call(http.MethodPost, path, "{}").problem(http.StatusUnauthorized, "invalid_signature")
	nobody.call(http.MethodPost, path, "{}", "X-Hub-Signature-256", "sha256=00").problem(http.StatusUnauthorized, "invalid_signature")
	mac := hmac.New(sha256.New, []byte(appSecret))
	mac.Write([]byte("no JSON"))
	nobody.call(http.MethodPost, path, "no JSON", "X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil))).problem(http.StatusBadRequest, "malformed_event")
	if challenge := nobody.call(http.MethodGet, path+"?hub.mode=subscribe&hub.verify_token=verify&hub.challenge=1158201444", nil); challenge.status != http.StatusOK || string(challenge.body) != "1158201444" {
		t.Errorf("%d %s", challenge.status, challenge.body)
	}
	if wrong := nobody.call(http.MethodGet, path+"?hub.mode=subscribe&hub.verify_token=x&hub.challenge=1", nil); wrong.status != http.StatusForbidden {
		t.Errorf("%d %s", wrong.status, wrong.body)
	}
	admin.call(http.MethodDelete, "/v1/channel-accounts/whatsapp/"+account, nil).is(http.StatusNoContent)
	nobody.call(http.MethodPost, path, "{}").problem(http.StatusNotFound, "not_found")
}
