// Package sheet reads tables as people really save them. encoding/csv gives up at the first torn record, and an unclosed quote
// swallows the rest of its file; this reader reports the record and goes on at the next line. Lists of JSON objects are tables too.
package sheet

import (
	"bufio"
	"io"
	"strings"

	"github.com/occ/contacts/pkg/problem"
	"github.com/occ/contacts/pkg/sheet/cell"
)

// Codes of records that cannot be used.
const (
	MalformedRow problem.Code = "malformed_row"
	ValueTooLong problem.Code = "value_too_long"
)

const (
	// MaxRecord is how many bytes of the file one record may take.
	MaxRecord = 1_000_000
	// maxCells bounds the memory of one record; a table may have far fewer columns.
	maxCells = 10_000
)

// CSV reads records one after another. Cells are separated by one of , ; and tab, records end with CR, LF or both, quotes
// follow RFC 4180; spaces around a quoted cell are no part of it, a quote inside an unquoted cell is text.
type CSV struct {
	section   *io.SectionReader
	in        *bufio.Reader
	offset    int64 // of the next byte of the file
	delimiter byte
	cellEnds  string // the bytes that end an unquoted cell

	number int
	text   []byte // the cells of the record, one after another
	ends   []int  // where each cell ends in text
	cells  []string
	long   bool // text was cut at MaxRecord
	fault  *problem.Error
	err    error
}

// NewCSV makes a reader of a file in UTF-8 (CheckUTF8), with or without byte order mark. It finds the delimiter by the
// first records, or by a line "sep=;" before them.
func NewCSV(file io.ReaderAt) (*CSV, error) {
	delimiter, start, err := sniff(file)
	if err != nil {
		return nil, err
	}
	return newCSV(file, start, delimiter), nil
}

func newCSV(file io.ReaderAt, start int64, delimiter byte) *CSV {
	c := &CSV{section: io.NewSectionReader(file, 0, 1<<62), delimiter: delimiter, cellEnds: "\r\n" + string(rune(delimiter))}
	c.in = bufio.NewReaderSize(c.section, 64<<10)
	c.seek(start)
	return c
}

// Number is the record's number in the file: 1 for the first that has text, the header. Records of only empty cells come
// like others after it, and count.
func (c *CSV) Number() int { return c.number }

// Cells are the record's cells as they stand in the file, or of a record with a Fault as far as they could be told apart. The
// slice holds until the next call of Next, the strings for ever.
func (c *CSV) Cells() []string { return c.cells }

// Kinds are none: every cell is text.
func (c *CSV) Kinds() []cell.Kind { return nil }

// Fault says why the record cannot be used: MalformedRow or ValueTooLong with a sentence; nil when it can.
func (c *CSV) Fault() *problem.Error { return c.fault }

// Err is what ended the reading, nil at the end of the file.
func (c *CSV) Err() error { return c.err }

// Delimiter is the character between cells.
func (c *CSV) Delimiter() byte { return c.delimiter }

// Next reads a record; false at the end of the file and when reading failed.
func (c *CSV) Next() bool {
	for c.err == nil {
		if _, err := c.in.Peek(1); err != nil {
			c.fail(err)
			return false
		}
		c.record()
		if c.err != nil {
			return false
		}
		if c.number == 0 && blank(c.cells) && c.fault == nil {
			continue // before the header
		}
		c.number++
		return true
	}
	return false
}

func blank(cells []string) bool {
	for _, cell := range cells {
		if strings.TrimSpace(cell) != "" {
			return false
		}
	}
	return true
}

func (c *CSV) fail(err error) {
	if err != io.EOF { //nolint:errorlint // bufio returns it bare
		c.err = err
	}
}

func (c *CSV) seek(offset int64) {
	_, c.err = c.section.Seek(offset, io.SeekStart)
	c.in.Reset(c.section)
	c.offset = offset
}

// next reads a byte; false at the end of the file and when reading failed.
func (c *CSV) next() (byte, bool) {
	b, err := c.in.ReadByte()
	if err != nil {
		c.fail(err)
		return 0, false
	}
	c.offset++
	return b, true
}

// lineEnd takes the LF of a CR LF.
func (c *CSV) lineEnd(b byte) {
	if b != '\r' {
		return
	}
	if after, err := c.in.Peek(1); err == nil && after[0] == '\n' {
		c.next()
	}
}
