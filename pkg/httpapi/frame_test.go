package httpapi_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/smithy-go"

	"github.com/occ/contacts/pkg/identity"
	"github.com/occ/contacts/pkg/problem"
)

func TestUnknownPathsAndMethods(t *testing.T) {
	s := serve(t, identity.Admin)
	for _, path := range []string{
		"/v1", "/v1/", "/v1/nowhere", "/v1/contacts/", "/v1//contacts", "/v1/./contacts", "/v1/imports/../contacts", "/v1/contacts/a/b", "/v1/CONTACTS", "/",
		"/v1/contacts/mona/", "/v1/settings/x",
	} {
		s.call(http.MethodGet, path, "").refused(http.StatusNotFound, problem.NotFound)
		s.call(http.MethodDelete, path, "").refused(http.StatusNotFound, problem.NotFound)
	}
	for path, allow := range map[string]string{
		"/v1/contacts": "GET, HEAD, POST", "/v1/contacts/mona": "DELETE, GET, HEAD, PATCH", "/v1/health": "GET, HEAD", "/v1/imports/i-1/cancel": "POST", "/v1/imports/template": "GET, HEAD",
	} {
		refused := s.call(http.MethodPut, path, "{}").refused(http.StatusMethodNotAllowed, problem.MethodNotAllowed)
		if got := refused.Header().Get("Allow"); got != allow {
			t.Errorf("%s allows %q, want %q", path, got, allow)
		}
	}
}

// The gateway hands what webhooks do not take to the API, with the caller's token.
func TestWebhooksTakeGetAndPost(t *testing.T) {
	s := serve(t, identity.Agent)
	for _, path := range []string{"/v1/webhooks/whatsapp/123", "/v1/webhooks/sms/+15005550006", "/v1/webhooks/fax/1"} {
		for _, method := range []string{http.MethodPut, http.MethodPatch, http.MethodDelete} {
			if refused := s.call(method, path, "{}").refused(http.StatusMethodNotAllowed, problem.MethodNotAllowed); refused.Header().Get("Allow") != "GET, POST" {
				t.Errorf("%s %s allows %q", method, path, refused.Header().Get("Allow"))
			}
		}
	}
	for _, path := range []string{"/v1/webhooks", "/v1/webhooks/", "/v1/webhooks/whatsapp", "/v1/webhooks/whatsapp/", "/v1/webhooks//1", "/v1/webhooks/whatsapp/1/2"} {
		s.call(http.MethodPut, path, "{}").refused(http.StatusNotFound, problem.NotFound)
	}
}

func TestTheCallerIsCheckedBeforeAllElse(t *testing.T) {
	s := serve(t, identity.Agent)
	s.call(http.MethodGet, "/v1/imports/unknown", "").refused(http.StatusForbidden, problem.Forbidden)
	s.call(http.MethodPost, "/v1/imports?colour=red", "{", "Content-Type", "text/plain").refused(http.StatusForbidden, problem.Forbidden)
	s.call(http.MethodPatch, "/v1/settings", `{"defaultRegion":7}`).refused(http.StatusForbidden, problem.Forbidden)
	s.call(http.MethodPut, "/v1/settings", "").refused(http.StatusMethodNotAllowed, problem.MethodNotAllowed)
	s.call(http.MethodPatch, "/v1/contacts/unknown", `{"name":7}`).refused(http.StatusUnprocessableEntity, problem.ValidationFailed, "body.name")
	s.call(http.MethodPatch, "/v1/contacts/unknown", `{"name":"A"}`).refused(http.StatusNotFound, problem.NotFound)
	s.caller.Groups = nil
	s.call(http.MethodGet, "/v1/contacts", "").refused(http.StatusForbidden, problem.Forbidden)
	for _, workspace := range []string{"", "a#b", "-a", "_a", "a b", strings.Repeat("a", 64), "é"} {
		s.caller = identity.Caller{Subject: "s-1", Workspace: workspace, Groups: []string{"admin"}}
		s.call(http.MethodGet, "/v1/imports/unknown?colour=red", "").refused(http.StatusForbidden, problem.NoWorkspace)
		s.call(http.MethodGet, "/v1/nowhere", "").refused(http.StatusNotFound, problem.NotFound)
		s.call(http.MethodGet, "/v1/health", "").is(http.StatusOK)
	}
	if s.contacts.calls != 1 {
		t.Errorf("%d calls went through, and not only that for the unknown contact", s.contacts.calls)
	}
}

func TestAdminsMayDoWhatAgentsMay(t *testing.T) {
	serve(t, identity.Admin).call(http.MethodGet, "/v1/contacts/mona", "").is(http.StatusOK)
}

func TestPublicRoutes(t *testing.T) {
	s := serve(t, identity.Agent)
	s.caller = identity.Caller{}
	if got := s.call(http.MethodGet, "/v1/health", "").is(http.StatusOK); strings.TrimSpace(got.Body.String()) != `{"status":"ok"}` {
		t.Errorf("health is %s", got.Body)
	}
	s.call(http.MethodGet, "/v1/openapi.json", "").is(http.StatusOK)
}

