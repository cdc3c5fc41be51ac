package cell

import (
	"encoding/csv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestEscape(t *testing.T) {
	for text, want := range map[string]string{
		"":              "",
		"Mona":          "Mona",
		"=1+1":          "'=1+1",
		"+201001234567": "+201001234567", // a phone
		"+20 100":       "'+20 100",
		"-12.5":         "-12.5",
		"-1+1":          "'-1+1",
		"@sum":          "'@sum",
		"\tx":           "'\tx",
		"\rx":           "'\rx",
		"'t Hooft":      "''t Hooft",
		"'":             "''",
		"-":             "'-",
		"+-1":           "'+-1",
		"-1.":           "'-1.",
	} {
		if got := Escape(text); got != want {
			t.Errorf("Escape(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestUnescape(t *testing.T) {
	for cell, want := range map[string]string{
		"'=1+1":     "=1+1",
		"'+9665012": "+9665012",
		"'0123":     "0123",
		"'12.50":    "12.50",
		"'t Hooft":  "'t Hooft",
		"'90s":      "'90s",
		"''90s":     "'90s",
		"'":         "'",
		"''":        "'",
		"'\tx":      "\tx",
		"x'=":       "x'=",
	} {
		if got := Unescape(cell); got != want {
			t.Errorf("Unescape(%q) = %q, want %q", cell, got, want)
		}
	}
}

// texts are strings that begin like formulas, apostrophes and numbers more often than chance would have it.
func texts() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		return rapid.StringMatching(`['=+\-@\t\r0-9.]{0,4}`).Draw(t, "start") + rapid.String().Draw(t, "rest")
	})
}

func TestEscapeIsUndone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := texts().Draw(t, "text")
		cell := Escape(text)
		if got := Unescape(cell); got != text {
			t.Fatalf("%q came back as %q", text, got)
		}
		if cell != "" && strings.IndexByte(formula, cell[0]) >= 0 && !number(cell) {
			t.Fatalf("%q would calculate", cell)
		}
	})
}

func TestAppendCSVIsReadByOthers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cells := rapid.SliceOfN(texts(), 2, 5).Draw(t, "cells")
		want := make([]string, len(cells))
		for i, text := range cells {
			want[i] = strings.ReplaceAll(Escape(text), "\r\n", "\n") // encoding/csv folds line ends
		}
		got, err := csv.NewReader(strings.NewReader(string(AppendCSV(nil, cells)))).Read()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}
