package cell

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// This file writes the values of our exports as text, and reads them back (pkg/httpapi/README.md, "A spreadsheet and
// back"). What a function writes, its Parse reads as the same value. Escape comes after the one, Unescape before the
// other.

// Labels returns the cell of a contact's labels: joined by ; or a JSON array when a label holds ; or , or begins with
// [. Labels are trimmed and not empty.
func Labels(labels []string) string {
	for _, label := range labels {
		if strings.ContainsAny(label, ";,") || isList(label) {
			return list(labels)
		}
	}
	return strings.Join(labels, ";")
}

// ParseLabels reads a cell of labels: separated by ; or , or a JSON array of texts. None are nil.
func ParseLabels(cell string) []string {
	if labels, ok := ParseList(cell); ok {
		return labels
	}
	var labels []string
	for part := range strings.FieldsFuncSeq(cell, func(r rune) bool { return r == ';' || r == ',' }) {
		if label := strings.TrimSpace(part); label != "" {
			labels = append(labels, label)
		}
	}
	return labels
}

// Notes returns the cell of some notes, none of them blank: the text of a single one, a JSON array of several, or of
// one that begins with [.
func Notes(notes []string) string {
	switch {
	case len(notes) == 0:
		return ""
	case len(notes) == 1 && !isList(notes[0]):
		return notes[0]
	default:
		return list(notes)
	}
}

// ParseNotes reads a cell of notes: one text as it is, or a JSON array of texts. None are nil.
func ParseNotes(cell string) []string {
	if notes, ok := ParseList(cell); ok {
		return notes
	}
	if strings.TrimSpace(cell) == "" {
		return nil
	}
	return []string{cell}
}

// isList says that a text begins as a JSON array does.
func isList(text string) bool { return strings.HasPrefix(strings.TrimSpace(text), "[") }

func list(texts []string) string {
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = quote(text)
	}
	return "[" + strings.Join(quoted, ",") + "]"
}

// ParseList reads a JSON array of texts, less those that are blank.
func ParseList(cell string) (texts []string, ok bool) {
	var all []string
	if !isList(cell) || json.Unmarshal([]byte(cell), &all) != nil {
		return nil, false
	}
	for _, text := range all {
		if strings.TrimSpace(text) != "" {
			texts = append(texts, text)
		}
	}
	return texts, true
}

// Attribute returns the cell of a custom attribute: a float64 or bool as JSON, a string as it is, or JSON-quoted
// where it would read as a JSON value. Nil is the empty cell.
func Attribute(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		if v == "" || strings.TrimSpace(v) != v || json.Valid([]byte(v)) {
			return quote(v)
		}
		return v
	default:
		number, _ := json.Marshal(v) // only NaN and the infinities fail, and no contact holds them
		return string(number)
	}
}

// maxExact is the largest whole number that readers of JSON agree on (RFC 7493 §2.2).
const maxExact = 1<<53 - 1

// jsonNumber is a number as RFC 8259 writes it: 007 and +5 are none, and stay text.
var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

// ParseAttribute reads a cell of a custom attribute: a JSON number or boolean has that type, a quoted JSON string is
// its text, null and empty are nil, the rest is text. A number that would be rounded stays text, so that no account
// number changes.
func ParseAttribute(cell string) any {
	text := strings.TrimSpace(cell)
	switch text {
	case "", "null":
		return nil
	case "true", "false":
		return text == "true"
	}
	if strings.IndexByte("-0123456789", text[0]) >= 0 && jsonNumber.MatchString(text) {
		if number, err := strconv.ParseFloat(text, 64); err == nil && (number != math.Trunc(number) || math.Abs(number) <= maxExact) {
			return number
		}
	}
	if text[0] == '"' {
		var unquoted string
		if json.Unmarshal([]byte(text), &unquoted) == nil {
			return unquoted
		}
	}
	return text
}

// quote returns a JSON string. encoding/json would write U+2028 in six characters, and a note of our length would not
// fit an XLSX cell.
func quote(text string) string { return `"` + escapes.Replace(text) + `"` }

// escapes are what RFC 8259 §7 does not allow in a string as it is.
var escapes = func() *strings.Replacer {
	pairs := []string{`"`, `\"`, `\`, `\\`, "\n", `\n`, "\r", `\r`, "\t", `\t`}
	for control := range byte(0x20) {
		pairs = append(pairs, string(rune(control)), fmt.Sprintf(`\u%04x`, control)) // the first of two pairs counts
	}
	return strings.NewReplacer(pairs...)
}()
