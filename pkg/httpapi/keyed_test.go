package httpapi_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/occ/contacts/pkg/identity"
	"github.com/occ/contacts/pkg/problem"
)

func TestIdempotencyKeys(t *testing.T) {
	s := serve(t, identity.Admin)
	post := func(path, key string) {
		t.Helper()
		s.contacts.once = nil
		s.call(http.MethodPost, path, `{"name":"A"}`, "Idempotency-Key", key).is(http.StatusCreated)
	}
	post("/v1/contacts", "k-1")
	first := *s.contacts.once
	if first.Key != "k-1" || first.Route != "POST /v1/contacts" || len(first.Body) != 64 {
		t.Fatalf("%+v", first)
	}
	if post("/v1/contacts", "k-1"); s.contacts.once.Body != first.Body {
		t.Errorf("%+v, then %+v", first, s.contacts.once)
	}
	s.call(http.MethodPost, "/v1/contacts", `{"name":"B"}`, "Idempotency-Key", "k-1").is(http.StatusCreated)
	if s.contacts.once.Body == first.Body {
		t.Error("another body has the same hash")
	}
	s.call(http.MethodPost, "/v1/contacts/mona/notes", `{"text":"B"}`, "Idempotency-Key", "k-1").is(http.StatusCreated)
	if s.contacts.once.Route != "POST /v1/contacts/mona/notes" {
		t.Errorf("route %q", s.contacts.once.Route)
	}
	s.call(http.MethodPost, "/v1/contacts", `{"name":"A"}`).is(http.StatusCreated)
	if s.contacts.once != nil {
		t.Errorf("a key without header: %+v", s.contacts.once)
	}
	calls := s.contacts.calls
	for _, key := range []string{"", " ", "a b", "é", "a\tb", strings.Repeat("k", 256)} {
		s.call(http.MethodPost, "/v1/contacts", `{"name":"A"}`, "Idempotency-Key", key).refused(http.StatusUnprocessableEntity, problem.ValidationFailed, "header.Idempotency-Key")
	}
	if s.contacts.calls != calls {
		t.Error("a bad key went through")
	}
	post("/v1/contacts", strings.Repeat("k", 255))
}
