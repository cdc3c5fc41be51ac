package webhook_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/channel/meta"
	"github.com/occ/contacts/pkg/channel/twilio"
	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/problem"
	"github.com/occ/contacts/pkg/webhook"
)

// desk knows accounts with the secret "secret", and keeps what it is given.
type desk struct {
	owned   map[channel.AccountKey]bool
	batches []channel.Batch
	letters []channel.Letter
	asked   []channel.AccountKey // whose they are
	panics  bool
	buried  error
}

func (d *desk) Open(_ context.Context, key channel.AccountKey) (channel.Account, channel.Secrets, error) {
	if d.panics {
		panic("at the desk")
	}
	if !d.owned[key] {
		return channel.Account{}, channel.Secrets{}, problem.New(problem.NotFound, "There is none.")
	}
	return channel.Account{Workspace: "demo", Channel: key.Channel, ID: key.ID}, channel.Secrets{AppSecret: "secret", AuthToken: "secret", SecretToken: "secret"}, nil
}

func (d *desk) Owned(_ context.Context, _ string, keys []channel.AccountKey) (map[channel.AccountKey]bool, error) {
	d.asked = append(d.asked, keys...)
	owned := map[channel.AccountKey]bool{}
	for _, key := range keys {
		if d.owned[key] {
			owned[key] = true
		}
	}
	return owned, nil
}

func (d *desk) Send(_ context.Context, batches []channel.Batch) error {
	d.batches = append(d.batches, batches...)
	return nil
}

func (d *desk) Bury(_ context.Context, letters []channel.Letter) error {
	d.letters = append(d.letters, letters...)
	return d.buried
}

var now = time.Date(2026, 11, 25, 12, 0, 5, 0, time.UTC)

func newDesk(keys ...channel.AccountKey) *desk {
	d := &desk{owned: map[channel.AccountKey]bool{}}
	for _, key := range keys {
		d.owned[key] = true
	}
	return d
}

func (d *desk) post(t *testing.T, base, target, body string, headers map[string]string) (*httptest.ResponseRecorder, string) {
	t.Helper()
	return d.send(t, http.MethodPost, base, target, body, headers)
}

func (d *desk) send(t *testing.T, method, base, target, body string, headers map[string]string) (*httptest.ResponseRecorder, string) {
	t.Helper()
	var log bytes.Buffer
	handler := webhook.New(webhook.Deps{
		Accounts: d, Queue: d, BaseURL: base, Now: func() time.Time { return now }, Log: slog.New(slog.NewJSONHandler(&log, nil)),
		Region: func(context.Context, string) (string, error) { return "", nil }, Phone: func(string, string) (string, error) { return "", errors.New("none") },
	})
	request := httptest.NewRequestWithContext(t.Context(), method, "/", strings.NewReader(body))
	path, query, _ := strings.Cut(target, "?")
	request.URL = &url.URL{Path: path, RawQuery: query}
	request.Host = "gateway.example"
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	if recorder.Header().Get("X-Request-Id") == "" {
		t.Error("no X-Request-Id")
	}
	return recorder, log.String()
}

func signed(body string) map[string]string {
	return map[string]string{meta.SignatureHeader: meta.Sign([]byte(body), "secret")}
}

var number = channel.AccountKey{Channel: "whatsapp", ID: "1"}

func entry(account, message string) string {
	return fmt.Sprintf(`{"id":"9","changes":[{"field":"messages","value":{"metadata":{"phone_number_id":%q},"messages":[%s]}}]}`, account, message)
}

// What another method is answered names those that the channel of the address takes.
func TestTheMethodsOfAWebhook(t *testing.T) {
	for _, c := range []struct{ method, channel, allow string }{
		{http.MethodGet, "telegram", "POST"}, {http.MethodGet, "sms", "POST"}, {http.MethodGet, "widget", "POST"},
		{http.MethodPut, "email", "POST"}, {http.MethodPut, "whatsapp", "GET, POST"}, {http.MethodDelete, "messenger", "GET, POST"},
		{http.MethodPut, "instagram", "GET, POST"},
	} {
		d := newDesk(channel.AccountKey{Channel: contact.Channel(c.channel), ID: "1"})
		got, _ := d.send(t, c.method, "", "/v1/webhooks/"+c.channel+"/1", "", nil)
		if allow := got.Header().Get("Allow"); got.Code != http.StatusMethodNotAllowed || allow != c.allow {
			t.Errorf("%s %s: %d, Allow: %s", c.method, c.channel, got.Code, allow)
		}
	}
}

