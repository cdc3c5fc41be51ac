package phone_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/occ/contacts/pkg/phone"
)

func TestParse(t *testing.T) {
	for _, c := range []struct{ raw, region, want string }{
		{"+20 100 123 4567", "", "+201001234567"},
		{"00201001234567", "", "+201001234567"},
		{"'+201001234567", "", "+201001234567"},
		{"tel:+20-100-123-4567", "", "+201001234567"},
		{"\u202a+20 100 123 4567\u202c", "", "+201001234567"},
		{"+٢٠١٠٠١٢٣٤٥٦٧", "", "+201001234567"},
		{"۰۱۰۰ ۱۲۳ ۴۵۶۷", "EG", "+201001234567"},
		{"0100 123 4567", "EG", "+201001234567"},
		{"966501234567.0", "SA", "+966501234567"},
		{"+966501234567.0", "", "+966501234567"},
		{"(212) 555-2368", "US", "+12125552368"},
		{"+44 (0)20 7946 0958", "", "+442079460958"},
		{"+49 30/901820", "", "+4930901820"},
	} {
		if got, err := phone.Parse(c.raw, c.region); err != nil || got != c.want {
			t.Errorf("Parse(%q, %q) = %q, %v; want %s", c.raw, c.region, got, err, c.want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, c := range []struct{ raw, region, reason string }{
		{"9.66501E+11", "SA", "rounded"},
		{"9,66501E+11", "", "rounded"},
		{"0100 123 4567", "", "defaultRegion"},
		{"966501234567.0", "", "defaultRegion"},
		{"", "", "needs digits"},
		{"+", "EG", "needs digits"},
		{"call me", "EG", "only digits"},
		{"+20 100 123 4567 ext 5", "", "only digits"},
		{"+2010", "", "too short"},
		{"12", "EG", "too short"},
		{"+999123456789", "", "country code"},
		{"+20100123456789012", "", "too long"},
		{"+1 000 000 0000", "", "No such number"},
		{strings.Repeat("1", 300), "EG", "too long"},
	} {
		_, err := phone.Parse(c.raw, c.region)
		var refused *phone.Error
		if !errors.As(err, &refused) || !strings.Contains(refused.Reason, c.reason) {
			t.Errorf("Parse(%q, %q): %v, want a reason with %q", c.raw, c.region, err, c.reason)
		}
	}
}

func TestValidRegion(t *testing.T) {
	for code, want := range map[string]bool{"EG": true, "US": true, "eg": false, "XX": false, "": false, "001": false} {
		if phone.ValidRegion(code) != want {
			t.Errorf("ValidRegion(%q) is %v", code, !want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"+201001234567", "0100 123 4567", "9.66501E+11", "tel:", "+٢٠", "\xff", "++00"} {
		f.Add(seed, "EG")
	}
	f.Fuzz(func(t *testing.T, raw, region string) {
		number, err := phone.Parse(raw, region)
		if err != nil {
			return
		}
		if again, err := phone.Parse(number, ""); err != nil || again != number {
			t.Errorf("%q gives %q, which gives %q, %v", raw, number, again, err)
		}
	})
}
