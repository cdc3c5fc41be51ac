package xlsx

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// people are the rows that every program was given.
var people = []string{
	"1|Name|Phone|Mobile|Since|Seen|VIP|Total|Notes",
	"2|Mona Adel|966501234567|+201001234567|2024-02-29|2024-03-01 13:45:30|true|42|line one\nline two",
	"3|منى عادل|201001234567||1999-12-31||false",
	"5|Zoë Åström 😀||+4670 <1> & 2||||| _x0041_ ",
}

func TestReadsWhatProgramsWrite(t *testing.T) {
	programs := map[string][]byte{"Excel": excelBook(), "Google Sheets": googleBook(), "Numbers": numbersBook(), "Open XML SDK": sdkBook()}
	for _, name := range []string{"libreoffice", "openpyxl", "xlsxwriter", "pandas", "sheetjs", "exceljs", "excelize"} {
		file, err := os.ReadFile("testdata/" + name + ".xlsx")
		if err != nil {
			t.Fatal(err)
		}
		programs[name] = file
	}
	for name, file := range programs {
		t.Run(name, func(t *testing.T) {
			want := append([]string{}, people...)
			if name == "openpyxl" || name == "pandas" {
				want[1] = strings.Replace(want[1], "|42|", "||", 1) // they do not calculate, so there is no value to read
			}
			if slices.Contains([]string{"openpyxl", "pandas", "sheetjs", "exceljs"}, name) {
				want[3] = strings.Replace(want[3], "_x0041_", "A", 1) // they do not escape what Excel would decode
			}
			if diff := cmp.Diff(want, read(t, file)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// excelBook is shaped as Excel 365 writes: numbers of texts and spans of columns, attributes of extensions, custom formats.
func excelBook() []byte {
	return book{
		sheets: []string{`<dimension ref="A1:H5"/><sheetViews><sheetView tabSelected="1" workbookViewId="0"><selection activeCell="A2" sqref="A2"/></sheetView></sheetViews>` +
			`<sheetFormatPr defaultRowHeight="14.4" x14ac:dyDescent="0.3" xmlns:x14ac="http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac"/>` +
			`<cols><col min="1" max="1" width="20" bestFit="1" customWidth="1"/></cols>` + rows(
			`<row r="1" spans="1:8" s="1" customFormat="1" x14ac:dyDescent="0.3"><c r="A1" s="1" t="s"><v>0</v></c><c r="B1" s="1" t="s"><v>1</v></c><c r="C1" s="1" t="s"><v>2</v></c>`+
				`<c r="D1" s="1" t="s"><v>3</v></c><c r="E1" s="1" t="s"><v>4</v></c><c r="F1" s="1" t="s"><v>5</v></c><c r="G1" s="1" t="s"><v>6</v></c><c r="H1" s="1" t="s"><v>7</v></c></row>`+
				`<row r="2" spans="1:8" ht="28.8" x14ac:dyDescent="0.3" hidden="1"><c r="A2" t="s"><v>8</v></c><c r="B2"><v>966501234567</v></c><c r="C2" s="4" t="s"><v>9</v></c><c r="D2" s="2"><v>45351</v></c>`+
				`<c r="E2" s="3"><v>45352.573263888888</v></c><c r="F2" t="b"><v>1</v></c><c r="G2"><f>2*21</f><v>42</v></c><c r="H2" s="5" t="s"><v>10</v></c></row>`+
				`<row r="3" spans="1:8" x14ac:dyDescent="0.3"><c r="A3" t="s"><v>11</v></c><c r="B3"><v>2.01001234567E11</v></c><c r="D3" s="2"><v>36525</v></c><c r="E3" t="e"><f>NA()</f><v>#N/A</v></c><c r="F3" t="b"><v>0</v></c></row>`+
				`<row r="5" spans="1:8" x14ac:dyDescent="0.3"><c r="A5" t="str"><f t="shared" ref="A5:A6" si="0">"Zo"&amp;"ë"</f><v>Zoë Åström 😀</v></c><c r="C5" t="s"><v>12</v></c><c r="H5" s="5" t="s"><v>13</v></c></row>`) +
			`<pageMargins left="0.7" right="0.7" top="0.75" bottom="0.75" header="0.3" footer="0.3"/><extLst><ext uri="{1}"><x14:c xmlns:x14="x"><v>9</v></x14:c></ext></extLst>`},
		texts: sharedTexts("Name", "Phone", "Mobile", "Since", "Seen", "VIP", "Total", "Notes", "Mona Adel", "+201001234567", "line one\nline two") +
			`<si><r><t>منى</t></r><r><rPr><b/><sz val="11"/></rPr><t xml:space="preserve"> عادل</t></r><rPh sb="0" eb="1"><t>reading</t></rPh><phoneticPr fontId="1"/></si>` +
			sharedTexts("+4670 &lt;1&gt; &amp; 2", " _x005F_x0041_ "),
		styles: `<numFmts count="2"><numFmt numFmtId="164" formatCode="[$-F800]dddd\,\ mmmm\ dd\,\ yyyy"/><numFmt numFmtId="165" formatCode="dd/mm/yyyy\ hh:mm:ss;@"/></numFmts>` +
			`<cellStyleXfs count="1"><xf numFmtId="14"/></cellStyleXfs><cellXfs count="6"><xf numFmtId="0"/><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="49"/><xf numFmtId="0"/></cellXfs>` +
			`<dxfs count="1"><dxf><numFmt numFmtId="0" formatCode="yyyy"/></dxf></dxfs>`,
		setting: `defaultThemeVersion="202300"`,
	}.file()
}

// sharedTexts makes shared texts.
func sharedTexts(all ...string) string {
	inside := ""
	for _, text := range all {
		inside += `<si><t xml:space="preserve">` + text + "</t></si>"
	}
	return inside
}

// googleBook is shaped as Google Sheets writes: styled cells as far as the grid goes, numbers with ".0", one text for each spelling.
func googleBook() []byte {
	sheet := `<row r="1"><c r="A1" s="1" t="s"><v>0</v></c><c r="B1" s="1" t="s"><v>1</v></c><c r="C1" s="1" t="s"><v>2</v></c><c r="D1" s="1" t="s"><v>3</v></c><c r="E1" s="1" t="s"><v>4</v></c>` +
		`<c r="F1" s="1" t="s"><v>5</v></c><c r="G1" s="1" t="s"><v>6</v></c><c r="H1" s="1" t="s"><v>7</v></c><c r="I1" s="1"/><c r="Z1" s="1"/></row>` +
		`<row r="2"><c r="A2" s="1" t="s"><v>8</v></c><c r="B2" s="1"><v>9.66501234567E11</v></c><c r="C2" s="4" t="s"><v>9</v></c><c r="D2" s="2"><v>45351.0</v></c>` +
		`<c r="E2" s="3"><v>45352.57326388889</v></c><c r="F2" s="1" t="b"><v>1</v></c><c r="G2" s="1"><f>2*21</f><v>42.0</v></c><c r="H2" s="1" t="s"><v>10</v></c></row>` +
		`<row r="3"><c r="A3" s="1" t="s"><v>11</v></c><c r="B3" s="1"><v>2.01001234567E11</v></c><c r="D3" s="2"><v>36525.0</v></c><c r="F3" s="1" t="b"><v>0</v></c></row>` +
		`<row r="4"><c r="A4" s="1"/></row><row r="5"><c r="A5" s="1" t="s"><v>12</v></c><c r="C5" s="1" t="s"><v>13</v></c><c r="H5" s="1" t="s"><v>14</v></c></row>`
	for row := 6; row <= 1000; row++ {
		sheet += fmt.Sprintf(`<row r="%d" ht="15.75" customHeight="1"><c r="A%d" s="1"/><c r="Z%d" s="1"/></row>`, row, row, row)
	}
	return book{
		sheets: []string{`<sheetPr><outlinePr summaryBelow="0" summaryRight="0"/></sheetPr>` + rows(sheet) + `<drawing r:id="rId1"/>`},
		texts: sharedTexts("Name", "Phone", "Mobile", "Since", "Seen", "VIP", "Total", "Notes", "Mona Adel", "+201001234567", "line one\nline two", "منى عادل", "Zoë Åström 😀",
			"+4670 &lt;1&gt; &amp; 2", " _x005F_x0041_ "),
		styles: `<numFmts count="2"><numFmt numFmtId="164" formatCode="m/d/yyyy"/><numFmt numFmtId="165" formatCode="m/d/yyyy h:mm:ss"/></numFmts>` +
			`<cellXfs count="5"><xf numFmtId="0"/><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="165"/><xf quotePrefix="1" numFmtId="49"/></cellXfs>`,
	}.file()
}

// numbersBook is shaped as Numbers exports: a summary with links first, then a sheet for each table, counted from 1904 or not.
func numbersBook() []byte {
	return book{
		names: map[int]string{0: "Export Summary", 1: "Sheet 1 - Table 1"},
		sheets: []string{
			cells("", "", "This document was exported from Numbers. Each table was converted to an Excel worksheet.", "", "Numbers Sheet Name|Numbers Table Name|Excel Worksheet Name", "Sheet 1", "|Table 1|Sheet 1 - Table 1") +
				`<hyperlinks><hyperlink ref="D10" location="'Sheet 1 - Table 1'!R1C1" display="Sheet 1 - Table 1"/></hyperlinks>`,
			rows(`<row r="1"><c r="A1" t="s" s="2"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="s"><v>2</v></c><c r="D1" t="s"><v>3</v></c><c r="E1" t="s"><v>4</v></c><c r="F1" t="s"><v>5</v></c>` +
				`<c r="G1" t="s"><v>6</v></c><c r="H1" t="s"><v>7</v></c></row>` +
				`<row r="2"><c r="A2" t="s"><v>8</v></c><c r="B2"><v>966501234567</v></c><c r="C2" t="s"><v>9</v></c><c r="D2" s="3"><v>43889</v></c><c r="E2" s="3"><v>43890.5732638889</v></c>` +
				`<c r="F2" t="b"><v>1</v></c><c r="G2"><f>2*21</f><v>42</v></c><c r="H2" t="s"><v>10</v></c></row>` +
				`<row r="3"><c r="A3" t="s"><v>11</v></c><c r="B3"><v>201001234567</v></c><c r="C3"/><c r="D3" s="3"><v>35063</v></c><c r="E3"/><c r="F3" t="b"><v>0</v></c></row>` +
				`<row r="4"><c r="A4"/><c r="H4"/></row><row r="5"><c r="A5" t="s"><v>12</v></c><c r="C5" t="s"><v>13</v></c><c r="H5" t="s"><v>14</v></c></row>`),
		},
		texts: sharedTexts("Name", "Phone", "Mobile", "Since", "Seen", "VIP", "Total", "Notes", "Mona Adel", "+201001234567", "line one\nline two", "منى عادل", "Zoë Åström 😀",
			"+4670 &lt;1&gt; &amp; 2", " _x005F_x0041_ "),
		styles:  `<numFmts count="1"><numFmt numFmtId="59" formatCode="d mmm yyyy"/></numFmts><cellXfs count="4"><xf numFmtId="0"/><xf numFmtId="0"/><xf numFmtId="49"/><xf numFmtId="59"/></cellXfs>`,
		setting: `date1904="1"`,
	}.file()
}

// sdkBook is shaped as programs on Microsoft's Open XML SDK write: prefixes, texts in their cells, no places, names of parts of their own.
func sdkBook() []byte {
	const space = `xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"`
	texts := func(all ...string) (row string) {
		for _, text := range all {
			row += `<x:c t="inlineStr"><x:is><x:t>` + text + `</x:t></x:is></x:c>`
		}
		return row
	}
	return zipped(map[string]string{
		"_rels/.rels":                 strings.ReplaceAll(packageRelations, "xl/workbook.xml", "/xl/Workbook2.xml"),
		`xl\workbook2.xml`:            `<x:workbook ` + space + `><x:sheets><x:sheet name="mySheet" sheetId="1" r:id="R1"/></x:sheets></x:workbook>`,
		`xl\_rels\workbook2.xml.rels`: `<Relationships><Relationship Id="R1" Type="http://purl.oclc.org/ooxml/officeDocument/relationships/worksheet" Target="/xl/worksheets/Sheet.xml"/></Relationships>`,
		`xl\worksheets\sheet.xml`: `<?xml version="1.0" encoding="utf-8"?><x:worksheet ` + space + `><x:sheetData><x:row>` + texts("Name", "Phone", "Mobile", "Since", "Seen", "VIP", "Total", "Notes") +
			`</x:row><x:row>` + texts("Mona Adel") + `<x:c><x:v>966501234567</x:v></x:c>` + texts("+201001234567") + `<x:c t="d"><x:v>2024-02-29</x:v></x:c><x:c t="d"><x:v>2024-03-01T13:45:30.000Z</x:v></x:c>` +
			`<x:c t="b"><x:v>true</x:v></x:c><x:c t="n"><x:f>2*21</x:f><x:v> 42 </x:v></x:c>` + texts("line one&#xA;line two") +
			`</x:row><x:row>` + texts("<![CDATA[منى عادل]]>") + `<x:c t="n"><x:v>201001234567.0</x:v></x:c><x:c/><x:c t="d"><x:v>1999-12-31T00:00:00</x:v></x:c><x:c/><x:c t="b"><x:v>0</x:v></x:c></x:row><x:row/>` +
			`<x:row>` + texts("Zo&#235; Åström &#x1F600;", "", "+4670 &lt;1&gt; &amp; 2", "", "", "", "", " _x005F_x0041_ ") + `</x:row></x:sheetData></x:worksheet>`,
	})
}
