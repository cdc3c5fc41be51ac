package xlsx

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/occ/contacts/pkg/problem"
)

func TestRefusesWhatIsNoWorkbook(t *testing.T) {
	good := book{sheets: []string{cells("name|email", "Mona|m@x.eg")}, texts: sharedTexts("x"), styles: "<cellXfs/>"}.file()
	with := func(name, text string) []byte {
		return book{sheets: []string{cells("name", "Mona")}, texts: sharedTexts("x"), styles: "<cellXfs/>", parts: map[string]string{name: text}}.file()
	}
	sheetOf := func(inside string) []byte {
		return book{sheets: []string{inside}, texts: sharedTexts("one", "two")}.file()
	}
	testdata := func(name string) []byte {
		file, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return file
	}
	const sheet1, bomb = "xl/worksheets/sheet1.xml", `<!DOCTYPE a [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;">]>`
	for name, test := range map[string]struct {
		file []byte
		code problem.Code
		says string
	}{
		"old Excel":             {testdata("excel97.xlsx"), problem.UnsupportedFormat, "remove the password"},
		"encrypted":             {append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "EncryptedPackage"...), problem.UnsupportedFormat, "remove the password"},
		"encrypted parts":       {patched(good, 8, 1), problem.UnsupportedFormat, "password"},
		"OpenDocument":          {testdata("opendocument.xlsx"), problem.UnsupportedFormat, "OpenDocument"},
		"binary workbook":       {with("xl/workbook.bin", "x"), problem.UnsupportedFormat, "binary workbook"},
		"Numbers":               {zipped(map[string]string{"Index/Document.iwa": "x"}), problem.UnsupportedFormat, "Numbers"},
		"text":                  {[]byte("name,email\nMona,m@x.eg\n"), CorruptFile, "no XLSX workbook"},
		"one byte":              {[]byte("x"), CorruptFile, "no XLSX workbook"},
		"half a file":           {good[:len(good)/2], CorruptFile, "cut off"},
		"without its end":       {good[:len(good)-22], CorruptFile, "cut off"},
		"other compression":     {patched(good, 10, 99), CorruptFile, "damaged"},
		"empty archive":         {zipped(nil), CorruptFile, "no workbook"},
		"a document":            {zipped(map[string]string{"_rels/.rels": strings.ReplaceAll(packageRelations, "xl/workbook", "word/document"), "word/document.xml": "<document/>", "word/_rels/document.xml.rels": "<Relationships/>"}), CorruptFile, "no workbook"},
		"no relations":          {zipped(map[string]string{"xl/workbook.xml": "<workbook/>"}), CorruptFile, "lacks its part xl/_rels/workbook.xml.rels"},
		"no sheet":              {book{}.file(), CorruptFile, "no sheet"},
		"a sheet is missing":    {with("xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="rId1" Type="x/worksheet" Target="gone.xml"/></Relationships>`), CorruptFile, "lacks its part xl/gone.xml"},
		"document type":         {with(sheet1, bomb+"<worksheet>&b;</worksheet>"), CorruptFile, "document type"},
		"... in the texts":      {with("xl/sharedStrings.xml", bomb+"<sst/>"), CorruptFile, "document type"},
		"... in the styles":     {with("xl/styles.xml", bomb+"<styleSheet/>"), CorruptFile, "document type"},
		"... in the workbook":   {with("xl/workbook.xml", bomb+"<workbook/>"), CorruptFile, "document type"},
		"... in the relations":  {with("_rels/.rels", bomb+"<Relationships/>"), CorruptFile, "document type"},
		"unknown entity":        {sheetOf(rows("<row><c><v>&lol;</v></c></row>")), CorruptFile, "Part xl/worksheets/sheet1.xml of the file is damaged at byte"},
		"not UTF-8":             {sheetOf(rows("<row><c><v>\xc7\xcd</v></c></row>")), CorruptFile, "not in UTF-8"},
		"texts not UTF-8":       {book{sheets: []string{cells("a")}, texts: "<si><t>\xff</t></si>"}.file(), CorruptFile, "Part xl/sharedstrings.xml of the file is damaged"},
		"UTF-16":                {with(sheet1, "\xff\xfe<\x00w\x00/\x00>\x00"), CorruptFile, "UTF-16"},
		"cut XML":               {with(sheet1, "<worksheet><sheetData><row><c><v>1</v></c></row><row><c><v>"), CorruptFile, "ends in the middle"},
		"elements torn":         {sheetOf("<sheetData><row><c><v>1</c></v></row></sheetData>"), CorruptFile, "ends that did not start"},
		"deep":                  {sheetOf(rows("<row>" + strings.Repeat("<c>", 100_000))), CorruptFile, "deeper"},
		"deep texts":            {book{sheets: []string{cells("a")}, texts: strings.Repeat("<si>", 100_000)}.file(), CorruptFile, "deeper"},
		"deep styles":           {book{sheets: []string{cells("a")}, styles: strings.Repeat("<cellXfs>", 100_000)}.file(), CorruptFile, "deeper"},
		"no such text":          {sheetOf(rows(`<row r="7"><c r="AB7" t="s"><v>2</v></c></row>`)), CorruptFile, `Cell AB7 of sheet "Sheet1" refers to a shared text that is not among the 2`},
		"a giant text number":   {sheetOf(rows(`<row><c t="s"><v>99999999999999999999</v></c></row>`)), CorruptFile, "Cell A1"},
		"a negative one":        {sheetOf(rows(`<row><c t="s"><v>-1</v></c></row>`)), CorruptFile, "Cell A1"},
		"no number":             {sheetOf(rows(`<row><c/><c t="s"><v>one</v></c></row>`)), CorruptFile, "Cell B1"},
		"too far right":         {sheetOf(rows(`<row r="2"><c r="XFE2"><v>1</v></c></row>`)), CorruptFile, "Cell XFE2"},
		"... without its place": {sheetOf(rows(`<row>` + strings.Repeat("<c/>", 16_385) + `</row>`)), CorruptFile, "Cell XFE1"},
		"too far down":          {sheetOf(rows(`<row r="99999999999"/>`)), CorruptFile, "numbered beyond"},
	} {
		t.Run(name, func(t *testing.T) {
			err := fault(test.file, plenty)
			found, ok := errors.AsType[*problem.Error](err)
			if !ok || found.Code != test.code || !strings.Contains(found.Detail, test.says) {
				t.Fatalf("%v, want %s with %q", err, test.code, test.says)
			}
			if !strings.HasSuffix(found.Detail, ".") || !strings.Contains(found.Detail, "save it as") {
				t.Errorf("no remedy: %s", found.Detail)
			}
		})
	}
}

// patched writes a number into the headers of all parts, where the local one has it at offset (the central one 2 bytes further).
func patched(file []byte, offset int, number uint16) []byte {
	file = bytes.Clone(file)
	for i := range len(file) - 4 {
		switch string(file[i : i+4]) {
		case "PK\x01\x02":
			binary.LittleEndian.PutUint16(file[i+offset:], number)
		case "PK\x03\x04":
			binary.LittleEndian.PutUint16(file[i+offset-2:], number)
		}
	}
	return file
}

// Whatever byte is wrong, the file is read or refused with a sentence, and a damaged sheet is never taken for a whole one.
func TestDamage(t *testing.T) {
	file := book{sheets: []string{cells("name|email", "Mona|m@x.eg", "Adel|a@x.eg")}, texts: sharedTexts("x"), styles: "<cellXfs/>"}.file()
	whole := read(t, file)
	for i := range file {
		bad := bytes.Clone(file)
		bad[i] ^= 0x55
		r, err := open(bad)
		if err == nil {
			var got []string
			if got, err = records(r); err == nil && len(got) > 0 && strings.Join(got, "\n") != strings.Join(whole, "\n") {
				t.Fatalf("byte %d: read %q", i, got)
			}
		}
		if err != nil && problem.CodeOf(err) == problem.Internal {
			t.Fatalf("byte %d: %v", i, err)
		}
		if err := fault(file[:i], plenty); i > 0 && problem.CodeOf(err) != CorruptFile {
			t.Fatalf("cut at %d: %v", i, err)
		}
	}
}

// bomb makes an archive with a part that inflates to size bytes of a repeated text, and says of it that it has declared bytes.
func bomb(t *testing.T, name, head, repeated string, size int, declared uint64) []byte {
	t.Helper()
	var packed bytes.Buffer
	deflater, _ := flate.NewWriter(&packed, flate.BestSpeed)
	block := strings.Repeat(repeated, 1<<20/len(repeated))
	_, err := io.WriteString(deflater, head)
	for written := 0; written < size && err == nil; written += len(block) {
		_, err = io.WriteString(deflater, block)
	}
	if err = errors.Join(err, deflater.Close()); err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	w := zip.NewWriter(&file)
	for path, text := range map[string]string{
		"_rels/.rels": packageRelations, "xl/workbook.xml": "<workbook " + mainSpace + `><sheets><sheet name="a" r:id="r1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="r1" Type="x/worksheet" Target="sheet.xml"/><Relationship Id="r2" Type="x/sharedStrings" Target="texts.xml"/></Relationships>`,
		"xl/sheet.xml":               "<worksheet>" + cells("a") + "</worksheet>",
	} {
		if path != name {
			part, made := w.Create(path)
			if err = made; err == nil {
				_, err = io.WriteString(part, text)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	part, err := w.CreateRaw(&zip.FileHeader{Name: name, Method: zip.Deflate, CompressedSize64: uint64(packed.Len()), UncompressedSize64: declared})
	if err == nil {
		_, err = part.Write(packed.Bytes())
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func TestBombs(t *testing.T) {
	const limit = 50 << 20
	for name, test := range map[string]struct {
		part, head, repeated string
		declared             uint64
		code                 problem.Code
	}{
		"as it says":              {"xl/sheet.xml", "", "x", 1 << 30, problem.FileTooLarge},
		"just as much as it may":  {"xl/sheet.xml", "<worksheet><sheetData>", `<row r="1"/>`, limit - 10_000, problem.FileTooLarge},
		"it says nothing":         {"xl/sheet.xml", "<worksheet><sheetData>", "<row/>", 0, problem.FileTooLarge},
		"texts":                   {"xl/texts.xml", "<sst>", "<si/>", limit - 10_000, problem.FileTooLarge},
		"one text":                {"xl/texts.xml", "<sst><si><t>", "x", limit - 10_000, problem.FileTooLarge},
		"one cell":                {"xl/sheet.xml", "<worksheet><sheetData><row><c><v>", "9", limit - 10_000, problem.FileTooLarge},
		"comment":                 {"xl/sheet.xml", "<worksheet><!--", "-", limit - 10_000, problem.FileTooLarge},
		"not read, but there":     {"xl/media/image1.png", "", "x", 1 << 30, problem.FileTooLarge},
		"more than a size can be": {"xl/media/image1.png", "", "x", 1 << 63, problem.FileTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			file := bomb(t, test.part, test.head, test.repeated, 64<<20, test.declared)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err := fault(file, limit)
			runtime.ReadMemStats(&after)
			if problem.CodeOf(err) != test.code {
				t.Errorf("%v, want %s", err, test.code)
			}
			if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 40<<20 {
				t.Errorf("%d bytes were allocated", allocated)
			}
		})
	}
}

// TestBombsBelowTheLimit inflates to less than a dropped file may, but to far more than any workbook of its size.
func TestBombsBelowTheLimit(t *testing.T) {
	for _, declared := range []uint64{256 << 20, 0} {
		file := bomb(t, "xl/sheet.xml", "<worksheet><sheetData>", "<row/>", 256<<20, declared)
		if err := fault(file, 2<<30); problem.CodeOf(err) != problem.FileTooLarge {
			t.Errorf("declared %d: %v", declared, err)
		}
	}
}

func TestTooManyParts(t *testing.T) {
	parts := map[string]string{}
	for i := range maxParts {
		parts[fmt.Sprint("xl/media/", i)] = ""
	}
	if err := fault(book{sheets: []string{cells("a")}, parts: parts}.file(), plenty); problem.CodeOf(err) != problem.FileTooLarge {
		t.Error(err)
	}
	for i := range 5 * maxParts {
		parts[fmt.Sprintf("xl/media/%0100d", i)] = ""
	}
	var before, after runtime.MemStats
	file := zipped(parts)
	runtime.ReadMemStats(&before)
	err := fault(file, plenty)
	runtime.ReadMemStats(&after)
	if problem.CodeOf(err) != problem.FileTooLarge || after.TotalAlloc-before.TotalAlloc > 40<<20 {
		t.Errorf("%v, %d bytes were allocated", err, after.TotalAlloc-before.TotalAlloc)
	}
}

// brokenDisk fails like a disk from some offset on.
type brokenDisk struct {
	io.ReaderAt
	from int64
}

func (b brokenDisk) ReadAt(into []byte, offset int64) (int, error) {
	if offset+int64(len(into)) > b.from {
		return 0, &fs.PathError{Op: "read", Path: "file", Err: errors.New("broken disk")}
	}
	return b.ReaderAt.ReadAt(into, offset)
}

// A disk that fails is tried again; the file is not to blame.
func TestDiskFaultsAreNoneOfTheFile(t *testing.T) {
	file := book{sheets: []string{cells("name|email")}}.file()
	for from := range int64(len(file)) {
		r, err := Open(brokenDisk{bytes.NewReader(file), from}, int64(len(file)), plenty)
		if err == nil {
			_, err = records(r)
		}
		if problem.CodeOf(err) != problem.Internal || !strings.Contains(err.Error(), "broken disk") {
			t.Fatalf("broken from %d on: %v", from, err)
		}
	}
}
