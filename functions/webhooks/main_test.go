package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"github.com/occ/contacts/infra/local/sample"
	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/gateway"
	"github.com/occ/contacts/pkg/problem"
)

// now is when the samples arrive; they were signed a second before and speak of the full hour.
var now = time.Date(2026, 11, 25, 12, 0, 5, 0, time.UTC)

// memory is storage, key and queue at once.
type memory struct {
	channel.AccountStore
	accounts map[channel.AccountKey]channel.Account
	region   string
	events   []channel.Event
	letters  []channel.Letter
	full     error // what the queue answers
	busy     error // what the tables answer
}

func newMemory() *memory {
	m := &memory{accounts: map[channel.AccountKey]channel.Account{}, region: "EG"}
	for _, key := range []channel.AccountKey{
		{Channel: "whatsapp", ID: "106540352242922"}, {Channel: "instagram", ID: "17841405822304914"}, {Channel: "messenger", ID: "1067280970047460"},
		{Channel: "telegram", ID: "6123456789"}, {Channel: "sms", ID: "+14155238886"}, {Channel: "platform", ID: "main"}, {Channel: "widget", ID: "shop"},
		{Channel: "email", ID: "support@example.com"},
	} {
		m.register("demo", key)
	}
	return m
}

func (m *memory) register(workspace string, key channel.AccountKey) {
	sealed, _ := json.Marshal(sample.Secrets(key.Channel))
	m.accounts[key] = channel.Account{Workspace: workspace, Channel: key.Channel, ID: key.ID, Sealed: sealed, Version: 1}
}

func (m *memory) Accounts(_ context.Context, keys []channel.AccountKey) (map[channel.AccountKey]channel.Account, error) {
	found := map[channel.AccountKey]channel.Account{}
	for _, key := range keys {
		if account, ok := m.accounts[key]; ok {
			found[key] = account
		}
	}
	return found, m.busy
}

func (m *memory) DefaultRegion(context.Context, string) (string, error) { return m.region, m.busy }

func (m *memory) Seal(_ context.Context, _ string, _ channel.AccountKey, plain []byte) ([]byte, error) {
	return plain, nil
}

func (m *memory) Open(_ context.Context, _ string, _ channel.AccountKey, sealed []byte) ([]byte, error) {
	return sealed, nil
}

func (m *memory) Send(_ context.Context, batches []channel.Batch) error {
	for _, batch := range batches {
		m.events = append(m.events, batch.Events...)
	}
	if len(batches) == 0 {
		return nil
	}
	return m.full
}

func (m *memory) Bury(_ context.Context, letters []channel.Letter) error {
	m.letters = append(m.letters, letters...)
	if len(letters) == 0 {
		return nil
	}
	return m.full
}

// read decodes a sample of events/.
func read(t *testing.T, name string) (event events.APIGatewayV2HTTPRequest) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "events", name))
	if err == nil {
		err = json.Unmarshal(text, &event)
	}
	if err != nil {
		t.Fatal(err)
	}
	return event
}

// handle passes an event to the function, as it is wired but for its storage.
func (m *memory) handle(t *testing.T, event events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, string) {
	t.Helper()
	var log bytes.Buffer
	handler := newHandler(m, m, m, "https://api.example.com/", func() time.Time { return now }, nil, slog.New(slog.NewJSONHandler(&log, nil)))
	answer, err := gateway.Handler(handler, answersWithin)(t.Context(), event)
	if err != nil || answer.Headers["x-request-id"] != event.RequestContext.RequestID {
		t.Fatal(answer, err)
	}
	return answer, log.String()
}

// said is an event for a table, without its id and times.
func said(e channel.Event) string {
	who := func(p channel.Person) string {
		text := ""
		for _, a := range p.Addresses {
			text += " " + a.ExternalID
			if a.EveryAccount {
				text += "*"
			}
			for _, s := range a.Spellings {
				text += "=" + s
			}
		}
		for _, value := range []string{p.Phone, p.Email, p.Name, p.ProfileName, p.Username} {
			if value == "" {
				value = "-"
			}
			text += "|" + value
		}
		return text
	}
	text := fmt.Sprintf("%s %s %s %s%s", e.Kind, e.Channel, e.AccountID, e.Direction, who(e.Person))
	if e.Former != nil {
		text += " was" + who(*e.Former)
	}
	if e.Conversation != "" {
		text += " in " + e.Conversation
	}
	if e.Request != nil {
		text += fmt.Sprintf(" request %s %s %q %s", e.Request.ID, e.Request.Action, e.Request.Subject, e.Request.Status)
	}
	if e.Survey != nil {
		text += fmt.Sprintf(" survey %s %s %v/%v %q", e.Survey.ID, e.Survey.RequestID, e.Survey.Score, e.Survey.MaxScore, e.Survey.Comment)
	}
	return text
}

