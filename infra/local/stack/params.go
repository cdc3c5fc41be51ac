package stack

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// ParseParams reads template parameters as PARAMS gives them: Name=Value, separated by spaces; a value with spaces stands in
// quotes, single or double.
func ParseParams(text string) (map[string]string, error) {
	params := map[string]string{}
	for rest := strings.TrimSpace(text); rest != ""; rest = strings.TrimSpace(rest) {
		name, after, found := strings.Cut(rest, "=")
		if !found || name == "" || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			return nil, fmt.Errorf("PARAMS: write Name=Value, separated by spaces, at %q", rest)
		}
		value, remaining, err := paramValue(after)
		if err != nil {
			return nil, fmt.Errorf("PARAMS: the value of %s: %w", name, err)
		}
		if before, twice := params[name]; twice && before != value {
			return nil, fmt.Errorf("PARAMS: %s is given twice, as %q and as %q", name, before, value)
		}
		params[name], rest = value, remaining
	}
	return params, nil
}

func paramValue(text string) (value, rest string, err error) {
	if text == "" {
		return "", "", nil
	}
	if quote := text[:1]; quote == `"` || quote == `'` {
		value, rest, closed := strings.Cut(text[1:], quote)
		if !closed {
			return "", "", fmt.Errorf("the quote %s is never closed", quote)
		}
		return value, rest, nil
	}
	if end := strings.IndexFunc(text, unicode.IsSpace); end >= 0 {
		return text[:end], text[end:], nil
	}
	return text, "", nil
}

// Overrides writes parameters as the SAM CLI takes them.
func Overrides(params map[string]string) []string {
	arguments := []string{"--parameter-overrides"}
	for _, name := range slices.Sorted(maps.Keys(params)) {
		arguments = append(arguments, fmt.Sprintf(`%s="%s"`, name, strings.ReplaceAll(params[name], `"`, `\"`)))
	}
	return arguments
}
