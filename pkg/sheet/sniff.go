package sheet

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"github.com/occ/contacts/pkg/sheet/cell"
)

const (
	delimiters    = ",;\t" // in the order of preference
	sampleBytes   = 64 << 10
	sampleRecords = 20
)

// sniff finds the delimiter, and the offset of the first record behind byte order mark and "sep=;" line.
func sniff(file io.ReaderAt) (delimiter byte, start int64, err error) {
	sample := make([]byte, sampleBytes)
	n, err := file.ReadAt(sample, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, 0, err
	}
	whole := n < sampleBytes
	text := bytes.TrimPrefix(sample[:n], []byte(cell.BOM))
	start = int64(n - len(text))
	if separator, length := sepLine(text); length > 0 {
		return separator, start + int64(length), nil
	}
	return likeliest(text, whole), start, nil
}

// sepLine understands the line by which Excel is told the delimiter, and returns its length with its end.
func sepLine(text []byte) (separator byte, length int) {
	end := bytes.IndexAny(text, "\r\n")
	if end < 0 {
		return 0, 0
	}
	line := strings.ToLower(strings.Trim(string(text[:end]), `"`))
	rest, found := strings.CutPrefix(line, "sep=")
	if !found || len(rest) != 1 || strings.IndexByte(delimiters+"|", rest[0]) < 0 {
		return 0, 0
	}
	end++
	if text[end-1] == '\r' && end < len(text) && text[end] == '\n' {
		end++
	}
	return rest[0], end
}

// likeliest is the delimiter that cuts the header and gives the most records as many cells as the header has; of equal
// ones the one with more cells.
func likeliest(text []byte, whole bool) byte {
	best, bestAlike, bestCells := delimiters[0], -1, 1
	for i := range len(delimiters) {
		cells, alike := shape(text, delimiters[i], whole)
		if cells > 1 && (alike > bestAlike || alike == bestAlike && cells > bestCells) {
			best, bestAlike, bestCells = delimiters[i], alike, cells
		}
	}
	return best
}

// shape reads the sample with a delimiter: cells of its header, records that have as many. The last record may be cut when
// the file goes on behind the sample.
func shape(text []byte, delimiter byte, whole bool) (cells, alike int) {
	c := newCSV(bytes.NewReader(text), 0, delimiter)
	for records := 0; records < sampleRecords && c.Next(); records++ {
		switch {
		case records == 0:
			cells = len(c.Cells())
		case !whole && c.offset() >= int64(len(text)):
		case c.Fault() == nil && len(c.Cells()) == cells:
			alike++
		}
	}
	return cells, alike
}
