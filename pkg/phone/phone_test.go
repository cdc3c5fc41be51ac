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
		{"Tel: +201001234567", "", "+201001234567"},
		{"p:+201001234567", "", "+201001234567"},
		{"(+20) 100 123 4567", "", "+201001234567"},
		{"+20\u00a0100\u2011123\u20134567", "", "+201001234567"},
		{"+20 0100 123 4567", "", "+201001234567"},
		{"966501234567", "SA", "+966501234567"},
		{"٩٦٦٥٠١٢٣٤٥٦٧٫٠", "SA", "+966501234567"},
		{"（０３）３２１０－７０００", "JP", "+81332107000"},
		{"03−3210ー7000", "JP", "+81332107000"},
		{"011 44 20 7946 0958", "US", "+442079460958"},
		{"0011 44 20 7946 0958", "AU", "+442079460958"},
		{"0011442079460958", "AU", "+442079460958"},
		{"00 44 20 7946 0958", "AU", "+442079460958"},
		{"00 44 20 7946 0958", "US", "+442079460958"},
		{"(00) 44 20 7946 0958", "", "+442079460958"},
		{"000 44 20 7946 0958", "KE", "+442079460958"},
		{"001 44 20 7946 0958", "SG", "+442079460958"},
		{"0014 44 20 7946 0958", "BR", "+442079460958"},
		{"010 44 20 7946 0958", "JP", "+442079460958"},
		{"8 10 44 20 7946 0958", "RU", "+442079460958"},
		{"001 212 555 2368", "SG", "+12125552368"},
		{"011 52 1 55 1234 5678", "US", "+525512345678"},
		{"0011 52 1 55 1234 5678", "AU", "+525512345678"},
		{"00 52 1 55 1234 5678", "", "+525512345678"},
		{"8 912 345-67-89", "RU", "+79123456789"},
		{"06 698 12345", "IT", "+390669812345"},
		{"+201001234567", "SA", "+201001234567"},
		{"+52 1 55 1234 5678", "", "+525512345678"},
		{"1 998 123 4567", "MX", "+529981234567"},
		{"+55 11 8765-4321", "", "+5511987654321"},
		{"+55 11 3876-5432", "", "+551138765432"},
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
		{"'9.66501e+11", "SA", "rounded"},
		{"٩٫٦٦E+١١", "SA", "rounded"},
		{"0100 123 4567", "", "defaultRegion"},
		{"966501234567.0", "", "defaultRegion"},
		{"0011 44 20 7946 0958", "", "too long"},
		{"0011 44 20 7946 0958", "GB", "too long"},
		{"011 44 20 7946 0958", "", "defaultRegion"},
		{"00", "", "needs digits"},
		{"", "", "needs digits"},
		{"+", "EG", "needs digits"},
		{"call me", "EG", "only digits"},
		{"+20 100 123 4567 ext 5", "", "only digits"},
		{"+2010", "", "too short"},
		{"12", "EG", "too short"},
		{"+999123456789", "", "country code"},
		{"+20100123456789012", "", "too long"},
		{"+1 000 000 0000", "", "No such number"},
		{"966501234567", "EG", "default region EG"},
		{"+2", "", "too short"},
		{"+1 555 0100", "", "too short"},
		{"+201001234567\n+201001234568", "", "one number alone"},
		{"0100 123 4567 / 0100 123 4568", "EG", "one number alone"},
		{"1-800-FLOWERS", "US", "without letters"},
		{"+20100123\x004567", "", "without letters"},
		{"a@example.com", "EG", "without letters"},
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
	for _, seed := range []string{
		"+201001234567", "0100 123 4567", "9.66501E+11", "966501234567.0", "tel:", "p:+20", "'", "+٢٠", "\xff", "++00", "+5215512345678", "\u202a00966",
	} {
		f.Add(seed, "EG")
		f.Add(seed, "")
		f.Add(seed, "BR")
	}
	f.Fuzz(func(t *testing.T, raw, region string) {
		number, err := phone.Parse(raw, region)
		if err != nil {
			if refused, ok := errors.AsType[*phone.Error](err); !ok || number != "" || !strings.HasSuffix(refused.Reason, ".") {
				t.Errorf("%q gives %q and %v", raw, number, err)
			}
			return
		}
		for _, other := range []string{"", region, "SA"} {
			if again, err := phone.Parse(number, other); err != nil || again != number {
				t.Errorf("%q gives %q, which gives %q, %v", raw, number, again, err)
			}
		}
	})
}
