package fold_test

import (
	"testing"
	"unicode"

	"github.com/occ/contacts/pkg/fold"
)

func TestTextsThatShowNothingAreBlank(t *testing.T) {
	for _, text := range []string{
		"", " ", "\t\r\n", "\u00a0", "\u2003\u3000", "\u2028\u2029", "\u0085",
		"\u200b", "\u200c\u200d", "\u200e\u200f", "\u202a\u202e", "\u2060", "\u2066\u2069", "\ufeff", "\u00ad",
		"\u061c", "\u180e", "\ufff9\ufffb",
		"\u2800", "\u3164", "\u115f\u1160", "\uffa0", "\u034f", "\u17b4\u17b5", "\u180b", "\ufe00\ufe0f",
		"\U000e0100", "\U000e0041", "\U0001d159", "\U0001d173",
		" \u3164 \u200b\u2800",
	} {
		if !fold.Blank(text) {
			t.Errorf("%+q is taken for a text that shows", text)
		}
	}
}

func TestTextsThatShowAreNotBlank(t *testing.T) {
	for _, text := range []string{
		"a", ".", "~", "منى", "\u200fمنى", "한", "\u1100", "ㅏ", "⠁", "🎉", "👩\u200d👧", "\u0301", "\u0600", "\ufffd",
		"\ue000", "\U0001fae9", "0", "\u3164x", "\u0000", "\u007f", "\xff",
	} {
		if fold.Blank(text) {
			t.Errorf("%+q is taken for blank", text)
		}
	}
}

// Letters, digits and punctuation of every script show, but for the fillers of Hangul and blank hieroglyphs.
func TestEveryLetterShows(t *testing.T) {
	fillers := map[rune]bool{0x115f: true, 0x1160: true, 0x3164: true, 0xffa0: true, 0x13441: true, 0x13442: true}
	for r := range unicode.MaxRune + 1 {
		visible := unicode.In(r, unicode.L, unicode.N, unicode.P, unicode.Sm, unicode.Sc) && !fillers[r]
		if visible && fold.Blank(string(r)) {
			t.Errorf("%U is taken for blank", r)
		}
	}
}
