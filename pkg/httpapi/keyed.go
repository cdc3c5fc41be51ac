package httpapi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/problem"
)

const keyHeader = "Idempotency-Key"

// Keyed are the requests that create. It is exported because huma overlooks embedded types that are not.
type Keyed struct {
	Key string `header:"Idempotency-Key" doc:"1 to 255 visible ASCII characters of the client's choice. For 24 hours the same key and body get the same answer again, and nothing is made twice"`

	once *contact.Once // nil without a key
}

// maxKey is the longest key, in characters.
const maxKey = 255

// Resolve implements huma.Resolver. Keys count for one workspace, which the store adds, and for one path.
func (k *Keyed) Resolve(ctx huma.Context) []error {
	if k.Key == "" {
		return nil
	}
	address := ctx.URL()
	body, _ := ctx.Context().Value(bodyKey{}).(string)
	k.once = &contact.Once{Route: ctx.Method() + " " + address.EscapedPath(), Key: k.Key, Body: body}
	return nil
}

// checkKey refuses a key that is none; an empty one too, which huma would take for absent.
func checkKey(r *http.Request) error {
	values, there := r.Header[keyHeader]
	if !there {
		return nil
	}
	key := strings.Join(values, ", ") // as API Gateway joins them
	invisible := func(c rune) bool { return c <= ' ' || c > '~' }
	if key == "" || len(key) > maxKey || strings.ContainsFunc(key, invisible) {
		return problem.Invalid("header."+keyHeader, nil, "Give a key of 1 to %d visible ASCII characters, without spaces, or leave it out.", maxKey)
	}
	return nil
}

// bodyKey is under which the hash of a request's body travels in its context.
type bodyKey struct{}

// hashed puts the hash of a body into the request's context: keys of idempotency go by it.
func hashed(r *http.Request, body []byte) *http.Request {
	sum := sha256.Sum256(body)
	return r.WithContext(context.WithValue(r.Context(), bodyKey{}, hex.EncodeToString(sum[:])))
}
