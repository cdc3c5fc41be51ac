package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/occ/contacts/infra/local/sample"
	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/contact"
)

// whatsapp posts a message of somebody as the Cloud API does.
func whatsapp(t *testing.T, account channel.AccountKey, waID, name, message string, at time.Time) answer {
	t.Helper()
	return deliver(t, account, sample.CloudAPI(account.ID, map[string]any{
		"contacts": []any{map[string]any{"profile": map[string]any{"name": name}, "wa_id": waID}},
		"messages": []any{map[string]any{
			"from": waID, "id": "wamid." + message, "timestamp": fmt.Sprint(at.Unix()), "type": "text", "text": map[string]any{"body": "Hello"},
		}},
	}))
}

// found are the contacts that a search gives.
func found(admin caller, q string) []map[string]any {
	return admin.call(http.MethodGet, "/v1/contacts?q="+url.QueryEscape(q), nil).is(http.StatusOK).items()
}

// TestSomebodyWritesAndLeaves is the life of a contact that nobody typed: they write (many webhooks at once are one contact), have a
// request, are deleted, and write again.
func TestSomebodyWritesAndLeaves(t *testing.T) {
	admin := as(t, fresh(t), "admin")
	number := fmt.Sprint(time.Now().UnixNano())
	phone := "2010" + number[len(number)-8:]
	account, platform := channel.AccountKey{Channel: contact.WhatsApp, ID: number}, channel.AccountKey{Channel: contact.Platform, ID: "p-" + number}
	register(admin, account)
	register(admin, platform)
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
		deliver(t, platform, event("request."+kind, at, map[string]any{"requestId": "r-" + number, "contactId": id, "subject": "Help", "status": kind})).is(http.StatusOK)
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
	account := channel.AccountKey{Channel: contact.WhatsApp, ID: fmt.Sprint(time.Now().UnixNano())}
	hook := addressOf("webhooks", account)
	nobody := caller{t, ""}
	nobody.call(http.MethodPost, hook, "{}").problem(http.StatusNotFound, "not_found")
	register(admin, account)
	nobody.call(http.MethodPost, hook, "{}").problem(http.StatusUnauthorized, "invalid_signature")
	nobody.call(http.MethodPost, hook, "{}", "X-Hub-Signature-256", "sha256=00").problem(http.StatusUnauthorized, "invalid_signature")
	deliver(t, account, "no JSON").problem(http.StatusBadRequest, "malformed_event")
	verify := hook + "?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=" + sample.Secrets(account.Channel).VerifyToken
	if challenge := nobody.call(http.MethodGet, verify, nil); challenge.status != http.StatusOK || string(challenge.body) != "1158201444" {
		t.Errorf("%d %s", challenge.status, challenge.body)
	}
	if wrong := nobody.call(http.MethodGet, verify+"x", nil); wrong.status != http.StatusForbidden {
		t.Errorf("%d %s", wrong.status, wrong.body)
	}
	admin.call(http.MethodDelete, addressOf("channel-accounts", account), nil).is(http.StatusNoContent)
	nobody.call(http.MethodPost, hook, "{}").problem(http.StatusNotFound, "not_found")
}
