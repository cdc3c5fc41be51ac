package xlsx

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

const benchRows = 100_000

// benchFile has rows of 8 cells as Excel writes them: shared texts, numbers, dates.
func benchFile() []byte {
	var sheet, texts strings.Builder
	texts.WriteString(sharedTexts("name", "email", "phone", "company", "label", "createdAt", "total", "vip", "VIP;new customer"))
	sheet.WriteString(`<row r="1">` + strings.Repeat(`<c t="s"><v>0</v></c>`, 8) + `</row>`)
	for i := range benchRows {
		text := 9 + 3*i
		fmt.Fprintf(&texts, "<si><t>Person%d Tester</t></si><si><t>person%d@example.com</t></si><si><t>Company %d &amp; Sons</t></si>", i, i, i)
		fmt.Fprintf(&sheet, `<row r="%d" spans="1:8" x14ac:dyDescent="0.3"><c r="A%[1]d" t="s"><v>%[2]d</v></c><c r="B%[1]d" t="s"><v>%[3]d</v></c><c r="C%[1]d"><v>2010%08[1]d</v></c>`+
			`<c r="D%[1]d" t="s"><v>%[4]d</v></c><c r="E%[1]d" t="s"><v>8</v></c><c r="F%[1]d" s="1"><v>45351.5</v></c><c r="G%[1]d"><v>%[1]d.25</v></c><c r="H%[1]d" t="b"><v>1</v></c></row>`,
			i+2, text, text+1, text+2)
	}
	return book{texts: texts.String(), styles: `<cellXfs><xf numFmtId="0"/><xf numFmtId="22"/></cellXfs>`, sheets: []string{rows(sheet.String())}}.file()
}

func BenchmarkXLSX(b *testing.B) {
	file := benchFile()
	b.ReportAllocs()
	for b.Loop() {
		r, err := open(file)
		if err != nil {
			b.Fatal(err)
		}
		for r.Next() {
		}
		if r.Err() != nil || r.Number() != benchRows+1 {
			b.Fatal(r.Err(), r.Number())
		}
	}
	b.ReportMetric(float64(benchRows*b.N)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkEncodingXML does no more than read the tokens of the same parts.
func BenchmarkEncodingXML(b *testing.B) {
	file := benchFile()
	b.ReportAllocs()
	for b.Loop() {
		archive, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			b.Fatal(err)
		}
		for _, part := range archive.File {
			in, err := part.Open()
			if err != nil {
				b.Fatal(err)
			}
			decoder := xml.NewDecoder(in)
			for err == nil {
				_, err = decoder.Token()
			}
			if !errors.Is(err, io.EOF) {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(benchRows*b.N)/b.Elapsed().Seconds(), "rows/s")
}
