package gateway_test

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/occ/contacts/pkg/gateway"
	"github.com/occ/contacts/pkg/identity"
)

// seen is what a handler saw of a request.
type seen struct {
	Method, Path, Query, Body, Accept, Cookie string
	Caller                                    identity.Caller
}

func serve(t *testing.T, event events.APIGatewayV2HTTPRequest) (seen, events.APIGatewayV2HTTPResponse) {
	t.Helper()
	var got seen
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got = seen{r.Method, r.URL.Path, r.URL.RawQuery, string(body), r.Header.Get("Accept"), r.Header.Get("Cookie"), identity.From(r.Context())}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Add("Vary", "a")
		w.Header().Add("Vary", "b")
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, `{"é":1}`)
	})
	answer, err := gateway.Handler(handler, time.Minute)(t.Context(), event)
	if err != nil {
		t.Fatal(err)
	}
	return got, answer
}

func TestRequestAndAnswer(t *testing.T) {
	const text = `{"version":"2.0","rawPath":"/v1/contacts/a b","rawQueryString":"q=a%20b&x=%C3%A9","cookies":["a=1","b=2"],
		"headers":{"accept":"x, y","content-type":"application/merge-patch+json"},"isBase64Encoded":true,"body":"eyJhIjoxfQ==",
		"requestContext":{"requestId":"r-1","stage":"$default","http":{"method":"PATCH","sourceIp":"127.0.0.1"},
		"authorizer":{"jwt":{"claims":{"sub":"s-1","custom:workspace":"demo","cognito:groups":"[agent admin]"}}}}}`
	var event events.APIGatewayV2HTTPRequest
	if err := json.Unmarshal([]byte(text), &event); err != nil {
		t.Fatal(err)
	}
	got, answer := serve(t, event)
	want := seen{
		"PATCH", "/v1/contacts/a b", "q=a%20b&x=%C3%A9", `{"a":1}`, "x, y", "a=1; b=2",
		identity.Caller{Subject: "s-1", Workspace: "demo", Groups: []string{"agent", "admin"}, RequestID: "r-1"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if answer.StatusCode != http.StatusAccepted || answer.Headers["vary"] != "a, b" || answer.Body != `{"é":1}` || answer.IsBase64Encoded {
		t.Errorf("%+v", answer)
	}
}

func TestBinaryAnswersAreBase64(t *testing.T) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/octet-stream")
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "1"})
		_, _ = w.Write([]byte{0xff, 0})
	})
	answer, err := gateway.Handler(handler, time.Minute)(t.Context(), events.APIGatewayV2HTTPRequest{})
	if err != nil || !answer.IsBase64Encoded || answer.Body != "/wA=" || len(answer.Cookies) != 1 {
		t.Errorf("%+v, %v", answer, err)
	}
}

func TestABrokenBodyIsRefused(t *testing.T) {
	answer, err := gateway.Handler(http.NotFoundHandler(), time.Minute)(t.Context(), events.APIGatewayV2HTTPRequest{
		Body: "*", IsBase64Encoded: true, RequestContext: events.APIGatewayV2HTTPRequestContext{RequestID: "r-1"},
	})
	if err != nil || answer.StatusCode != http.StatusBadRequest || answer.Headers["x-request-id"] != "r-1" {
		t.Errorf("%+v, %v", answer, err)
	}
}

// The gateway writes the list of groups as text. A group is the whole of a name: no word of it makes an admin.
func TestGroupsAreWholeNames(t *testing.T) {
	for claim, want := range map[string][]string{
		"[agent admin]": {"agent", "admin"}, "[admin]": {"admin"}, "admin": {"admin"}, "[x,admin]": {"x,admin"}, "x,admin": {"x,admin"}, "[no-admin]": {"no-admin"},
		"[admin-readonly]": {"admin-readonly"}, "[[admin]]": {"[admin]"}, "[admin,]": {"admin,"}, "[]": nil, "": nil, "[ agent  admin ]": {"agent", "admin"},
	} {
		var event events.APIGatewayV2HTTPRequest
		event.RequestContext.Authorizer = &events.APIGatewayV2HTTPRequestContextAuthorizerDescription{
			JWT: &events.APIGatewayV2HTTPRequestContextAuthorizerJWTDescription{Claims: map[string]string{"cognito:groups": claim}},
		}
		handler := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			caller := identity.From(r.Context())
			if diff := cmp.Diff(want, caller.Groups, cmpopts.EquateEmpty()); diff != "" || caller.Has(identity.Admin) != slices.Contains(want, "admin") {
				t.Errorf("%q: %s", claim, diff)
			}
		})
		if _, err := gateway.Handler(handler, time.Minute)(t.Context(), event); err != nil {
			t.Error(err)
		}
	}
}

func FuzzHandler(f *testing.F) {
	f.Add("GET", "/v1/contacts", "q=a", "body", false, "[admin]")
	f.Add("P T", "//x\x00", "%zz", "*", true, "[[")
	f.Fuzz(func(t *testing.T, method, path, query, body string, encoded bool, groups string) {
		event := events.APIGatewayV2HTTPRequest{RawPath: path, RawQueryString: query, Body: body, IsBase64Encoded: encoded}
		event.RequestContext.HTTP.Method = method
		event.RequestContext.Authorizer = &events.APIGatewayV2HTTPRequestContextAuthorizerDescription{
			JWT: &events.APIGatewayV2HTTPRequestContextAuthorizerJWTDescription{Claims: map[string]string{"cognito:groups": groups}},
		}
		handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			got, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			want := body
			if encoded {
				decoded, _ := base64.StdEncoding.DecodeString(body)
				want = string(decoded)
			}
			if string(got) != want {
				t.Errorf("body %q, want %q", got, want)
			}
			_ = r.URL.Query()
			w.WriteHeader(http.StatusNoContent)
		})
		if _, err := gateway.Handler(handler, time.Minute)(t.Context(), event); err != nil {
			t.Error(err)
		}
	})
}
