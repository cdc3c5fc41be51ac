package sample_test

import (
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/occ/contacts/infra/local/sample"
	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/channel/provider"
)

func TestEveryWebhookHasItsPlaceInTheOrder(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "events", "webhooks-*.json"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, file := range files {
		names = append(names, strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), "webhooks-"), ".json"))
	}
	if !slices.Equal(names, slices.Sorted(slices.Values(sample.WebhookNames))) {
		t.Errorf("the order has %v, events/ has %v", sample.WebhookNames, names)
	}
	if _, err := sample.ReadWebhook("whatsapp-massage"); err == nil || !strings.Contains(err.Error(), "whatsapp-message") {
		t.Errorf("an unknown sample: %v", err)
	}
}

// TestEveryWebhookIsSignedAnew verifies samples as the service does, at another time and address than those of the files.
func TestEveryWebhookIsSignedAnew(t *testing.T) {
	at := time.Now()
	for _, name := range sample.WebhookNames {
		w, err := sample.ReadWebhook(name)
		if err != nil {
			t.Fatal(err)
		}
		request, err := w.Request(t.Context(), "http://127.0.0.1:3000", "https://api.example/", at)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(request.Body)
		if err != nil {
			t.Fatal(err)
		}
		key := w.Accounts[0]
		named := 1
		if name == "platform-message" || name == "platform-campaign" { // over an account of WhatsApp
			named = 2
		}
		if request.URL.Host != "127.0.0.1:3000" || channel.CheckAccountKey(key) != nil || len(w.Accounts) != named {
			t.Errorf("%s: %s, accounts %v", name, request.URL, w.Accounts)
		}
		if request.Method == http.MethodGet {
			if _, _, ok := provider.Challenge(key.Channel, request.URL.Query().Get, sample.Secrets(key.Channel)); !ok {
				t.Errorf("%s: the challenge is refused", name)
			}
			continue
		}
		signed := channel.SignedRequest{Body: body, Header: request.Header.Get, URLs: []string{"https://api.example" + w.Path}, At: at}
		if request.Method != http.MethodPost || request.Header.Get("Content-Type") == "" || !provider.Verify(key.Channel, signed, sample.Secrets(key.Channel)) {
			t.Errorf("%s: the signature is refused: %v", name, request.Header)
		}
	}
}
