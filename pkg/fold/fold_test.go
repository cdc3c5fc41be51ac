package fold_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/occ/contacts/pkg/fold"
)

func TestText(t *testing.T) {
	for in, want := range map[string]string{
		"Mona ADEL": "mona adel", "Éva Ünlü": "eva unlu", "Straße": "strasse", "Øre Łódź": "ore lodz", "ﬁ": "fi", "ＡＢＣ": "abc",
		"أحمد": "احمد", "إبراهيم": "ابراهيم", "آمنة": "امنة", "ٱلله": "الله", "مُحَمَّد": "محمد", "محـــمد": "محمد", "ليلى": "ليلي", "علی": "علي",
		"١٢٣": "123", "۴۵۶": "456", "१२": "12", "ΣΊΣΥΦΟΣ": "σισυφοσ", "σίσυφος": "σισυφοσ", "Ёлка": "елка",
		"किशोर": "किशोर", "がく": "がく", "กำ": "กํา", "한글": "한글", "İstanbul": "istanbul", "ISTANBUL ı": "istanbul i",
		"ٲٳ": "اا", "ئؤ": "يو", "الرحمٰن": "الرحمن", "Ħal Ŧ": "hal t", "\u202bأحمد\u202c": "احمد", "علی\u200cرضا": "عليرضا", "Zo\u00adé": "zoe",
	} {
		if got := fold.Text(in); got != want {
			t.Errorf("Text(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestWords(t *testing.T) {
	for in, want := range map[string][]string{
		"  Mona   Adel ": {"mona", "adel"}, "O'Brien-Smith": {"o", "brien", "smith"}, "王小明": {"王", "小", "明"}, "李 Lee": {"李", "lee"},
		"!!! 🎉": nil, "": nil, "Agent 007": {"agent", "007"}, "\u20e3": nil, "- \u093f": nil, "कि शोर": {"कि", "शोर"}, "م\u064fنى": {"مني"},
	} {
		if diff := cmp.Diff(want, fold.Words(in)); diff != "" {
			t.Errorf("Words(%q): %s", in, diff)
		}
	}
	if fold.Header(" E-Mail_Address ") != "emailaddress" || fold.SortText("Ása  B") != "asa b" {
		t.Error("Header or SortText")
	}
}

// Every character alone and after letters that take marks: a rare one must not fold to what folds further.
func TestFoldingTwiceChangesNothingOfAnyCharacter(t *testing.T) {
	for r := range unicode.MaxRune + 1 {
		if !unicode.IsGraphic(r) && !unicode.Is(unicode.Cf, r) {
			continue
		}
		for _, before := range []string{"", "a", "ا", "क", "か"} {
			s := before + string(r)
			if once := fold.Text(s); fold.Text(once) != once {
				t.Errorf("%U: %q folds to %q and on to %q", r, s, once, fold.Text(once))
			}
		}
	}
}

func TestCaseMakesNoDifference(t *testing.T) {
	for r := range unicode.MaxRune + 1 {
		for other := unicode.SimpleFold(r); other != r && unicode.IsLetter(r) && unicode.IsLetter(other); other = unicode.SimpleFold(other) {
			if fold.Text(string(r)) != fold.Text(string(other)) {
				t.Errorf("%U folds to %q, %U to %q", r, fold.Text(string(r)), other, fold.Text(string(other)))
			}
		}
	}
}

func TestDigit(t *testing.T) {
	want := byte('0')
	for r := range unicode.MaxRune + 1 {
		if digit, ok := fold.Digit(r); ok != unicode.IsDigit(r) || ok && digit != want {
			t.Errorf("%U: %c, %v; want %c", r, digit, ok, want)
		} else if ok {
			want = '0' + (want-'0'+1)%10 // Unicode keeps a script's ten digits in order
		}
	}
}

func TestFoldingTwiceChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		once := fold.Text(rapid.String().Draw(t, "text"))
		if twice := fold.Text(once); twice != once {
			t.Fatalf("%q folds to %q", once, twice)
		}
		words := fold.Words(once)
		if diff := cmp.Diff(words, fold.Words(strings.Join(words, " "))); diff != "" {
			t.Fatalf("the words of %q are not words: %s", once, diff)
		}
		for _, word := range words {
			if !strings.ContainsFunc(word, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.Is(unicode.Han, r) }) {
				t.Fatalf("%q is a word without letter or digit", word)
			}
		}
	})
}
