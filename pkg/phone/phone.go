// Package phone reads phone numbers as people and spreadsheets write them and returns them as E.164. It is the only user
// of the phonenumbers library, whose tables cost some 7 ms when a function starts.
package phone

import (
	"regexp"
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"

	"github.com/occ/contacts/pkg/fold"
)

// Error says why a text is no phone number, and what to do about it.
type Error struct{ Reason string }

// Error implements error.
func (e *Error) Error() string { return e.Reason }

// The reasons that Parse gives.
var (
	errEmpty      = &Error{"A phone number needs digits."}
	errScientific = &Error{"The number was rounded by a spreadsheet (like 9.66501E+11) and its last digits are lost; format the column as text and enter the number again."}
	errLetters    = &Error{"A phone number has only digits, spaces and + - ( ) . /; write the number alone, without letters or an extension."}
	errNoRegion   = &Error{"Write the number with + and its country code, or set the workspace's defaultRegion."}
	errShort      = &Error{"The number is too short; write all of its digits, with + and the country code."}
	errLong       = &Error{"The number is too long; a phone number has at most 15 digits with its country code."}
	errCountry    = &Error{"The number begins with no known country code; check the digits after +."}
	errInvalid    = &Error{"No such number can exist in its country; check the digits and the country code."}
)

var (
	scientific = regexp.MustCompile(`^[+-]?\d+(?:[.,]\d+)?[eE]\+?\d+$`)
	decimal    = regexp.MustCompile(`^(\+?\d{5,})[.,]0+$`)
)

// maxInput is the longest text that is looked at, in bytes; no spelling of 15 digits needs as much.
const maxInput = 250

// Parse returns the E.164 form of a number. A number without + or 00 is read as one of region, an ISO 3166 code; with an
// empty region it is refused. The error is an *Error.
func Parse(raw, region string) (string, error) {
	text, err := clean(raw)
	if err != nil {
		return "", err
	}
	if !strings.HasPrefix(text, "+") && region == "" {
		return "", errNoRegion
	}
	number, err := phonenumbers.Parse(text, region)
	if err != nil {
		return "", reasonOf(err)
	}
	if !phonenumbers.IsValidNumber(number) {
		return "", invalid(number)
	}
	return phonenumbers.Format(number, phonenumbers.E164), nil
}

// ValidRegion says whether code is an ISO 3166 code, in upper case, of a region that has phone numbers.
func ValidRegion(code string) bool { return phonenumbers.GetSupportedRegions()[code] }

// clean leaves + and digits, and undoes what spreadsheets and forms do to numbers.
func clean(raw string) (string, error) {
	if len(raw) > maxInput {
		return "", errLong
	}
	text := strings.TrimPrefix(strings.TrimSpace(visible(raw)), "'")
	text = strings.TrimPrefix(strings.TrimPrefix(text, "tel:"), "TEL:")
	if scientific.MatchString(text) {
		return "", errScientific
	}
	if whole := decimal.FindStringSubmatch(text); whole != nil {
		text = whole[1]
	}
	var digits strings.Builder
	for i, r := range text {
		switch {
		case r >= '0' && r <= '9':
			digits.WriteRune(r)
		case r == '+' && digits.Len() == 0 && i < len(text):
			digits.WriteByte('+')
		case !strings.ContainsRune(" -().\t/·", r) && !unicode.Is(unicode.Pd, r) && !unicode.IsSpace(r):
			return "", errLetters
		}
	}
	number := digits.String()
	if national, found := strings.CutPrefix(number, "00"); found {
		number = "+" + national
	}
	if strings.Trim(number, "+") == "" {
		return "", errEmpty
	}
	return number, nil
}

// visible maps the digits of every script and the wide plus to ASCII, and drops what cannot be seen: bidi marks, zero-width characters.
func visible(raw string) string {
	return strings.Map(func(r rune) rune {
		if digit, ok := fold.Digit(r); ok {
			return rune(digit)
		}
		switch {
		case unicode.Is(unicode.Cf, r):
			return -1
		case r == '＋':
			return '+'
		default:
			return r
		}
	}, raw)
}

func reasonOf(err error) *Error {
	switch {
	case err == phonenumbers.ErrInvalidCountryCode: //nolint:errorlint // the library returns its own values
		return errCountry
	case err == phonenumbers.ErrNumTooLong: //nolint:errorlint // as above
		return errLong
	case err == phonenumbers.ErrTooShortNSN || err == phonenumbers.ErrTooShortAfterIDD: //nolint:errorlint // as above
		return errShort
	default:
		return errInvalid
	}
}

func invalid(number *phonenumbers.PhoneNumber) *Error {
	switch phonenumbers.IsPossibleNumberWithReason(number) {
	case phonenumbers.TOO_SHORT:
		return errShort
	case phonenumbers.TOO_LONG:
		return errLong
	case phonenumbers.INVALID_COUNTRY_CODE:
		return errCountry
	default:
		return errInvalid
	}
}
