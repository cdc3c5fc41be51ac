package contact_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/problem"
)

func TestView(t *testing.T) {
	at := time.Date(2026, 1, 2, 5, 4, 5, 60_700_000, time.FixedZone("EET", 2*3600))
	for want, c := range map[string]contact.Contact{
		`{"id":"1","name":"Mona","email":null,"phone":null,"company":null,"channel":"api","identities":[],"labels":[],"customAttributes":{},` +
			`"conversationCount":0,"requestCount":0,"lastInteractionAt":null,"createdAt":"2026-01-02T03:04:05.060Z","updatedAt":"2026-01-02T03:04:05.060Z","version":1}`: {
			ID: "1", Name: "Mona", Channel: contact.API, CreatedAt: at, UpdatedAt: at, Version: 1,
		},
		`{"id":"2","name":"Nile","email":"a@example.com","phone":"+201001234567","company":"Acme","channel":"whatsapp",` +
			`"identities":[{"channel":"whatsapp","accountId":"acc","externalId":"ext","username":null,"profileName":"Nile","firstSeenAt":"2026-01-02T03:04:05.060Z","lastSeenAt":"2026-01-02T03:04:05.060Z"}],` +
			`"labels":["b","a"],"customAttributes":{"a":1,"b":"<&>","c":true},"conversationCount":2,"requestCount":3,"lastInteractionAt":"2026-01-02T03:04:05.060Z",` +
			`"createdAt":"2026-01-02T03:04:05.060Z","updatedAt":"2026-01-02T03:04:05.060Z","version":7}`: {
			ID: "2", Email: "a@example.com", Phone: "+201001234567", Company: "Acme", Channel: contact.WhatsApp, Labels: []string{"b", "a"},
			Identities:        []contact.Identity{{Channel: contact.WhatsApp, AccountID: "acc", ExternalID: "ext", ProfileName: "Nile", FirstSeenAt: at, LastSeenAt: at}},
			Attributes:        map[string]any{"c": true, "b": "<&>", "a": 1.0},
			ConversationCount: 2, RequestCount: 3, LastInteractionAt: at, CreatedAt: at, UpdatedAt: at, Version: 7,
		},
	} {
		var out strings.Builder
		encoder := json.NewEncoder(&out)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(c.View()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, strings.TrimSpace(out.String())); diff != "" {
			t.Error(diff)
		}
	}
}

func TestSizeToTheByte(t *testing.T) {
	sized := func(padding int) contact.Contact {
		return contact.Contact{ID: "1", Name: "Mona", Attributes: map[string]any{"a": "\"é<" + strings.Repeat("x", padding)}}
	}
	empty, err := json.Marshal(sized(0).View())
	if err != nil {
		t.Fatal(err)
	}
	overhead := len(empty) - len(`\u003c`) + len("<") // Marshal escapes what answers do not
	if err := contact.CheckSize(contact.Contact{}, sized(contact.MaxSize-overhead)); err != nil {
		t.Error(err)
	}
	if err := contact.CheckSize(contact.Contact{}, sized(contact.MaxSize-overhead+1)); problem.CodeOf(err) != problem.ContactTooLarge {
		t.Error(err)
	}
}
