package e2e

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/occ/contacts/infra/local/sample"
	"github.com/occ/contacts/infra/local/stack"
	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/contact"
)

// scene is a workspace with an account of every provider.
type scene struct {
	t     *testing.T
	admin caller
	nonce string
	calls map[string][]answer // by function: what it answered
}

func newScene(t *testing.T) *scene {
	s := &scene{t: t, admin: as(t, fresh(t), "admin"), nonce: fmt.Sprint(time.Now().UnixNano()), calls: map[string][]answer{}}
	for _, c := range channel.AccountChannels {
		register(s.admin, s.account(c))
	}
	return s
}

func (s *scene) account(c contact.Channel) channel.AccountKey {
	if c == contact.SMS {
		return channel.AccountKey{Channel: c, ID: "+1" + s.nonce[len(s.nonce)-10:]}
	}
	return channel.AccountKey{Channel: c, ID: s.nonce}
}

// send delivers a body, and demands a status.
func (s *scene) send(c contact.Channel, body any, status int) {
	s.t.Helper()
	s.calls["webhooks"] = append(s.calls["webhooks"], deliver(s.t, s.account(c), body).is(status))
}

// forge posts a body that somebody else signed.
func (s *scene) forge(c contact.Channel, body string) {
	s.t.Helper()
	signature := []string{"X-Hub-Signature-256", "sha256=00", "X-Twilio-Signature", "AAAA", "X-Telegram-Bot-Api-Secret-Token", firstName, "Webhook-Id", mailbox,
		"Webhook-Timestamp", fmt.Sprint(time.Now().Unix()), "Webhook-Signature", "v1," + firstName}
	forged := caller{s.t, ""}.call(http.MethodPost, addressOf("webhooks", s.account(c)), body, signature...)
	s.calls["webhooks"] = append(s.calls["webhooks"], forged.problem(http.StatusUnauthorized, "invalid_signature"))
}

// call asks the API as the admin.
func (s *scene) call(method, path string, body any, status int) answer {
	s.t.Helper()
	answered := s.admin.call(method, path, body).is(status)
	s.calls["api"] = append(s.calls["api"], answered)
	return answered
}

// people are messages of each provider.
func (s *scene) people() {
	now := time.Now()
	who := map[string]any{"externalId": visitor, "name": firstName + " " + lastName, "phone": "+" + dialled, "email": mailbox, "username": username}
	profile := map[string]any{"profile": map[string]any{"name": firstName + " " + lastName, "username": username}, "wa_id": dialled, "user_id": businessID}
	wamid := "wamid." + base64.StdEncoding.EncodeToString([]byte("\x1d\x05\x18\x0c"+dialled+"\x15\x02"))
	s.send(contact.WhatsApp, sample.CloudAPI(s.account(contact.WhatsApp).ID, map[string]any{"contacts": []any{profile}, "messages": []any{map[string]any{
		"from": dialled, "from_user_id": businessID, "id": wamid, "timestamp": fmt.Sprint(now.Unix()), "type": "text", "text": map[string]any{"body": text},
	}}}), 200)
	s.send(contact.WhatsApp, sample.CloudAPI(s.account(contact.WhatsApp).ID, map[string]any{"contacts": []any{profile}, "statuses": []any{map[string]any{
		"id": wamid, "status": "read", "recipient_id": dialled,
	}}}), 200)
	for _, c := range []contact.Channel{contact.Instagram, contact.Messenger} {
		s.send(c, inbox(s.account(c), map[string]any{"sender": map[string]any{"id": scopedID}, "message": map[string]any{"mid": "m_" + scopedID, "text": text}}), 200)
	}
	s.send(contact.Telegram, update(map[string]any{"message_id": 1, "text": text}), 200)
	s.send(contact.Telegram, update(map[string]any{"message_id": 2, "contact": map[string]any{"phone_number": shared, "first_name": firstName, "user_id": json.Number(scopedID)}}), 200)
	number := s.account(contact.SMS).ID
	s.send(contact.SMS, url.Values{"MessageSid": {"SM1"}, "From": {"+" + dialled}, "To": {number}, "Body": {text}}.Encode(), 200)
	s.send(contact.SMS, url.Values{"MessageSid": {"SM2"}, "From": {"whatsapp:+" + dialled}, "To": {"whatsapp:" + number}, "ProfileName": {firstName}, "Body": {text}}.Encode(), 200)
	for _, c := range []contact.Channel{contact.Widget, contact.Email, contact.Platform} {
		over := s.account(c)
		if c == contact.Platform {
			over = s.account(contact.Widget)
		}
		s.send(c, event("conversation.message", now, map[string]any{
			"conversationId": string(c) + s.nonce, "channel": over.Channel, "accountId": over.ID, "contact": who, "messageId": "m-" + string(c), "direction": "inbound", "text": text,
		}), 200)
	}
	s.send(contact.Platform, event("campaign.message_sent", now, map[string]any{
		"campaignId": "spring", "channel": "whatsapp", "accountId": s.account(contact.WhatsApp).ID, "contact": map[string]any{"externalId": dialled, "name": firstName}, "messageId": "c",
	}), 200)
	s.send(contact.WhatsApp, sample.CloudAPI(s.account(contact.WhatsApp).ID, map[string]any{"messages": []any{map[string]any{
		"from": dialled, "id": wamid + "2", "timestamp": fmt.Sprint(now.Unix() + 5), "type": "system", "system": map[string]any{
			"body": "User " + firstName + " changed from " + dialled + " to " + redialled, "type": "user_changed_number", "wa_id": redialled,
			"user_id": secondBusinessID, "previous_user_id": businessID,
		},
	}}}), 200)
}

