package sheet

import (
	"io"
	"math"

	"github.com/occ/contacts/pkg/problem"
	"github.com/occ/contacts/pkg/sheet/cell"
)

// corruptJSON is the code of a file that is no JSON as a whole.
const corruptJSON problem.Code = "corrupt_file"

// JSON reads the objects of a file as the records of a table: those of a list, of {"contacts": a list}, one object a
// line, or a single one. The columns are the keys of all objects, in the order in which they first appear.
type JSON struct {
	walk    walk
	columns keySet
	record  jsonRecord
	number  int
	fault   *problem.Error // of the record, once it was asked for
	empty   bool           // there is no element at all
}

// NewJSON makes a reader of a file in UTF-8 (CheckJSON), with or without byte order mark. It reads the file whole:
// the problem of one that is no JSON has the code corrupt_file and names the place. Of the lines of a file only one
// has to be an object.
func NewJSON(file io.ReaderAt) (*JSON, error) { return newJSON(file, 64<<10) }

// newJSON makes a reader whose window has a size to begin with.
func newJSON(file io.ReaderAt, size int) (*JSON, error) {
	j := &JSON{
		walk:    walk{window: window{file: file, buffer: make([]byte, 0, size)}},
		columns: keySet{index: map[string]int{}},
	}
	if fault := j.walk.recognise(); fault != nil || j.walk.err != nil {
		return nil, j.walk.failure(fault)
	}
	if err := j.gather(); err != nil {
		return nil, err
	}
	j.walk.rewind()
	return j, nil
}

// gather reads all elements for their keys.
func (j *JSON) gather() error {
	var first badPiece
	good := 0
	for j.walk.rewind(); j.walk.next(); {
		if j.walk.fault.kind == goodPiece {
			j.columns.gather(j.walk.raw)
			good++
		} else if first.kind == goodPiece {
			first = j.walk.fault
		}
	}
	if j.walk.broken != nil || j.walk.err != nil {
		return j.walk.failure(j.walk.broken)
	}
	j.empty = j.walk.taken == 0
	if first.kind != goodPiece && good == 0 && j.walk.shape == objectLines {
		return problem.New(corruptJSON, "No line of the file is a JSON object. %s", first.problem().Detail)
	}
	return nil
}

// failure is the error of a walk that could not go on.
func (w *walk) failure(fault *flaw) error {
	if w.err != nil {
		return w.err
	}
	line, column, err := locate(io.NewSectionReader(w.file, 0, math.MaxInt64), fault.at)
	if err != nil {
		return err
	}
	return problem.New(
		corruptJSON,
		"Line %d, column %d: %s. Correct that place, or export the file again.",
		line,
		column,
		fault.why,
	)
}

// Next reads the header and then an object after the other; false at the end and when reading failed.
func (j *JSON) Next() bool {
	j.fault = nil
	switch {
	case j.empty:
		return false
	case j.number == 0:
		j.record.header(&j.columns)
	case !j.walk.next():
		return false
	case j.walk.fault.kind != goodPiece:
		j.record.unreadable(j.walk.raw)
	default:
		j.record.split(j.walk.raw, &j.columns)
	}
	j.number++
	return true
}

// Number is 1 for the header, 2 for the first element, and so on; those with a Fault count, blank lines do not.
func (j *JSON) Number() int { return j.number }

// Cells are the record's, of the header the keys; a record with a Fault has its text in the first. A key that is null
// or not there gives an empty cell. The slice holds until the next call of Next, the strings for ever.
func (j *JSON) Cells() []string { return j.record.cells }

// Kinds are the kinds of the cells. The slice holds until the next call of Next.
func (j *JSON) Kinds() []cell.Kind { return j.record.kinds }

// Fault says why the record cannot be used: MalformedRow with a sentence, ValueTooLong of a header; nil when it can.
func (j *JSON) Fault() *problem.Error {
	if j.number == 1 {
		return j.columns.fault()
	}
	if j.fault == nil {
		j.fault = j.walk.fault.problem()
	}
	return j.fault
}

// Err is what ended the reading, nil at the end of the file.
func (j *JSON) Err() error { return j.walk.err }
