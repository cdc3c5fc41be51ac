package contact

import (
	"math"
	"regexp"
	"slices"
	"strings"
)

// NormalizeLabel returns a label trimmed and in NFC. Labels stand in URLs, so what would divide a URL is refused.
func NormalizeLabel(s string) (string, error) {
	label, err := cleanVisible("A label", s, MaxLabel)
	if err != nil {
		return "", err
	}
	if strings.ContainsAny(label, "/?#%\r\n\t") || label == "." || label == ".." {
		return "", refuse("A label may hold no / ? # %%, line break or tab, and may not be . or ..; choose another word.")
	}
	return label, nil
}

// AddLabels unites labels, compared without case; the first spelling stays.
func AddLabels(labels []string, more ...string) []string {
	united := slices.Clone(labels)
	for _, label := range more {
		if !HasLabel(united, label) {
			united = append(united, label)
		}
	}
	return united
}

// HasLabel says whether label is among labels, without case.
func HasLabel(labels []string, label string) bool {
	key := FacetKey(label)
	return slices.ContainsFunc(labels, func(other string) bool { return FacetKey(other) == key })
}

// checkLabelCount demands at most MaxLabels.
func checkLabelCount(labels []string) error {
	if len(labels) > MaxLabels {
		return refuse("A contact has at most %d labels; remove some.", MaxLabels)
	}
	return nil
}

// NormalizeLabels normalises each label and unites those that differ only in case. The error is that of the first bad one.
func NormalizeLabels(labels []string) ([]string, error) {
	var all []string
	for _, raw := range labels {
		label, err := NormalizeLabel(raw)
		if err != nil {
			return nil, err
		}
		all = AddLabels(all, label)
	}
	return all, checkLabelCount(all)
}

var attributeKey = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)

// CheckAttributeKey demands a key of the contract's form.
func CheckAttributeKey(key string) error {
	if !attributeKey.MatchString(key) {
		return refuse("An attribute's key has 1 to 64 letters, digits, underscores, dots and hyphens.")
	}
	return nil
}

// NormalizeAttribute returns a value as it is stored: string, float64 or bool.
func NormalizeAttribute(value any) (any, error) {
	switch v := value.(type) {
	case bool:
		return v, nil
	case string:
		return orNone(clean("An attribute's text", v, MaxString))
	case float64:
		switch {
		case math.IsNaN(v) || math.IsInf(v, 0):
			return nil, refuse("A number has to be finite.")
		case math.Abs(v) > MaxExactNumber:
			return nil, refuse("A number beyond %d would be rounded (RFC 7493); write it as a string.", MaxExactNumber)
		case v == 0:
			return 0.0, nil // no negative zero
		}
		return v, nil
	default:
		return nil, refuse("An attribute is a string, a number or a boolean.")
	}
}

// orNone keeps a text that is refused from being a value.
func orNone(text string, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return text, nil
}

func checkAttributeCount(count int) error {
	if count > MaxAttributes {
		return refuse("A contact has at most %d custom attributes; remove some.", MaxAttributes)
	}
	return nil
}
