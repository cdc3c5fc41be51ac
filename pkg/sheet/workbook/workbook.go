// Package workbook writes XLSX files in pieces.
package workbook

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"

	"github.com/occ/contacts/pkg/sheet/cell"
)

// Writer writes an XLSX file (ECMA-376, part 1) of one table, in pieces: what Begin, Flush and End return, one after another, is the
// file. It is written by hand because no library can stop in the middle of a file and go on in another process: the exported fields
// are all that this takes. Rows beyond what a sheet holds continue on further sheets, each with the header.
type Writer struct {
	Offset  int64   // bytes of the file so far
	Entries []entry // that are finished
	Open    bool    // an entry, the last sheet, is being written
	Sheet   entry   // that one, so far
	Rows    int     // on it, header included

	header  []string
	numeric []bool
	text    []byte // XML not yet compressed
	packed  bytes.Buffer
	deflate *flate.Writer
	writing bool // deflate is in the middle of a piece
	maxRows int
}

const (
	// SheetRows is how many rows a sheet holds, the header included.
	// https://support.microsoft.com/office/excel-specifications-and-limits-1672b34d-7043-467e-8e27-269d656771c3
	SheetRows = 1_048_576
	// maxSheetBytes of XML make a sheet full too: an entry of 4 GB needs another kind of zip file.
	maxSheetBytes = 3 << 30
	// deflateAt is how much XML is gathered before it is compressed.
	deflateAt = 64 << 10
)

// ErrTooLarge says that a workbook has more bytes than a zip file without extensions holds.
var ErrTooLarge = errors.New("workbook: the file is over 4 GB")

// New makes a writer of a table. numeric says of which columns a cell that is a plain number is one; all others are text, so that
// no spreadsheet turns a phone into a number.
func New(header []string, numeric []bool) *Writer {
	return &Writer{header: header, numeric: numeric, maxRows: SheetRows}
}

// Begin returns what the file begins with.
func (w *Writer) Begin() []byte { return w.stored(nil, "_rels/.rels", rootRelations) }

// Row adds a row of text. It is part of what the next Flush returns.
func (w *Writer) Row(cells []string) error {
	if w.Open && (w.Rows == w.maxRows || w.Sheet.Size > maxSheetBytes) {
		if err := w.closeSheet(); err != nil {
			return err
		}
	}
	if !w.Open {
		w.openSheet()
	}
	w.row(cells, "1")
	if len(w.text) < deflateAt {
		return nil
	}
	return w.compress()
}

// Flush appends to dst what was added since the last one.
func (w *Writer) Flush(dst []byte) ([]byte, error) {
	if w.Open {
		if err := w.compress(); err != nil {
			return nil, err
		}
		before := w.packed.Len()
		if err := w.deflater().Flush(); err != nil { // to a whole byte, so that another writer can go on
			return nil, err
		}
		w.Sheet.Packed += int64(w.packed.Len() - before)
		w.writing = false
	}
	return w.take(dst), nil
}

// End returns what the file ends with. A table without rows is its header.
func (w *Writer) End() ([]byte, error) {
	if !w.Open && len(w.sheets()) == 0 {
		w.openSheet()
	}
	if w.Open {
		if err := w.closeSheet(); err != nil {
			return nil, err
		}
	}
	out := w.take(nil)
	sheets := w.sheets()
	out = w.stored(out, "xl/styles.xml", styles)
	out = w.stored(out, "xl/workbook.xml", sheetList(sheets))
	out = w.stored(out, "xl/_rels/workbook.xml.rels", relations(sheets))
	out = w.stored(out, "[Content_Types].xml", contentTypes(sheets))
	if w.Offset > maxOffset {
		return nil, ErrTooLarge
	}
	return append(out, directory(w.Entries, w.Offset)...), nil
}

// sheets are the finished sheets.
func (w *Writer) sheets() []entry {
	var found []entry
	for _, e := range w.Entries {
		if strings.HasPrefix(e.Name, sheetPath) {
			found = append(found, e)
		}
	}
	return found
}

