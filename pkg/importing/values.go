package importing

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/occ/contacts/pkg/fold"
	"github.com/occ/contacts/pkg/sheet/cell"
)

// separator stands between several values of one cell in exports of address books ("a@x.com ::: b@x.com").
const separator = ":::"

// several splits a cell with several values and leaves the empty ones out.
func several(cell string) []string {
	var values []string
	for value := range strings.SplitSeq(cell, separator) {
		if value = strings.TrimSpace(value); !fold.Blank(value) {
			values = append(values, value)
		}
	}
	return values
}

// readLabels reads a cell of labels as our template has it, or as address books do, with several between separators.
func readLabels(text string) []string {
	var labels []string
	for _, part := range several(text) {
		labels = append(labels, cell.ParseLabels(part)...)
	}
	return labels
}

// present leaves out what shows nothing.
func present(texts []string) []string {
	var kept []string
	for _, text := range texts {
		if !fold.Blank(text) {
			kept = append(kept, text)
		}
	}
	return kept
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