const mona = "-|-|Mona Adel|mona_adel"

// samples are what each sample says; nothing for those that become no event.
var samples = map[string][]string{
	"whatsapp-verify": nil, "whatsapp-status": nil, "telegram-group": nil, "sms-status": nil,
	"whatsapp-message":         {"message whatsapp 106540352242922 inbound 201001234567 EG.13491208655302741918*|+201001234567|-|-|Mona Adel|mona.adel"},
	"whatsapp-username":        {"message whatsapp 106540352242922 inbound EG.9wKq2JtX40417bdaa1*|-|-|-|Omar|omar.k"},
	"whatsapp-reaction":        {"interaction whatsapp 106540352242922 inbound 201001234567|+201001234567|-|-|Mona Adel|-"},
	"whatsapp-echo":            {"message whatsapp 106540352242922 outbound 5511987654321=551187654321|+5511987654321|-|-|-|-"},
	"whatsapp-number-changed":  {"number_changed whatsapp 106540352242922  201117654321 EG.77031200655302741001*|+201117654321|-|-|-|- was 201001234567 EG.13491208655302741918*|+201001234567|-|-|-|-"},
	"whatsapp-user-id-changed": {"user_id_changed whatsapp 106540352242922  EG.50023300655302741777*|-|-|-|-|- was EG.9wKq2JtX40417bdaa1*|-|-|-|-|-"},
	"instagram-message":        {"message instagram 17841405822304914 inbound 1234567890123456|-|-|-|-|-"},
	"instagram-echo":           {"message instagram 17841405822304914 outbound 1234567890123456|-|-|-|-|-"},
	"messenger-message":        {"message messenger 1067280970047460 inbound 6483921075120034|-|-|-|-|-"},
	"messenger-postback":       {"interaction messenger 1067280970047460 inbound 6483921075120034|-|-|-|-|-"},
	"messenger-reaction":       {"interaction messenger 1067280970047460 inbound 6483921075120034|-|-|-|-|-"},
	"telegram-message":         {"message telegram 6123456789 inbound 5551112223|-|" + mona},
	"telegram-callback":        {"interaction telegram 6123456789 inbound 5551112223|-|" + mona},
	"telegram-contact": {
		"message telegram 6123456789 inbound 5551112223|-|" + mona, "phone_shared telegram 6123456789  5551112223|+201001234567|" + mona,
	},
	"sms-message":              {"message sms +14155238886 inbound +201001234567|+201001234567|-|-|-|-"},
	"sms-whatsapp":             {"message whatsapp +14155238886 inbound 201001234567|+201001234567|-|-|Mona Adel|-"},
	"platform-message":         {"message whatsapp 106540352242922 inbound 201001234567|+201001234567|Mona@example.com|Mona Adel|-|- in c-1001"},
	"platform-campaign":        {"campaign_message whatsapp 106540352242922 outbound 201001234567|+201001234567|Mona@example.com|Mona Adel|-|-"},
	"platform-request-opened":  {`request_changed   |-|-|-|-|- in c-1001 request r-77 opened "Where is my parcel?" open`},
	"platform-request-updated": {`request_changed   |-|-|-|-|- in c-1001 request r-77 updated "Where is my parcel?" pending`},
	"platform-request-closed":  {`request_changed   |-|-|-|-|- in c-1001 request r-77 closed "Where is my parcel?" closed`},
	"platform-request-deleted": {`request_changed   |-|-|-|-|- in c-1001 request r-77 deleted "Where is my parcel?" deleted`},
	"platform-survey":          {`survey_submitted   |-|-|-|-|- in c-1001 survey s-9 r-77 4/5 "Quick and kind."`},
	"widget-message":           {"message widget shop inbound visitor-81c2|-|nour@example.com|Nour|-|- in w-5"},
	"email-message":            {"message email support@example.com inbound nour@example.com|-|Nour@example.com|Nour|-|- in e-5"},
}

