package httpapi_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/identity"
)

// document reads the OpenAPI document.
func document(t *testing.T) map[string]any {
	t.Helper()
	s := serve(t, identity.Agent)
	s.caller = identity.Caller{}
	read := s.call(http.MethodGet, "/v1/openapi.json", "").is(http.StatusOK)
	if media := read.Header().Get("Content-Type"); media != "application/json" {
		t.Errorf("media type %q", media)
	}
	return read.object()
}

// operations are the document's, by method and path.
func operations(t *testing.T, document map[string]any) map[string]map[string]any {
	t.Helper()
	all := map[string]map[string]any{}
	for path, item := range document["paths"].(map[string]any) {
		for method, operation := range item.(map[string]any) {
			all[strings.ToUpper(method)+" "+path] = operation.(map[string]any)
		}
	}
	return all
}

func TestTheDocumentListsEveryRoute(t *testing.T) {
	want := []string{
		"DELETE /v1/channel-accounts/{channel}/{accountId}", "DELETE /v1/contacts/{id}", "DELETE /v1/contacts/{id}/labels/{label}", "DELETE /v1/contacts/{id}/notes/{noteId}",
		"GET /v1/channel-accounts", "GET /v1/contacts", "GET /v1/contacts/{id}", "GET /v1/contacts/{id}/activity", "GET /v1/contacts/{id}/notes", "GET /v1/exports", "GET /v1/exports/{id}", "GET /v1/health", "GET /v1/imports",
		"GET /v1/imports/template", "GET /v1/imports/{id}", "GET /v1/imports/{id}/report", "GET /v1/labels", "GET /v1/openapi.json", "GET /v1/settings", "GET /v1/webhooks/{channel}/{accountId}",
		"GET /v1/contacts/{id}/conversations", "GET /v1/contacts/{id}/feedback", "GET /v1/contacts/{id}/requests", "GET /v1/conversations/{id}",
		"PATCH /v1/contacts/{id}", "PATCH /v1/contacts/{id}/notes/{noteId}", "PATCH /v1/settings",
		"POST /v1/contacts", "POST /v1/contacts/{id}/notes", "POST /v1/exports", "POST /v1/imports", "POST /v1/imports/{id}/cancel", "POST /v1/imports/{id}/mapping", "POST /v1/imports/{id}/undo",
		"POST /v1/webhooks/{channel}/{accountId}",
		"PUT /v1/channel-accounts/{channel}/{accountId}", "PUT /v1/contacts/{id}/labels/{label}",
	}
	want = append(want, "DELETE /v1/export-schedules/{id}", "GET /v1/export-schedules", "GET /v1/export-schedules/{id}", "GET /v1/contacts/{id}/notes/{noteId}", "PATCH /v1/export-schedules/{id}", "POST /v1/export-schedules")
	slices.Sort(want)
	doc := document(t)
	if got := slices.Sorted(maps.Keys(operations(t, doc))); !slices.Equal(got, want) {
		t.Errorf("the document has %q", got)
	}
	if doc["openapi"] != "3.1.0" || fmt.Sprint(doc["servers"]) != "[map[url:https://api.example]]" {
		t.Errorf("openapi %v, servers %v", doc["openapi"], doc["servers"])
	}
	scheme := doc["components"].(map[string]any)["securitySchemes"].(map[string]any)["token"].(map[string]any)
	if scheme["type"] != "http" || scheme["scheme"] != "bearer" || scheme["bearerFormat"] != "JWT" {
		t.Errorf("security scheme %v", scheme)
	}
}

// TestRolesOfTheDocumentHold calls every operation as nobody, as an agent and as an admin.
func TestRolesOfTheDocumentHold(t *testing.T) {
	for what, operation := range operations(t, document(t)) {
		method, path, _ := strings.Cut(what, " ")
		if strings.HasPrefix(path, "/v1/webhooks/") { // another function's
			continue
		}
		role, _ := operation["x-role"].(string)
		public := path == "/v1/health" || path == "/v1/openapi.json"
		if public != (role == "") || public != (operation["security"] == nil) {
			t.Errorf("%s has role %q and security %v", what, role, operation["security"])
		}
		for _, caller := range []identity.Caller{{}, {Workspace: "demo"}, {Workspace: "demo", Groups: []string{"agent"}}, {Workspace: "demo", Groups: []string{"admin"}}} {
			s := serve(t, identity.Agent)
			s.caller = caller
			may := role == "" || caller.Workspace != "" && caller.Has(identity.Role(role))
			got := s.call(method, strings.ReplaceAll(path, "{id}", "x"), "")
			if (got.Code == http.StatusForbidden) == may || got.Code >= 500 {
				t.Errorf("%s as %v: %d %s", what, caller.Groups, got.Code, got.Body)
			}
		}
	}
}

