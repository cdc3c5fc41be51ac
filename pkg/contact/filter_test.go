package contact

import (
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/occ/contacts/pkg/problem"
)

func TestFilter(t *testing.T) {
	at := func(text string) time.Time {
		when, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			t.Fatal(err)
		}
		return when
	}
	none := time.Time{}
	c := Contact{Labels: []string{"VIP", "Straße"}, Company: "Ácme", Channel: WhatsApp, CreatedAt: at("2026-01-02T03:04:05.006Z")}
	tests := []struct {
		name           string
		label, company string
		channel        Channel
		from, before   time.Time
		want           bool
	}{
		{"nothing", "", "", "", none, none, true},
		{"label without case", " vip ", "", "", none, none, true},
		{"label with more than case", "STRASSE", "", "", none, none, false},
		{"another label", "VI", "", "", none, none, false},
		{"company without case", "", "áCME", "", none, none, true},
		{"company with accents", "", "acme", "", none, none, false},
		{"channel", "", "", WhatsApp, none, none, true},
		{"another channel", "", "", SMS, none, none, false},
		{"from then on", "", "", "", at("2026-01-02T03:04:05.006Z"), none, true},
		{"from a microsecond later", "", "", "", at("2026-01-02T03:04:05.006001Z"), none, false},
		{"before then", "", "", "", none, at("2026-01-02T03:04:05.006Z"), false},
		{"before a microsecond later", "", "", "", none, at("2026-01-02T03:04:05.006001Z"), true},
		{"from beyond the last year", "", "", "", at("9999-12-31T23:59:59.9999Z"), none, false},
		{"before the end of the last year", "", "", "", none, at("9999-12-31T23:59:59.9999Z"), true},
		{"all of it", "vip", "ÁCME", WhatsApp, at("2026-01-01T00:00:00Z"), at("2026-01-03T00:00:00Z"), true},
		{"a label of spaces", "  ", "", "", none, none, false},
		{"a company of spaces", "", "\t", "", none, none, false},
		{"a label that is far too long", strings.Repeat("x", 3000), "", "", none, none, false},
		{"all but one", "vip", "other", WhatsApp, none, none, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			filter, err := NewFilter(test.label, test.company, test.channel, test.from, test.before)
			if err != nil || filter.Matches(c) != test.want {
				t.Errorf("%+v matches: %v, %v", filter, !test.want, err)
			}
		})
	}
	if _, err := NewFilter("", "", "fax", none, none); problem.CodeOf(err) != problem.ValidationFailed {
		t.Errorf("channel fax: %v", err)
	}
	day := at("2026-01-02T00:00:00Z")
	if !(Filter{From: day, Before: day}).Impossible() || (Filter{From: day, Before: day.Add(time.Millisecond)}).Impossible() || (Filter{From: day}).Impossible() {
		t.Error("Impossible")
	}
}

// A filter compares keys that were made of keys, and keys of what contacts may hold are short enough to be looked up.
func TestFacetKeys(t *testing.T) {
	for r := range rune(unicode.MaxRune) {
		stored := CleanText(string(r))
		key := FacetKey(stored)
		if FacetKey(key) != key || len(key)*MaxCompany > maxFacetKey*utf8.RuneCountInString(stored) {
			t.Errorf("%U: %q, then %q", r, key, FacetKey(key))
		}
	}
}
