package e2e

import (
	"net/http"
	"strings"
	"testing"
)

const origin = "https://app.example.com"

// A browser asks before it calls another origin with a token, and the question itself carries none.
func TestABrowserMayCallTheAPI(t *testing.T) {
	nobody := caller{t: t}
	for _, path := range []string{"/v1", "/v1/contacts", "/v1/contacts/some-id", "/v1/imports/some-id/report", "/v1/nowhere"} {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} {
			preflight := nobody.call(
				http.MethodOptions,
				path,
				nil,
				"Origin",
				origin,
				"Access-Control-Request-Method",
				method,
				"Access-Control-Request-Headers",
				"authorization,content-type,if-match,if-none-match,idempotency-key",
			)
			if preflight.status != http.StatusNoContent && preflight.status != http.StatusOK {
				t.Fatalf("preflight of %s %s: status %d: %s", method, path, preflight.status, preflight.body)
			}
			preflight.allowsOrigin()
			preflight.lists("Access-Control-Allow-Methods", method)
			preflight.lists("Access-Control-Allow-Headers",
				"authorization", "content-type", "if-match", "if-none-match", "idempotency-key")
		}
	}
	agent := as(t, fresh(t), "agent")
	for _, answered := range []answer{
		agent.call(http.MethodGet, "/v1/contacts", nil, "Origin", origin).is(http.StatusOK),
		agent.call(http.MethodGet, "/v1/contacts/nobody", nil, "Origin", origin).is(http.StatusNotFound),
		nobody.call(http.MethodGet, "/v1/health", nil, "Origin", origin).is(http.StatusOK),
	} {
		answered.allowsOrigin()
		answered.lists("Access-Control-Expose-Headers", "etag", "location", "retry-after", "x-request-id")
	}
}

func TestAMonitorMayAskWithHEAD(t *testing.T) {
	if got := (caller{t: t}).call(http.MethodHead, "/v1/health", nil).is(http.StatusOK); len(got.body) != 0 {
		t.Errorf("HEAD answered a body: %s", got.body)
	}
}

func TestNoMethodOfTheAPIGoesWithoutAToken(t *testing.T) {
	nobody := caller{t: t}
	for _, path := range []string{"/v1", "/v1/contacts", "/v1/webhooks"} {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} {
			nobody.call(method, path, nil).is(http.StatusUnauthorized)
		}
	}
}

// allowsOrigin demands that a page of the origin may read the answer.
func (a answer) allowsOrigin() {
	a.t.Helper()
	if got := a.header.Get("Access-Control-Allow-Origin"); got != "*" && got != origin {
		a.t.Errorf("%s: Access-Control-Allow-Origin %q", a.what, got)
	}
}

// lists demands that a header names all of the values, in whatever case.
func (a answer) lists(header string, values ...string) {
	a.t.Helper()
	named := map[string]bool{}
	for value := range strings.SplitSeq(a.header.Get(header), ",") {
		named[strings.ToLower(strings.TrimSpace(value))] = true
	}
	for _, value := range values {
		if !named[strings.ToLower(value)] {
			a.t.Errorf("%s: %s does not name %s: %q", a.what, header, value, a.header.Get(header))
		}
	}
}
