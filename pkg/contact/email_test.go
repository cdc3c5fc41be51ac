package contact_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/occ/contacts/pkg/contact"
)

func TestNormalizeEmail(t *testing.T) {
	for in, want := range map[string]string{
		" A.B+c@Example.COM ": "A.B+c@example.com", "user@bücher.example": "user@bücher.example", "o'neil@sub.example.co.uk": "o'neil@sub.example.co.uk",
		"Jose\u0301@EXA\u0308MPLE.com": "José@exämple.com", "1@2.de": "1@2.de", "\tmona@example.com\n": "mona@example.com",
	} {
		if got, err := contact.NormalizeEmail(in); err != nil || got != want {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
	for _, in := range []string{
		"", "a", "@example.com", "a@", "a@b", "a b@example.com", "a@exa mple.com", ".a@example.com", "a.@example.com", "a..b@example.com", "a@-x.com", "a@x-.com",
		"a@b..com", "a@.com", "a@com.", "a@b.c,", "<a@b.co>", "Mona <a@b.co>", "mailto:a@b.co", "a@b@c.com", "a;b@c.com", "a@b.co;c@d.co", "a\x00@b.co", "a\xff@b.co",
		"a\u200b@b.co", "a@b.co\u202c", "a@b_c.co", "a@[127.0.0.1]", "a@" + strings.Repeat("b", 64) + ".co",
	} {
		if got, err := contact.NormalizeEmail(in); err == nil || got != "" {
			t.Errorf("%q is taken as %q", in, got)
		}
	}
}

// The whole length is a limit; the local part's is a rule of what an e-mail is.
func TestEmailLengths(t *testing.T) {
	host := func(n int) string { return strings.Repeat("b.", (n-2)/2) + strings.Repeat("c", n-(n-2)/2*2) }
	for _, c := range []struct {
		email       string
		ok, tooLong bool
	}{
		{strings.Repeat("a", 64) + "@" + host(189), true, false},
		{strings.Repeat("a", 64) + "@" + host(190), false, true},
		{strings.Repeat("ñ", 64) + "@example.com", true, false},
		{strings.Repeat("a", 65) + "@example.com", false, false},
	} {
		_, err := contact.NormalizeEmail(c.email)
		if (err == nil) != c.ok || errors.Is(err, contact.ErrTooLong) != c.tooLong {
			t.Errorf("%d characters: %v", len([]rune(c.email)), err)
		}
	}
}

func FuzzNormalizeEmail(f *testing.F) {
	for _, seed := range []string{"Mona@Example.com", "\xff@\u0130.com", "a@H\u0331.com", " o'neil+x@b\u00fccher.example\n", "a@" + strings.Repeat("\u023a", 31) + ".co", "@", "a@b.c@d.e"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		email, err := contact.NormalizeEmail(in)
		if err != nil {
			return
		}
		if again, err := contact.NormalizeEmail(email); err != nil || again != email {
			t.Errorf("%q gives %q, which gives %q, %v", in, email, again, err)
		}
		if key := contact.EmailKey(email); contact.EmailKey(key) != key {
			t.Errorf("the key %q of %q has another key %q", key, email, contact.EmailKey(key))
		}
	})
}
