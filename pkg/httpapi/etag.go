package httpapi

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/occ/contacts/pkg/contact"
)

// etag is the strong entity tag of a resource (RFC 9110 §8.8.3): its id, its version, and a digest of all that is
// answered of it. What changes without the version, as the time of the last message, moves the digest; If-Match reads
// the rest.
func etag(of contact.Revision, answered any) string {
	digest := sha256.New()
	_ = writeJSON(digest, answered) // what cannot be written is found when it is answered
	return `"` + revisionText(of) + "." + base64.RawURLEncoding.EncodeToString(digest.Sum(nil)[:digestBytes]) + `"`
}

// digestBytes is how much of the digest stands in a tag: nobody meets two answers of one resource that agree in so
// much.
const digestBytes = 12

// revisionText is a revision in a tag. Only the signs that divide it are escaped, and those that a tag cannot hold.
func revisionText(of contact.Revision) string {
	return strings.ReplaceAll(url.QueryEscape(of.ID), ".", "%2E") + "." + strconv.Itoa(of.Version)
}

// revisionOf reads a tag of ours.
func revisionOf(value string) (of contact.Revision, ok bool) {
	parts := strings.Split(value, ".")
	if len(parts) != 3 {
		return of, false
	}
	id, idErr := url.QueryUnescape(parts[0])
	version, versionErr := strconv.Atoi(parts[1])
	of = contact.Revision{ID: id, Version: version}
	return of, idErr == nil && versionErr == nil && revisionText(of) == parts[0]+"."+parts[1]
}

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

// ifMatch reads an If-Match, which compares strongly (RFC 9110 §13.1.1): a weak tag, or what is no tag, matches
// nothing.
func ifMatch(header string) contact.Precondition {
	switch strings.TrimSpace(header) {
	case "":
		return contact.Precondition{}
	case "*":
		return contact.Precondition{Any: true}
	}
	var revisions []contact.Revision
	for _, t := range tagsOf(header) {
		if of, ok := revisionOf(t.value); ok && !t.weak {
			revisions = append(revisions, of)
		}
	}
	return contact.Precondition{Revisions: revisions, None: len(revisions) == 0}
}

// isCurrent reports whether the client has an answer already, by its If-None-Match, which compares weakly (RFC 9110
// §13.1.2).
func isCurrent(header, current string) bool {
	if strings.TrimSpace(header) == "*" {
		return true
	}
	return slices.ContainsFunc(tagsOf(header), func(t tag) bool { return `"`+t.value+`"` == current })
}

// Conditional are the requests that read one resource. It is exported because huma overlooks embedded types that are
// not.
type Conditional struct {
	IfNoneMatch string `header:"If-None-Match" doc:"Entity tags that the client has: 304 when one is current"`
}

// tagged is the answer of a write that answers one resource.
type tagged[V any] struct {
	ETag string `header:"ETag" doc:"Names the resource, and changes with all that is answered of it"`
	Body V
}

// answered is the answer of a read of one resource.
type answered[V any] struct {
	Status int    // 304 when the client has it already
	ETag   string `header:"ETag" doc:"Names the resource, and changes with all that is answered of it"`
	Body   V
}

// created is the answer of a creation.
type created[V any] struct {
	ETag     string `header:"ETag" doc:"Names the resource, and changes with all that is answered of it"`
	Location string `header:"Location" doc:"The path of what was made"`
	Body     V
}

// status is that of a read: 304 when the client has what has the tag.
func (c Conditional) status(tag string) int {
	if isCurrent(c.IfNoneMatch, tag) {
		return http.StatusNotModified
	}
	return http.StatusOK
}

// read answers a read of a resource.
func read[V any](asked Conditional, of contact.Revision, view V) *answered[V] {
	tag := etag(of, view)
	return &answered[V]{asked.status(tag), tag, view}
}
