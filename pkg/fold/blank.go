package fold

import (
	"strings"
	"unicode"
)

// Blank reports whether a text shows nothing: it is empty, or holds only spaces and characters that no font draws.
// Forms, providers and spreadsheets take such texts for values: a profile may be called U+3164, which looks like no
// name at all.
func Blank(s string) bool { return !strings.ContainsFunc(s, shows) }

// shows reports whether a character alone can be seen. What Unicode has not assigned yet is seen: it may be a newer
// emoji. Control characters count as seen: they are an error of the text, which says more than that it is empty.
func shows(r rune) bool {
	switch {
	case r > ' ' && r <= unicode.MaxASCII:
		return true
	case unicode.IsSpace(r):
		return false
	case unicode.Is(unicode.Prepended_Concatenation_Mark, r): // Arabic number signs: format characters that are drawn
		return true
	default:
		return !unicode.In(r, unseen...)
	}
}

// unseen are the characters that no font draws.
var unseen = []*unicode.RangeTable{
	unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector, blanks,
}

// blanks are drawn as empty space, and no property of Unicode says so.
var blanks = &unicode.RangeTable{
	R16: []unicode.Range16{{Lo: 0x2800, Hi: 0x2800, Stride: 1}}, // a Braille cell without dots
	R32: []unicode.Range32{
		{Lo: 0x13441, Hi: 0x13442, Stride: 1}, // blank Egyptian hieroglyphs
		{Lo: 0x16FE4, Hi: 0x16FE4, Stride: 1}, // a filler of the Khitan script
		{Lo: 0x1D159, Hi: 0x1D159, Stride: 1}, // a musical note without a head
	},
}
