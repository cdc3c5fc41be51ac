package xlsx

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/occ/contacts/pkg/sheet/sheettest"
)

// readAll reads a workbook to its end or until it is refused.
func readAll(file []byte, limit int64) func() {
	return func() {
		r, err := Open(bytes.NewReader(file), int64(len(file)), limit)
		for err == nil && r.Next() {
		}
	}
}

// incompressible is text that deflate cannot shorten by much.
func incompressible(size int) string {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
	random := rand.New(rand.NewPCG(1, 2))
	text := make([]byte, size)
	for i := range text {
		text[i] = letters[random.IntN(len(letters))]
	}
	return string(text)
}

// hostileSheet is a workbook that inflates as far as one of a number of bytes may.
func hostileSheet(h sheettest.Hostile, inflated int) book {
	return book{
		sheets: []string{h.File(inflated)},
		texts:  sharedTexts(strings.Repeat("x", 900_000), "short"),
		styles: `<cellXfs><xf numFmtId="22"/></cellXfs>`,
	}
}

// hostileSheets are the insides of sheets.
var hostileSheets = map[string]sheettest.Hostile{
	"empty rows":       {Begin: "<sheetData>", Repeat: "<row/>", End: "</sheetData>"},
	"empty cells":      {Begin: "<sheetData><row>", Repeat: `<c r="A1"/>`, End: "</row></sheetData>"},
	"rows of one cell": {Begin: "<sheetData>", Repeat: "<row><c><v>1</v></c></row>", End: "</sheetData>"},
	"rows of the last column": {
		Begin:  "<sheetData>",
		Repeat: `<row><c r="XFD1"><v>1</v></c></row>`,
		End:    "</sheetData>",
	},
	"one long text in all cells": {
		Begin:  "<sheetData><row>",
		Repeat: `<c r="A1" t="s"><v>0</v></c>`,
		End:    "</row></sheetData>",
	},
	"... in all rows": {
		Begin:  "<sheetData>",
		Repeat: `<row><c t="s"><v>0</v></c></row>`,
		End:    "</sheetData>",
	},
	"numbers with exponents": {
		Begin:  "<sheetData>",
		Repeat: "<row><c><v>1e400</v></c><c><v>1e-400</v></c></row>",
		End:    "</sheetData>",
	},
	"one number": {Begin: "<sheetData><row><c><v>", Repeat: "9", End: "</v></c></row></sheetData>"},
	"dates": {
		Begin:  "<sheetData>",
		Repeat: `<row><c s="0"><v>45351.5</v></c></row>`,
		End:    "</sheetData>",
	},
	"references": {Begin: "<sheetData><row><c><v>", Repeat: "&#65;", End: "</v></c></row></sheetData>"},
	"escapes": {
		Begin:  `<sheetData><row><c t="str"><v>`,
		Repeat: "_x0041_",
		End:    "</v></c></row></sheetData>",
	},
	"half escapes": {
		Begin:  `<sheetData><row><c t="str"><v>`,
		Repeat: "_x",
		End:    "</v></c></row></sheetData>",
	},
	"CR": {Begin: "<sheetData><row><c><v>", Repeat: "\r", End: "</v></c></row></sheetData>"},
	"CDATA": {
		Begin:  "<sheetData><row><c><v>",
		Repeat: "<![CDATA[]]>",
		End:    "</v></c></row></sheetData>",
	},
	"comments":     {Begin: "<sheetData>", Repeat: "<!---->", End: "</sheetData>"},
	"instructions": {Begin: "<sheetData>", Repeat: "<?a?>", End: "</sheetData>"},
	"nested elements": {
		Begin:  "<sheetData>",
		Repeat: strings.Repeat("<a>", 200) + strings.Repeat("</a>", 200),
		End:    "</sheetData>",
	},
	"nested texts": {
		Begin:  "<sheetData><row><c><is>",
		Repeat: "<r><t>a</t></r>",
		End:    "</is></c></row></sheetData>",
	},
	"attributes": {
		Begin:  "<sheetData>",
		Repeat: "<row><c " + strings.Repeat(`a="" `, 10_000) + "/></row>",
		End:    "</sheetData>",
	},
	"attributes of references": {
		Begin:  "<sheetData>",
		Repeat: `<row r="` + strings.Repeat("&#49;", 10_000) + `"/>`,
		End:    "</sheetData>",
	},
	"long tags": {
		Begin:  "<sheetData>",
		Repeat: `<row a="` + strings.Repeat("a", 1<<20-100) + `"/>`,
		End:    "</sheetData>",
	},
	"long names": {
		Begin:  "<sheetData>",
		Repeat: "<" + strings.Repeat("a", 1_000) + "/>",
		End:    "</sheetData>",
	},
	"spaces": {Begin: "<sheetData><row><c><v>", Repeat: " ", End: "</v></c></row></sheetData>"},
	"rows of spaces": {
		Begin:  "<sheetData>",
		Repeat: `<row><c t="str"><v>` + strings.Repeat(" ", 100) + `</v></c></row>`,
		End:    "</sheetData>",
	},
	"merged cells": {
		Begin:  `<sheetData><row><c><v>1</v></c><c/></row></sheetData><mergeCells>`,
		Repeat: `<mergeCell ref="A1:B1"/>`,
		End:    "</mergeCells>",
	},
}

