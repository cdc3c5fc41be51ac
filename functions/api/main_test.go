package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/config"
	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/exporting"
	"github.com/occ/contacts/pkg/gateway"
	"github.com/occ/contacts/pkg/importing"
	"github.com/occ/contacts/pkg/problem"
)

// known is the contact that the samples speak of.
const known = "0c1d2e3f-4a5b-4c6d-8e7f-8091a2b3c4d5"

// exports has another name than contact.Store when it is embedded.
type exports = exporting.Store

// memory is storage of one contact; what it has not, the samples do not ask for.
type memory struct {
	importing.Library
	exports
	exporting.ScheduleStore
	channel.AccountStore
	channel.TimelineStore
	contact.Store
	stored contact.Contact
	query  contact.Query
}

func newMemory() *memory {
	at := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	return &memory{stored: contact.Contact{
		Workspace: "demo", ID: known, Name: "Mona Adel", Email: "mona@example.com", Channel: contact.API, CreatedAt: at, UpdatedAt: at, Version: 1,
	}}
}

func (m *memory) SigningKey(context.Context) ([]byte, error) { return make([]byte, 32), nil }

func (m *memory) Kept(context.Context, string, *contact.Once) ([]byte, error) { return nil, nil }

func (m *memory) Create(_ context.Context, c contact.Contact, _ *contact.Once) error {
	m.stored = c
	return nil
}

func (m *memory) Get(_ context.Context, workspace, id string) (contact.Contact, error) {
	if workspace != m.stored.Workspace || id != m.stored.ID {
		return contact.Contact{}, problem.New(problem.NotFound, "There is no such contact.")
	}
	return m.stored, nil
}

func (m *memory) Update(_ context.Context, _, after contact.Contact, _ contact.Activity) error {
	m.stored = after
	return nil
}

func (m *memory) List(_ context.Context, query contact.Query) (contact.Page, error) {
	m.query = query
	return contact.Page{Contacts: []contact.Contact{m.stored}, Next: &contact.Position{Key: "mona adel"}}, nil
}

// handle passes a sample to the function, as it is wired but for its storage.
func handle(t *testing.T, store *memory, sample string) (events.APIGatewayV2HTTPResponse, map[string]any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "events", sample))
	if err != nil {
		t.Fatal(err)
	}
	var event events.APIGatewayV2HTTPRequest
	if err := json.Unmarshal(text, &event); err != nil {
		t.Fatal(err)
	}
	quiet := slog.New(slog.DiscardHandler)
	answer, err := gateway.Handler(newHandler(store, outside{}, config.API{MaxUploadBytes: 1}, quiet), answersWithin)(t.Context(), event)
	if err != nil {
		t.Fatal(err)
	}
	if answer.Headers["x-request-id"] != event.RequestContext.RequestID || answer.IsBase64Encoded {
		t.Errorf("%s: %+v", sample, answer)
	}
	var body map[string]any
	if err := json.Unmarshal([]byte(answer.Body), &body); err != nil {
		t.Fatalf("%s: %v in %s", sample, err, answer.Body)
	}
	return answer, body
}

func TestEverySampleIsHandled(t *testing.T) {
	samples, err := filepath.Glob(filepath.Join("..", "..", "events", "api-*.json"))
	if err != nil || len(samples) == 0 {
		t.Fatal(samples, err)
	}
	for _, sample := range samples {
		if answer, _ := handle(t, newMemory(), filepath.Base(sample)); answer.StatusCode/100 != 2 {
			t.Errorf("%s: %d %s", sample, answer.StatusCode, answer.Body)
		}
	}
}

func TestHealthNeedsNoToken(t *testing.T) {
	if _, body := handle(t, newMemory(), "api-health.json"); body["status"] != "ok" {
		t.Errorf("%v", body)
	}
}

func TestList(t *testing.T) {
	store := newMemory()
	_, body := handle(t, store, "api-list.json")
	if len(body["items"].([]any)) != 1 || body["nextCursor"] == "" {
		t.Errorf("%v", body)
	}
	if q := store.query; q.Workspace != "demo" || q.Search == nil || q.Search.Words[0] != "mona" || q.Sort != contact.SortName || q.Limit != 2 {
		t.Errorf("asked for %+v", q)
	}
}

func TestCreate(t *testing.T) {
	store := newMemory()
	answer, body := handle(t, store, "api-create.json")
	if answer.StatusCode != http.StatusCreated || !strings.HasPrefix(answer.Headers["etag"], `"`+store.stored.ID+".1.") || answer.Headers["location"] != "/v1/contacts/"+store.stored.ID || body["id"] != store.stored.ID {
		t.Errorf("%+v", answer)
	}
	if made := store.stored; made.Email != "Mona@example.com" || made.Phone != "+201001234567" || !strings.HasPrefix(made.CreatedBy.ID, "5f6e7d8c") {
		t.Errorf("made %+v", made)
	}
}

func TestPatch(t *testing.T) {
	store := newMemory()
	answer, body := handle(t, store, "api-patch.json")
	if answer.StatusCode != http.StatusOK || !strings.HasPrefix(answer.Headers["etag"], `"`+store.stored.ID+".2.") || body["company"] != "Ünique & Söhne" || body["email"] != nil {
		t.Errorf("%+v", answer)
	}
	store.stored.Version = 5
	if answer, body := handle(t, store, "api-patch.json"); answer.StatusCode != http.StatusPreconditionFailed || body["code"] != "version_conflict" {
		t.Errorf("%+v", answer)
	}
}