func TestEverySampleIsHandled(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "..", "events", "webhooks-*.json"))
	if err != nil || len(files) != len(samples) {
		t.Fatalf("%d files, %d in the table, %v", len(files), len(samples), err)
	}
	ids := map[string]string{}
	for _, file := range files {
		name := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), "webhooks-"), ".json")
		m := newMemory()
		answer, log := m.handle(t, read(t, filepath.Base(file)))
		var got []string
		for _, e := range m.events {
			got = append(got, said(e))
			untimed := strings.HasPrefix(name, "sms-") || name == "telegram-callback"
			if at := now.Truncate(time.Minute); e.Untimed != untimed || !untimed && !e.At.Equal(at) || untimed && !e.At.Equal(now) || !e.ReceivedAt.Equal(now) {
				t.Errorf("%s: times %v %v %v", name, e.At, e.ReceivedAt, e.Untimed)
			}
			if other := ids[e.ID]; len(e.ID) != 64 || other != "" || e.Workspace != "demo" || e.Schema != channel.EventSchema {
				t.Errorf("%s: id %s is %s's too; %+v", name, e.ID, other, e)
			}
			ids[e.ID] = name
		}
		if diff := cmp.Diff(samples[name], got); diff != "" || answer.StatusCode != http.StatusOK || len(m.letters) > 0 {
			t.Errorf("%s: %d %s %v\n%s", name, answer.StatusCode, answer.Body, m.letters, diff)
		}
		for _, private := range []string{"Mona", "Nour", "Omar", "1001234567", "example.com", "colour", "sample-", "5551112223", "monday"} {
			if strings.Contains(strings.ToLower(log), strings.ToLower(private)) {
				t.Errorf("%s: %q is in the log: %s", name, private, log)
			}
		}
		again := newMemory()
		again.handle(t, read(t, filepath.Base(file)))
		for i, e := range again.events {
			if e.ID != m.events[i].ID {
				t.Errorf("%s: another id the second time", name)
			}
		}
	}
}

func TestAnswersOfTheirOwn(t *testing.T) {
	answer, _ := newMemory().handle(t, read(t, "webhooks-whatsapp-verify.json"))
	if answer.Body != "1158201444" || !strings.HasPrefix(answer.Headers["content-type"], "text/plain") {
		t.Errorf("%+v", answer)
	}
	answer, _ = newMemory().handle(t, read(t, "webhooks-sms-message.json"))
	if !strings.HasSuffix(answer.Body, "<Response/>") || !strings.HasPrefix(answer.Headers["content-type"], "text/xml") {
		t.Errorf("%+v", answer)
	}
}

