// Package phone reads phone numbers as people and spreadsheets write them and returns them as E.164. It is the only
// user of the phonenumbers library, whose tables cost some 7 ms when a function starts.
package phone

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// Error says why a text is no phone number, and what to do about it.
type Error struct{ Reason string }

// Error implements error.
func (e *Error) Error() string { return e.Reason }

// The reasons that Parse gives.
var (
	errEmpty      = &Error{"A phone number needs digits."}
	errScientific = &Error{"The number was rounded by a spreadsheet (like 9.66501E+11) and its last digits are lost; format the column as text and enter the number again."}
	errLetters    = &Error{"A phone number has only digits, spaces and + - ( ) . /; write one number alone, without letters or an extension."}
	errNoRegion   = &Error{"The number has no country code; write it with + and its country code, or set the workspace's defaultRegion."}
	errShort      = &Error{"The number is too short; write all of its digits, with + and the country code."}
	errLong       = &Error{"The number is too long; check its digits, and write one number alone."}
	errCountry    = &Error{"The number begins with no known country code; check the digits after +."}
	errInvalid    = &Error{"No such number can exist in its country; check the digits and the country code."}
)

// errNational is of a number without country code that is none of the region it was read for.
func errNational(region string) *Error {
	return &Error{fmt.Sprintf("No such number can exist in the default region %s; check its digits, or write it with + and its country code.", region)}
}

// Parse returns the E.164 form of a number. A number without + or 00 is read as one of region, an ISO 3166 code in
// upper case; with an empty region it is refused. The international prefix of region is read too, as 011 or 0011;
// where it begins with 00 and both readings are numbers, 00 counts. The error is an *Error. Parsing the result again,
// with any region, returns it.
func Parse(raw, region string) (string, error) {
	text, err := clean(raw)
	if err != nil {
		return "", err
	}
	abroad, found := strings.CutPrefix(text, "00")
	switch {
	case !found:
		return parse(text, region)
	case abroad == "":
		return "", errEmpty
	}
	number, err := parse("+"+abroad, region)
	if err != nil && region != "" {
		if own, ownErr := parseDialled(text, region); ownErr == nil {
			return own, nil
		}
	}
	return number, err
}

// parseDialled reads digits that begin with the international prefix of a region, as 0011 in Australia.
func parseDialled(text, region string) (string, error) {
	number, err := phonenumbers.ParseAndKeepRawInput(text, region)
	if err != nil {
		return "", reasonOf(err)
	}
	if number.GetCountryCodeSource() != phonenumbers.PhoneNumber_FROM_NUMBER_WITH_IDD {
		return "", errNational(region)
	}
	return parse(phonenumbers.Format(number, phonenumbers.E164), region)
}

// parse reads digits, after a + when they begin with a country code.
func parse(text, region string) (string, error) {
	international := strings.HasPrefix(text, "+")
	if !international && region == "" {
		return "", errNoRegion
	}
	number, err := phonenumbers.Parse(text, region)
	if err != nil {
		return "", reasonOf(err)
	}
	e164 := phonenumbers.Format(number, phonenumbers.E164)
	if phonenumbers.IsValidNumber(number) {
		return e164, nil
	}
	if today, ok := respelled(e164); ok {
		return today, nil
	}
	if reason := invalid(number); international || reason == errShort {
		return "", reason
	}
	return "", errNational(region)
}

// ValidRegion says whether code is an ISO 3166 code, in upper case, of a region that has phone numbers.
func ValidRegion(code string) bool { return phonenumbers.GetSupportedRegions()[code] }

// formerSpellings are of mobile numbers that gained or lost a digit. Address books and WhatsApp still have them as they
// were: Mexico's with a 1 after 52 (until 2019), Brazil's without a 9 after the area code (until 2016).
var formerSpellings = []struct {
	pattern *regexp.Regexp
	today   string
}{
	{regexp.MustCompile(`^\+521(\d{10})$`), "+52$1"},
	{regexp.MustCompile(`^\+55(\d\d)([6-9]\d{7})$`), "+55${1}9$2"},
}

// respelled returns a number that is valid no more as it is written today.
func respelled(e164 string) (string, bool) {
	for _, former := range formerSpellings {
		if !former.pattern.MatchString(e164) {
			continue
		}
		today := former.pattern.ReplaceAllString(e164, former.today)
		number, err := phonenumbers.Parse(today, "")
		// An area code of 01 is read as 1 after a trunk's 0: what comes back is another number.
		return today, err == nil && phonenumbers.IsValidNumber(number) && phonenumbers.Format(number, phonenumbers.E164) == today
	}
	return "", false
}

// reasonOf explains why the library could not read a text of + and digits.
func reasonOf(err error) *Error {
	switch {
	case errors.Is(err, phonenumbers.ErrInvalidCountryCode):
		return errCountry
	case errors.Is(err, phonenumbers.ErrNumTooLong):
		return errLong
	default: // the others are of numbers with too few digits: there are only digits
		return errShort
	}
}

// invalid explains why a number that could be read cannot exist.
func invalid(number *phonenumbers.PhoneNumber) *Error {
	switch phonenumbers.IsPossibleNumberWithReason(number) {
	case phonenumbers.TOO_SHORT, phonenumbers.IS_POSSIBLE_LOCAL_ONLY:
		return errShort
	case phonenumbers.TOO_LONG:
		return errLong
	case phonenumbers.INVALID_COUNTRY_CODE:
		return errCountry
	default:
		return errInvalid
	}
}
