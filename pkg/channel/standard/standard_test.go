package standard_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/channel/channeltest"
	"github.com/occ/contacts/pkg/channel/standard"
	"github.com/occ/contacts/pkg/contact"
)

func event(kind, data string) string {
	return fmt.Sprintf(`{"type":%q,"timestamp":"2026-11-25T12:00:00Z","data":{%s}}`, kind, data)
}

// said is a message of somebody over an account.
func said(account, contact string) string {
	return event("conversation.message", account+`"conversationId":"c","messageId":"m","direction":"inbound","sentAt":"2026-11-25T11:00:00Z","contact":{`+contact+`}`)
}

const (
	whatsApp = `"channel":"whatsapp","accountId":"77",`
	mona     = `"externalId":"201001234567","name":"Mona"`
	types    = "unusable: The data have fields of other types, or a time that is not RFC 3339."
	who      = "unusable: The contact has no externalId, phone, email or username, or an externalId that cannot be kept."
	where    = "unusable: The channel is none that has accounts, or channel and accountId are not given together."
	ids      = "unusable: An id is missing, or one has more than 256 characters or 512 bytes."
	long     = "unusable: The subject, status or comment is too long, or holds a control character."
	message  = "message whatsapp 77 inbound 201001234567|+201001234567||Mona||"
)

