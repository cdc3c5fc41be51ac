// Package fold turns text into the form that it is searched and sorted by: without case and accents, Arabic letter
// forms and the digits of any script alike (pkg/httpapi/README.md, "What q finds").
package fold

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Text folds a text; folding twice changes nothing more. Marks are dropped only where they are accents or vowel points: an
// Indic or Thai vowel sign and the voicing mark of kana make another word, and stay. What cannot be seen is dropped too
// (Unicode's Cf): marks of direction come along when a name is pasted, and a joiner is typed by some and not by others.
func Text(s string) string {
	if ascii(s) {
		return strings.ToLower(s)
	}
	var out strings.Builder
	out.Grow(len(s))
	for _, r := range norm.NFKD.String(s) {
		if !isAccent(r) && !unicode.Is(unicode.Cf, r) {
			writeFolded(&out, r)
		}
	}
	return norm.NFC.String(out.String())
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// isAccent says that a mark only modifies the letter before it, in the scripts where people leave such marks out.
func isAccent(r rune) bool {
	const tatweel, kanaVoiced, kanaHalfVoiced = 'ـ', '\u3099', '\u309A'
	switch {
	case r == tatweel:
		return true
	case r < 0x300 || !unicode.Is(unicode.Mn, r) || r == kanaVoiced || r == kanaHalfVoiced:
		return false
	default:
		return unicode.In(r, unicode.Inherited, unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Arabic, unicode.Hebrew)
	}
}

// letters are forms of one letter that readers take for another. Alef with hamza or madda is decomposed by NFKD already.
var letters = map[rune]string{
	'ٱ': "ا", 'ٲ': "ا", 'ٳ': "ا", // alef wasla, alef with wavy hamza above and below
	'ى': "ي", 'ی': "ي", 'ې': "ي", // alef maksura, Farsi yeh, Pashto e
	'ک': "ك", // keheh
	'ß': "ss", 'ẞ': "ss", 'æ': "ae", 'Æ': "ae", 'œ': "oe", 'Œ': "oe",
	'ø': "o", 'Ø': "o", 'ł': "l", 'Ł': "l", 'đ': "d", 'Đ': "d", 'ħ': "h", 'Ħ': "h", 'ŧ': "t", 'Ŧ': "t", 'ı': "i", 'ς': "σ",
}

func writeFolded(out *strings.Builder, r rune) {
	if r < utf8.RuneSelf {
		out.WriteRune(unicode.ToLower(r))
		return
	}
	if digit, ok := Digit(r); ok {
		out.WriteByte(digit)
		return
	}
	if text, ok := letters[r]; ok {
		out.WriteString(text)
		return
	}
	// Upper case first: letters that only upper case brings together (as the final sigma) then fold alike.
	out.WriteRune(unicode.ToLower(unicode.ToUpper(r)))
}

// Digit returns the ASCII digit of a decimal digit of any script. Unicode keeps the ten digits of a script in a row, in
// order, from a code point that the range table begins with.
func Digit(r rune) (byte, bool) {
	if r < utf8.RuneSelf {
		return byte(r), r >= '0' && r <= '9' //nolint:gosec // ASCII
	}
	if !unicode.IsDigit(r) {
		return 0, false
	}
	for _, table := range unicode.Nd.R16 {
		if rune(table.Lo) <= r && r <= rune(table.Hi) {
			return '0' + byte((r-rune(table.Lo))%10), true //nolint:gosec // 0 to 9
		}
	}
	for _, table := range unicode.Nd.R32 {
		if rune(table.Lo) <= r && r <= rune(table.Hi) { //nolint:gosec // code points are below 2^31
			return '0' + byte((r-rune(table.Lo))%10), true //nolint:gosec // 0 to 9
		}
	}
	return 0, false
}

// Words returns the folded words of a text: runs of letters, digits and the marks that stay on one; every word holds a letter
// or digit. Han is written without spaces, and a given name is searched without the family name before it: every Han
// character is a word.
func Words(s string) []string {
	var words []string
	start := -1
	text := Text(s)
	end := func(at int) {
		if start >= 0 {
			words = append(words, text[start:at])
			start = -1
		}
	}
	for i, r := range text {
		switch {
		case unicode.Is(unicode.Han, r):
			end(i)
			words = append(words, string(r))
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if start < 0 {
				start = i
			}
		case unicode.IsMark(r): // goes on with a word and begins none
		default:
			end(i)
		}
	}
	end(len(text))
	return words
}

// SortText is the text that names are sorted by: the words, one space apart.
func SortText(s string) string { return strings.Join(Words(s), " ") }

// Header is the form in which column headers are compared: only letters and digits, so that "E-mail", "e_mail" and "E mail" are one.
func Header(s string) string { return strings.Join(Words(s), "") }
