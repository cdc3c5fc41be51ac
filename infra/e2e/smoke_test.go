package e2e

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/occ/contacts/infra/smoke"
)

// TestSmokeTest runs the test of deployments on the local stack, and looks for what it leaves.
func TestSmokeTest(t *testing.T) {
	removed := 0
	err := smoke.Run(t.Context(), smokeTarget(t, local.APIURL, func(context.Context) error { removed++; return nil }))
	if err != nil {
		t.Fatal(err)
	}
	if removed != 1 {
		t.Errorf("the user was removed %d times", removed)
	}
	admin := as(t, smoke.Workspace, "admin")
	eventually(t, "the contacts of the smoke test are gone", func() bool {
		return len(admin.call(http.MethodGet, "/v1/contacts", nil).is(http.StatusOK).items()) == 0
	})
	if left := admin.call(http.MethodGet, "/v1/channel-accounts", nil).is(http.StatusOK).items(); len(left) > 0 {
		t.Errorf("accounts are left: %v", left)
	}
}

// TestSmokeTestFails breaks one thing after the other, as a bad deployment would.
func TestSmokeTestFails(t *testing.T) {
	for step, broken := range map[string]func(r *http.Request) bool{
		"preflight":         func(r *http.Request) bool { return r.Method == http.MethodOptions },
		"health":            func(r *http.Request) bool { return r.URL.Path == "/v1/health" },
		"sign-in":           func(r *http.Request) bool { return r.Method == http.MethodGet && r.URL.Path == "/v1/contacts" },
		"import of 10 rows": func(r *http.Request) bool { return r.Method == http.MethodPost && r.URL.Path == "/v1/imports" },
		"signed webhook":    func(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/v1/webhooks/") },
	} {
		t.Run(step, func(t *testing.T) {
			whole, err := url.Parse(local.APIURL)
			if err != nil {
				t.Fatal(err)
			}
			proxy := httputil.NewSingleHostReverseProxy(whole)
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if broken(r) {
					w.WriteHeader(http.StatusUnauthorized)
					return
				}
				proxy.ServeHTTP(w, r)
			}))
			defer server.Close()
			err = smoke.Run(t.Context(), smokeTarget(t, server.URL, func(context.Context) error { return errors.New("also the user stays") }))
			if err == nil || !strings.Contains(err.Error(), "smoke test: "+step+": ") {
				t.Errorf("the error %v does not name the step %s", err, step)
			}
			if signedIn := step != "preflight" && step != "health"; signedIn != strings.Contains(err.Error(), "also the user stays") {
				t.Errorf("what could not be removed is not said: %v", err)
			}
		})
	}
}

func smokeTarget(t *testing.T, api string, remove func(context.Context) error) smoke.Target {
	t.Helper()
	return smoke.Target{
		API: api, Origin: "https://app.example.com", Patience: patience, Log: io.Discard,
		SignIn: func(ctx context.Context) (string, func(context.Context) error, error) {
			token, err := local.Token(ctx, smoke.Workspace, "admin", "")
			return token, remove, err
		},
	}
}
