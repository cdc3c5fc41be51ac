package xlsx

import (
	"bytes"
	"math"
	"strconv"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// cellKind is how the value of a cell is written.
type cellKind int

const (
	numberCell  cellKind = iota
	dateCell             // a number that is shown as a date
	sharedCell           // the number of a shared text
	textCell             // with escapes
	richCell             // already without
	booleanCell          // 0 or 1
	errorCell            // as #N/A
	isoCell              // a date by ISO 8601
)

func kindOf(name []byte) cellKind {
	switch string(name) {
	case "", "n":
		return numberCell
	case "s":
		return sharedCell
	case "b":
		return booleanCell
	case "e":
		return errorCell
	case "d":
		return isoCell
	}
	return textCell // str, inlineStr and what nobody knows
}

// appendValue appends what a cell says. What is no value of its kind stays as it is.
func appendValue(into []byte, kind cellKind, value []byte, date1904 bool) []byte {
	switch kind {
	case errorCell:
		return into
	case richCell:
		return append(into, value...)
	case textCell:
		return append(into, unescape(value)...)
	}
	value = bytes.TrimSpace(value)
	switch kind {
	case booleanCell:
		return appendBoolean(into, value)
	case isoCell:
		return appendISO(into, value)
	case dateCell:
		if days, err := strconv.ParseFloat(string(value), 64); err == nil && days >= 0 && days < endOfDates(date1904) {
			return appendDate(into, days, date1904)
		}
	}
	return appendNumber(into, value)
}

func appendBoolean(into, value []byte) []byte {
	switch string(value) {
	case "1":
		return append(into, "true"...)
	case "0":
		return append(into, "false"...)
	}
	return append(into, bytes.ToLower(value)...)
}

// appendNumber appends a number as people write it: its digits as they are stored, without exponent and without a fraction of only zeros.
// A phone stored as 9.66501234567E11 is one again.
func appendNumber(into, value []byte) []byte {
	unsigned, isNegative := bytes.CutPrefix(value, []byte("-"))
	mantissa, exponent := unsigned, 0
	if i := bytes.IndexAny(unsigned, "eE"); i >= 0 {
		var err error
		if exponent, err = strconv.Atoi(string(unsigned[i+1:])); err != nil || max(exponent, -exponent) > 400 {
			return append(into, value...)
		}
		mantissa = unsigned[:i]
	}
	whole, fraction, _ := bytes.Cut(mantissa, []byte("."))
	if len(whole)+len(fraction) == 0 || !allDigits(whole) || !allDigits(fraction) {
		return append(into, value...)
	}
	if isNegative {
		into = append(into, '-')
	}
	if exponent == 0 && len(whole) > 0 {
		if len(bytes.Trim(fraction, "0")) == 0 {
			return append(into, whole...)
		}
		return append(into, mantissa...)
	}
	return appendShifted(into, append(bytes.Clone(whole), fraction...), len(whole)+exponent)
}

// appendShifted appends digits with the decimal point before that of the number given.
func appendShifted(into, digits []byte, point int) []byte {
	if len(bytes.Trim(digits, "0")) == 0 {
		return append(into, '0')
	}
	for digits[0] == '0' && point > 1 {
		digits, point = digits[1:], point-1
	}
	if point <= 0 {
		digits, point = append(bytes.Repeat([]byte("0"), 1-point), digits...), 1
	}
	if missing := point - len(digits); missing > 0 {
		digits = append(digits, bytes.Repeat([]byte("0"), missing)...)
	}
	into = append(into, digits[:point]...)
	if fraction := bytes.TrimRight(digits[point:], "0"); len(fraction) > 0 {
		into = append(append(into, '.'), fraction...)
	}
	return into
}

func allDigits(text []byte) bool {
	for _, b := range text {
		if b < '0' || b > '9' {
			return false
		}
	}
	return true
}

const secondsOfDay = 86_400

// endOfDates is the serial of the first day that is no date any more, 1 January 10000.
func endOfDates(date1904 bool) float64 {
	if date1904 {
		return 2_957_004
	}
	return 2_958_466
}

// appendDate appends the date that a number of days means. Without a whole day it is a time.
func appendDate(into []byte, days float64, date1904 bool) []byte {
	seconds := int(math.Round(days * secondsOfDay))
	if days < 1 {
		return midnight(0).Add(time.Duration(min(seconds, secondsOfDay-1))*time.Second).AppendFormat(into, time.TimeOnly)
	}
	day := seconds / secondsOfDay
	switch {
	case date1904:
		day += 1462
	case day < 60:
		day++ // the calendar has a 29 February 1900, which never was, as day 60
	}
	at := midnight(day).Add(time.Duration(seconds%secondsOfDay) * time.Second)
	if seconds%secondsOfDay == 0 {
		return at.AppendFormat(into, time.DateOnly)
	}
	return at.AppendFormat(into, time.DateTime)
}

// midnight begins a day, counted from 30 December 1899.
func midnight(day int) time.Time { return time.Date(1899, 12, 30+day, 0, 0, 0, 0, time.UTC) }

// appendISO appends a date of ISO 8601 as others are. Sheets know no time zones: Z stands for none.
func appendISO(into, value []byte) []byte {
	plain := string(bytes.TrimSuffix(value, []byte("Z")))
	for _, format := range []string{"2006-01-02T15:04:05", "2006-01-02T15:04", time.DateOnly} {
		at, err := time.Parse(format, plain)
		switch {
		case err != nil:
		case at.Equal(at.Truncate(secondsOfDay * time.Second)):
			return at.AppendFormat(into, time.DateOnly)
		default:
			return at.Round(time.Second).AppendFormat(into, time.DateTime)
		}
	}
	return append(into, value...)
}

// unescape decodes _xHHHH_ in place, by which strings hold what XML cannot (ECMA-376 part 1, 22.9.2.19). Characters beyond U+FFFF
// take two of them.
func unescape(text []byte) []byte {
	if !bytes.Contains(text, []byte("_x")) {
		return text
	}
	out := text[:0]
	for i := 0; i < len(text); {
		r, ok := escaped(text[i:])
		if !ok {
			out = append(out, text[i])
			i++
			continue
		}
		i += escapeBytes
		if low, ok := escaped(text[i:]); ok && utf16.IsSurrogate(r) {
			if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
				r, i = pair, i+escapeBytes
			}
		}
		out = utf8.AppendRune(out, r)
	}
	return out
}

const escapeBytes = len("_xHHHH_")

// escaped is the character that text begins with as an escape.
func escaped(text []byte) (rune, bool) {
	if len(text) < escapeBytes || text[0] != '_' || text[1] != 'x' || text[escapeBytes-1] != '_' {
		return 0, false
	}
	code, err := strconv.ParseUint(string(text[2:escapeBytes-1]), 16, 16)
	return rune(code), err == nil
}
