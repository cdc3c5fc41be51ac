package sheet

import (
	"bytes"
	"unicode/utf8"

	"github.com/occ/contacts/pkg/problem"
)

// walk goes over the elements of a JSON file.
type walk struct {
	window
	shape jsonShape
	start int64 // of the first element

	taken  int      // elements since the start
	lineNo int      // of lines: the last one read
	raw    []byte   // the last element; of one with a fault what can be shown of it
	fault  badPiece // why it cannot be used
	broken *flaw    // why the walk ended before the end of the file
}

func (w *walk) rewind() {
	w.seek(w.start)
	w.taken, w.lineNo, w.broken = 0, 0, nil
}

// next takes an element; false at the end, where the file is broken, and when reading failed.
func (w *walk) next() bool {
	w.fault = badPiece{}
	switch w.shape {
	case objectLines:
		return w.nextLine()
	case singleObject:
		return w.taken == 0 && w.nextValue(func() (element, bool, *flaw) {
			e, fault := w.value()
			return e, true, fault
		})
	}
	if w.nextValue(func() (element, bool, *flaw) { return w.item(w.taken == 0) }) {
		return true
	}
	if _, more := w.peek(); more && w.shape == objectList && w.broken == nil && w.err == nil {
		w.broken = w.flaw(goesOn)
	}
	return false
}

// nextValue takes the element that take reads.
func (w *walk) nextValue(take func() (element, bool, *flaw)) bool {
	e, more, fault := take()
	if fault != nil || !more || w.err != nil {
		w.broken = fault
		return false
	}
	w.taken++
	w.raw = e.raw
	switch {
	case e.long:
		w.raw = bytes.ToValidUTF8(e.raw, nil) // it may be cut inside a character
		w.fault = badPiece{kind: longPiece}
	case e.raw[0] != '{':
		w.fault = badPiece{kind: noObject, number: w.taken}
	case e.half:
		w.fault = badPiece{kind: halfInElement, number: w.taken}
	}
	return true
}

// nextLine takes the next line that is not blank.
func (w *walk) nextLine() bool {
	for {
		line, long, found := w.line()
		if !found {
			return false
		}
		w.lineNo++
		if long {
			w.raw, w.fault = bytes.ToValidUTF8(line, nil), badPiece{kind: longPiece}
			break
		}
		if w.raw = bytes.TrimSpace(line); len(w.raw) > 0 {
			w.fault = checkLine(line, w.lineNo)
			break
		}
	}
	w.taken++
	return true
}

// checkLine demands that a line is one object.
func checkLine(line []byte, number int) badPiece {
	s := scan{text: line, whole: true}
	i := s.space(0)
	if line[i] != '{' {
		s.fail(i, "an object in braces is missing")
	} else if end := s.value(i, 0); end >= 0 {
		if i = s.space(end); i < len(line) {
			s.fail(i, "the line goes on behind its object")
		}
	}
	switch {
	case s.why != "":
		return badPiece{tornLine, number, utf8.RuneCount(line[:s.at]) + 1, s.why}
	case s.half:
		return badPiece{kind: halfInLine, number: number}
	default:
		return badPiece{}
	}
}

// badPiece is why an element or a line cannot be used. A file may hold a million of them, so the sentence is made
// when it is asked for.
type badPiece struct {
	kind   int
	number int // of the element or the line
	column int // of a torn line, and
	why    string
}

// The kinds of bad pieces; the first is that of a good one.
const (
	goodPiece = iota
	longPiece
	noObject
	halfInElement
	tornLine
	halfInLine
)

// problem is the sentence; nil for a good one.
func (b badPiece) problem() *problem.Error {
	const half = "holds an escape of half a character (\\ud800 to \\udfff without its other half). " +
		"Export it again in UTF-8."
	switch b.kind {
	case longPiece:
		return errLongObject
	case noObject:
		return problem.New(MalformedRow, "Element %d of the list is no object. "+
			"Write each contact as an object in braces, with the names of the fields as its keys.", b.number)
	case halfInElement:
		return problem.New(MalformedRow, "Element %d of the list "+half, b.number)
	case tornLine:
		return problem.New(
			MalformedRow,
			"Line %d, column %d: %s. Correct the line and import it again.",
			b.number,
			b.column,
			b.why,
		)
	case halfInLine:
		return problem.New(MalformedRow, "Line %d "+half, b.number)
	default:
		return nil
	}
}

// errLongObject is the fault of every object that is too long. Nobody changes it.
var errLongObject = problem.New(MalformedRow,
	"The object has more than %d bytes. Shorten its values, or move some of them to another object.", MaxRecord)
