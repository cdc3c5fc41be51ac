package httpapi

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/occ/contacts/pkg/problem"
)

// maxBody is the longest body that is read, in bytes: the largest contact (131,072 bytes) with every character escaped, twice over.
const maxBody = 1_572_864

const (
	jsonMedia  = "application/json"
	patchMedia = "application/merge-patch+json" // RFC 7396
)

// mediaOf are the media types that a method takes.
func mediaOf(method string) []string {
	if method == http.MethodPatch {
		return []string{jsonMedia, patchMedia}
	}
	return []string{jsonMedia}
}

// checkBody demands a JSON object of a media type that the method takes, and returns it, and puts it back, as plain JSON, for huma.
func checkBody(r *http.Request) ([]byte, error) {
	media, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	media = strings.ToLower(strings.TrimSpace(media))
	if takes := mediaOf(r.Method); media != "" && !slices.Contains(takes, media) {
		return nil, problem.New(problem.UnsupportedMediaType, "The body has to be %s.", strings.Join(takes, " or "))
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return nil, err
	}
	if err := checkObject(body); err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.Header.Set("Content-Type", jsonMedia)
	return body, nil
}

func checkObject(body []byte) error {
	text := bytes.TrimLeft(body, " \t\r\n")
	switch {
	case len(body) > maxBody:
		return problem.Invalid("body", nil, "The body has more than %d bytes; shorten it.", maxBody)
	case len(text) == 0:
		return problem.New(problem.MalformedJSON, "The body is empty; send a JSON object.")
	case !utf8.Valid(body):
		return problem.New(problem.MalformedJSON, "The body is not UTF-8; JSON has to be.")
	case !json.Valid(body):
		return problem.New(problem.MalformedJSON, "The body is not JSON; send one JSON object and nothing after it.")
	case text[0] != '{':
		return problem.Invalid("body", nil, "Send a JSON object.")
	default:
		return checkEscapes(body)
	}
}
