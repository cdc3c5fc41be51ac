package httpapi

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"unicode/utf8"

	"github.com/occ/contacts/pkg/problem"
)

// checkQuery demands parameters that the endpoint knows, each once. An empty one is an oversight, but for q (no filter)
// and cursor, which is refused as a cursor.
func checkQuery(r *http.Request, known []string) error {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return problem.Invalid("query", nil, "The query cannot be read; percent-encode its values.")
	}
	refused := &problem.Error{Code: problem.ValidationFailed, Detail: "The query has parameters that cannot be used; errors says which and why."}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if message := wrongParameter(name, values[name], slices.Contains(known, name)); message != "" {
			refused.Fields = append(refused.Fields, problem.FieldError{Location: "query." + name, Message: message})
		}
	}
	if len(refused.Fields) > 0 {
		return refused
	}
	r.URL.RawQuery = values.Encode()
	return nil
}

// wrongParameter says what is wrong with a parameter; empty when nothing is.
func wrongParameter(name string, values []string, known bool) string {
	switch {
	case !known:
		return "There is no such parameter; remove it, or check its spelling."
	case len(values) > 1:
		return "Give it once."
	case !utf8.ValidString(values[0]):
		return "Give it in UTF-8."
	case values[0] == "" && name != "q" && name != "cursor":
		return "Give it a value, or leave it out."
	default:
		return ""
	}
}