var events = []struct {
	name string
	path contact.Channel // of the account "main"
	body string
	want []string
}{
	{"message", "platform", said(whatsApp, mona), []string{message}},
	{"a national phone", "platform", said(whatsApp, mona+`,"phone":"0100 123 4567","email":" Mona@EXAMPLE.com "`), []string{"message whatsapp 77 inbound 201001234567|+201001234567|Mona@example.com|Mona||"}},
	{"a phone and an e-mail that are none", "platform", said(whatsApp, mona+`,"phone":"12","email":"mona"`), []string{message}},
	{"null is absent", "platform", said(whatsApp, mona+`,"phone":null,"email":null,"username":null`), []string{message}},
	{"a user id", "platform", said(whatsApp, `"externalId":"EG.1a2b","username":"mona"`), []string{"message whatsapp 77 inbound EG.1a2b*|||||mona"}},
	{"a phone alone", "platform", said(whatsApp, `"phone":"+5511987654321"`), []string{"message whatsapp 77 inbound 5511987654321=551187654321|+5511987654321||||"}},
	{"an e-mail alone", "widget", said("", `"email":"Mona@Example.com"`), []string{"message widget main inbound mona@example.com||Mona@example.com|||"}},
	{"a username alone", "platform", said(whatsApp, `"username":"mona"`), []string{"message whatsapp 77 inbound @mona|||||mona"}},
	{"SMS", "platform", said(`"channel":"sms","accountId":"+15551234567",`, `"externalId":"01001234567"`), []string{"message sms +15551234567 inbound +201001234567|+201001234567||||"}},
	{"WhatsApp through Twilio", "platform", said(`"channel":"whatsapp","accountId":"+15551234567",`, mona), []string{"message whatsapp +15551234567 inbound 201001234567|+201001234567||Mona||"}},
	{"e-mail", "email", said("", `"externalId":"Mona@Example.com"`), []string{"message email main inbound mona@example.com||Mona@example.com|||"}},
	{"the path's account", "platform", said("", mona), []string{"message platform main inbound 201001234567|||Mona||"}},
	{"the path's account, by name", "widget", said(`"channel":"widget","accountId":"main",`, mona), []string{"message widget main inbound 201001234567|||Mona||"}},
	{"another account than the widget's", "widget", said(whatsApp, mona), []string{"ignored other_account"}},
	{"another widget", "widget", said(`"channel":"widget","accountId":"other",`, mona), []string{"ignored other_account"}},
	{"outbound", "platform", strings.Replace(said(whatsApp, mona), "inbound", "outbound", 1), []string{strings.Replace(message, "inbound", "outbound", 1)}},
	{"campaign", "platform", event("campaign.message_sent", whatsApp+`"campaignId":"s","messageId":"m","contact":{`+mona+`}`), []string{"campaign_message whatsapp 77 outbound 201001234567|+201001234567||Mona||"}},
	{"unknown type", "platform", event("invoice.paid", ""), []string{"ignored invoice.paid"}},

	{"no contact", "platform", event("conversation.message", whatsApp+`"conversationId":"c","messageId":"m","direction":"inbound"`), []string{who}},
	{"a contact of nothing", "platform", said(whatsApp, ""), []string{who}},
	{"a name alone", "platform", said(whatsApp, `"name":"Mona"`), []string{who}},
	{"a long id", "platform", said(whatsApp, `"externalId":"`+strings.Repeat("x", 257)+`"`), []string{who}},
	{"an id with a control character", "platform", said(whatsApp, `"externalId":"a\u0000b"`), []string{who}},
	{"a contact that is a list", "platform", event("conversation.message", whatsApp+`"conversationId":"c","messageId":"m","direction":"inbound","contact":[]`), []string{types}},
	{"a number as id", "platform", said(whatsApp, `"externalId":201001234567`), []string{types}},
	{"a message id that is a number", "platform", strings.Replace(said(whatsApp, mona), `"m"`, `5`, 1), []string{types}},
	{"no message id", "platform", strings.Replace(said(whatsApp, mona), `"m"`, `""`, 1), []string{ids}},
	{"no conversation id", "platform", strings.Replace(said(whatsApp, mona), `"c"`, `null`, 1), []string{ids}},
	{"no direction", "platform", strings.Replace(said(whatsApp, mona), "inbound", "sideways", 1), []string{"unusable: The direction is neither inbound nor outbound."}},
	{"a time that is none", "platform", strings.Replace(said(whatsApp, mona), "2026-11-25T11:00:00Z", "yesterday", 1), []string{types}},
	{"no account id", "platform", said(`"channel":"whatsapp",`, mona), []string{where}},
	{"no channel", "platform", said(`"accountId":"77",`, mona), []string{where}},
	{"a channel without accounts", "platform", said(`"channel":"campaign","accountId":"77",`, mona), []string{where}},
	{"no data", "platform", `{"type":"conversation.message"}`, []string{types}},
	{"data that are a text", "platform", `{"type":"survey.submitted","data":"x"}`, []string{types}},
	{"no type", "platform", `{"data":{}}`, []string{"unusable: The body is no event: it has no type, or type or timestamp are of other types."}},
	{"a type that is a number", "platform", `{"type":1}`, []string{"unusable: The body is no event: it has no type, or type or timestamp are of other types."}},
	{"a list", "platform", `[]`, []string{"unusable: The body is no event: it has no type, or type or timestamp are of other types."}},

	{"request", "platform", event("request.opened", `"requestId":"r","subject":"x","status":"open","at":"2026-11-25T11:00:00Z"`), []string{"request_changed   |||||"}},
	{"a request's contact", "platform", event("request.updated", whatsApp+`"requestId":"r","at":"2026-11-25T11:00:00Z","contact":{`+mona+`}`), []string{"request_changed whatsapp 77  201001234567|+201001234567||Mona||"}},
	{"a request's contact without an account", "platform", event("request.closed", `"requestId":"r","contact":{"externalId":"5","phone":"+201001234567"}`), []string{"request_changed   |+201001234567||||"}},
	{"a widget's request", "widget", event("request.deleted", `"requestId":"r"`), []string{"request_changed widget main |||||"}},
	{"another's request", "widget", event("request.deleted", whatsApp+`"requestId":"r"`), []string{"ignored other_account"}},
	{"no request id", "platform", event("request.opened", `"subject":"x"`), []string{ids}},
	{"a long subject", "platform", event("request.opened", `"requestId":"r","subject":"`+strings.Repeat("x", 2001)+`"`), []string{long}},
	{"a subject that is a number", "platform", event("request.opened", `"requestId":"r","subject":1`), []string{types}},
	{"no time", "platform", `{"type":"request.opened","data":{"requestId":"r"}}`, []string{"unusable: The event has no time."}},
	{"a request's contact of nothing", "platform", event("request.opened", whatsApp+`"requestId":"r","contact":{}`), []string{who}},

	{"survey", "platform", event("survey.submitted", `"surveyId":"s","score":0,"maxScore":5`), []string{"survey_submitted   |||||"}},
	{"no score", "platform", event("survey.submitted", `"surveyId":"s","maxScore":5`), []string{"unusable: The score or the maxScore is missing."}},
	{"a score that is a text", "platform", event("survey.submitted", `"surveyId":"s","score":"5","maxScore":5`), []string{types}},
	{"a score that is none", "platform", event("survey.submitted", `"surveyId":"s","score":1e999,"maxScore":5`), []string{types}},
	{"no survey id", "platform", event("survey.submitted", `"score":1,"maxScore":5`), []string{ids}},
	{"a long comment", "platform", event("survey.submitted", `"surveyId":"s","score":1,"maxScore":5,"comment":"`+strings.Repeat("x", 10_001)+`"`), []string{long}},
}

