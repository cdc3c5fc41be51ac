package contact_test

import (
	"errors"
	"testing"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/problem"
)

// Texts of nothing but what no font draws, of every kind.
var blankTexts = []string{"", " ", "\u200b", "\u200e\u200f", "\u2800", "\u3164", "\u115f\u1160", "\uffa0 ", "\ufe0f", "\u2028", "\U000e0020", "\u00ad\ufeff"}

func TestTextsThatShowNothingAreEmpty(t *testing.T) {
	s, _ := service()
	for _, blank := range blankTexts {
		for field, draft := range map[string]contact.Draft{
			"body.name": {Name: &blank}, "body.email": {Name: text("Mona"), Email: &blank},
			"body.phone":                 {Name: text("Mona"), Phone: &blank},
			"body.company":               {Name: text("Mona"), Company: &blank},
			"body.labels[0]":             {Name: text("Mona"), Labels: []string{blank}},
			"body.customAttributes.plan": {Name: text("Mona"), Attributes: map[string]any{"plan": blank}},
		} {
			_, err := s.Create(t.Context(), "demo", agent, draft, nil)
			fault, _ := errors.AsType[*problem.Error](err)
			if fault == nil || len(fault.Fields) != 1 || fault.Fields[0].Location != field || fault.Fields[0].Message != "An empty text is no value; use null for absent." {
				t.Errorf("%s %+q: %v", field, blank, err)
			}
		}
		if _, err := contact.NormalizeNote(blank); err == nil {
			t.Errorf("note %+q", blank)
		}
	}
}

func TestLineSeparators(t *testing.T) {
	s, _ := service()
	made, err := s.Create(t.Context(), "demo", agent, contact.Draft{
		Name: text("Mona\u2028Adel"), Company: text("\u2028Acme\u2029Ltd\u2029"), Labels: []string{"a\u2028b"}, Attributes: map[string]any{"address": "1 High St\u2028London\u2029"},
	}, nil)
	if err != nil || made.Name != "Mona Adel" || made.Company != "Acme Ltd" || made.Labels[0] != "a b" || made.Attributes["address"] != "1 High St\nLondon" {
		t.Errorf("%+v, %v", made, err)
	}
	if note, err := contact.NormalizeNote("one\u2028two\u2029\u2029three\u2028"); err != nil || note != "one\ntwo\n\nthree" {
		t.Errorf("%q, %v", note, err)
	}
}

// A profile may be called by a letter that shows nothing: the next name is taken.
func TestADisplayNameShows(t *testing.T) {
	c := contact.Contact{Phone: "+201001234567", Identities: []contact.Identity{{Channel: contact.Telegram, ExternalID: "7", ProfileName: "\u3164", ProfileSaid: "2", Username: "\u2800"}}}
	if name := c.DisplayName(); name != "+201001234567" {
		t.Errorf("%+q", name)
	}
	c.Identities = append(c.Identities, contact.Identity{Channel: contact.WhatsApp, ExternalID: "8", ProfileName: "Mona", ProfileSaid: "1"})
	if name := c.DisplayName(); name != "Mona" {
		t.Errorf("%+q", name)
	}
}
