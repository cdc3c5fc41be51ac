// Package sheet reads tables as people really save them. encoding/csv gives up at the first torn record, and an
// unclosed quote swallows the rest of its file; this reader reports the record and goes on at the next line. Lists of
// JSON objects are tables too.
package sheet

import (
	"errors"
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

// CSV reads records one after another. Cells are separated by one of , ; and tab, records end with CR, LF or both,
// quotes follow RFC 4180; spaces around a quoted cell are no part of it, a quote inside an unquoted cell is text.
type CSV struct {
	file      io.ReaderAt
	block     []byte // the part of the file that is being read
	pos       int    // of the next byte in block
	blockAt   int64  // of block in the file
	delimiter byte
	cellEnds  string // the bytes that end an unquoted cell

	number int
	text   []byte // the cells of the record, one after another
	ends   []int  // where each cell ends in text
	cells  []string
	long   bool // text was cut at MaxRecord
	fault  *problem.Error
	err    error

	// tornFrom and tornTo bound the part of the file that a torn record was read over; see step.
	tornFrom, tornTo int64
}

// blockBytes is how much of a file is read at once.
const blockBytes = 64 << 10

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
	return &CSV{
		file: file, block: make([]byte, 0, blockBytes), blockAt: start, delimiter: delimiter,
		cellEnds: "\r\n" + string(rune(delimiter)),
	}
}

// Number is the record's number in the file: 1 for the first that has text, the header. Records of only empty cells
// come like others after it, and count.
func (c *CSV) Number() int { return c.number }

// Cells are the record's cells as they stand in the file, or of a record with a Fault as far as they could be told
// apart. The slice holds until the next call of Next, the strings for ever.
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
		if !c.more() {
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

// offset is that of the next byte in the file.
func (c *CSV) offset() int64 { return c.blockAt + int64(c.pos) }

// seek makes offset, where the reader has been, that of the next byte. Lines are mostly shorter than a block, so that
// what was read is still there: going back over a line costs no second reading of the file.
func (c *CSV) seek(offset int64) {
	if back := offset - c.blockAt; back >= 0 {
		c.pos = int(back)
		return
	}
	c.block, c.pos, c.blockAt = c.block[:0], 0, offset
}

// more reports whether there is a next byte; false at the end of the file and when reading failed.
func (c *CSV) more() bool {
	if c.pos < len(c.block) {
		return true
	}
	c.blockAt, c.pos = c.offset(), 0
	n, err := c.file.ReadAt(c.block[:cap(c.block)], c.blockAt)
	c.block = c.block[:n]
	if err != nil && !errors.Is(err, io.EOF) {
		c.err = err
	}
	return n > 0
}

// next reads a byte; false at the end of the file and when reading failed.
func (c *CSV) next() (byte, bool) {
	if !c.more() {
		return 0, false
	}
	b := c.block[c.pos]
	c.pos++
	return b, true
}

// lineEnd takes the LF of a CR LF.
func (c *CSV) lineEnd(b byte) {
	if b == '\r' && c.more() && c.block[c.pos] == '\n' {
		c.pos++
	}
}
