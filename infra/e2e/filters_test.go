package e2e

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// named are the names of a list, walked two at a time; parameters are names and values in turn.
func named(c caller, parameters ...string) string {
	c.t.Helper()
	query := url.Values{"limit": {"2"}}
	for i := 0; i+1 < len(parameters); i += 2 {
		query.Set(parameters[i], parameters[i+1])
	}
	var names []string
	for _, item := range c.walk("/v1/contacts?" + query.Encode()) {
		names = append(names, item["name"].(string))
	}
	if parameters[len(parameters)-2] != "sort" {
		slices.Sort(names)
	}
	return strings.Join(names, " ")
}

func TestListsAreFiltered(t *testing.T) {
	agent := as(t, fresh(t), "agent")
	times := map[string]string{}
	for _, body := range []map[string]any{
		{"name": "Zed", "labels": []string{"VIP", "new"}, "company": "Acme"},
		{"name": "Ada", "labels": []string{"vip"}, "company": "ACME"},
		{"name": "Bob", "labels": []string{"vip"}, "company": "Globex", "email": "ada.bob@example.com"},
		{"name": "Eva", "labels": []string{"new"}, "company": "Acme Two"},
	} {
		times[body["name"].(string)] = agent.call(http.MethodPost, "/v1/contacts", body).is(http.StatusCreated).text("createdAt")
	}
	eventually(t, "all are listed", func() bool { return len(agent.walk("/v1/contacts")) == len(times) })
	for _, test := range []struct {
		want       string
		parameters []string
	}{
		{"Ada Bob Zed", []string{"label", "vip"}},
		{"Ada Zed", []string{"company", "acme"}},
		{"Zed", []string{"label", "NEW", "company", "Acme"}},
		{"Ada Bob Eva Zed", []string{"channel", "api"}},
		{"", []string{"channel", "whatsapp"}},
		{"", []string{"label", "nobody"}},
		{"", []string{"company", "acm"}},
		{"Zed Ada Bob", []string{"label", "vip", "sort", "createdAt"}},
		{"Bob Ada Zed", []string{"label", "vip", "sort", "-createdAt"}},
		{"Ada Bob Zed", []string{"label", "vip", "sort", "name"}},
		{"Bob Ada Zed", []string{"label", "vip", "sort", "-lastInteractionAt"}},
		{"Ada Bob", []string{"q", "ada", "label", "vip"}},
		{"Bob", []string{"q", "ada.b", "company", "GLOBEX"}},
		{"Bob Eva", []string{"createdAfter", times["Bob"]}},
		{"Ada Zed", []string{"createdBefore", times["Bob"]}},
		{"Bob", []string{"createdAfter", times["Bob"], "createdBefore", times["Eva"], "label", "vip", "sort", "name"}},
		{"", []string{"createdAfter", times["Eva"], "createdBefore", times["Bob"]}},
		{"Ada Bob Eva Zed", []string{"createdAfter", "2020-01-01", "createdBefore", "9999-12-31"}},
	} {
		if got := named(agent, test.parameters...); got != test.want {
			t.Errorf("%q gives %q, want %q", test.parameters, got, test.want)
		}
	}
	for _, query := range []string{"channel=fax", "createdAfter=yesterday", "createdBefore=2026-02-30", "label=", "labels=vip"} {
		agent.call(http.MethodGet, "/v1/contacts?"+query, nil).problem(http.StatusUnprocessableEntity, "validation_failed")
	}
	cursor := agent.call(http.MethodGet, "/v1/contacts?label=vip&limit=1", nil).is(http.StatusOK).text("nextCursor")
	agent.call(http.MethodGet, "/v1/contacts?label=new&cursor="+cursor, nil).problem(http.StatusBadRequest, "invalid_cursor")
}
