package httpapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/occ/contacts/pkg/problem"
)

// checkEscapes refuses escapes of half a character, as "\ud800" alone: they are no text, and encoding/json
// would store U+FFFD in their place. The body is known to be JSON.
func checkEscapes(body []byte) error {
	halves := halfSurrogates(body)
	if len(halves) == 0 {
		return nil
	}
	refused := &problem.Error{
		Code: problem.ValidationFailed, Detail: "The body has characters that cannot be used; errors says where.",
	}
	for _, place := range placesOf(body, halves) {
		refused.Fields = append(refused.Fields, problem.FieldError{
			Location: place,
			Message:  `It holds half of a surrogate pair; write the whole character, as "\ud83d\ude00".`,
		})
	}
	return refused
}

// halfSurrogates returns where the text of a JSON body escapes half of a surrogate pair (RFC 8259 §8.2).
func halfSurrogates(body []byte) (offsets []int) {
	const escapeLength = len(`\u0000`)
	for i := 0; i < len(body); {
		at := bytes.IndexByte(body[i:], '\\')
		if at < 0 {
			break
		}
		i += at
		switch unit := escapedUnit(body[i:]); {
		case unit < 0:
			i += 2 // the character after a backslash is escaped
		case isHigh(unit) && isLow(escapedUnit(body[i+escapeLength:])):
			i += 2 * escapeLength
		default:
			if isHigh(unit) || isLow(unit) {
				offsets = append(offsets, i)
			}
			i += escapeLength
		}
	}
	return offsets
}

func isHigh(unit int) bool { return unit >= 0xD800 && unit <= 0xDBFF }

func isLow(unit int) bool { return unit >= 0xDC00 && unit <= 0xDFFF }

// escapedUnit reads an escape as \u00e9, or -1 where no escape begins.
func escapedUnit(text []byte) int {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return -1
	}
	unit, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	if err != nil {
		return -1
	}
	return int(unit)
}

// level is an object or a list that a walk is inside of.
type level struct {
	place  string
	object bool
	key    string // of the member at hand, in an object
	atKey  bool   // the next token is a key
	index  int    // of the element at hand, in a list
}

// here is the place of the value at hand.
func (l level) here() string {
	if l.object {
		return l.place + "." + l.key
	}
	return fmt.Sprintf("%s[%d]", l.place, l.index)
}

// placesOf names the values, or the objects whose keys, hold offsets; each once, in the order of the body.
func placesOf(body []byte, offsets []int) (places []string) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	levels := []level{{place: "body", index: -1}}
	for len(offsets) > 0 {
		token, err := decoder.Token()
		if err != nil { // it is known to be JSON
			return places
		}
		current := &levels[len(levels)-1]
		place, isKey := current.place, current.object && current.atKey
		if !isKey && len(levels) > 1 {
			place = current.here()
		}
		if int(decoder.InputOffset()) > offsets[0] {
			places = append(places, place)
		}
		for len(offsets) > 0 && int(decoder.InputOffset()) > offsets[0] {
			offsets = offsets[1:]
		}
		levels = stepped(levels, token, place)
	}
	return places
}

// stepped is where a walk is after a token that stands at a place.
func stepped(levels []level, token json.Token, place string) []level {
	current := &levels[len(levels)-1]
	switch delimiter, _ := token.(json.Delim); {
	case delimiter == '{' || delimiter == '[':
		return append(levels, level{place: place, object: delimiter == '{', atKey: delimiter == '{'})
	case delimiter == '}' || delimiter == ']':
		levels = levels[:len(levels)-1]
		current = &levels[len(levels)-1]
	case current.object && current.atKey:
		current.key, _ = token.(string)
		current.atKey = false
		return levels
	}
	current.atKey = current.object
	current.index++
	return levels
}
