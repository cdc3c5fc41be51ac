package xlsx

import (
	"bytes"
	"errors"
	"io"

	"github.com/occ/contacts/pkg/problem"
	"github.com/occ/contacts/pkg/sheet/xmlscan"
)

const (
	// maxColumns is how many columns a sheet has, in every program.
	maxColumns = 16_384
	// maxRow bounds the numbers of rows (Excel has 1,048,576).
	maxRow = 1 << 30
)

// sheetReader reads the rows of one sheet.
type sheetReader struct {
	book   *workbook
	listed listedSheet
	in     *part
	scan   *xmlscan.Scanner
	inRows bool // inside the element that holds the rows
	ended  bool // behind it

	row     int      // its number in the sheet
	column  int      // of the cell that was read last, from 0
	value   []byte   // of that cell, as it stands in the file
	written int      // how many cells the row has in the file, also without text
	text    []byte   // of the row's cells, one after another
	filled  []filled // the row's cells that have a text, in the order of the file
	long    bool     // some of the text was left out
	wide    []string // by column, as far as any row went; empty but for the columns in used
	used    []int    // the columns that the row that was finished last fills
	cells   []string // its cells: the beginning of wide
	fault   *problem.Error
	err     error
}

// filled is a cell that has a text.
type filled struct{ column, start, end int }

func openSheet(book *workbook, listed listedSheet) (*sheetReader, error) {
	in, err := book.open(listed.part)
	if err != nil {
		return nil, err
	}
	return &sheetReader{book: book, listed: listed, in: in, scan: xmlscan.New(in)}, nil
}

// next reads the next row that has a text; false at the end of the sheet and when reading failed.
func (s *sheetReader) next() bool {
	for s.err == nil && !s.ended {
		switch kind := s.scan.Next(); {
		case kind == xmlscan.EOF:
			s.end()
		case kind == xmlscan.End && s.inRows && s.scan.Depth() == 1:
			s.drain()
		case kind != xmlscan.Start:
		case s.scan.Depth() == 2 && string(s.scan.Name()) == "sheetData":
			s.inRows = true
		case !s.inRows:
		case string(s.scan.Name()) != "row":
			s.scan.Skip()
		case s.readRow() && s.finishRow():
			return true
		}
	}
	return false
}

// end notes that the part ended, whole or not.
func (s *sheetReader) end() {
	s.ended = true
	s.err = scanError(s.scan, s.listed.part)
}

// drain reads what follows the rows, so that damage there is found too: the check sum stands at the end.
func (s *sheetReader) drain() {
	s.ended = true
	_, s.err = io.Copy(io.Discard, s.in)
}

// fail ends the reading at the cell that was read last.
func (s *sheetReader) fail(format string, args ...any) bool {
	s.err = corrupt(
		"Cell %s%d of sheet %q "+format,
		append([]any{columnName(s.column), s.row, s.listed.name}, args...)...)
	return false
}

// widenHeader adds the columns over which the last text of the header is merged. The merges stand behind the rows, so
// they are only read when the header has further cells.
func (s *sheetReader) widenHeader() error {
	last := len(s.cells)
	if s.written <= last || last == 0 {
		return nil
	}
	left := s.book.left
	defer func() { s.book.left = left }()
	in, err := s.book.open(s.listed.part)
	if err != nil {
		return err
	}
	scan, width := xmlscan.New(in), last
	for kind := scan.Next(); kind != xmlscan.EOF; kind = scan.Next() {
		switch {
		case kind != xmlscan.Start:
		case string(scan.Name()) == "sheetData":
			scan.Skip()
		case string(scan.Name()) == "mergeCell":
			from, to, _ := bytes.Cut(scan.Attr("ref"), []byte(":"))
			column, row := position(from)
			end, _ := position(to)
			if column == last-1 && row == s.row {
				width = min(max(width, end+1), s.written)
			}
		}
	}
	s.widen(width)
	s.cells = s.wide[:width]
	if _, ok := errors.AsType[*xmlscan.SyntaxError](scan.Err()); ok {
		return nil // if the rows can be read, so can the file
	}
	return scan.Err()
}
