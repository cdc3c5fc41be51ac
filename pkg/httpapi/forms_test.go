package httpapi_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestFormsAreShown holds that every text of a request has a form, or something else that says what it may be.
func TestFormsAreShown(t *testing.T) {
	doc := document(t)
	schemas := doc["components"].(map[string]any)["schemas"].(map[string]any)
	bounded := func(schema map[string]any) bool {
		for _, rule := range []string{"pattern", "maxLength", "minLength", "enum", "format", "anyOf"} {
			if schema[rule] != nil {
				return true
			}
		}
		return !strings.Contains(fmt.Sprint(schema["type"]), "string")
	}
	unbounded := []string{"query.hub.mode", "query.hub.verify_token", "query.hub.challenge", "header.If-None-Match"} // taken as they come
	for what, operation := range operations(t, doc) {
		parameters, _ := operation["parameters"].([]any)
		for _, one := range parameters {
			parameter := one.(map[string]any)
			place := fmt.Sprintf("%s.%s", parameter["in"], parameter["name"])
			if !bounded(parameter["schema"].(map[string]any)) && !slices.Contains(unbounded, place) {
				t.Errorf("%s takes any %s", what, place)
			}
		}
		body, _ := operation["requestBody"].(map[string]any)
		for _, media := range body {
			content, _ := media.(map[string]any)
			for _, described := range content {
				ref, _ := described.(map[string]any)["schema"].(map[string]any)["$ref"].(string)
				schema, _ := schemas[strings.TrimPrefix(ref, "#/components/schemas/")].(map[string]any)
				members, _ := schema["properties"].(map[string]any)
				for name, member := range members {
					if !bounded(member.(map[string]any)) {
						t.Errorf("%s takes any %s", what, name)
					}
				}
			}
		}
	}
}

func TestTheDocumentLinksOperations(t *testing.T) {
	all := operations(t, document(t))
	links := all["POST /v1/contacts"]["responses"].(map[string]any)["201"].(map[string]any)["links"].(map[string]any)
	for name, want := range map[string]string{
		"getContact":                 "map[operationId:getContact parameters:map[path.id:$response.body#/id]]",
		"updateContactOfThisVersion": "map[operationId:updateContact parameters:map[header.If-Match:$response.header.ETag path.id:$response.body#/id]]",
	} {
		if got := fmt.Sprint(links[name]); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	ids := map[any]bool{}
	for _, operation := range all {
		ids[operation["operationId"]] = true
	}
	for what, operation := range all {
		for status, response := range operation["responses"].(map[string]any) {
			links, _ := response.(map[string]any)["links"].(map[string]any)
			for name, link := range links {
				if target := link.(map[string]any); !ids[target["operationId"]] || len(target["parameters"].(map[string]any)) == 0 {
					t.Errorf("%s %s links %s to %v", what, status, name, target)
				}
			}
		}
	}
}

func TestTheDocumentNamesHeaders(t *testing.T) {
	all := operations(t, document(t))
	for what, want := range map[string]string{
		"GET /v1/contacts/{id} 200":                  "ETag* X-Request-Id*",
		"GET /v1/contacts/{id} 304":                  "ETag* X-Request-Id*",
		"GET /v1/contacts/{id} 401":                  "X-Request-Id",
		"GET /v1/contacts/{id} 404":                  "X-Request-Id*",
		"GET /v1/contacts/{id} 503":                  "Retry-After X-Request-Id",
		"GET /v1/imports/{id}/report 303":            "Location* X-Request-Id*",
		"GET /v1/webhooks/{channel}/{accountId} 405": "Allow* X-Request-Id*",
		"POST /v1/contacts 201":                      "ETag* Location* X-Request-Id*",
	} {
		cut := strings.LastIndex(what, " ")
		response := all[what[:cut]]["responses"].(map[string]any)[what[cut+1:]].(map[string]any)
		var got []string
		for name, header := range response["headers"].(map[string]any) {
			if header.(map[string]any)["required"] == true {
				name += "*"
			}
			got = append(got, name)
		}
		slices.Sort(got)
		if text := strings.Join(got, " "); text != want {
			t.Errorf("%s has headers %s, want %s", what, text, want)
		}
	}
}
