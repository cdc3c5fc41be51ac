package importing

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/occ/contacts/pkg/phone"
)

const benchObjects = 100_000

func benchJSON() string {
	var text strings.Builder
	for i := range benchObjects {
		fmt.Fprintf(&text, `,{"name":"Person%d Tester","email":"person%d@example.com","phone":"+2010%08d","company":"Acme","labels":["VIP","new"],"customAttributes":{"plan":"gold","seats":%d}}`, i, i, i, i)
	}
	return "[" + text.String()[1:] + "]"
}

// BenchmarkParseJSON reads a file as import-parse does, up to the messages.
func BenchmarkParseJSON(b *testing.B) {
	text := benchJSON()
	w := newWorld(b)
	for b.Loop() {
		file := File{ReaderAt: strings.NewReader(text), Size: int64(len(text))}
		found, err := survey(jsonFormat, file, benchObjects, func(string) bool { return false })
		if err != nil || found.rows != benchObjects {
			b.Fatal(err)
		}
		err = w.parser.chunks(b.Context(), Import{Format: "json"}, file, func(chunk Chunk) error {
			_, err := encode(chunk)
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*benchObjects)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkDecodeJSON is what no reading can do without: each object is decoded once, and its phone parsed once.
func BenchmarkDecodeJSON(b *testing.B) {
	text := benchJSON()
	for b.Loop() {
		decoder := json.NewDecoder(strings.NewReader(text))
		_, _ = decoder.Token()
		for decoder.More() {
			var object map[string]any
			if err := decoder.Decode(&object); err != nil {
				b.Fatal(err)
			}
			if _, err := phone.Parse(object["phone"].(string), ""); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.N*benchObjects)/b.Elapsed().Seconds(), "rows/s")
}
