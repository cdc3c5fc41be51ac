package contact_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/phone"
)

func TestParseSearch(t *testing.T) {
	for q, want := range map[string]*contact.Search{
		"":                  nil,
		"  ":                nil,
		"!?":                {Nothing: true},
		"Mona@Exa":          {Email: "mona@exa"},
		"Adel  Mo":          {Words: []string{"adel", "mo"}},
		"al Ali":            {Words: []string{"ali"}},
		"123":               {Words: []string{"123"}},
		"4567":              {Digits: "4567", Words: []string{"4567"}},
		"+20 100 123-4567":  {Digits: "201001234567", Phone: "+201001234567", Words: []string{"20", "100", "123", "4567"}},
		"00201001234567":    {Digits: "201001234567", Phone: "+201001234567", Words: []string{"00201001234567"}},
		"٤٥٦٧":              {Digits: "4567", Words: []string{"4567"}},
		"agent 4567":        {Words: []string{"agent", "4567"}},
		"\u202a4567\u202c ": {Digits: "4567", Words: []string{"4567"}},
	} {
		got, err := contact.ParseSearch(q, func(raw string) (string, error) { return phone.Parse(raw, "") })
		if err != nil {
			t.Errorf("%q: %v", q, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: %s", q, diff)
		}
	}
}

func TestMatches(t *testing.T) {
	mona := contact.Contact{Name: "Mona Ahmed Adel", Email: "m.adel@example.com", Phone: "+201001234567"}
	for _, c := range []struct {
		search contact.Search
		want   bool
	}{
		{contact.Search{Words: []string{"ad", "mon"}}, true},
		{contact.Search{Words: []string{"ona"}}, false},
		{contact.Search{Words: []string{"mona", "x"}}, false},
		{contact.Search{Words: []string{"m.adel"}}, true},
		{contact.Search{Email: "m.adel@"}, true},
		{contact.Search{Email: "adel@"}, false},
		{contact.Search{Digits: "4567", Words: []string{"4567"}}, true},
		{contact.Search{Digits: "3456", Words: []string{"3456"}}, false},
		{contact.Search{Nothing: true}, false},
	} {
		if got := c.search.Matches(mona); got != c.want {
			t.Errorf("%+v matches: %v", c.search, got)
		}
	}
}

func TestNormalizeEmail(t *testing.T) {
	for in, want := range map[string]string{
		" A.B+c@Example.COM ": "A.B+c@example.com", "user@bücher.example": "user@bücher.example", "o'neil@sub.example.co.uk": "o'neil@sub.example.co.uk",
	} {
		if got, err := contact.NormalizeEmail(in); err != nil || got != want {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "a", "@example.com", "a@", "a@b", "a b@example.com", "a@exa mple.com", ".a@example.com", "a..b@example.com", "a@-x.com", "a@b..com", "a@b.c,", "<a@b.co>", "a@b@c.com", "a;b@c.com"} {
		if got, err := contact.NormalizeEmail(in); err == nil {
			t.Errorf("%q is taken as %q", in, got)
		}
	}
}

func FuzzNormalizeEmail(f *testing.F) {
	f.Add("Mona@Example.com")
	f.Add("\xff@\u0130.com")
	f.Fuzz(func(t *testing.T, in string) {
		email, err := contact.NormalizeEmail(in)
		if err != nil {
			return
		}
		if again, err := contact.NormalizeEmail(email); err != nil || again != email {
			t.Errorf("%q gives %q, which gives %q, %v", in, email, again, err)
		}
	})
}