// refusals change one thing of a sample.
var refusals = []struct {
	name, sample string
	change       func(*events.APIGatewayV2HTTPRequest)
	status       int
	code         string
}{
	{"unknown account", "whatsapp-message", path("/v1/webhooks/whatsapp/1"), 404, "not_found"},
	{"unknown channel", "whatsapp-message", path("/v1/webhooks/fax/106540352242922"), 404, "not_found"},
	{"another channel's account", "whatsapp-message", path("/v1/webhooks/instagram/106540352242922"), 404, "not_found"},
	{"no account", "whatsapp-message", path("/v1/webhooks/whatsapp/"), 404, "not_found"},
	{"an account with a slash", "whatsapp-message", path("/v1/webhooks/whatsapp/106540352242922/x"), 404, "not_found"},
	{"unknown account before size", "whatsapp-message", both(path("/v1/webhooks/whatsapp/1"), body(strings.Repeat("x", 3_145_729))), 404, "not_found"},
	{"Meta too large", "whatsapp-message", body(strings.Repeat("x", 3_145_729)), 413, "event_too_large"},
	{"Meta at the limit", "whatsapp-message", body(strings.Repeat("x", 3_145_728)), 401, "invalid_signature"},
	{"Telegram too large", "telegram-message", body(strings.Repeat("x", 262_145)), 413, "event_too_large"},
	{"Telegram at the limit", "telegram-message", body(strings.Repeat("x", 262_144)), 400, "malformed_event"},
	{"Twilio too large", "sms-message", body(strings.Repeat("x", 262_145)), 413, "event_too_large"},
	{"platform too large", "platform-message", body(strings.Repeat("x", 262_145)), 413, "event_too_large"},
	{"Meta: no signature", "whatsapp-message", header("x-hub-signature-256", ""), 401, "invalid_signature"},
	{"Meta: another's signature", "whatsapp-message", header("x-hub-signature-256", "sha256="+strings.Repeat("0", 64)), 401, "invalid_signature"},
	{"Meta: SHA-1", "whatsapp-message", header("x-hub-signature-256", "sha1=a9993e364706816aba3e25717850c26c9cd0d89d"), 401, "invalid_signature"},
	{"Meta: no hex", "instagram-message", header("x-hub-signature-256", "sha256=zz"), 401, "invalid_signature"},
	{"Meta: a byte more", "whatsapp-message", more(" "), 401, "invalid_signature"},
	{"Meta: serialised anew", "instagram-echo", reserialised, 401, "invalid_signature"},
	{"Telegram: no token", "telegram-message", header("x-telegram-bot-api-secret-token", ""), 401, "invalid_signature"},
	{"Telegram: another token", "telegram-message", header("x-telegram-bot-api-secret-token", "sample-secret-tokem"), 401, "invalid_signature"},
	{"Telegram: no JSON", "telegram-message", body("{"), 400, "malformed_event"},
	{"Telegram: nothing", "telegram-message", body(""), 400, "malformed_event"},
	{"Twilio: no signature", "sms-message", header("x-twilio-signature", ""), 401, "invalid_signature"},
	{"Twilio: another parameter", "sms-message", more("&A=1"), 401, "invalid_signature"},
	{"Twilio: another query", "sms-message", func(e *events.APIGatewayV2HTTPRequest) { e.RawQueryString = "a=1" }, 401, "invalid_signature"},
	{"platform: no id", "platform-message", header("webhook-id", ""), 401, "invalid_signature"},
	{"platform: another id", "platform-message", header("webhook-id", "msg_1"), 401, "invalid_signature"},
	{"platform: no time", "platform-message", header("webhook-timestamp", ""), 401, "invalid_signature"},
	{"platform: another time", "platform-message", header("webhook-timestamp", "1795608005"), 401, "invalid_signature"},
	{"platform: no signature", "platform-message", header("webhook-signature", ""), 401, "invalid_signature"},
	{"platform: another version", "platform-message", func(e *events.APIGatewayV2HTTPRequest) {
		e.Headers["webhook-signature"] = strings.Replace(e.Headers["webhook-signature"], "v1,", "v1a,", 1)
	}, 401, "invalid_signature"},
	{"platform: serialised anew", "platform-message", reserialised, 401, "invalid_signature"},
	{"wrong token", "whatsapp-verify", func(e *events.APIGatewayV2HTTPRequest) { e.RawQueryString += "x" }, 403, "forbidden"},
	{"no subscription", "whatsapp-verify", func(e *events.APIGatewayV2HTTPRequest) {
		e.RawQueryString = strings.Replace(e.RawQueryString, "subscribe", "unsubscribe", 1)
	}, 403, "forbidden"},
	{"no query", "whatsapp-verify", func(e *events.APIGatewayV2HTTPRequest) { e.RawQueryString = "" }, 403, "forbidden"},
	{"GET where there is none", "whatsapp-verify", path("/v1/webhooks/telegram/6123456789"), 405, "method_not_allowed"},
	{"another method", "whatsapp-message", func(e *events.APIGatewayV2HTTPRequest) { e.RequestContext.HTTP.Method = "PUT" }, 405, "method_not_allowed"},
}

type change = func(*events.APIGatewayV2HTTPRequest)