func TestABodyOfManyAccounts(t *testing.T) {
	d := newDesk(number, channel.AccountKey{Channel: "whatsapp", ID: "2"})
	body := `{"object":"whatsapp_business_account","entry":[` + strings.Join([]string{
		entry("1", `{"from":"201001234567","id":"a","type":"text"}`), entry("2", `{"from":"201001234567","id":"a","type":"text"}`),
		entry("3", `{"from":"201001234567","id":"a","type":"text"}`), entry("1", `{"id":"b","type":"text","text":{"body":"Mona says"}}`),
	}, ",") + `]}`
	answer, log := d.post(t, "", "/v1/webhooks/whatsapp/1", body, signed(body))
	if answer.Code != http.StatusOK || len(d.batches) != 1 || len(d.batches[0].Events) != 2 || d.batches[0].Events[1].AccountID != "2" {
		t.Errorf("%d %+v", answer.Code, d.batches)
	}
	if len(d.letters) != 1 || d.letters[0].AccountID != "1" || d.letters[0].Workspace != "demo" || !strings.Contains(d.letters[0].Body, "Mona says") {
		t.Errorf("%+v", d.letters)
	}
	for _, line := range []string{`"events":2`, `"unusable":1`, `"ignored":1`, `"type":"other_account"`, d.letters[0].Reason} {
		if !strings.Contains(log, line) {
			t.Errorf("%s is not in the log: %s", line, log)
		}
	}
	if strings.Contains(log, "Mona") || strings.Contains(log, "201001234567") {
		t.Errorf("the log: %s", log)
	}
	slices.SortFunc(d.asked, func(a, b channel.AccountKey) int { return strings.Compare(a.ID, b.ID) })
	if want := []channel.AccountKey{{Channel: "whatsapp", ID: "2"}, {Channel: "whatsapp", ID: "3"}}; !slices.Equal(d.asked, want) {
		t.Errorf("asked whose %v are; the account of the address was read already", d.asked)
	}
	d.buried = errors.New("gone")
	if answer, _ := d.post(t, "", "/v1/webhooks/whatsapp/1", body, signed(body)); answer.Code != http.StatusServiceUnavailable {
		t.Errorf("%d without the letter", answer.Code)
	}
}

// TestALargeLetterIsPacked: what cannot be used is kept whole.
func TestALargeLetterIsPacked(t *testing.T) {
	d := newDesk(number)
	body := `[` + strings.Repeat(`"<\"é",`, 300_000) + `1]`
	d.post(t, "", "/v1/webhooks/whatsapp/1", body, signed(body))
	if len(d.letters) != 1 || d.letters[0].Body != "" {
		t.Fatalf("%d letters", len(d.letters))
	}
	reader, err := gzip.NewReader(bytes.NewReader(d.letters[0].Gzipped))
	if err != nil {
		t.Fatal(err)
	}
	if whole, err := io.ReadAll(reader); err != nil || string(whole) != body {
		t.Errorf("%d bytes of %d, %v", len(whole), len(body), err)
	}
}

// TestTheAddressThatTwilioCalled: the base says where, and a + may have been written as %2B.
func TestTheAddressThatTwilioCalled(t *testing.T) {
	const body = "Body=x&From=%2B201001234567&MessageSid=SM1"
	for _, c := range []struct {
		base, called string
		want         int
	}{
		{"https://api.example", "https://api.example/v1/webhooks/sms/+15551234567", 200},
		{"https://api.example/", "https://api.example/v1/webhooks/sms/%2B15551234567", 200},
		{"https://api.example/", "https://api.example/v1/webhooks/sms/%2b15551234567", 200},
		{"https://api.example", "https://gateway.example/v1/webhooks/sms/+15551234567", 401},
		{"", "https://gateway.example/v1/webhooks/sms/+15551234567", 200},
		{"", "https://gateway.example/v1/webhooks/sms/+15551234567?a=b%20c&a=", 200},
	} {
		signature, _ := twilio.Sign(c.called, []byte(body), "secret")
		_, query, _ := strings.Cut(c.called, "?")
		headers := map[string]string{twilio.SignatureHeader: signature}
		answer, _ := newDesk(channel.AccountKey{Channel: "sms", ID: "+15551234567"}).post(t, c.base, "/v1/webhooks/sms/+15551234567?"+query, body, headers)
		if answer.Code != c.want {
			t.Errorf("%q called %s: %d", c.base, c.called, answer.Code)
		}
	}
}

func TestAPanicIsAnswered(t *testing.T) {
	d := newDesk()
	d.panics = true
	answer, log := d.post(t, "", "/v1/webhooks/whatsapp/1", "{}", nil)
	if answer.Code != http.StatusInternalServerError || !strings.Contains(answer.Body.String(), "internal_error") || !strings.Contains(log, "at the desk") {
		t.Errorf("%d %s %s", answer.Code, answer.Body, log)
	}
}