func TestTheDocumentShowsErrors(t *testing.T) {
	all := operations(t, document(t))
	for what, statuses := range map[string]string{
		"GET /v1/health":              "200 422 500",
		"GET /v1/contacts":            "200 400 401 403 422 500 503",
		"POST /v1/contacts":           "201 400 401 403 409 415 422 500 503",
		"GET /v1/contacts/{id}":       "200 304 401 403 404 422 500 503",
		"PATCH /v1/contacts/{id}":     "200 400 401 403 404 409 412 415 422 500 503",
		"POST /v1/imports":            "201 400 401 403 409 413 415 422 500 503",
		"POST /v1/export-schedules":   "201 400 401 403 409 415 422 500 503",
		"GET /v1/imports/{id}/report": "303 401 403 404 422 500 503",

		"GET /v1/webhooks/{channel}/{accountId}":            "200 403 404 405 500 503",
		"POST /v1/webhooks/{channel}/{accountId}":           "200 400 401 404 413 500 503",
		"GET /v1/channel-accounts":                          "200 400 401 403 422 500 503",
		"PUT /v1/channel-accounts/{channel}/{accountId}":    "200 201 400 401 403 404 409 415 422 500 503",
		"DELETE /v1/channel-accounts/{channel}/{accountId}": "204 401 403 404 412 422 500 503",
		"POST /v1/imports/{id}/mapping":                     "202 400 401 403 404 409 415 422 500 503",
	} {
		responses := all[what]["responses"].(map[string]any)
		maps.DeleteFunc(responses, func(status string, response any) bool { // those of the gateway alone, but for 401
			content, _ := response.(map[string]any)["content"].(map[string]any)
			return status >= "402" && content["application/problem+json"] == nil
		})
		if got := strings.Join(slices.Sorted(maps.Keys(responses)), " "); got != statuses {
			t.Errorf("%s answers %s, want %s", what, got, statuses)
		}
	}
	for _, what := range []string{"POST /v1/imports", "POST /v1/imports/{id}/mapping"} {
		if text := fmt.Sprint(all[what]["responses"].(map[string]any)["422"]); !strings.Contains(text, "invalid_mapping") {
			t.Errorf("%s: 422 is %s", what, text)
		}
	}
	conflict := all["POST /v1/contacts"]["responses"].(map[string]any)["409"].(map[string]any)
	if text := fmt.Sprint(conflict); !strings.Contains(text, "duplicate_contact") || !strings.Contains(text, "application/problem+json") || !strings.Contains(text, "schemas/Problem") {
		t.Errorf("409 is %v", conflict)
	}
}

func TestTheDocumentShowsBodies(t *testing.T) {
	doc := document(t)
	all, schemas := operations(t, doc), doc["components"].(map[string]any)["schemas"].(map[string]any)
	patch := all["PATCH /v1/contacts/{id}"]["requestBody"].(map[string]any)["content"].(map[string]any)
	if got := slices.Sorted(maps.Keys(patch)); !slices.Equal(got, []string{"application/json", "application/merge-patch+json"}) {
		t.Errorf("PATCH takes %q", got)
	}
	post := all["POST /v1/contacts"]["requestBody"].(map[string]any)["content"].(map[string]any)
	if got := slices.Sorted(maps.Keys(post)); !slices.Equal(got, []string{"application/json"}) {
		t.Errorf("POST takes %q", got)
	}
	for name, required := range map[string]string{"ContactDraft": "[name]", "ImportRequest": "[fileName size]", "MappingRequest": "[mapping]", "ContactPatch": "<nil>"} {
		if got := fmt.Sprint(schemas[name].(map[string]any)["required"]); got != required {
			t.Errorf("%s requires %s, want %s", name, got, required)
		}
	}
	created := all["POST /v1/contacts"]["responses"].(map[string]any)["201"].(map[string]any)["headers"].(map[string]any)
	if got := slices.Sorted(maps.Keys(created)); !slices.Equal(got, []string{"ETag", "Location", "X-Request-Id"}) {
		t.Errorf("a created contact has headers %q", got)
	}
	email := schemas["Contact"].(map[string]any)["properties"].(map[string]any)["email"].(map[string]any)
	if fmt.Sprint(email["type"]) != "[string null]" {
		t.Errorf("an e-mail is %v", email)
	}
}

func TestTheDocumentShowsParameters(t *testing.T) {
	shown := map[string]map[string]any{}
	for _, parameter := range operations(t, document(t))["GET /v1/contacts"]["parameters"].([]any) {
		one := parameter.(map[string]any)
		if one["in"] == "query" && one["required"] == nil && one["description"] != "" {
			shown[one["name"].(string)] = one["schema"].(map[string]any)
		}
	}
	want := []string{"channel", "company", "createdAfter", "createdBefore", "cursor", "label", "limit", "q", "sort"}
	if got := slices.Sorted(maps.Keys(shown)); !slices.Equal(got, want) {
		t.Errorf("contacts are listed by %q", got)
	}
	if got, want := fmt.Sprint(shown["channel"]["enum"]), fmt.Sprint(contact.Channels); got != want {
		t.Errorf("channels are %s, want %s", got, want)
	}
}

// TestTheDocumentIsWhole follows every reference.
func TestTheDocumentIsWhole(t *testing.T) {
	doc := document(t)
	schemas := doc["components"].(map[string]any)["schemas"].(map[string]any)
	text, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range strings.Split(string(text), `"$ref":"#/components/schemas/`)[1:] {
		if name, _, _ := strings.Cut(part, `"`); schemas[name] == nil {
			t.Errorf("no schema %s", name)
		}
	}
	ids := map[any]bool{}
	for what, operation := range operations(t, doc) {
		if id := operation["operationId"]; id == nil || ids[id] || operation["summary"] == nil {
			t.Errorf("%s has operationId %v and summary %v", what, id, operation["summary"])
		}
		ids[operation["operationId"]] = true
	}
}

// TestFirstCallsAtOnce has each route registered while others use it.
func TestFirstCallsAtOnce(t *testing.T) {
	handler := serve(t, identity.Admin)
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			path := []string{"/v1/settings", "/v1/imports", "/v1/openapi.json", "/v1/health"}[i%4]
			quiet := *handler
			quiet.call(http.MethodGet, path+"?a=1", "").is(http.StatusUnprocessableEntity)
		})
	}
	all.Wait()
}
