package contact

import (
	"math"
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
	united, known := slices.Clone(labels), make(map[string]bool, len(labels)+len(more))
	for _, label := range labels {
		known[FacetKey(label)] = true
	}
	for _, label := range more {
		if key := FacetKey(label); !known[key] {
			united, known[key] = append(united, label), true
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
	all := make([]string, len(labels))
	for i, raw := range labels {
		label, err := NormalizeLabel(raw)
		if err != nil {
			return nil, err
		}
		all[i] = label
	}
	all = AddLabels(nil, all...)
	return all, checkLabelCount(all)
}

// CheckAttributeKey demands a key of the contract's form. It is read by hand: compiling {1,64} costs each cold start 0.25 ms.
func CheckAttributeKey(key string) error {
	other := func(r rune) bool { return !asciiLetterOrDigit(r) && !strings.ContainsRune("_.-", r) }
	if key == "" || len(key) > maxAttributeKey || strings.ContainsFunc(key, other) {
		return refuse("An attribute's key has 1 to %d letters, digits, underscores, dots and hyphens.", maxAttributeKey)
	}
	return nil
}

// NormalizeAttribute returns a value as it is stored: string, float64 or bool.
func NormalizeAttribute(value any) (any, error) {
	switch v := value.(type) {
	case bool:
		return v, nil
	case string:
		return orNone(clean("An attribute's text", CleanLines(v), MaxString))
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
