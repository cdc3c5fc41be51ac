package cell

import (
	"encoding/csv"
	"fmt"
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

		// Inside a text, behind what another program may take for the end of a cell.
		"x;=1+1;y":          "x;" + guard + "=1+1;y",
		"x\n@sum":           "x\n" + guard + "@sum",
		"x\r\n-a":           "x\r\n" + guard + "-a",
		"x\t+a":             "x\t" + guard + "+a",
		`x;""=1`:            "x;" + guard + `""=1`,
		"x;'=1":             "x;'=1", // does not calculate: an apostrophe of the text's own
		"x;-":               "x;" + guard + "-",
		"x;-1+1":            "x;" + guard + "-1+1",
		"+2010;+2011;-5":    "'+2010;+2011;-5", // no number as a whole; its parts are
		"VIP;+2011":         "VIP;+2011",
		"x; =1":             "x; =1",
		"x,=1":              "x,=1",
		"=1;=2":             "'=1;" + guard + "=2",
		"x;" + guard + "=1": "x;" + guard + guard + "=1",
		"x;" + guard + "y":  "x;" + guard + "y",
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
		"x;'=1":     "x;'=1", // as files have it that know nothing of guards
		"x\n'-a":    "x\n'-a",

		"x;" + guard + "=1":         "x;=1",
		"x;" + guard + guard + "=1": "x;" + guard + "=1",
		"x;" + guard + "y":          "x;" + guard + "y",
		guard + "=1":                guard + "=1", // at the beginning of a cell it says nothing
	} {
		if got := Unescape(cell); got != want {
			t.Errorf("Unescape(%q) = %q, want %q", cell, got, want)
		}
	}
}

// What a program makes of our file that takes another character for the end of a cell, and so sees none of our quotes.
func TestNothingCalculatesWhereTheListSeparatorIsAnother(t *testing.T) {
	for _, separator := range ";\t" {
		rapid.Check(t, func(t *rapid.T) {
			file := AppendCSV(nil, []string{"id", "name", "company"})
			file = AppendCSV(file, []string{"42", hostile().Draw(t, "name"), hostile().Draw(t, "company")})
			file = AppendCSV(file, []string{"43", hostile().Draw(t, "name"), hostile().Draw(t, "company")})
			for _, line := range strings.FieldsFunc(string(file), func(r rune) bool { return r == '\r' || r == '\n' }) {
				for text := range strings.SplitSeq(line, string(separator)) {
					shown := strings.TrimLeft(text, `"`) // such a program takes them for the beginning of a quoted cell
					part := shown
					if end := strings.IndexAny(shown, separators+`",`); end >= 0 {
						part = shown[:end]
					}
					if shown != "" && strings.IndexByte(signs, shown[0]) >= 0 && !number(part) {
						t.Fatalf("%q is read as a cell %q, which would calculate", file, text)
					}
				}
			}
		})
	}
}

// hostile are texts of what begins cells, quotes and formulas in some program.
func hostile() *rapid.Generator[string] {
	pieces := rapid.SampledFrom([]string{
		";", "\t", "\n", "\r", ",", `"`, "'", "=", "+", "-", "@", "\u2063", guard, " ", "x", "1", ".5",
		"=HYPERLINK(A1)",
	})
	return rapid.Map(rapid.SliceOfN(pieces, 1, 10), func(all []string) string { return strings.Join(all, "") })
}

// texts are strings that begin like formulas, apostrophes and numbers more often than chance would have it.
func texts() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		return rapid.StringMatching(`['=+\-@\t\r0-9.]{0,4}`).Draw(t, "start") + rapid.String().Draw(t, "rest")
	})
}

func TestEscapeIsUndone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(texts(), hostile()).Draw(t, "text")
		cell := Escape(text)
		if got := Unescape(cell); got != text {
			t.Fatalf("%q came back as %q", text, got)
		}
		if cell != "" && strings.IndexByte(formula, cell[0]) >= 0 && !number(cell) {
			t.Fatalf("%q would calculate", cell)
		}
	})
}

// Every character may stand at every place around a separator.
func TestEveryCharacterComesBack(t *testing.T) {
	for r := range rune(0x3000) {
		for _, form := range []string{
			"%s", "%s=1", "x;%s", "x;%s=1", "x;'%s=1", "x\n%s'=", "x;" + guard + "%s=1", "x%s=1", "%s;=1",
			"x%s" + guard + "=1",
		} {
			text := fmt.Sprintf(form, string(r))
			if got := Unescape(Escape(text)); got != text {
				t.Fatalf("%q came back as %q", text, got)
			}
		}
	}
}

func TestAppendCSVIsReadByOthers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cells := rapid.SliceOfN(rapid.OneOf(texts(), hostile()), 2, 5).Draw(t, "cells")
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
