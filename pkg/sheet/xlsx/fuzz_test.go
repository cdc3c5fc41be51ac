package xlsx

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"unicode/utf8"

	"github.com/occ/contacts/pkg/problem"
)

// check reads a file with what holds of every one: it is refused with a sentence, or its records have rising numbers and cells that
// end with a text.
func check(t *testing.T, file []byte) {
	t.Helper()
	r, err := Open(bytes.NewReader(file), int64(len(file)), 8<<20)
	if err == nil {
		last := 0
		for r.Next() {
			cells := r.Cells()
			switch {
			case last == 0 && r.Number() != 1 || r.Number() <= last:
				t.Fatalf("record %d after %d", r.Number(), last)
			case len(cells) > maxColumns || !utf8.ValidString(strings.Join(cells, "")):
				t.Fatalf("%d cells, %q", len(cells), cells)
			case last > 0 && r.Fault() == nil && strings.TrimSpace(cells[len(cells)-1]) == "":
				t.Fatalf("record %d ends with nothing", r.Number())
			}
			last = r.Number()
		}
		err = r.Err()
	}
	if err != nil && problem.CodeOf(err) == problem.Internal {
		t.Fatal(err)
	}
}

// FuzzXLSX reads any file.
func FuzzXLSX(f *testing.F) {
	fixtures, err := filepath.Glob("testdata/*.xlsx")
	if err != nil || len(fixtures) == 0 {
		f.Fatal(err)
	}
	for _, name := range fixtures {
		file, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(file)
	}
	f.Add(sdkBook())
	f.Add([]byte("PK\x05\x06" + strings.Repeat("\x00", 18)))
	f.Fuzz(check)
}

// FuzzParts reads a workbook of any parts: most changes of a whole file only break its check sums.
func FuzzParts(f *testing.F) {
	f.Add(rows(`<row r="1" spans="1:2"><c r="A1" t="s"><v>0</v></c><c r="B1" s="1"><v>45351.5</v></c></row><row r="3"><c t="inlineStr"><is><r><t>a</t></r></is></c></row>`),
		sharedTexts("name", "_x0041_"), `<numFmts><numFmt numFmtId="164" formatCode="[h]:mm"/></numFmts><cellXfs><xf/><xf numFmtId="164"/></cellXfs>`, `date1904="1"`)
	f.Add(cells("name|email", "", "Mona|m@x.eg")+`<mergeCells><mergeCell ref="B1:C1"/></mergeCells>`, "<si><r><t>x</t></r><rPh><t>y</t></rPh></si>", "", "")
	f.Add(rows(`<row r="5"><c r="C5" t="b"><v>1</v></c><c r="A5" t="e"><v>#N/A</v></c><c/></row><row r="2"><c t="d"><v>2024-02-29T00:00:00Z</v></c><c><v>-9.5E-3</v></c></row>`), "", "", "")
	f.Fuzz(func(t *testing.T, sheet, texts, styles, setting string) {
		check(t, book{sheets: []string{sheet}, texts: texts, styles: styles, setting: setting}.file())
	})
}

func TestAFullDiskIsToldFromABrokenOne(t *testing.T) {
	err := diskFault(&os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC})
	if problem.CodeOf(err) != problem.FileTooLarge {
		t.Error(err)
	}
	if err := diskFault(&os.PathError{Op: "write", Path: "x", Err: syscall.EIO}); problem.CodeOf(err) != problem.Internal {
		t.Error(err)
	}
}

// A reader that is given up gives its room on the disk back.
func TestClose(t *testing.T) {
	texts := sharedTexts(strings.Repeat("x", 1000))
	r, err := open(book{texts: strings.Repeat(texts, inMemory/1000+1), sheets: []string{rows(strings.Repeat(`<row><c t="s"><v>0</v></c></row>`, 3))}}.file())
	if err != nil || !r.Next() {
		t.Fatal(err)
	}
	file := r.book.texts.file
	if err := r.Close(); err != nil || r.Next() || r.Err() != nil {
		t.Error(err, r.Err())
	}
	if _, err := file.Stat(); err == nil {
		t.Error("the texts are still on the disk")
	}
	if err := r.Close(); err != nil {
		t.Errorf("closed again: %v", err)
	}
}
