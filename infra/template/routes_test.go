package template

import (
	"slices"
	"strings"
	"testing"

	"github.com/occ/contacts/infra/local/checkout"
)

func read(t *testing.T) Template {
	t.Helper()
	root, err := checkout.Root()
	if err != nil {
		t.Fatal(err)
	}
	found, err := Read(root)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// routes maps each route's key to its properties.
func routes(t *testing.T) map[string]map[string]any {
	t.Helper()
	found := map[string]map[string]any{}
	for name, resource := range read(t).Resources {
		if resource.Type != "AWS::ApiGatewayV2::Route" {
			continue
		}
		key, ok := resource.Properties["RouteKey"].(string)
		if !ok || found[key] != nil {
			t.Errorf("%s: the route key %v is no text, or a second route has it", name, resource.Properties["RouteKey"])
		}
		found[key] = resource.Properties
	}
	return found
}

// A preflight carries no token. A route with an authorizer that took it would answer 401, and no browser could call the
// API.
func TestNoRouteWithAnAuthorizerTakesPreflights(t *testing.T) {
	for key, route := range routes(t) {
		method, _, _ := strings.Cut(key, " ")
		if authorization, _ := route["AuthorizationType"].(string); authorization == "" || authorization == "NONE" {
			continue
		}
		if method == "ANY" || method == "OPTIONS" || key == "$default" {
			t.Errorf("route %q has an authorizer and takes OPTIONS: name its methods", key)
		}
	}
}

func TestEveryMethodOfTheAPIHasARouteWithAToken(t *testing.T) {
	found := routes(t)
	for _, path := range []string{"/v1", "/v1/{proxy+}"} {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} {
			key := method + " " + path
			route := found[key]
			if route == nil {
				t.Errorf("no route %q", key)
			} else if route["AuthorizationType"] != "JWT" || route["AuthorizerId"] == nil {
				t.Errorf("route %q asks for no token: %v", key, route)
			}
		}
	}
}

func TestOnlyTheseRoutesArePublic(t *testing.T) {
	want := []string{
		"GET /v1/health", "GET /v1/openapi.json", "GET /v1/webhooks/{channel}/{accountId}", "HEAD /v1/health",
		"POST /v1/webhooks/{channel}/{accountId}",
	}
	var public []string
	for key, route := range routes(t) {
		if route["AuthorizationType"] == nil {
			public = append(public, key)
		}
	}
	if slices.Sort(public); !slices.Equal(public, want) {
		t.Errorf("public routes: %q, want %q", public, want)
	}
}

func TestPreflightsAllowWhatTheRoutesTake(t *testing.T) {
	cors, _ := read(t).Resources["Api"].Properties["CorsConfiguration"].(map[string]any)
	allowed, _ := cors["AllowMethods"].([]any)
	for key := range routes(t) {
		if method, _, _ := strings.Cut(key, " "); !slices.Contains(allowed, any(method)) {
			t.Errorf("CORS does not allow the method of route %q", key)
		}
	}
}
