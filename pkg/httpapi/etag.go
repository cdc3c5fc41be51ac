package httpapi

import (
	"slices"
	"strconv"
	"strings"

	"github.com/occ/contacts/pkg/contact"
)

// etag is the strong entity tag of a version (RFC 9110 §8.8.3).
func etag(version int) string { return `"` + strconv.Itoa(version) + `"` }

// tag is an entity tag that a client sent.
type tag struct {
	weak  bool
	value string
}

// tagsOf reads the list of an If-Match or If-None-Match; what is no such list has no tags.
func tagsOf(header string) []tag {
	var tags []tag
	for rest := strings.TrimSpace(header); rest != ""; {
		var t tag
		rest, t.weak = strings.CutPrefix(rest, "W/")
		quoted, opened := strings.CutPrefix(rest, `"`)
		value, after, closed := strings.Cut(quoted, `"`)
		if !opened || !closed {
			return nil
		}
		t.value = value
		tags = append(tags, t)
		if rest = strings.TrimSpace(after); rest == "" {
			break
		}
		var more bool
		if rest, more = strings.CutPrefix(rest, ","); !more {
			return nil
		}
		rest = strings.TrimSpace(rest)
	}
	return tags
}

// ifMatch reads an If-Match, which compares strongly (RFC 9110 §13.1.1): a weak tag, or what is no tag, matches nothing.
func ifMatch(header string) contact.Precondition {
	switch strings.TrimSpace(header) {
	case "":
		return contact.Precondition{}
	case "*":
		return contact.Precondition{Any: true}
	}
	var versions []int
	for _, t := range tagsOf(header) {
		if version, err := strconv.Atoi(t.value); err == nil && !t.weak && `"`+t.value+`"` == etag(version) {
			versions = append(versions, version)
		}
	}
	return contact.Precondition{Versions: versions, None: len(versions) == 0}
}

// isCurrent says that the client has the version already by its If-None-Match, which compares weakly (RFC 9110 §13.1.2).
func isCurrent(header string, version int) bool {
	if strings.TrimSpace(header) == "*" {
		return true
	}
	return slices.ContainsFunc(tagsOf(header), func(t tag) bool { return `"`+t.value+`"` == etag(version) })
}
