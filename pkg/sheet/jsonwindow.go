package sheet

import (
	"bytes"
	"errors"
	"io"
)

// window is the part of a JSON file that is being read. It grows to a little more than one record.
type window struct {
	file   io.ReaderAt
	buffer []byte
	pos    int   // of the next byte in buffer
	offset int64 // of buffer in the file
	ended  bool  // nothing follows buffer
	err    error // of reading
}

// flaw is a place where a file is no JSON.
type flaw struct {
	at  int64 // bytes before it
	why string
}

// element is one value of a file.
type element struct {
	raw  []byte // holds until the window moves; of a long one the first MaxRecord bytes
	long bool   // it has more than MaxRecord bytes
	half bool   // it holds an escape of half a character
}

func (w *window) seek(offset int64) {
	w.buffer, w.pos, w.offset, w.ended = w.buffer[:0], 0, offset, false
}

// place is the offset of the next byte.
func (w *window) place() int64 { return w.offset + int64(w.pos) }

// flaw says what is wrong at the next byte.
func (w *window) flaw(why string) *flaw { return &flaw{w.place(), why} }

// fill reads more behind what is not used yet; false at the end and when reading failed.
func (w *window) fill() bool {
	if w.ended || w.err != nil {
		return false
	}
	kept := copy(w.buffer, w.buffer[w.pos:])
	w.buffer, w.offset, w.pos = w.buffer[:kept], w.offset+int64(w.pos), 0
	if free := cap(w.buffer) - kept; 2*free < cap(w.buffer) {
		w.buffer = append(make([]byte, 0, 2*cap(w.buffer)), w.buffer...)
	}
	n, err := w.file.ReadAt(w.buffer[kept:cap(w.buffer)], w.offset+int64(kept))
	w.buffer = w.buffer[:kept+n]
	if errors.Is(err, io.EOF) {
		w.ended = true
	} else if err != nil {
		w.err = err
	}
	return n > 0
}

// peek skips space and returns the byte behind it, which stays the next; false at the end.
func (w *window) peek() (byte, bool) {
	for {
		for ; w.pos < len(w.buffer); w.pos++ {
			if b := w.buffer[w.pos]; !isSpace(b) {
				return b, true
			}
		}
		if !w.fill() {
			return 0, false
		}
	}
}

// value takes the value that begins at the next byte.
func (w *window) value() (element, *flaw) {
	for {
		s := scan{text: w.buffer[w.pos:], whole: w.ended}
		end := s.value(0, 0)
		switch {
		case end > MaxRecord, s.short && len(s.text) > MaxRecord:
			return w.long()
		case end >= 0:
			w.pos += end
			return element{raw: s.text[:end], half: s.half}, nil
		case !s.short:
			return element{}, &flaw{w.place() + int64(s.at), s.why}
		}
		if !w.fill() && w.err != nil {
			return element{}, w.flaw(cutOff)
		}
	}
}

// long takes a value that is longer than a record may be, piece by piece. What stands inside is not looked at
// closely, only where it ends: it is of no use anyway.
func (w *window) long() (element, *flaw) {
	kept := bytes.Clone(w.buffer[w.pos : w.pos+MaxRecord])
	var l lexer
	for {
		for ; w.pos < len(w.buffer); w.pos++ {
			ended, taken, why := l.step(w.buffer[w.pos])
			if why != "" {
				return element{}, w.flaw(why)
			}
			if ended {
				if taken {
					w.pos++
				}
				return element{raw: kept, long: true}, nil
			}
		}
		if !w.fill() {
			return element{}, w.flaw(cutOff)
		}
	}
}

// lexer finds the end of a value byte by byte.
type lexer struct {
	open    []byte // the brackets that will close what is open
	text    bool   // inside a text
	escaped bool   // behind a backslash
}

// step takes a byte: whether the value has ended, and whether with that byte or before it.
func (l *lexer) step(b byte) (ended, taken bool, why string) {
	switch {
	case l.text:
		return l.inText(b)
	case b == '"':
		l.text = true
	case b == '{' || b == '[':
		if len(l.open) == maxDepth {
			return false, false, tooDeep
		}
		l.open = append(l.open, b+2) // } and ] come two after { and [
	case b == '}' || b == ']':
		if len(l.open) == 0 {
			return true, false, "" // a number before it
		}
		if b != l.open[len(l.open)-1] {
			return false, false, "this bracket closes nothing that is open"
		}
		l.open = l.open[:len(l.open)-1]
		return len(l.open) == 0, true, ""
	case len(l.open) == 0 && (b == ',' || isSpace(b)):
		return true, false, ""
	}
	return false, false, ""
}

func (l *lexer) inText(b byte) (ended, taken bool, why string) {
	switch {
	case b < ' ':
		return false, false, badText
	case l.escaped:
		l.escaped = false
	case b == '\\':
		l.escaped = true
	case b == '"':
		l.text = false
		return len(l.open) == 0, true, ""
	}
	return false, false, ""
}

// line takes a line without its LF, up to MaxRecord bytes of it; false at the end.
func (w *window) line() (text []byte, long, found bool) {
	for {
		rest := w.buffer[w.pos:]
		end := bytes.IndexByte(rest, '\n')
		switch {
		case end > MaxRecord, end < 0 && len(rest) > MaxRecord:
			return w.longLine(), true, true
		case end >= 0:
			w.pos += end + 1
			return rest[:end], false, true
		}
		if !w.fill() {
			text = w.buffer[w.pos:]
			w.pos = len(w.buffer)
			return text, false, len(text) > 0 && w.err == nil
		}
	}
}

func (w *window) longLine() []byte {
	kept := bytes.Clone(w.buffer[w.pos : w.pos+MaxRecord])
	for {
		if end := bytes.IndexByte(w.buffer[w.pos:], '\n'); end >= 0 {
			w.pos += end + 1
			return kept
		}
		w.pos = len(w.buffer)
		if !w.fill() {
			return kept
		}
	}
}