func TestParse(t *testing.T) {
	for _, c := range events {
		t.Run(c.name, func(t *testing.T) {
			d := channeltest.Delivery(c.path, "main", c.body)
			reading := standard.Parse(d)
			if diff := cmp.Diff(c.want, channeltest.Summary(reading)); diff != "" {
				t.Error(diff)
			}
			channeltest.Check(t, d, reading, standard.Parse)
		})
	}
}

func one(t *testing.T, body string) channel.Event {
	t.Helper()
	reading := standard.Parse(channeltest.Delivery(contact.Platform, "main", body))
	if len(reading.Events) != 1 {
		t.Fatal(channeltest.Summary(reading))
	}
	return reading.Events[0]
}

func TestTimes(t *testing.T) {
	hour := channeltest.Received.Truncate(time.Hour)
	for body, want := range map[string]time.Time{
		said(whatsApp, mona): hour.Add(-time.Hour),
		strings.Replace(said(whatsApp, mona), `,"sentAt":"2026-11-25T11:00:00Z"`, "", 1):              hour,
		strings.Replace(said(whatsApp, mona), "2026-11-25T11:00:00Z", "2026-11-25T12:00:00+02:00", 1): hour.Add(-2 * time.Hour),
		strings.Replace(said(whatsApp, mona), "2026-11-25T11:00:00Z", "2026-11-25T12:06:00Z", 1):      channeltest.Received,
		strings.Replace(said(whatsApp, mona), "2026-11-25T11:00:00Z", "0000-01-01T00:00:00+23:59", 1): channeltest.Received,
	} {
		if e := one(t, body); !e.At.Equal(want) || e.Untimed != want.Equal(channeltest.Received) {
			t.Errorf("%s: %v", body, e.At)
		}
	}
	opened := one(t, event("request.opened", `"requestId":"r","subject":" x ","status":"open","at":"2026-11-25T11:00:00Z","contactId":"k"`))
	want := channel.Request{ID: "r", Subject: "x", Status: "open", ContactID: "k", Action: channel.Opened, OpenedAt: hour.Add(-time.Hour), UpdatedAt: hour.Add(-time.Hour)}
	if diff := cmp.Diff(&want, opened.Request); diff != "" || opened.ContactID != "k" {
		t.Error(diff)
	}
}

// TestWhatIsTheSameEvent: a message, a request's change and an answer are known by their own ids.
func TestWhatIsTheSameEvent(t *testing.T) {
	request := event("request.updated", `"requestId":"r","at":"2026-11-25T11:00:00Z"`)
	survey := event("survey.submitted", `"surveyId":"s","score":1,"maxScore":5`)
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{said(whatsApp, mona), strings.Replace(said(whatsApp, mona), "12:00:00Z", "12:01:00Z", 1), true},
		{said(whatsApp, mona), strings.Replace(said(whatsApp, mona), `"m"`, `"n"`, 1), false},
		{request, strings.Replace(request, "11:00:00Z", "13:00:00+02:00", 1), true},
		{request, strings.Replace(request, "11:00:00Z", "11:00:01Z", 1), false}, {request, strings.Replace(request, "updated", "closed", 1), false},
		{survey, strings.Replace(survey, `"s"`, `"t"`, 1), false}, {survey, survey, true},
	} {
		if (one(t, c.a).ID == one(t, c.b).ID) != c.same {
			t.Errorf("%s and %s", c.a, c.b)
		}
	}
}