// cases are requests and surveys, of people who were seen and of others.
func (s *scene) cases() {
	now := time.Now()
	stranger := map[string]any{"phone": "+20 10 7319 4682 9", "email": "qponmlkjih." + mailbox, "name": firstName}
	for id, of := range map[string]map[string]any{"seen": {"conversationId": "widget" + s.nonce}, "unseen": {"conversationId": visitor, "contact": stranger}} {
		for _, kind := range []string{"request.opened", "request.updated", "survey.submitted"} {
			data := map[string]any{
				"requestId": id + s.nonce, "subject": subject, "status": "open", "surveyId": id + s.nonce, "score": 4, "maxScore": 5, "comment": comment,
			}
			maps.Copy(data, of)
			s.send(contact.Platform, event(kind, now, data), 200)
		}
	}
}

// unusable are bodies that are signed and say nothing, each full of what is private.
func (s *scene) unusable() {
	everything := strings.Join([]string{firstName, lastName, username, mailbox, dialled, businessID, subject, comment, text}, " ")
	s.send(contact.WhatsApp, sample.CloudAPI(s.account(contact.WhatsApp).ID, map[string]any{"messages": everything}), 200)
	s.send(contact.WhatsApp, sample.CloudAPI(s.account(contact.WhatsApp).ID, map[string]any{"messages": []any{map[string]any{
		"id": "wamid." + dialled, "timestamp": everything, "type": "text", "text": map[string]any{"body": text},
	}}}), 200)
	s.send(contact.WhatsApp, sample.CloudAPI(s.account(contact.WhatsApp).ID, map[string]any{"messages": []any{map[string]any{
		"id": "wamid." + dialled, "timestamp": "1", "type": "text", "text": map[string]any{"body": everything},
	}}}), 200)
	s.send(contact.Instagram, inbox(s.account(contact.Instagram), map[string]any{"message": map[string]any{"mid": "m", "text": everything}}), 200)
	s.send(contact.Messenger, inbox(s.account(contact.Messenger), map[string]any{"sender": everything, "message": map[string]any{"mid": "m"}}), 200)
	s.send(contact.Telegram, map[string]any{"update_id": 1, "message": map[string]any{"message_id": everything, "from": map[string]any{"first_name": firstName}}}, 200)
	s.send(contact.Telegram, map[string]any{"update_id": 1, "message": map[string]any{"message_id": 1, "text": everything}}, 200)
	s.send(contact.SMS, url.Values{"From": {"+" + dialled}, "Body": {everything}}.Encode(), 200)
	s.send(contact.SMS, url.Values{"MessageSid": {"SM3"}, "Body": {everything}}.Encode(), 200)
	for _, c := range []contact.Channel{contact.Widget, contact.Email, contact.Platform} {
		s.send(c, map[string]any{"type": "conversation.message", "timestamp": everything, "data": map[string]any{"contact": map[string]any{"name": firstName}}}, 200)
		s.send(c, event("conversation.message", time.Now(), map[string]any{"sentAt": everything}), 200)
		s.send(c, event("conversation.message", time.Now(), map[string]any{"direction": "inbound", "conversationId": "c", "messageId": "m", "contact": map[string]any{"name": everything}}), 200)
		s.send(c, event("request.opened", time.Now(), map[string]any{"requestId": "r", "subject": strings.Repeat(subject, 200)}), 200)
		s.send(c, event("survey.submitted", time.Now(), map[string]any{"surveyId": "s", "score": everything}), 200)
	}
}

// ignored are bodies of types that there are not.
func (s *scene) ignored() {
	everything := strings.Join([]string{firstName, lastName, mailbox, dialled, text}, " ")
	s.send(contact.WhatsApp, map[string]any{"object": everything}, 200)
	s.send(contact.WhatsApp, sample.CloudAPI(s.account(contact.WhatsApp).ID, map[string]any{"messages": []any{map[string]any{"from": dialled, "id": "x", "type": everything}}}), 200)
	s.send(contact.Messenger, inbox(s.account(contact.Messenger), map[string]any{everything: map[string]any{}, "sender": map[string]any{"id": scopedID}}), 200)
	s.send(contact.Telegram, map[string]any{"update_id": 1, everything: map[string]any{"text": text}}, 200)
	s.send(contact.SMS, url.Values{"From": {firstName + ":" + dialled}, "MessageSid": {"SM4"}}.Encode(), 200)
	s.send(contact.Platform, event(everything, time.Now(), nil), 200)
}

