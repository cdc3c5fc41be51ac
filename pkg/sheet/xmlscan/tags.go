package xmlscan

import "bytes"

// Classes of bytes.
const (
	space   = 1 << iota // white space between attributes
	nameEnd             // cannot be in a name
	textEnd             // ends a plain piece of text
	special             // in the value of an attribute: has to be decoded, or cannot be there
)

var classes = func() (table [256]uint8) {
	for _, b := range []byte(" \t\r\n") {
		table[b] |= space | nameEnd
	}
	for _, b := range []byte("/>=<\"'&\x00") {
		table[b] |= nameEnd
	}
	for _, b := range []byte("<&\r") {
		table[b] |= textEnd | special
	}
	return table
}()

// markup reads what begins with "<"; EOF when it is neither start nor end of an element, or cannot be read.
func (s *Scanner) markup() Kind {
	if s.end-s.position < 2 && !s.fill() {
		s.fail("it ends in the middle")
		return EOF
	}
	switch s.buffer[s.position+1] {
	case '/':
		return s.whole(s.endTag, End)
	case '?':
		s.instruction()
	case '!':
		s.declaration()
	default:
		s.attrs = s.attrs[:0]
		return s.whole(s.startTag, Start)
	}
	return EOF
}

// whole reads a tag of a kind, with more of the input as long as the tag does not end in the buffer.
func (s *Scanner) whole(tag func() bool, kind Kind) Kind {
	for !tag() {
		if s.err != nil || !s.fill() {
			s.fail("it ends inside a tag")
			return EOF
		}
	}
	if s.err != nil {
		return EOF
	}
	return kind
}

// startTag reads the tag of an element that starts; false when it does not end in the buffer.
func (s *Scanner) startTag() bool {
	i := s.nameAt(s.position + 1)
	named := i
	s.attrs = s.attrs[:0]
	for {
		i = s.skipSpace(i)
		switch {
		case i >= s.end:
			return false
		case s.buffer[i] == '>':
			return s.started(named, i+1, false)
		case s.buffer[i] == '/':
			if i+1 >= s.end {
				return false
			}
			return s.expect(i+1, '>') && s.started(named, i+2, true)
		}
		if i = s.attribute(i); i < 0 {
			return s.err != nil
		}
	}
}

// started enters the element whose name ends at named and whose tag ends at end.
func (s *Scanner) started(named, end int, empty bool) bool {
	name := s.buffer[s.position+1 : named]
	switch {
	case len(name) == 0 || len(name) > maxName:
		s.fail("an element in it has no name, or one of more than 1,024 bytes")
		return true
	case len(s.starts) == maxDepth:
		s.fail("its elements lie deeper than 256 in each other")
		return true
	}
	s.starts = append(s.starts, len(s.open))
	s.open = append(s.open, name...)
	s.name, s.position, s.empty = local(name), end, empty
	return true
}

// endTag reads the tag of an element that ends; false when it does not end in the buffer.
func (s *Scanner) endTag() bool {
	start := s.position + 2
	named := s.nameAt(start)
	end := s.skipSpace(named)
	if end >= s.end {
		return false
	}
	if len(s.starts) == 0 || !bytes.Equal(s.open[s.starts[len(s.starts)-1]:], s.buffer[start:named]) {
		s.fail("an element in it ends that did not start")
		return true
	}
	if s.expect(end, '>') && s.err == nil {
		s.name, s.position = local(s.buffer[start:named]), end+1
		s.pop()
	}
	return true
}

func (s *Scanner) pop() {
	last := len(s.starts) - 1
	s.open, s.starts = s.open[:s.starts[last]], s.starts[:last]
}

// attribute reads one that begins at i and returns where it ends; -1 when it does not end in the buffer, or fails.
func (s *Scanner) attribute(i int) int {
	a := attr{nameStart: i, nameEnd: s.nameAt(i)}
	i = s.skipSpace(a.nameEnd)
	if i < s.end && (a.nameEnd == a.nameStart || s.buffer[i] != '=') {
		s.fail("an attribute in it has no name or no value")
	}
	i = s.skipSpace(i + 1)
	if i >= s.end || s.err != nil {
		return -1
	}
	quote := s.buffer[i]
	if quote != '"' && quote != '\'' {
		s.fail("an attribute in it is not quoted")
		return -1
	}
	a.start = i + 1
	for i++; i < s.end && s.buffer[i] != quote; i++ {
		if classes[s.buffer[i]]&special != 0 {
			a.encoded = true
			if !s.inValue(i) {
				return -1
			}
		}
	}
	if i >= s.end {
		return -1
	}
	a.end = i
	s.attrs = append(s.attrs, a)
	return i + 1
}

// inValue checks a special byte in the value of an attribute; false when it cannot be there, or the buffer ends too early to tell.
func (s *Scanner) inValue(i int) bool {
	switch s.buffer[i] {
	case '<':
		s.fail("an attribute in it is not closed")
	case '&':
		if _, length := reference(s.buffer[i:s.end]); length <= 0 {
			if length < 0 {
				s.fail(badReference)
			}
			return false
		}
	}
	return s.err == nil
}

// nameAt returns where the name that begins at i ends.
func (s *Scanner) nameAt(i int) int {
	for i < s.end && classes[s.buffer[i]]&nameEnd == 0 {
		i++
	}
	return i
}

func (s *Scanner) skipSpace(i int) int {
	for i < s.end && classes[s.buffer[i]]&space != 0 {
		i++
	}
	return i
}

// expect fails when another byte than b stands at i. It is always true: the tag has been dealt with.
func (s *Scanner) expect(i int, b byte) bool {
	if s.buffer[i] != b {
		s.fail("a tag in it is not closed")
	}
	return true
}

// local is a name without its prefix.
func local(name []byte) []byte {
	if i := bytes.IndexByte(name, ':'); i > 0 && i < len(name)-1 {
		return name[i+1:]
	}
	return name
}
