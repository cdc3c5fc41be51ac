// Package xmlscan reads the XML of office files as a stream of elements and texts, in memory that does not depend on the
// input. It is several times faster than encoding/xml because it hands out slices of its buffer and resolves no namespaces:
// prefixes of elements are dropped. Document types are refused, so there are no entities but the five of XML.
package xmlscan

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

const (
	startBuffer = 64 << 10
	// maxTag is how many bytes a tag, an XML declaration or a character reference may have.
	maxTag = 1 << 20
	// maxName is how many bytes the name of an element may have.
	maxName = 1 << 10
	// maxDepth is how deep elements may lie in each other.
	maxDepth = 256
)

// Kind is what Next came to.
type Kind int

// Kinds of what is read.
const (
	End   Kind = iota // of an element; empty elements have one too
	Start             // of an element
	Text              // a piece of text; longer texts come in several pieces
	EOF               // the input ended, or cannot be read (Err)
)

// SyntaxError says that the input is no XML that can be read.
type SyntaxError struct {
	Offset int64  // in bytes of the input
	Reason string // ends a sentence: "it holds a document type"
}

// Error implements error.
func (e *SyntaxError) Error() string { return fmt.Sprintf("xmlscan: %s (byte %d)", e.Reason, e.Offset) }

// Scanner reads one document in UTF-8. What it returns in slices holds until the next call of Next.
type Scanner struct {
	in       io.Reader
	buffer   []byte
	position int   // of the next byte in buffer
	end      int   // of what was read and is UTF-8
	read     int   // of what was read: the bytes from end on are a character that is not whole yet
	before   int64 // bytes of the input before buffer
	readErr  error // what ended the input, io.EOF too

	name   []byte
	attrs  []attr
	text   []byte
	value  []byte // a decoded attribute
	plain  []byte // a text whose line ends were normalised
	open   []byte // the names of the elements around, one after another
	starts []int  // where each begins in open
	empty  bool   // the element that started last has ended too
	cdata  bool   // inside a CDATA section
	cr     bool   // the last text ended in CR: an LF belongs to the same line end
	err    error
}

// attr is where an attribute stands in the buffer.
type attr struct {
	nameStart, nameEnd, start, end int
	encoded                        bool // holds references or CR
}

// New makes a scanner. Before it there may be a byte order mark.
func New(in io.Reader) *Scanner {
	s := &Scanner{in: in, buffer: make([]byte, startBuffer)}
	s.beginning()
	return s
}

// Name is the name of the element that started or ended, without its prefix.
func (s *Scanner) Name() []byte { return s.name }

// Text is the piece of text that Next came to.
func (s *Scanner) Text() []byte { return s.text }

// Depth is how many elements are open, the one that started last among them, the one that ended last not.
func (s *Scanner) Depth() int { return len(s.starts) }

// Err is what ended the reading: nil at the end of a whole document, a SyntaxError, or the error of the input.
func (s *Scanner) Err() error { return s.err }

// Attr is the value of an attribute of the element that started; nil when it has none. The name is spelled with its prefix; ":id"
// stands for id with any prefix.
func (s *Scanner) Attr(name string) []byte {
	for _, a := range s.attrs {
		spelled := s.buffer[a.nameStart:a.nameEnd]
		if string(spelled) == name || name[0] == ':' && bytes.HasSuffix(spelled, []byte(name)) {
			return s.decoded(a)
		}
	}
	return nil
}

// Next goes on to the next start, end or text.
func (s *Scanner) Next() Kind {
	if s.empty {
		s.empty = false
		s.pop()
		return End
	}
	for s.err == nil {
		if s.position == s.end && !s.fill() {
			break
		}
		if !s.cdata && s.buffer[s.position] == '<' {
			s.cr = false
			if kind := s.markup(); kind != EOF {
				return kind
			}
		} else if s.piece() {
			return Text
		}
	}
	if s.cdata || len(s.starts) > 0 || s.end < s.read || !errors.Is(s.readErr, io.EOF) {
		s.fail("it ends in the middle")
	}
	return EOF
}

// Skip goes to the end of the element that started last.
func (s *Scanner) Skip() {
	for depth := s.Depth(); s.Depth() >= depth; {
		if s.Next() == EOF {
			return
		}
	}
}

// fail ends the reading for a reason, unless the input has a better one.
func (s *Scanner) fail(reason string) {
	switch {
	case s.err != nil:
	case s.readErr != nil && !errors.Is(s.readErr, io.EOF):
		s.err = s.readErr
	default:
		s.err = &SyntaxError{s.before + int64(s.position), reason}
	}
}

// beginning takes the byte order mark and refuses UTF-16.
func (s *Scanner) beginning() {
	s.fill()
	head := s.buffer[:min(s.read, 3)]
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")), bytes.IndexByte(head, 0) >= 0:
		s.err = &SyntaxError{0, "it is in UTF-16 and not in UTF-8"} // in place of what the check of UTF-8 says
	case string(head) == "\ufeff":
		s.position = len(head)
	}
}

// fill reads more of the input behind what is not used yet; false when there is no more.
func (s *Scanner) fill() bool {
	if s.readErr != nil || s.err != nil {
		return false
	}
	copy(s.buffer, s.buffer[s.position:s.read])
	s.before += int64(s.position)
	s.end, s.read, s.position = s.end-s.position, s.read-s.position, 0
	if s.read == len(s.buffer) {
		if s.read >= maxTag {
			s.fail("a tag in it has more than a megabyte")
			return false
		}
		s.buffer = append(s.buffer, make([]byte, len(s.buffer))...)
	}
	before := s.end
	for s.read < len(s.buffer) && s.readErr == nil {
		var n int
		n, s.readErr = s.in.Read(s.buffer[s.read:])
		s.read += n
	}
	s.checkUTF8()
	return s.end > before && s.err == nil
}

// checkUTF8 moves end to what was read, but for a character that the end of the buffer cuts.
func (s *Scanner) checkUTF8() {
	rest := s.buffer[s.end:s.read]
	cut := 0
	for n := 1; n < utf8.UTFMax && n <= len(rest); n++ {
		if b := rest[len(rest)-n]; utf8.RuneStart(b) {
			if !utf8.FullRune(rest[len(rest)-n:]) {
				cut = n
			}
			break
		}
	}
	whole := rest[:len(rest)-cut]
	if utf8.Valid(whole) {
		s.end += len(whole)
		return
	}
	at := 0
	for r, size := utf8.DecodeRune(whole); r != utf8.RuneError || size > 1; r, size = utf8.DecodeRune(whole[at:]) {
		at += size
	}
	s.err = &SyntaxError{s.before + int64(s.end+at), "it is not in UTF-8"}
}