func path(p string) change { return func(e *events.APIGatewayV2HTTPRequest) { e.RawPath = p } }
func header(name, value string) change {
	return func(e *events.APIGatewayV2HTTPRequest) { e.Headers[name] = value }
}
func body(text string) change {
	return func(e *events.APIGatewayV2HTTPRequest) { e.Body, e.IsBase64Encoded = text, false }
}
func more(text string) change {
	return func(e *events.APIGatewayV2HTTPRequest) {
		if e.IsBase64Encoded {
			e.Body = strings.TrimRight(e.Body, "=")
			e.Body = e.Body[:len(e.Body)/4*4]
			return
		}
		e.Body += text
	}
}
func both(changes ...change) change {
	return func(e *events.APIGatewayV2HTTPRequest) {
		for _, change := range changes {
			change(e)
		}
	}
}
func reserialised(e *events.APIGatewayV2HTTPRequest) {
	var value any
	_ = json.Unmarshal([]byte(e.Body), &value)
	text, _ := json.Marshal(value)
	e.Body = string(text)
}

func TestRefusals(t *testing.T) {
	for _, c := range refusals {
		t.Run(c.name, func(t *testing.T) {
			m, event := newMemory(), read(t, "webhooks-"+c.sample+".json")
			c.change(&event)
			answer, _ := m.handle(t, event)
			var refused map[string]any
			if err := json.Unmarshal([]byte(answer.Body), &refused); err != nil || answer.StatusCode != c.status || refused["code"] != c.code ||
				refused["status"] != float64(c.status) || refused["type"] != "about:blank" || refused["title"] != problem.Title(c.status) || refused["detail"] == "" {
				t.Errorf("%d %s, want %d %s", answer.StatusCode, answer.Body, c.status, c.code)
			}
			if answer.Headers["content-type"] != "application/problem+json" || len(m.events)+len(m.letters) > 0 {
				t.Errorf("%v, %d events, %d letters", answer.Headers, len(m.events), len(m.letters))
			}
		})
	}
}

func TestWhatIsNotQueuedIsNotAcknowledged(t *testing.T) {
	for _, name := range []string{"webhooks-whatsapp-message.json", "webhooks-platform-message.json"} {
		m := newMemory()
		m.full = errors.New("the queue is gone")
		answer, log := m.handle(t, read(t, name))
		if answer.StatusCode != http.StatusServiceUnavailable || answer.Headers["retry-after"] == "" || strings.Contains(answer.Body, "gone") || !strings.Contains(log, "gone") {
			t.Errorf("%d %s %s", answer.StatusCode, answer.Body, log)
		}
		if n := len(m.events); n == 0 {
			t.Error("no event was to be queued")
		}
		m = newMemory()
		m.busy = errors.New("the table is gone")
		if answer, _ := m.handle(t, read(t, name)); answer.StatusCode != http.StatusInternalServerError || strings.Contains(answer.Body, "gone") {
			t.Errorf("%d %s", answer.StatusCode, answer.Body)
		}
	}
}

// TestEachToItsOwn has events of accounts that another workspace has, or nobody.
func TestEachToItsOwn(t *testing.T) {
	for _, c := range []struct {
		sample string
		change func(*memory)
		events int
	}{
		{"platform-message", func(m *memory) { m.register("other", channel.AccountKey{Channel: "whatsapp", ID: "106540352242922"}) }, 0},
		{"platform-message", func(m *memory) { delete(m.accounts, channel.AccountKey{Channel: "whatsapp", ID: "106540352242922"}) }, 0},
		{"platform-request-opened", func(m *memory) { delete(m.accounts, channel.AccountKey{Channel: "whatsapp", ID: "106540352242922"}) }, 1},
		{"platform-message", func(m *memory) { m.region = "" }, 1},
	} {
		m := newMemory()
		c.change(m)
		answer, _ := m.handle(t, read(t, "webhooks-"+c.sample+".json"))
		if answer.StatusCode != http.StatusOK || len(m.events) != c.events || len(m.letters) > 0 {
			t.Errorf("%s: %d, %d events, %v", c.sample, answer.StatusCode, len(m.events), m.letters)
		}
	}
	m := newMemory()
	m.register("other", channel.AccountKey{Channel: contact.WhatsApp, ID: "106540352242922"})
	m.handle(t, read(t, "webhooks-whatsapp-message.json"))
	if len(m.events) != 1 || m.events[0].Workspace != "other" {
		t.Errorf("%+v", m.events)
	}
}