func TestEveryAnswerHasItsHeaders(t *testing.T) {
	s := serve(t, identity.Agent)
	for _, path := range []string{"/v1/contacts", "/v1/nowhere", "/v1/settings", "/v1/health", "/v1/contacts?limit=x"} {
		got := s.call(http.MethodGet, path, "")
		if got.Header().Get("X-Request-Id") != "r-1" || got.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v", path, got.Header())
		}
	}
	s.caller.RequestID = ""
	one, two := s.call(http.MethodGet, "/v1/health", ""), s.call(http.MethodGet, "/v1/health", "")
	if id := one.Header().Get("X-Request-Id"); id == "" || id == two.Header().Get("X-Request-Id") {
		t.Errorf("request id %q", id)
	}
	if got := s.call(http.MethodGet, "/v1/openapi.json", "").Header().Get("Cache-Control"); !strings.HasPrefix(got, "public") {
		t.Errorf("the document is not to be kept: %q", got)
	}
}

func TestHeadHasNoBody(t *testing.T) {
	s := serve(t, identity.Agent)
	got := s.call(http.MethodHead, "/v1/contacts/mona", "").is(http.StatusOK)
	if got.Body.Len() != 0 || !strings.HasPrefix(got.Header().Get("ETag"), `"mona.3.`) {
		t.Errorf("%v %s", got.Header(), got.Body)
	}
	if got := s.call(http.MethodHead, "/v1/nowhere", "").is(http.StatusNotFound); got.Body.Len() != 0 {
		t.Errorf("%s", got.Body)
	}
}

func TestErrorsOfOursAreLoggedAndNotTold(t *testing.T) {
	for _, err := range []error{errors.New("table on fire"), problem.New("unheard_of", "table on fire"), problem.New(problem.Internal, "table on fire")} {
		s := serve(t, identity.Agent)
		s.contacts.err = err
		refused := s.call(http.MethodGet, "/v1/contacts/mona", "").refused(http.StatusInternalServerError, problem.Internal)
		if strings.Contains(refused.Body.String(), "fire") {
			t.Errorf("told: %s", refused.Body)
		}
		for _, part := range []string{"fire", `"level":"ERROR"`, `"route":"/v1/contacts/{id}"`, `"xRequestId":"r-1"`} {
			if !strings.Contains(s.log.String(), part) {
				t.Errorf("no %s in the log: %s", part, s.log)
			}
		}
	}
}

// What AWS answers may repeat the request, with names and numbers in it.
func TestWhatAWSAnsweredIsNotLogged(t *testing.T) {
	s := serve(t, identity.Agent)
	s.contacts.err = fmt.Errorf("dynamo: update 42: %w", &smithy.OperationError{
		ServiceID: "DynamoDB", OperationName: "PutItem", Err: &smithy.GenericAPIError{Code: "ValidationException", Message: "Item of Mona Adel"},
	})
	s.call(http.MethodGet, "/v1/contacts/mona", "").refused(http.StatusInternalServerError, problem.Internal)
	if text := s.log.String(); strings.Contains(text, "Mona") || !strings.Contains(text, "dynamo: update 42: DynamoDB PutItem: ValidationException") {
		t.Error(text)
	}
}

func TestAPanicIsAnInternalError(t *testing.T) {
	s := serve(t, identity.Agent)
	s.contacts.panics = "the sky fell"
	refused := s.call(http.MethodGet, "/v1/contacts/mona", "").refused(http.StatusInternalServerError, problem.Internal)
	if strings.Contains(refused.Body.String(), "sky") || refused.Header().Get("X-Request-Id") != "r-1" {
		t.Errorf("%v %s", refused.Header(), refused.Body)
	}
	for _, part := range []string{"the sky fell", "frame_test.go", `"xRequestId":"r-1"`} {
		if !strings.Contains(s.log.String(), part) {
			t.Errorf("no %s in the log: %s", part, s.log)
		}
	}
}

func TestTemporaryErrors(t *testing.T) {
	s := serve(t, identity.Agent)
	s.contacts.err = problem.New(problem.Unavailable, "Repeat the request.")
	refused := s.call(http.MethodGet, "/v1/contacts/mona", "").refused(http.StatusServiceUnavailable, problem.Unavailable)
	if refused.Header().Get("Retry-After") != "1" {
		t.Errorf("%v", refused.Header())
	}
}

func TestTheAccessLogNamesNobody(t *testing.T) {
	s := serve(t, identity.Agent)
	s.call(http.MethodGet, "/v1/contacts?q=mona%20adel", "").is(http.StatusOK)
	s.call(http.MethodGet, "/v1/mona-adel", "").is(http.StatusNotFound)
	if log := s.log.String(); strings.Contains(log, "mona") || strings.Count(log, "\n") != 2 {
		t.Errorf("logged %s", log)
	}
	var line map[string]any
	if err := json.Unmarshal([]byte(strings.SplitN(s.log.String(), "\n", 2)[0]), &line); err != nil {
		t.Fatal(err)
	}
	if line["method"] != "GET" || line["route"] != "/v1/contacts" || line["status"] != 200.0 || line["workspace"] != "demo" || line["ms"] == nil {
		t.Errorf("logged %v", line)
	}
}
