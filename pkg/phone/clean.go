package phone

import (
	"regexp"
	"strings"
	"unicode"

	"github.com/occ/contacts/pkg/fold"
)

// maxInput is the longest text that is looked at, in bytes; no spelling of 15 digits needs as much.
const maxInput = 250

var (
	scientific = regexp.MustCompile(`^[+-]?\d+(?:[.,]\d+)?[eE]\+?\d+$`)
	decimal    = regexp.MustCompile(`^(\+?\d{5,})[.,]0+$`)
)

// clean leaves digits, after a + when there is one, and undoes what spreadsheets and forms do to numbers.
func clean(raw string) (string, error) {
	if len(raw) > maxInput {
		return "", errLong
	}
	number := raw
	if !bare(raw) { // most files have bare ones
		var err error
		if number, err = stripped(raw); err != nil {
			return "", err
		}
	}
	if strings.Trim(number, "+") == "" {
		return "", errEmpty
	}
	return number, nil
}

// bare says that a number is digits alone, or after a +.
func bare(raw string) bool {
	digits := strings.TrimPrefix(raw, "+")
	return digits != "" && strings.Trim(digits, "0123456789") == ""
}

// stripped leaves the digits of a number, and a + before them.
func stripped(raw string) (string, error) {
	text := unlabelled(strings.TrimSpace(plain(raw)))
	if scientific.MatchString(text) {
		return "", errScientific
	}
	if whole := decimal.FindStringSubmatch(text); whole != nil {
		text = whole[1]
	}
	var digits strings.Builder
	for _, r := range text {
		switch {
		case r >= '0' && r <= '9', r == '+' && digits.Len() == 0:
			digits.WriteRune(r)
		case !strings.ContainsRune("-().·/", r) && !unicode.IsSpace(r):
			return "", errLetters
		}
	}
	return digits.String(), nil
}

// unlabelled drops what programs put before a number: the apostrophe of spreadsheets, tel: of links (RFC 3966), p: of
// Facebook's lead forms.
func unlabelled(text string) string {
	text = strings.TrimSpace(strings.TrimPrefix(text, "'"))
	for _, label := range []string{"tel:", "p:"} {
		if len(text) >= len(label) && strings.EqualFold(text[:len(label)], label) {
			return strings.TrimSpace(text[len(label):])
		}
	}
	return text
}

// plain maps digits of every script, full-width forms and the many hyphens to ASCII, and drops what cannot be seen, as marks
// of direction (Unicode's Cf).
func plain(raw string) string {
	return strings.Map(func(r rune) rune {
		const fullWidthFirst, fullWidthLast, toASCII = '！', '～', '！' - '!'
		if digit, ok := fold.Digit(r); ok {
			return rune(digit)
		}
		switch {
		case r >= fullWidthFirst && r <= fullWidthLast:
			return r - toASCII
		case r == '٫': // the decimal separator beside Arabic digits
			return '.'
		case r == '−' || r == 'ー' || unicode.Is(unicode.Pd, r):
			return '-'
		case unicode.Is(unicode.Cf, r):
			return -1
		default:
			return r
		}
	}, raw)
}
