package xmlscan

import (
	"bytes"
	"unicode/utf8"
)

const badReference = "it holds a reference to a character or an entity that does not exist"

// piece reads the text up to the next markup, reference or end of the buffer; false when nothing of it is text, or it cannot be read.
func (s *Scanner) piece() bool {
	if s.cdata {
		return s.section()
	}
	i := s.position
	for i < s.end && classes[s.buffer[i]]&textEnd == 0 {
		i++
	}
	switch {
	case i > s.position:
		s.cr = s.cr && s.buffer[s.position] == '\n' // CR LF is one line end, which was given out
		if !s.cr {
			s.text, s.position = s.buffer[s.position:i], i
			return true
		}
		s.position++
		s.cr = false
		return false
	case s.buffer[i] == '&':
		return s.reference()
	}
	s.position, s.cr = i+1, true
	s.plain = append(s.plain[:0], '\n')
	s.text = s.plain
	return true
}

// section reads a piece of a CDATA section; false at its end.
func (s *Scanner) section() bool {
	const closing = "]]>"
	rest := s.buffer[s.position:s.end]
	length := bytes.Index(rest, []byte(closing))
	switch {
	case length == 0:
		s.position += len(closing)
		s.cdata, s.cr = false, false
		return false
	case length < 0:
		length = len(rest) - len(closing) + 1 // the end of the buffer may cut the closing
	}
	if length <= 0 {
		if !s.fill() {
			s.fail("it ends in the middle")
		}
		return false
	}
	s.text = s.normalised(rest[:length])
	s.position += length
	return len(s.text) > 0
}

// normalised makes LF of CR LF and CR, as XML wants it, also where the line end was cut.
func (s *Scanner) normalised(text []byte) []byte {
	if s.cr && text[0] == '\n' {
		text = text[1:]
	}
	s.cr = len(text) > 0 && text[len(text)-1] == '\r'
	if bytes.IndexByte(text, '\r') < 0 {
		return text
	}
	s.plain = s.plain[:0]
	for i, b := range text {
		switch {
		case b == '\r':
			s.plain = append(s.plain, '\n')
		case b != '\n' || i == 0 || text[i-1] != '\r':
			s.plain = append(s.plain, b)
		}
	}
	return s.plain
}

// reference reads a reference as a piece of text.
func (s *Scanner) reference() bool {
	for {
		r, length := reference(s.buffer[s.position:s.end])
		switch {
		case length > 0:
			s.plain = utf8.AppendRune(s.plain[:0], r)
			s.text = s.plain
			s.position, s.cr = s.position+length, false
			return true
		case length < 0 || !s.fill():
			s.fail(badReference)
			return false
		}
	}
}

// reference decodes the reference that text begins with and returns its length; 0 when text ends too early to tell, -1 when it is none.
func reference(text []byte) (r rune, length int) {
	end := 1
	for end < len(text) && text[end] != ';' && (classes[text[end]]&nameEnd == 0) {
		end++
	}
	switch {
	case end == len(text):
		return 0, 0
	case text[end] != ';':
		return 0, -1
	}
	switch name := text[1:end]; string(name) {
	case "lt":
		r = '<'
	case "gt":
		r = '>'
	case "amp":
		r = '&'
	case "apos":
		r = '\''
	case "quot":
		r = '"'
	default:
		r = number(name)
	}
	if r <= 0 {
		return 0, -1
	}
	return r, end + 1
}

// number is the character that "#65" or "#x41" names; 0 when it names none.
func number(name []byte) rune {
	base := rune(10)
	digits, isNumber := bytes.CutPrefix(name, []byte("#"))
	if rest, isHex := bytes.CutPrefix(digits, []byte("x")); isHex {
		base, digits = 16, rest
	}
	if !isNumber || len(digits) == 0 {
		return 0
	}
	r := rune(0)
	for _, b := range digits {
		digit := hexDigit(b)
		if digit < 0 || digit >= base {
			return 0
		}
		if r = r*base + digit; r > utf8.MaxRune {
			return 0
		}
	}
	return r
}

func hexDigit(b byte) rune {
	switch {
	case b >= '0' && b <= '9':
		return rune(b - '0')
	case b >= 'a' && b <= 'f':
		return rune(b-'a') + 10
	case b >= 'A' && b <= 'F':
		return rune(b-'A') + 10
	}
	return -1
}

// decoded is the value of an attribute.
func (s *Scanner) decoded(a attr) []byte {
	raw := s.buffer[a.start:a.end]
	if !a.encoded {
		return raw
	}
	s.value = s.value[:0]
	for i := 0; i < len(raw); i++ {
		switch b := raw[i]; {
		case b == '&':
			r, length := reference(raw[i:])
			s.value = utf8.AppendRune(s.value, r)
			i += length - 1
		case b == '\r':
			s.value = append(s.value, '\n')
		case b != '\n' || i == 0 || raw[i-1] != '\r':
			s.value = append(s.value, b)
		}
	}
	return s.value
}
