package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/identity"
	"github.com/occ/contacts/pkg/problem"
)

func TestBodiesThatAreNone(t *testing.T) {
	s := serve(t, identity.Admin)
	for _, body := range []string{"", " \n", "{", `{"name":"A"}}`, `{"name":"A"} x`, "nul", "\xef\xbb\xbf{}", "{\"name\":\"\xff\"}", `{"name":"A",}`, `{'name':'A'}`} {
		s.call(http.MethodPost, "/v1/contacts", body).refused(http.StatusBadRequest, problem.MalformedJSON)
		s.call(http.MethodPatch, "/v1/contacts/mona", body).refused(http.StatusBadRequest, problem.MalformedJSON)
	}
	for _, body := range []string{"[]", "7", `"name"`, "null", "true", ` [{"name":"A"}]`} {
		s.call(http.MethodPost, "/v1/contacts", body).refused(http.StatusUnprocessableEntity, problem.ValidationFailed, "body")
		s.call(http.MethodPatch, "/v1/settings", body).refused(http.StatusUnprocessableEntity, problem.ValidationFailed, "body")
	}
	tooLong := `{"name":"` + strings.Repeat("a", 1_572_864) + `"}`
	s.call(http.MethodPost, "/v1/contacts", tooLong).refused(http.StatusUnprocessableEntity, problem.ValidationFailed, "body")
	if s.contacts.calls != 0 {
		t.Errorf("%d bodies went through", s.contacts.calls)
	}
	long := `{"name":"A","customAttributes":{"a":"` + strings.Repeat(`\u0061`, 200_000) + `"}}`
	s.call(http.MethodPost, "/v1/contacts", long).is(http.StatusCreated)
}

func TestMediaTypes(t *testing.T) {
	s := serve(t, identity.Admin)
	for media, takes := range map[string]string{
		"": "POST PATCH", "application/json": "POST PATCH", "Application/JSON; charset=utf-8": "POST PATCH", "application/json ;a=b+c": "POST PATCH",
		"application/merge-patch+json": "PATCH", "application/merge-patch+json; charset=utf-8": "PATCH",
		"text/plain": "", "application/json-patch+json": "", "application/xml": "", "multipart/form-data; boundary=x": "", "json": "",
	} {
		for method, path := range map[string]string{"POST": "/v1/contacts", "PATCH": "/v1/contacts/mona"} {
			got := s.call(method, path, `{"name":"A"}`, "Content-Type", media)
			if strings.Contains(takes, method) {
				if got.Code != http.StatusCreated && got.Code != http.StatusOK {
					t.Errorf("%s of %q: %d %s", method, media, got.Code, got.Body)
				}
				continue
			}
			got.refused(http.StatusUnsupportedMediaType, problem.UnsupportedMediaType)
		}
	}
}

func TestFieldsOfTheWrongKind(t *testing.T) {
	s := serve(t, identity.Admin)
	for body, locations := range map[string]string{
		`{"name":"A","nickname":"B","colour":"C"}`: "body.colour body.nickname",
		`{"Name":"A"}`:            "body.Name",
		`{"name":"A","NAME":"B"}`: "body.NAME",
		`{"name":7,"email":{},"labels":"VIP","customAttributes":[]}`:      "body.customAttributes body.email body.labels body.name",
		`{"name":"A","labels":["a",null,7]}`:                              "body.labels[1] body.labels[2]",
		`{"name":"A","customAttributes":{"a.b":1,"c[d":{}},"nickname":1}`: "body.nickname",
		`{"name":"A","customAttributes":{"a":1e999}}`:                     "body",
		`{"name":"A","name":"B","name":null,"email":5,"email":"a@b.c"}`:   "body",
	} {
		s.call(http.MethodPost, "/v1/contacts", body).refused(http.StatusUnprocessableEntity, problem.ValidationFailed, strings.Fields(locations)...)
	}
	for body, location := range map[string]string{
		`{"name":7}`: "body.name", `{"labels":{"a":1}}`: "body.labels", `{"labels":[7]}`: "body.labels[0]", `{"customAttributes":"a"}`: "body.customAttributes",
		`{"id":"x"}`: "body.id", `{"version":3}`: "body.version",
	} {
		s.call(http.MethodPatch, "/v1/contacts/mona", body).refused(http.StatusUnprocessableEntity, problem.ValidationFailed, location)
	}
	s.call(http.MethodPatch, "/v1/settings", `{"defaultRegion":7,"nightlyBackup":"yes"}`).refused(http.StatusUnprocessableEntity, problem.ValidationFailed, "body.defaultRegion", "body.nightlyBackup")
	if s.contacts.calls != 0 {
		t.Errorf("%d bodies went through", s.contacts.calls)
	}
}

