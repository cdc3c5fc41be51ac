package cell

import (
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestLabels(t *testing.T) {
	for _, test := range []struct {
		labels []string
		cell   string
	}{
		{nil, ""},
		{[]string{"VIP"}, "VIP"},
		{[]string{"VIP", "new"}, "VIP;new"},
		{[]string{"a ::: b", `"x"`, "'t"}, `a ::: b;"x";'t`},
		{[]string{"a,b", "c"}, `["a,b","c"]`},
		{[]string{"c", "a;b"}, `["c","a;b"]`},
		{[]string{"x", "[y]"}, `["x","[y]"]`},
	} {
		if got := Labels(test.labels); got != test.cell {
			t.Errorf("Labels(%q) = %s, want %s", test.labels, got, test.cell)
		}
		if diff := cmp.Diff(test.labels, ParseLabels(test.cell)); diff != "" {
			t.Errorf("ParseLabels(%s): %s", test.cell, diff)
		}
	}
}

func TestParseLabelsWrittenByPeople(t *testing.T) {
	for cell, want := range map[string][]string{
		" VIP , new;; x ": {"VIP", "new", "x"},
		"[VIP":            {"[VIP"},
		`["a", " ", "b"]`: {"a", "b"},
		" ; ,":            nil,
		"[1]":             {"[1]"},
	} {
		if diff := cmp.Diff(want, ParseLabels(cell)); diff != "" {
			t.Errorf("ParseLabels(%q): %s", cell, diff)
		}
	}
}

func TestNotes(t *testing.T) {
	for _, test := range []struct {
		notes []string
		cell  string
	}{
		{nil, ""},
		{[]string{"one\r\nnote, \"so\"; \t"}, "one\r\nnote, \"so\"; \t"},
		{[]string{"[draft"}, `["[draft"]`},
		{[]string{`["a"]`}, `["[\"a\"]"]`},
		{[]string{"a", "b\n\u2028<&>"}, "[\"a\",\"b\\n\u2028<&>\"]"},
		{[]string{"same", "same"}, `["same","same"]`},
	} {
		if got := Notes(test.notes); got != test.cell {
			t.Errorf("Notes(%q) = %s, want %s", test.notes, got, test.cell)
		}
		if diff := cmp.Diff(test.notes, ParseNotes(test.cell)); diff != "" {
			t.Errorf("ParseNotes(%s): %s", test.cell, diff)
		}
	}
}

func TestAttribute(t *testing.T) {
	for _, test := range []struct {
		value any
		cell  string
	}{
		{nil, ""},
		{"gold", "gold"},
		{true, "true"}, {false, "false"},
		{"true", `"true"`}, {"null", `"null"`}, {"TRUE", "TRUE"},
		{5.0, "5"}, {-0.25, "-0.25"}, {1e-7, "1e-7"}, {float64(maxExact), "9007199254740991"},
		{"5", `"5"`}, {"007", "007"}, {"+5", "+5"}, {"1e400", `"1e400"`}, {"12345678901234567890", `"12345678901234567890"`},
		{`"x"`, `"\"x\""`}, {`"x`, `"x`}, {"{", "{"}, {"{}", `"{}"`}, {`["a"]`, `"[\"a\"]"`},
		{"2026-01-31T09:30:00Z", "2026-01-31T09:30:00Z"},
	} {
		if got := Attribute(test.value); got != test.cell {
			t.Errorf("Attribute(%#v) = %s, want %s", test.value, got, test.cell)
		}
		if diff := cmp.Diff(test.value, ParseAttribute(test.cell)); diff != "" {
			t.Errorf("ParseAttribute(%s): %s", test.cell, diff)
		}
	}
}

func TestParseAttributeWrittenByPeople(t *testing.T) {
	for cell, want := range map[string]any{
		" 5 ": 5.0, "1E3": 1000.0, "1.50": 1.5, "null": nil, "  ": nil, " true": true,
		"9007199254740993": "9007199254740993", // would be rounded
		"1e400":            "1e400",
		`"unfinished`:      `"unfinished`, `"`: `"`,
	} {
		if diff := cmp.Diff(want, ParseAttribute(cell)); diff != "" {
			t.Errorf("ParseAttribute(%q): %s", cell, diff)
		}
	}
}

// stored are texts as a contact holds them, trimmed and not empty, made of what cells and JSON give a meaning more
// often than chance would have it.
func stored() *rapid.Generator[string] {
	pieces := rapid.SampledFrom([]string{
		"=", "+", "-", "@", "'", "\t", "\r", "\n", ";", ",", "[", "]", `"`, `\`, "{", "}", ":", ":::", " ", "a", "0", "5", ".", "e", "true", "false", "null",
		`"x"`, "1e400", `["a"]`, `\u2028`, "\u2028", "\u00a0", "\u200f", "منى", "ـ", "👩‍👧", "é", "\u0301", "\ufeff", "\U0001d11e", "12345678901234567890",
	})
	return rapid.Custom(func(t *rapid.T) string {
		text := strings.Join(rapid.SliceOfN(rapid.OneOf(pieces, rapid.StringMatching(`\PC`)), 1, 8).Draw(t, "pieces"), "")
		return strings.TrimSpace(text)
	}).Filter(func(text string) bool { return text != "" })
}

func TestLabelsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		label := stored().Filter(func(text string) bool { return !strings.ContainsFunc(text, unicode.IsControl) })
		labels := rapid.SliceOfN(label, 1, 5).Draw(t, "labels")
		if diff := cmp.Diff(labels, ParseLabels(Unescape(Escape(Labels(labels))))); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestNotesComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		notes := rapid.SliceOfN(stored(), 1, 5).Draw(t, "notes")
		if diff := cmp.Diff(notes, ParseNotes(Unescape(Escape(Notes(notes))))); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestAttributesComeBack(t *testing.T) {
	values := rapid.OneOf(
		rapid.Map(stored(), func(text string) any { return text }),
		rapid.Map(rapid.StringMatching(`-?[0-9]{1,25}(\.[0-9]{1,3})?(e[0-9]{1,3})?`), func(text string) any { return text }),
		rapid.Map(rapid.Float64Range(-maxExact, maxExact), func(number float64) any { return number }),
		rapid.Map(rapid.Int64Range(-maxExact, maxExact), func(number int64) any { return float64(number) }),
		rapid.Map(rapid.Bool(), func(is bool) any { return is }),
	)
	rapid.Check(t, func(t *rapid.T) {
		value := values.Draw(t, "value")
		if diff := cmp.Diff(value, ParseAttribute(Unescape(Escape(Attribute(value))))); diff != "" {
			t.Fatal(diff)
		}
	})
}
