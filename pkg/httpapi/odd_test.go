package httpapi_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/occ/contacts/pkg/identity"
)

// Requests that clients send by mistake, or to see what happens: each has one answer, and none is ours to blame.
func TestOddRequests(t *testing.T) {
	s := serve(t, identity.Admin)
	deep := `{"customAttributes":` + strings.Repeat(`{"a":`, 9000) + "1" + strings.Repeat("}", 9000) + `,"name":"x"}`
	for _, test := range []struct {
		method, path, body string
		status             int
		headers            []string
	}{
		{"GET", "/v1/contacts/mona", "", 200, []string{"If-None-Match", `"3"`}},
		{"GET", "/v1/contacts/mona", "", 200, []string{"If-None-Match", `W/"3", "9"`}},
		{"HEAD", "/v1/contacts/mona", "", 200, nil},
		{"HEAD", "/v1/contacts", "", 200, nil},
		{"OPTIONS", "/v1/contacts", "", 405, nil},
		{"PUT", "/v1/contacts/mona", "{}", 405, nil},
		{"TRACE", "/v1/contacts/mona", "", 405, nil},
		{"DELETE", "/v1/contacts/mona", "", 412, []string{"If-Match", `"3"`}},
		{"DELETE", "/v1/contacts/mona", "", 412, []string{"If-Match", `W/"mona.3.x"`}},
		{"DELETE", "/v1/contacts/mona", "", 204, []string{"If-Match", ` "mona.3.x" , "mona.4.x"`}},
		{"GET", "/v1//contacts", "", 404, nil},
		{"GET", "/v1/contacts/", "", 404, nil},
		{"GET", "/v1/contacts/%2e%2e", "", 404, nil},
		{"POST", "/v1/contacts", `{"name":"a","constructor":1}`, 422, nil},
		{"POST", "/v1/contacts", `{"name":"a","id":"x","version":9}`, 422, nil},
		{"POST", "/v1/contacts", "\ufeff{\"name\":\"a\"}", 400, nil},
		{"POST", "/v1/contacts", `{"name":"a"}`, 422, []string{"Idempotency-Key", "a b"}},
		{"POST", "/v1/contacts", `{"name":"a"}`, 422, []string{"Idempotency-Key", ""}},
		{"POST", "/v1/contacts", `{"name":"\ud800"}`, 422, nil},
		{"POST", "/v1/contacts", strings.Repeat("[", 20000), 400, nil},
		{"POST", "/v1/contacts", strings.Repeat("[", 9000) + strings.Repeat("]", 9000), 422, nil},
		{"POST", "/v1/contacts", strings.Replace(deep, `"x"`, `"\ud800"`, 1), 422, nil},
		{"GET", "/v1/contacts?limit=1&limit=2", "", 422, nil},
		{"GET", "/v1/contacts?limit=1e2", "", 422, nil},
		{"GET", "/v1/contacts?limit=%20", "", 422, nil},
		{"GET", "/v1/contacts?createdAfter=0000-01-01", "", 422, nil},
		{"GET", "/v1/contacts?cursor=", "", 400, nil},
		{"PATCH", "/v1/contacts/mona", `{"labels":["a",null]}`, 422, nil},
		{"PATCH", "/v1/contacts/mona", `{"labels":"a"}`, 422, nil},
	} {
		if got := s.call(test.method, test.path, test.body, test.headers...); got.Code != test.status {
			t.Errorf("%s %s %v: %d, want %d: %.200s", test.method, test.path, test.headers, got.Code, test.status, got.Body)
		} else if test.status == http.StatusMethodNotAllowed && got.Header().Get("Allow") == "" {
			t.Errorf("%s %s says not what it takes", test.method, test.path)
		}
	}
}