func TestFaultyValuesAreRepeatedShortened(t *testing.T) {
	s := serve(t, identity.Admin)
	long := strings.Repeat("é", 5000)
	refused := s.call(http.MethodPost, "/v1/contacts", fmt.Sprintf(`{"name":"A","labels":"%s","%s":1,"email":{"a":"%s"}}`, long, long, long))
	if refused.refused(http.StatusUnprocessableEntity, problem.ValidationFailed, "body.email", "body.labels", "body."+strings.Repeat("é", 94)+"…"); refused.Body.Len() > 2000 {
		t.Errorf("%d bytes", refused.Body.Len())
	}
	for _, fault := range refused.object()["errors"].([]any) {
		if value, _ := fault.(map[string]any)["value"].(string); len([]rune(value)) > 100 {
			t.Errorf("a value of %d characters", len([]rune(value)))
		}
	}
	many := &strings.Builder{}
	for i := range 10_000 {
		fmt.Fprintf(many, `"x%d":1,`, i)
	}
	if got := s.call(http.MethodPost, "/v1/contacts", "{"+many.String()+`"name":"A"}`).is(http.StatusUnprocessableEntity); len(got.object()["errors"].([]any)) != 100 {
		t.Errorf("%d faults", len(got.object()["errors"].([]any)))
	}
}

func TestFilters(t *testing.T) {
	s := serve(t, identity.Agent)
	s.call(http.MethodGet, "/v1/contacts?label=%20VIP&company=Acme&channel=whatsapp&createdAfter=2026-01-31&createdBefore=2026-02-01T01:00:00.0001%2B01:00&sort=name", "").is(http.StatusOK)
	want := contact.Filter{
		Label: "vip", Company: "acme", Channel: contact.WhatsApp,
		From: time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC), Before: time.Date(2026, 2, 1, 0, 0, 0, 1e6, time.UTC),
	}
	if s.contacts.filter != want {
		t.Errorf("asked for %+v, want %+v", s.contacts.filter, want)
	}
	s.call(http.MethodGet, "/v1/contacts?createdBefore=0001-01-01", "").is(http.StatusOK)
	if s.contacts.filter.Matches(mona()) {
		t.Error("a contact from before the first year")
	}
	for _, query := range []string{"label=%20", "company=%09", "label=" + strings.Repeat("x", 3000), "createdAfter=2026-02-01&createdBefore=2026-02-01", "createdAfter=2026-02-02&createdBefore=2026-02-01T23:59:59Z"} {
		s.call(http.MethodGet, "/v1/contacts?"+query, "").is(http.StatusOK)
		if !s.contacts.filter.Impossible() {
			t.Errorf("%.30s may find somebody: %+v", query, s.contacts.filter)
		}
	}
}

