package fold_test

import (
	"testing"

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
	} {
		if got := fold.Text(in); got != want {
			t.Errorf("Text(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestWords(t *testing.T) {
	for in, want := range map[string][]string{
		"  Mona   Adel ": {"mona", "adel"}, "O'Brien-Smith": {"o", "brien", "smith"}, "王小明": {"王", "小", "明"}, "李 Lee": {"李", "lee"},
		"!!! 🎉": nil, "": nil, "Agent 007": {"agent", "007"},
	} {
		if diff := cmp.Diff(want, fold.Words(in)); diff != "" {
			t.Errorf("Words(%q): %s", in, diff)
		}
	}
	if fold.Header(" E-Mail_Address ") != "emailaddress" || fold.SortText("Ása  B") != "asa b" {
		t.Error("Header or SortText")
	}
}

func TestFoldingTwiceChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		once := fold.Text(rapid.String().Draw(t, "text"))
		if twice := fold.Text(once); twice != once {
			t.Fatalf("%q folds to %q", once, twice)
		}
	})
}
