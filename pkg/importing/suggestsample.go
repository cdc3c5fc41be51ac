package importing

import (
	"regexp"
	"time"

	"github.com/occ/contacts/pkg/plainjson"
	"github.com/occ/contacts/pkg/sheet/cell"
)

// The rows that are shown while an import waits for its mapping.
const (
	sampleRows = 5
	sampleCell = 200 // characters of a cell
	// sampleBytes is how many bytes such a row may have, as JSON: with 500 columns the import's item stays below DynamoDB's 400 KB, and a
	// page of 100 imports below the 6 MB of an answer of Lambda.
	sampleBytes = 6 << 10
)

// sampleOf is a row as it is shown: a cell for each column, cut where it is long, all of them where the row is.
func sampleOf(cells []string, columns int) []string {
	sample := make([]string, columns)
	for limit := sampleCell; ; limit /= 2 {
		for i := range min(columns, len(cells)) {
			sample[i] = shorten(cell.Unescape(cells[i]), limit)
		}
		if text, err := plainjson.Marshal(sample); limit == 1 || err == nil && len(text) <= sampleBytes {
			return sample
		}
	}
}

// Texts of digits that are no phones.
var (
	// dayText is a date as it is written in many countries: 31.01.2026, 1/31/26.
	dayText = regexp.MustCompile(`^(\d{1,2}[./-]\d{1,2}[./-](\d{2}|\d{4})|\d{4}[./-]\d{1,2}[./-]\d{1,2})$`)
	// amountText is a price: 1234567.50.
	amountText = regexp.MustCompile(`^\d+\.\d\d$`)
)

// isPhone says that a text looks like a phone, and neither like a date nor like an amount.
func isPhone(text string) bool {
	if !likePhone(text) || dayText.MatchString(text) || amountText.MatchString(text) {
		return false
	}
	day, err := time.Parse("20060102", text)
	return err != nil || day.Year() < 1900 || day.Year() > 2099
}
