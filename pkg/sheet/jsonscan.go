package sheet

import "unicode/utf16"

// maxDepth is how deep the values of an element may be nested, the element itself being 1.
const maxDepth = 64

// What a scan misses, as the end of a sentence.
const (
	wantValue  = "a value is missing: a text in double quotes, a number, true, false, null, a list or an object"
	wantKey    = "a key in double quotes is missing"
	wantColon  = "a colon is missing after the key"
	wantMember = "a comma or } is missing"
	wantItem   = "a comma or ] is missing"
	wantDigit  = "a digit is missing"
	badText    = "a text holds a line break or another control character; write it as an escape (\\n)"
	badEscape  = "this escape does not exist; write a backslash as \\\\"
	tooDeep    = "values are nested more than 64 deep"
	cutOff     = "the end comes before the end of a value; something is cut off"
)

// scan walks JSON (RFC 8259) without decoding it. Its methods take the place where something begins and return that
// behind its end, or -1 and say why.
type scan struct {
	text  []byte
	whole bool // nothing follows text

	short bool   // text ended inside the value, and more may follow
	at    int    // where text is no JSON
	why   string // and why
	half  bool   // a text holds an escape of half a character (\ud800 alone)
}

func (s *scan) fail(at int, why string) int {
	s.at, s.why = at, why
	return -1
}

// ended is the failure at the end of the text.
func (s *scan) ended() int {
	s.short = !s.whole
	return s.fail(len(s.text), cutOff)
}

func (s *scan) space(i int) int {
	for i < len(s.text) && isSpace(s.text[i]) {
		i++
	}
	return i
}

func isSpace(b byte) bool { return b == ' ' || b == '\n' || b == '\r' || b == '\t' }

// value walks over a value at a depth, which may have space before it.
func (s *scan) value(i, depth int) int {
	if i = s.space(i); i == len(s.text) {
		return s.ended()
	}
	switch c := s.text[i]; {
	case c == '"':
		return s.string(i)
	case c == '{' || c == '[':
		return s.nested(i, depth+1)
	case c == '-' || isDigit(c):
		return s.number(i)
	case c == 't':
		return s.word(i, "true")
	case c == 'f':
		return s.word(i, "false")
	case c == 'n':
		return s.word(i, "null")
	}
	return s.fail(i, wantValue)
}

// nested walks over a list or an object.
func (s *scan) nested(i, depth int) int {
	if depth > maxDepth {
		return s.fail(i, tooDeep)
	}
	end, object, want := byte(']'), false, wantItem
	if s.text[i] == '{' {
		end, object, want = '}', true, wantMember
	}
	if i = s.space(i + 1); i < len(s.text) && s.text[i] == end {
		return i + 1
	}
	for {
		if object {
			i = s.key(i)
		}
		if i >= 0 {
			i = s.value(i, depth)
		}
		if i < 0 {
			return i
		}
		switch i = s.space(i); {
		case i == len(s.text):
			return s.ended()
		case s.text[i] == end:
			return i + 1
		case s.text[i] != ',':
			return s.fail(i, want)
		}
		i++
	}
}

// key walks over a key and its colon.
func (s *scan) key(i int) int {
	if i = s.space(i); i == len(s.text) {
		return s.ended()
	}
	if s.text[i] != '"' {
		return s.fail(i, wantKey)
	}
	if i = s.string(i); i < 0 {
		return i
	}
	switch i = s.space(i); {
	case i == len(s.text):
		return s.ended()
	case s.text[i] != ':':
		return s.fail(i, wantColon)
	}
	return i + 1
}

// string walks over a text in quotes.
func (s *scan) string(i int) int {
	for i++; i < len(s.text); i++ {
		switch c := s.text[i]; {
		case c == '"':
			return i + 1
		case c == '\\':
			if i = s.escape(i); i < 0 {
				return i
			}
		case c < ' ':
			return s.fail(i, badText)
		}
	}
	return s.ended()
}

// escape walks over a backslash and what it escapes, up to its last character.
func (s *scan) escape(i int) int {
	if i+1 == len(s.text) {
		return s.ended()
	}
	switch s.text[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 1
	case 'u':
	default:
		return s.fail(i, badEscape)
	}
	unit, ok := s.hex(i + 2)
	if !ok {
		if i+6 > len(s.text) {
			return s.ended()
		}
		return s.fail(i, badEscape)
	}
	if !utf16.IsSurrogate(unit) {
		return i + 5
	}
	if i+12 > len(s.text) && !s.whole {
		return s.ended() // its other half may follow
	}
	low, ok := s.hex(i + 8)
	if ok && s.text[i+6] == '\\' && s.text[i+7] == 'u' && utf16.DecodeRune(unit, low) != '\ufffd' {
		return i + 11
	}
	s.half = true
	return i + 5
}

// hex reads four hexadecimal digits.
func (s *scan) hex(i int) (rune, bool) {
	if i+4 > len(s.text) {
		return 0, false
	}
	unit := rune(0)
	for _, c := range s.text[i : i+4] {
		switch {
		case isDigit(c):
			unit = unit<<4 | rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			unit = unit<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return unit, true
}

func isDigit(b byte) bool { return '0' <= b && b <= '9' }

// number walks over a number (RFC 8259 §6): 007, +5 and .5 are none.
func (s *scan) number(i int) int {
	if s.text[i] == '-' {
		i++
	}
	if i < len(s.text) && s.text[i] == '0' {
		i++
	} else if i = s.digits(i); i < 0 {
		return i
	}
	if i < len(s.text) && s.text[i] == '.' {
		if i = s.digits(i + 1); i < 0 {
			return i
		}
	}
	if i < len(s.text) && s.text[i]|0x20 == 'e' {
		if i++; i < len(s.text) && (s.text[i] == '+' || s.text[i] == '-') {
			i++
		}
		if i = s.digits(i); i < 0 {
			return i
		}
	}
	if i == len(s.text) && !s.whole {
		return s.ended() // more digits may follow
	}
	return i
}

// digits walks over at least one digit.
func (s *scan) digits(i int) int {
	if i == len(s.text) {
		return s.ended()
	}
	if !isDigit(s.text[i]) {
		return s.fail(i, wantDigit)
	}
	for i < len(s.text) && isDigit(s.text[i]) {
		i++
	}
	return i
}

// word walks over true, false or null.
func (s *scan) word(i int, word string) int {
	for n := range len(word) {
		if i+n == len(s.text) {
			return s.ended()
		}
		if s.text[i+n] != word[n] {
			return s.fail(i, wantValue)
		}
	}
	return i + len(word)
}
