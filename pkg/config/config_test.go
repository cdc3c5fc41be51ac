package config_test

import (
	"strings"
	"testing"
	"time"

	"github.com/occ/contacts/pkg/config"
)

func TestEveryMissingVariableIsNamed(t *testing.T) {
	for name := range complete {
		t.Setenv(name, "")
	}
	_, err := config.LoadImportParse()
	for name := range complete {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("the error does not name %s: %v", name, err)
		}
	}
}

var complete = map[string]string{
	"CONTACTS_TABLE": "c", "TIMELINE_TABLE": "t", "JOBS_TABLE": "j", "UPLOADS_BUCKET": "u", "EXPORTS_BUCKET": "e", "IMPORT_WRITE_QUEUE_URL": "q",
	"IMPORT_PARSE_DLQ_URL": "d", "MAX_UPLOAD_BYTES": "1", "MAX_UPLOAD_ROWS": "2", "MAX_DROP_BYTES": "3", "MAX_DROP_ROWS": "4", "RETRY_SECONDS": "180",
	"SECRETS_KEY": "k",
}

func TestLoad(t *testing.T) {
	for name, value := range complete {
		t.Setenv(name, value)
	}
	got, err := config.LoadImportParse()
	if err != nil || got.Tables.Jobs != "j" || got.MaxDropRows != 4 || got.Retry != 180*time.Second || got.SecretsKey != "k" {
		t.Errorf("%+v, %v", got, err)
	}
	t.Setenv("RETRY_SECONDS", "soon")
	if _, err := config.LoadImportParse(); err == nil || !strings.Contains(err.Error(), "RETRY_SECONDS") {
		t.Error(err)
	}
}

func TestLoadWebhooks(t *testing.T) {
	for name, value := range map[string]string{
		"CONTACTS_TABLE": "c", "TIMELINE_TABLE": "t", "JOBS_TABLE": "j", "SECRETS_KEY": "k", "CHANNEL_EVENTS_QUEUE_URL": "q", "CHANNEL_EVENTS_DLQ_URL": "d",
		"PUBLIC_BASE_URL": "https://api.example",
	} {
		t.Setenv(name, value)
	}
	got, err := config.LoadWebhooks()
	want := config.Webhooks{
		Tables: config.Tables{Contacts: "c", Timeline: "t", Jobs: "j"}, SecretsKey: "k", QueueURL: "q", DeadLettersURL: "d", PublicBaseURL: "https://api.example",
	}
	if err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	t.Setenv("SECRETS_KEY", "")
	if _, err := config.LoadWebhooks(); err == nil || !strings.Contains(err.Error(), "SECRETS_KEY") {
		t.Error(err)
	}
}

func TestLoadChannelEvents(t *testing.T) {
	variables := map[string]string{"CONTACTS_TABLE": "c", "TIMELINE_TABLE": "t", "JOBS_TABLE": "j", "CHANNEL_EVENTS_QUEUE_URL": "q", "CHANNEL_EVENTS_DLQ_URL": "d", "SECRETS_KEY": "k"}
	for name, value := range variables {
		t.Setenv(name, value)
	}
	want := config.ChannelEvents{Tables: config.Tables{Contacts: "c", Timeline: "t", Jobs: "j"}, QueueURL: "q", DeadLettersURL: "d", SecretsKey: "k"}
	if got, err := config.LoadChannelEvents(); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	for name := range variables {
		t.Setenv(name, "")
		if _, err := config.LoadChannelEvents(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
