package importing

import (
	"encoding/json"
	"errors"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/occ/contacts/pkg/contact"
)

// separator stands between several values of one cell in exports of address books ("a@x.com ::: b@x.com").
const separator = ":::"

// several splits a cell with several values and leaves the empty ones out.
func several(cell string) []string {
	var values []string
	for value := range strings.SplitSeq(cell, separator) {
		if value = strings.TrimSpace(value); value != "" {
			values = append(values, value)
		}
	}
	return values
}

// readLabels reads a cell of labels: separated by ; or , or a JSON array.
func readLabels(cell string) []string {
	if list, ok := jsonTexts(cell); ok {
		return list
	}
	var labels []string
	for _, part := range several(cell) {
		labels = append(labels, strings.FieldsFunc(part, func(r rune) bool { return r == ';' || r == ',' })...)
	}
	return present(labels)
}

// readNotes reads a cell of notes: one text, or a JSON array of texts.
func readNotes(cell string) []string {
	if list, ok := jsonTexts(cell); ok {
		return list
	}
	return present([]string{cell})
}

func jsonTexts(cell string) ([]string, bool) {
	if !strings.HasPrefix(strings.TrimSpace(cell), "[") {
		return nil, false
	}
	var list []string
	if json.Unmarshal([]byte(cell), &list) != nil {
		return nil, false
	}
	return present(list), true
}

// present leaves out what is only space.
func present(texts []string) []string {
	var kept []string
	for _, text := range texts {
		if strings.TrimSpace(text) != "" {
			kept = append(kept, text)
		}
	}
	return kept
}

// jsonNumber is a number as RFC 8259 writes it: 007 and +5 are none, and stay text.
var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

// readAttribute reads a cell of a custom attribute: a JSON number or boolean has that type, a quoted JSON string is its text,
// null and empty are absent (nil). A number that would be rounded stays text, so that no account number changes.
func readAttribute(cell string) any {
	text := contact.CleanText(cell)
	switch text {
	case "", "null":
		return nil
	case "true", "false":
		return text == "true"
	}
	if jsonNumber.MatchString(text) {
		if number, err := strconv.ParseFloat(text, 64); err == nil && (number != math.Trunc(number) || math.Abs(number) <= contact.MaxExactNumber) {
			return number
		}
	}
	if len(text) >= 2 && text[0] == '"' {
		var unquoted string
		if json.Unmarshal([]byte(text), &unquoted) == nil {
			return unquoted
		}
	}
	return text
}

var errTime = errors.New("Write the time as 2026-01-31, 2026-01-31 09:30:00 or 2026-01-31T09:30:00Z.") //nolint:staticcheck // a sentence for people

// Bounds of times: what sorts as text and a spreadsheet can mean.
var (
	earliest = time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)
	latest   = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
)

// readTime reads RFC 3339, YYYY-MM-DD[ HH:MM[:SS]] as UTC, or a spreadsheet's date: days since 1899-12-30, as its 1900 has a
// 29th of February. https://learn.microsoft.com/office/troubleshoot/excel/wrongly-assumes-1900-is-leap-year
func readTime(text string) (time.Time, error) {
	text = strings.TrimSpace(text)
	for _, format := range []string{time.RFC3339Nano, time.DateTime, "2006-01-02 15:04", time.DateOnly} {
		if at, err := time.Parse(format, text); err == nil {
			return bounded(at)
		}
	}
	days, err := strconv.ParseFloat(text, 64)
	if err != nil || days < 61 || days >= 2_958_466 || strings.ContainsAny(text, "eExX_nN") {
		return time.Time{}, errTime
	}
	// Serials are rounded: to the millisecond they are exact again.
	return bounded(time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).AddDate(0, 0, int(days)).Add(time.Duration(math.Round((days-math.Trunc(days))*86_400_000)) * time.Millisecond))
}

func bounded(at time.Time) (time.Time, error) {
	at = at.UTC().Truncate(time.Millisecond)
	if at.Before(earliest) || at.After(latest) {
		return time.Time{}, errTime
	}
	return at, nil
}