var xmlPieces = []string{
	"<row>", "</row>", "<row/>", "<c>", "</c>", "<c/>", `<c t="s">`, "<v>", "</v>", "1", "0", "<is>", "<t>", "</t>",
	"</is>", "&amp;", "&#10;", "\r", " ", "<row><c><v>1</v></c></row>", `<c r="XFD1"><v>1</v></c>`,
	"<![CDATA[", "]]>", "<!--", "-->", "_x000D_", `<c t="s"><v>1</v></c>`,
}

// A file is compared with one of as many bytes. Text that repeats itself is packed to next to nothing, so that these
// files are filled up with a picture: how far they inflate is what a file of that size may.
func TestNoXLSXIsSlow(t *testing.T) {
	size := sheettest.Bytes(t) / 4 // these take long to make
	limit := int64(20 * size)
	plain := plainBook(size)
	pace := sheettest.Measure(readAll(plain, limit))
	picture := incompressible(size * 4 / 3)
	check := func(name string, b book) {
		b.parts = maps.Clone(b.parts)
		if b.parts == nil {
			b.parts = map[string]string{}
		}
		b.parts["xl/media/image1.png"] = picture
		pace.Check(t, name, readAll(b.file(), limit))
	}
	inflated := int(limit) - len(picture) - 1_000_000
	for name, h := range hostileSheets {
		check(name, hostileSheet(h, inflated))
	}
	for name, h := range map[string]sheettest.Hostile{
		"empty texts": {Repeat: "<si/>"},
		"one text":    {Begin: "<si><t>", Repeat: "x", End: "</t></si>"},
		"texts of one letter, looked up in no order": {Repeat: "<si><t>x</t></si>"},
	} {
		check(name, book{texts: h.File(inflated * 2 / 3), sheets: []string{shuffled(inflated/3, 1_000)}})
	}
	lines := strings.Repeat("<si><t>"+strings.Repeat("y", 4_000)+"</t></si>", inflated/2/4_016)
	check(
		"long texts, looked up in no order",
		book{texts: lines, sheets: []string{shuffled(inflated/2, inflated/2/4_016)}},
	)
	check("many sheets", manySheets(2_000))
	check(
		"many formats",
		book{
			sheets: []string{cells("a")},
			styles: "<numFmts>" + strings.Repeat(
				`<numFmt numFmtId="7" formatCode="[[[["/>`,
				inflated/40,
			) + "</numFmts>",
		},
	)
	for seed := range uint64(sheettest.Patterns(t) / 2) {
		h := sheettest.Chance(seed, "<sheetData>", "</sheetData>", xmlPieces)
		check(fmt.Sprintf("%.200q (seed %d)", h.Repeat, seed), hostileSheet(h, inflated))
	}
}

// plainBook has about size bytes as a file, of rows as programs write them.
func plainBook(size int) []byte {
	var sheet, texts strings.Builder
	sheet.WriteString(`<row r="1"><c t="inlineStr"><is><t>name</t></is></c></row>`)
	for i := range size / 42 { // bytes that a row takes when it is packed
		fmt.Fprintf(&texts, "<si><t>Person%d Tester</t></si><si><t>person%d@example.com</t></si>", i, i)
		fmt.Fprintf(
			&sheet,
			`<row r="%d" spans="1:4"><c r="A%[1]d" t="s"><v>%[2]d</v></c><c r="B%[1]d" t="s"><v>%[3]d</v></c>`+
				`<c r="C%[1]d"><v>2010%08[1]d</v></c><c r="D%[1]d" t="s"><v>1</v></c></row>`,
			i+2,
			2*i,
			2*i+1,
		)
	}
	return book{texts: texts.String(), sheets: []string{rows(sheet.String())}}.file()
}

// shuffled are rows that name shared texts here and there.
func shuffled(size, texts int) string {
	var sheet strings.Builder
	for i := 0; sheet.Len() < size; i++ {
		fmt.Fprintf(&sheet, `<row><c t="s"><v>%d</v></c></row>`, i*7919%texts)
	}
	return rows(sheet.String())
}

// manySheets has sheets without a text, which are all read in search of one.
func manySheets(count int) book {
	return book{sheets: slices.Repeat([]string{rows("<row/>")}, count)}
}
