// Package xlsx reads the rows of an XLSX workbook (ECMA-376, Office Open XML) one after another, as Excel, Google Sheets,
// LibreOffice, Numbers and the common libraries write it. Memory is bounded whatever the file holds: the sheet is a stream, shared
// texts lie on temporary disk, and what inflates too far is refused.
package xlsx

import (
	"errors"
	"io"

	"github.com/occ/contacts/pkg/problem"
	"github.com/occ/contacts/pkg/sheet/cell"
	"github.com/occ/contacts/pkg/sheet/xmlscan"
)

// CorruptFile is the code of a file that is damaged, or no workbook at all.
const CorruptFile problem.Code = "corrupt_file"

// remedy ends the sentences about files that cannot be read.
const remedy = `save it as "Excel Workbook (.xlsx)" and import that file.`

func corrupt(format string, args ...any) *problem.Error {
	fault := problem.New(CorruptFile, format, args...)
	fault.Detail += ". Open it in a spreadsheet program, " + remedy
	return fault
}

// Reader reads the records of a sheet: the first row with a text is the header, rows without any text are left out.
type Reader struct {
	book    *workbook // nil when reading has ended
	sheet   *sheetReader
	header  int  // number of the header's row in the sheet
	pending bool // the header was read already, to choose the sheet
	number  int
}

// Open reads what comes before the rows and chooses the sheet: the one called "Contacts" in any case, else the first visible one with
// a text in it (the summary that Numbers puts first only when there is no other). The file may inflate to maxInflated bytes. It
// returns a problem.Error with code corrupt_file, unsupported_format or file_too_large when the file cannot be read.
func Open(file io.ReaderAt, size, maxInflated int64) (*Reader, error) {
	if size == 0 {
		return &Reader{}, nil
	}
	archive, err := openArchive(file, size, maxInflated)
	if err != nil {
		return nil, err
	}
	book, err := openWorkbook(archive)
	if err != nil {
		return nil, err
	}
	r := &Reader{book: book}
	if err := r.choose(); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// choose reads the candidates' first rows until one has any.
func (r *Reader) choose() (err error) {
	for _, candidate := range r.book.candidates() {
		if r.sheet, err = openSheet(r.book, candidate); err != nil {
			return err
		}
		if r.pending = r.sheet.next(); r.pending {
			r.header = r.sheet.row
			return r.sheet.widenHeader()
		}
		if r.sheet.err != nil {
			return r.sheet.err
		}
	}
	return nil
}

// Close ends the reading and gives back what it took of the disk. A Reader that was read to the end has closed itself.
func (r *Reader) Close() error {
	if r.book == nil {
		return nil
	}
	err := r.book.texts.close()
	r.book = nil
	return err
}

// Next reads a record; false at the end of the sheet and when reading failed.
func (r *Reader) Next() bool {
	switch {
	case r.book == nil:
		return false
	case r.pending:
		r.pending = false
	case r.sheet == nil || !r.sheet.next():
		if err := r.Close(); r.sheet != nil && r.sheet.err == nil {
			r.sheet.err = err
		}
		return false
	}
	r.number = r.sheet.row - r.header + 1
	return true
}

// Number is the record's row in the sheet, counted from the header, which is 1. Rows without text count.
func (r *Reader) Number() int { return r.number }

// Cells are the record's texts up to its last one: dates as 2006-01-02 or 2006-01-02 15:04:05, numbers without exponent, formulas by
// the values they had, errors as nothing. The slice holds until the next call of Next, the strings for ever.
func (r *Reader) Cells() []string { return r.sheet.cells }

// Kinds is nil: cells are text.
func (r *Reader) Kinds() []cell.Kind { return nil }

// Fault says why the record cannot be used (sheet.ValueTooLong), nil when it can.
func (r *Reader) Fault() *problem.Error { return r.sheet.fault }

// Err is what ended the reading, nil at the end of the sheet: a problem.Error of the same codes as Open's, or an error of the disk.
func (r *Reader) Err() error {
	if r.sheet == nil {
		return nil
	}
	return r.sheet.err
}

// scanError turns what ended the reading of a part into a problem; nil at the end.
func scanError(scan *xmlscan.Scanner, part string) error {
	err := scan.Err()
	if fault, ok := errors.AsType[*xmlscan.SyntaxError](err); ok {
		return corrupt("Part %s of the file is damaged at byte %d: %s", part, fault.Offset+1, fault.Reason)
	}
	return err
}