func TestQueries(t *testing.T) {
	s := serve(t, identity.Admin)
	for query, locations := range map[string]string{
		"colour=red": "query.colour", "colour=red&size=1": "query.colour query.size", "Limit=5": "query.Limit", "label=": "query.label",
		"channel=fax": "query.channel", "createdAfter=yesterday": "query.createdAfter", "createdBefore=2026-13-01": "query.createdBefore", "createdAfter=2026-01-31T09:30:00": "query.createdAfter",
		"channel=WhatsApp": "query.channel", "channel=": "query.channel", "company=": "query.company", "createdAfter=": "query.createdAfter", "createdBefore=1769900000": "query.createdBefore",
		"createdBefore=2026-02-30": "query.createdBefore", "createdAfter=2026-01-31T09:30:00+01:00": "query.createdAfter", "label=a&label=b": "query.label", "createdAfter=0000-01-01": "query.createdAfter",
		"createdAfter=x&channel=fax": "query.channel", "createdbefore=2026-01-01": "query.createdbefore",
		"limit=0": "query.limit", "limit=101": "query.limit", "limit=x": "query.limit", "limit=": "query.limit", "limit": "query.limit", "limit=1.5": "query.limit",
		"limit=99999999999999999999": "query.limit", "limit=5&limit=5": "query.limit", "q=a&q=b": "query.q", "sort=age": "query.sort", "sort=": "query.sort", "sort=Name": "query.sort",
		"q=%zz": "query", "q=a;b": "query", "q=%ff": "query.q", "limit=x&sort=age": "query.limit query.sort",
	} {
		s.call(http.MethodGet, "/v1/contacts?"+query, "").refused(http.StatusUnprocessableEntity, problem.ValidationFailed, strings.Fields(locations)...)
	}
	s.call(http.MethodGet, "/v1/contacts/mona?a=1", "").refused(http.StatusUnprocessableEntity, problem.ValidationFailed, "query.a")
	s.call(http.MethodGet, "/v1/health?a=1", "").refused(http.StatusUnprocessableEntity, problem.ValidationFailed, "query.a")
	s.call(http.MethodPost, "/v1/contacts?a=1", `{"name":"A"}`).refused(http.StatusUnprocessableEntity, problem.ValidationFailed, "query.a")
	s.call(http.MethodGet, "/v1/imports/i-1/report?format=pdf", "").refused(http.StatusUnprocessableEntity, problem.ValidationFailed, "query.format")
	if s.contacts.calls != 0 {
		t.Errorf("%d queries went through", s.contacts.calls)
	}
	s.call(http.MethodGet, "/v1/contacts?q&limit=7", "").is(http.StatusOK)
	if s.contacts.q != "" || s.contacts.limits[0] != 7 {
		t.Errorf("q %q, limits %v", s.contacts.q, s.contacts.limits)
	}
	s.call(http.MethodGet, "/v1/contacts?q=%2B20+100%26x&sort=-lastInteractionAt", "").is(http.StatusOK)
	if s.contacts.q != "+20 100&x" || s.contacts.sort != "-lastInteractionAt" || s.contacts.limits[1] != 25 {
		t.Errorf("q %q, sort %q, limits %v", s.contacts.q, s.contacts.sort, s.contacts.limits)
	}
}

func TestIDsThatCannotBe(t *testing.T) {
	s := serve(t, identity.Admin)
	for _, id := range []string{strings.Repeat("a", 2000), "\xff", "a b", "%zz", "é"} {
		s.call(http.MethodGet, "/v1/contacts/"+id, "").refused(http.StatusNotFound, problem.NotFound)
	}
}

func TestAcceptChangesNothing(t *testing.T) {
	s := serve(t, identity.Admin)
	for _, accept := range []string{"json", "text/csv", "application/problem+json", "*/*", "application/cbor"} {
		if got := s.call(http.MethodGet, "/v1/contacts/mona", "", "Accept", accept).is(http.StatusOK).Header().Get("Content-Type"); got != "application/json" {
			t.Errorf("%s gives %s", accept, got)
		}
	}
}

func FuzzBody(f *testing.F) {
	for _, seed := range []string{`{"name":"A"}`, `{"labels":[1,null],"customAttributes":{"a":null}}`, `{"name":null,"name":1}`, "[", `{"a":1e999}`, `{"":{}}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		s := serve(t, identity.Admin)
		for method, path := range map[string]string{"POST": "/v1/contacts", "PATCH": "/v1/contacts/mona"} {
			if got := s.call(method, path, body); got.Code >= http.StatusInternalServerError {
				t.Errorf("%s: %d %s", method, got.Code, got.Body)
			}
		}
		if got := s.call(http.MethodPost, "/v1/imports", body); got.Code >= http.StatusInternalServerError {
			t.Errorf("%d %s", got.Code, got.Body)
		}
	})
}
