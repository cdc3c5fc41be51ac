package workbook

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/occ/contacts/pkg/sheet/cell"
)

// file writes rows, in pieces of so many, each by another writer that goes on from the state of the one before.
func file(t interface{ Fatal(...any) }, header []string, numeric []bool, rows [][]string, piece, sheetRows int) []byte {
	begin := New(header, numeric)
	out, state := begin.Begin(), mustJSON(t, begin)
	next := func() *Writer {
		w := New(header, numeric)
		w.maxRows = sheetRows
		if err := json.Unmarshal(state, w); err != nil {
			t.Fatal(err)
		}
		return w
	}
	for len(rows) > 0 {
		w, n := next(), min(piece, len(rows))
		for _, row := range rows[:n] {
			if err := w.Row(row); err != nil {
				t.Fatal(err)
			}
		}
		var err error
		if out, err = w.Flush(out); err != nil {
			t.Fatal(err)
		}
		rows, state = rows[n:], mustJSON(t, w)
	}
	end, err := next().End()
	if err != nil {
		t.Fatal(err)
	}
	return append(out, end...)
}

func mustJSON(t interface{ Fatal(...any) }, w *Writer) []byte {
	body, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// read gives the sheets of a file by name, cells as a spreadsheet shows them; numbers begin with #.
func read(t interface{ Fatal(...any) }, body []byte) map[string][][]string {
	book, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string][]byte{}
	for _, f := range book.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if parts[f.Name], err = io.ReadAll(r); err != nil { // it checks the sum
			t.Fatal(f.Name, err)
		}
	}
	var list struct {
		Sheets []struct {
			Name string `xml:"name,attr"`
		} `xml:"sheets>sheet"`
	}
	if err := xml.Unmarshal(parts["xl/workbook.xml"], &list); err != nil {
		t.Fatal(err)
	}
	sheets := map[string][][]string{}
	for i, sheet := range list.Sheets {
		sheets[sheet.Name] = cells(t, parts[sheetPath+strconv.Itoa(i+1)+".xml"])
	}
	return sheets
}

func cells(t interface{ Fatal(...any) }, part []byte) [][]string {
	var sheet struct {
		Rows []struct {
			Cells []struct {
				Ref  string  `xml:"r,attr"`
				Text *string `xml:"is>t"`
				Num  *string `xml:"v"`
			} `xml:"c"`
		} `xml:"sheetData>row"`
	}
	if err := xml.Unmarshal(part, &sheet); err != nil {
		t.Fatal(err)
	}
	var rows [][]string
	for n, row := range sheet.Rows {
		var texts []string
		for _, c := range row.Cells {
			column := strings.TrimSuffix(c.Ref, strconv.Itoa(n+1))
			for columnName(len(texts)) != column {
				texts = append(texts, "")
			}
			if c.Num != nil {
				texts = append(texts, "#"+*c.Num)
			} else {
				texts = append(texts, cell.Unescape(decoded(*c.Text)))
			}
		}
		rows = append(rows, texts)
	}
	return rows
}

var escape = regexp.MustCompile(`_x[0-9A-Fa-f]{4}_`)

func decoded(text string) string {
	return escape.ReplaceAllStringFunc(text, func(found string) string {
		code, _ := strconv.ParseUint(found[2:6], 16, 32)
		return string(rune(code))
	})
}

func TestRowsAndSheets(t *testing.T) {
	header, numeric := []string{"name", "count"}, []bool{false, true}
	rows := [][]string{{"Mona", "1"}, {"=1+1", "007"}, {"", "-2.5"}, {"+201001234567", "1234567890123456"}, {"12", "1.50"}}
	got := read(t, file(t, header, numeric, rows, 2, 4))
	want := map[string][][]string{
		"Contacts":   {{"name", "count"}, {"Mona", "#1"}, {"=1+1", "007"}, {"", "#-2.5"}},
		"Contacts 2": {{"name", "count"}, {"+201001234567", "1234567890123456"}, {"12", "1.50"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string][][]string{"Contacts": {{"name"}}}, read(t, file(t, []string{"name"}, nil, nil, 1, 4))); diff != "" {
		t.Error(diff)
	}
}

func TestColumnNames(t *testing.T) {
	for i, want := range map[int]string{0: "A", 25: "Z", 26: "AA", 51: "AZ", 52: "BA", 701: "ZZ", 702: "AAA", 16383: "XFD"} {
		if got := columnName(i); got != want {
			t.Errorf("column %d is %s, not %s", i, got, want)
		}
	}
}

// TestEveryTextComesBack writes any text, in pieces of any size.
func TestEveryTextComesBack(t *testing.T) {
	text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[-=+@'_x00-9A-F\r\n\t <&>"\x{1}\x{ffff}]{1,12}`), rapid.SampledFrom([]string{"_x000D_", "a\r\nb", "_x005F_", "\r", " x ", "مرحبا 😀"}))
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfN(rapid.SliceOfN(text, 2, 2), 0, 20).Draw(t, "rows")
		want := [][]string{{"a", "b"}}
		for _, row := range rows {
			kept := append([]string{}, row...)
			for len(kept) > 0 && kept[len(kept)-1] == "" {
				kept = kept[:len(kept)-1]
			}
			if want = append(want, kept); len(kept) == 0 {
				want[len(want)-1] = nil
			}
		}
		got := read(t, file(t, []string{"a", "b"}, nil, rows, rapid.IntRange(1, 5).Draw(t, "piece"), SheetRows))
		if diff := cmp.Diff(map[string][][]string{"Contacts": want}, got); diff != "" {
			t.Fatal(diff)
		}
	})
}