// refused are bodies that are not taken: signed and of no form, and signed by somebody else.
func (s *scene) refused() {
	everything := strings.Join([]string{firstName, lastName, mailbox, "+" + dialled, text}, " ")
	for _, c := range channel.AccountChannels {
		if c != contact.SMS { // of which every text is a form
			s.send(c, everything, http.StatusBadRequest)
		}
		s.forge(c, `{"text":"`+everything+`"}`)
	}
}

// spoiled puts messages into the queue that cannot be applied, and returns their ids: what make redrive does with a letter, and worse.
func (s *scene) spoiled() (ids []string) {
	client := sqs.NewFromConfig(stack.Config(local.EmulatorURL))
	at := time.Now().UTC()
	unfit := channel.Event{
		Schema: channel.EventSchema, Workspace: "other", ID: "e", Kind: channel.Kind("unknown"), At: at, ReceivedAt: at,
		Person: channel.Person{Phone: "+" + dialled, Email: mailbox, Name: firstName},
	}
	long := unfit
	long.Workspace, long.Kind, long.Channel, long.Person.Phone = "demo", channel.Message, contact.Widget, strings.Repeat(dialled, 3)
	for _, message := range []any{
		channel.Letter{Schema: channel.BatchSchema, Workspace: "demo", Channel: contact.WhatsApp, AccountID: s.nonce, ReceivedAt: at, Reason: "It is broken.", Body: text + firstName},
		channel.Batch{Schema: channel.EventSchema, Workspace: "demo", Events: []channel.Event{unfit}}, channel.Batch{Schema: channel.EventSchema, Workspace: "demo", Events: []channel.Event{long}},
		map[string]any{"schema": firstName, "events": mailbox}, map[string]any{"schema": 1, "workspace": "demo", "events": []any{map[string]any{"at": firstName + dialled}}},
	} {
		body, err := json.Marshal(message)
		if err != nil {
			s.t.Fatal(err)
		}
		sent, err := client.SendMessage(s.t.Context(), &sqs.SendMessageInput{QueueUrl: aws.String(local.Outputs["ChannelEventsQueueUrl"]), MessageBody: aws.String(string(body))})
		if err != nil {
			s.t.Fatal(err)
		}
		ids = append(ids, aws.ToString(sent.MessageId))
	}
	return ids
}

// leave searches for the person in every way, deletes what is found, and has them write again.
func (s *scene) leave() {
	search := func(q string) []map[string]any {
		return s.call(http.MethodGet, "/v1/contacts?q="+url.QueryEscape(q), nil, 200).items()
	}
	for _, q := range []string{firstName, mailbox, "+" + redialled, shared} {
		eventually(s.t, q+" is found", func() bool { return len(search(q)) > 0 })
	}
	s.call(http.MethodPost, "/v1/contacts", map[string]any{"name": firstName, "email": mailbox}, http.StatusConflict)
	s.call(http.MethodPost, "/v1/contacts", map[string]any{"name": firstName, "phone": dialled + mailbox, "email": text}, http.StatusUnprocessableEntity)
	s.call(http.MethodGet, "/v1/contacts/"+url.PathEscape(mailbox), nil, http.StatusNotFound)
	s.send(contact.Platform, event("request.deleted", time.Now().Add(time.Second), map[string]any{"requestId": "seen" + s.nonce, "subject": subject}), 200)
	for _, c := range s.admin.walk("/v1/contacts") {
		eventually(s.t, "the contact can be deleted", func() bool {
			deleted := s.admin.call(http.MethodDelete, "/v1/contacts/"+c["id"].(string), nil)
			s.calls["api"] = append(s.calls["api"], deleted)
			return deleted.status == http.StatusNoContent
		})
	}
	s.people() // the same events, of somebody who is gone
}

// inbox is a body of Messenger or Instagram.
func inbox(account channel.AccountKey, messaging map[string]any) map[string]any {
	object := "instagram"
	if account.Channel == contact.Messenger {
		object = "page"
	}
	messaging["recipient"], messaging["timestamp"] = map[string]any{"id": account.ID}, time.Now().UnixMilli()
	return map[string]any{"object": object, "entry": []any{map[string]any{"id": account.ID, "messaging": []any{messaging}}}}
}

// update is a private message of Telegram.
func update(message map[string]any) map[string]any {
	from := map[string]any{"id": json.Number(scopedID), "first_name": firstName, "last_name": lastName, "username": username}
	message["from"], message["date"] = from, time.Now().Unix()
	message["chat"] = map[string]any{"id": json.Number(scopedID), "first_name": firstName, "username": username, "type": "private"}
	return map[string]any{"update_id": 1, "message": message}
}