const (
	secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" // of the specification
	former = "whsec_c2FtcGxlLXNpZ25pbmcta2V5LW9mLTMyLWJ5dGVzISE="
)

func sign(with, id string, at time.Time, body string) string {
	key, _ := channel.SigningKey(with)
	mac := hmac.New(sha256.New, key)
	_, _ = fmt.Fprintf(mac, "%s.%d.%s", id, at.Unix(), body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func TestVerify(t *testing.T) {
	now, body := channeltest.Received, `{"a":1}`
	secrets := channel.Secrets{SigningSecret: secret, Previous: former, PreviousUntil: now.Add(time.Second)}
	past := secrets
	past.PreviousUntil = now
	right := sign(secret, "msg_1", now, body)
	for name, c := range map[string]struct {
		id, signature, body string
		at                  time.Time
		secrets             channel.Secrets
		want                bool
	}{
		"right":             {"msg_1", right, body, now, secrets, true},
		"among others":      {"msg_1", "v1a,xx v1,AAAA " + right, body, now, secrets, true},
		"the former":        {"msg_1", sign(former, "msg_1", now, body), body, now, secrets, true},
		"the former, late":  {"msg_1", sign(former, "msg_1", now, body), body, now, past, false},
		"no secret":         {"msg_1", right, body, now, channel.Secrets{}, false},
		"5 minutes old":     {"msg_1", sign(secret, "msg_1", now.Add(-5*time.Minute), body), body, now.Add(-5 * time.Minute), secrets, true},
		"older":             {"msg_1", sign(secret, "msg_1", now.Add(-301*time.Second), body), body, now.Add(-301 * time.Second), secrets, false},
		"5 minutes ahead":   {"msg_1", sign(secret, "msg_1", now.Add(5*time.Minute), body), body, now.Add(5 * time.Minute), secrets, true},
		"further ahead":     {"msg_1", sign(secret, "msg_1", now.Add(301*time.Second), body), body, now.Add(301 * time.Second), secrets, false},
		"serialised anew":   {"msg_1", right, `{"a": 1}`, now, secrets, false},
		"another id":        {"msg_2", right, body, now, secrets, false},
		"another time":      {"msg_1", right, body, now.Add(time.Second), secrets, false},
		"no id":             {"", sign(secret, "", now, body), body, now, secrets, false},
		"no version":        {"msg_1", right[3:], body, now, secrets, false},
		"no base64":         {"msg_1", "v1,?", body, now, secrets, false},
		"nothing":           {"msg_1", "", body, now, secrets, false},
		"cut":               {"msg_1", right[:20], body, now, secrets, false},
		"a key that is not": {"msg_1", right, body, now, channel.Secrets{SigningSecret: "whsec_?"}, false},
	} {
		headers := map[string]string{"webhook-id": c.id, "webhook-timestamp": strconv.FormatInt(c.at.Unix(), 10), "webhook-signature": c.signature}
		request := channel.SignedRequest{Body: []byte(c.body), At: now, Header: func(name string) string { return headers[name] }}
		if standard.Verify(request, c.secrets) != c.want {
			t.Error(name)
		}
		headers["webhook-timestamp"] = "now"
		if standard.Verify(request, c.secrets) {
			t.Error(name, "without a time")
		}
	}
}

func FuzzParse(f *testing.F) {
	for i, c := range events {
		f.Add(c.body, i%2 == 0)
	}
	f.Fuzz(func(t *testing.T, body string, ofPlatform bool) {
		if !json.Valid([]byte(body)) {
			t.Skip()
		}
		where := contact.Widget
		if ofPlatform {
			where = contact.Platform
		}
		d := channeltest.Delivery(where, "main", body)
		channeltest.Check(t, d, standard.Parse(d), standard.Parse)
	})
}