// stored adds a small entry without compression.
func (w *Writer) stored(out []byte, name, text string) []byte {
	e := entry{Name: name, Offset: w.Offset, CRC: crc32.ChecksumIEEE([]byte(text)), Size: int64(len(text)), Packed: int64(len(text))}
	at := len(out)
	out = append(append(out, e.local()...), text...)
	w.Entries, w.Offset = append(w.Entries, e), w.Offset+int64(len(out)-at)
	return out
}

func (w *Writer) openSheet() {
	w.Open, w.Rows = true, 0
	w.Sheet = entry{Name: fmt.Sprintf("%s%d.xml", sheetPath, len(w.sheets())+1), Streamed: true}
	w.Sheet.Offset = w.Offset + int64(w.packed.Len())
	w.packed.Write(w.Sheet.local())
	w.Sheet.Packed = 0
	w.text = append(w.text, sheetHead...)
	w.row(w.header, "2")
}

func (w *Writer) closeSheet() error {
	w.text = append(w.text, sheetTail...)
	if err := w.compress(); err != nil {
		return err
	}
	before := w.packed.Len()
	if err := w.deflater().Close(); err != nil {
		return err
	}
	w.writing = false
	w.Sheet.Packed += int64(w.packed.Len() - before)
	w.packed.Write(w.Sheet.descriptor())
	w.Entries, w.Open = append(w.Entries, w.Sheet), false
	return nil
}

// compress packs the XML that was gathered.
func (w *Writer) compress() error {
	w.Sheet.CRC = crc32.Update(w.Sheet.CRC, crc32.IEEETable, w.text)
	w.Sheet.Size += int64(len(w.text))
	before := w.packed.Len()
	_, err := w.deflater().Write(w.text)
	w.Sheet.Packed += int64(w.packed.Len() - before)
	w.text = w.text[:0]
	return err
}

// deflater begins anew with every piece: what it writes depends on nothing before.
func (w *Writer) deflater() *flate.Writer {
	if w.deflate == nil {
		w.deflate, _ = flate.NewWriter(&w.packed, flate.BestSpeed) // the level is a valid one
	} else if !w.writing {
		w.deflate.Reset(&w.packed)
	}
	w.writing = true
	return w.deflate
}

// take moves what was packed to out.
func (w *Writer) take(out []byte) []byte {
	out = append(out, w.packed.Bytes()...)
	w.Offset += int64(w.packed.Len())
	w.packed.Reset()
	return out
}

// row writes a row of XML; style is that of its text.
func (w *Writer) row(cells []string, style string) {
	w.Rows++
	number := strconv.Itoa(w.Rows)
	w.text = append(append(append(w.text, `<row r="`...), number...), `">`...)
	for i, text := range cells {
		if text == "" {
			continue
		}
		w.text = append(append(append(w.text, `<c r="`...), columnName(i)...), number...)
		if w.Rows > 1 && i < len(w.numeric) && w.numeric[i] && plainNumber(text) {
			w.text = append(append(append(w.text, `"><v>`...), text...), `</v></c>`...)
			continue
		}
		w.text = append(append(append(w.text, `" s="`...), style...), `" t="inlineStr"><is><t xml:space="preserve">`...)
		w.text = append(appendXML(w.text, cell.Escape(text)), `</t></is></c>`...)
	}
	w.text = append(w.text, `</row>`...)
}

// maxDigits is how many digits of a number spreadsheets keep.
const maxDigits = 15

// plainNumber says that a text is a number that every spreadsheet keeps as it is.
func plainNumber(text string) bool {
	digits := strings.TrimPrefix(text, "-")
	whole, fraction, hasFraction := strings.Cut(digits, ".")
	if len(digits) > maxDigits || whole == "" || hasFraction && (fraction == "" || strings.HasSuffix(fraction, "0")) || len(whole) > 1 && whole[0] == '0' || text == "-0" {
		return false
	}
	return strings.Trim(whole+fraction, "0123456789") == ""
}

// columnName is A to Z, AA to ZZ and so on.
func columnName(i int) string {
	var name [8]byte
	at := len(name)
	for i++; i > 0; i = (i - 1) / 26 {
		at--
		name[at] = byte('A' + (i-1)%26)
	}
	return string(name[at:])
}
