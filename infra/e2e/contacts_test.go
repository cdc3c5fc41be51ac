package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestAContactIsCreatedFoundAndEdited(t *testing.T) {
	agent := as(t, fresh(t), "agent")
	created := agent.call(http.MethodPost, "/v1/contacts", map[string]any{
		"name": "  Mona Adel ", "email": "Mona@Example.COM", "phone": "+20 100 123 4567", "company": "Acme",
		"labels": []string{"VIP"}, "customAttributes": map[string]any{"plan": "gold", "seats": 3, "trial": false},
	}).is(http.StatusCreated)
	id := created.text("id")
	if location := created.header.Get("Location"); !strings.HasSuffix(location, "/v1/contacts/"+id) {
		t.Errorf("Location %q", location)
	}
	for field, want := range map[string]any{
		"name": "Mona Adel", "email": "Mona@example.com", "phone": "+201001234567", "channel": "api", "version": 1.0, "lastInteractionAt": nil,
	} {
		if got := created.object()[field]; got != want {
			t.Errorf("%s is %v, want %v", field, got, want)
		}
	}

	read := agent.call(http.MethodGet, "/v1/contacts/"+id, nil).is(http.StatusOK)
	if string(read.body) != string(created.body) || read.header.Get("ETag") != created.header.Get("ETag") {
		t.Errorf("read %s\nafter %s", read.body, created.body)
	}
	for _, q := range []string{"mona", "ADEL mo", "ad", "mona@example.com", "mona@exa", "+201001234567", "00201001234567", "4567", "١٢٣٤٥٦٧"} {
		eventually(t, "search for "+q, func() bool { return slices.Contains(search(agent, q), id) })
	}
	for _, q := range []string{"monad", "4568", "!!", "other@example.com"} {
		if found := search(agent, q); len(found) != 0 {
			t.Errorf("%q finds %v", q, found)
		}
	}

	edited := agent.call(http.MethodPatch, "/v1/contacts/"+id, map[string]any{"company": nil, "email": "mona.adel@example.org"}, "If-Match", read.header.Get("ETag")).is(http.StatusOK)
	if edited.object()["company"] != nil || edited.object()["version"] != 2.0 {
		t.Errorf("edited %s", edited.body)
	}
	agent.call(http.MethodPatch, "/v1/contacts/"+id, map[string]any{"name": "Late"}, "If-Match", read.header.Get("ETag")).problem(http.StatusPreconditionFailed, "version_conflict")
	again := agent.call(http.MethodPatch, "/v1/contacts/"+id, map[string]any{"email": "mona.adel@example.org"}).is(http.StatusOK)
	if again.header.Get("ETag") != edited.header.Get("ETag") {
		t.Error("a PATCH that changes nothing moved the ETag")
	}
	agent.call(http.MethodPost, "/v1/contacts", map[string]any{"name": "Free again", "email": "mona@example.com"}).is(http.StatusCreated)
	duplicate := agent.call(http.MethodPost, "/v1/contacts", map[string]any{"name": "X", "email": "MONA.ADEL@example.org", "phone": "+201001234567"}).problem(http.StatusConflict, "duplicate_contact")
	if duplicate.text("contactId") != id || duplicate.text("field") != "email" {
		t.Errorf("duplicate %s", duplicate.body)
	}
}

func search(c caller, q string) []string {
	c.t.Helper()
	var ids []string
	for _, item := range c.walk("/v1/contacts?q=" + url.QueryEscape(q)) {
		ids = append(ids, item["id"].(string))
	}
	return ids
}

func TestListsWalkInOrder(t *testing.T) {
	agent := as(t, fresh(t), "agent")
	names := []string{"Zoë", "adam", "Éva Kiss", "eva", "Bob", "أحمد", "bob Stone", "Ása"}
	var made []string
	for _, name := range names {
		made = append(made, agent.call(http.MethodPost, "/v1/contacts", map[string]any{"name": name}).is(http.StatusCreated).text("id"))
	}
	eventually(t, "all are listed", func() bool { return len(agent.walk("/v1/contacts")) == len(names) })
	var oldest, byName []string
	for _, item := range agent.walk("/v1/contacts?sort=createdAt&limit=3") {
		oldest = append(oldest, item["id"].(string))
	}
	if !slices.Equal(oldest, made) {
		t.Errorf("createdAt order is not that of creation")
	}
	for _, item := range agent.walk("/v1/contacts?sort=name&limit=2") {
		byName = append(byName, item["name"].(string))
	}
	if want := []string{"adam", "Ása", "Bob", "bob Stone", "eva", "Éva Kiss", "Zoë", "أحمد"}; !slices.Equal(byName, want) {
		t.Errorf("by name: %q, want %q", byName, want)
	}
	agent.call(http.MethodGet, "/v1/contacts?cursor=abc", nil).problem(http.StatusBadRequest, "invalid_cursor")
	first := agent.call(http.MethodGet, "/v1/contacts?limit=2", nil).is(http.StatusOK)
	other := as(t, fresh(t), "agent")
	other.call(http.MethodGet, "/v1/contacts?limit=2&cursor="+first.text("nextCursor"), nil).problem(http.StatusBadRequest, "invalid_cursor")
	agent.call(http.MethodGet, "/v1/contacts?sort=name&cursor="+first.text("nextCursor"), nil).problem(http.StatusBadRequest, "invalid_cursor")
	agent.call(http.MethodGet, "/v1/contacts?limit=3&cursor="+first.text("nextCursor"), nil).is(http.StatusOK)
}

func TestTwoCreationsAtOnce(t *testing.T) {
	agent := as(t, fresh(t), "agent")
	for round := range 20 {
		body := map[string]any{"name": "Twin", "email": fmt.Sprintf("twin%d@example.com", round)}
		if round%2 == 1 {
			body = map[string]any{"name": "Twin", "phone": fmt.Sprintf("+20100123%04d", round)}
		}
		var answers [2]answer
		var both sync.WaitGroup
		for i := range answers {
			both.Go(func() { answers[i] = agent.call(http.MethodPost, "/v1/contacts", body) })
		}
		both.Wait()
		slices.SortFunc(answers[:], func(a, b answer) int { return a.status - b.status })
		winner, loser := answers[0].is(http.StatusCreated), answers[1].problem(http.StatusConflict, "duplicate_contact")
		if loser.text("contactId") != winner.text("id") {
			t.Fatalf("round %d: the loser names %s, not the winner", round, loser.text("contactId"))
		}
	}
}

func TestTheSameRequestTwice(t *testing.T) {
	workspace := fresh(t)
	agent, admin := as(t, workspace, "agent"), as(t, workspace, "admin")
	body := map[string]any{"name": "Once", "email": "once@example.com"}
	first := agent.call(http.MethodPost, "/v1/contacts", body, "Idempotency-Key", "key-1").is(http.StatusCreated)
	again := agent.call(http.MethodPost, "/v1/contacts", body, "Idempotency-Key", "key-1").is(http.StatusCreated)
	if string(again.body) != string(first.body) || again.header.Get("Location") != first.header.Get("Location") || again.header.Get("ETag") != first.header.Get("ETag") {
		t.Errorf("%s, then %s", first.body, again.body)
	}
	agent.call(http.MethodPost, "/v1/contacts", map[string]any{"name": "Other"}, "Idempotency-Key", "key-1").problem(http.StatusUnprocessableEntity, "idempotency_key_reused")
	started := admin.call(http.MethodPost, "/v1/imports", map[string]any{"fileName": "a.csv", "size": 1}, "Idempotency-Key", "key-1").is(http.StatusCreated)
	if repeated := admin.call(http.MethodPost, "/v1/imports", map[string]any{"fileName": "a.csv", "size": 1}, "Idempotency-Key", "key-1").is(http.StatusCreated); string(repeated.body) != string(started.body) {
		t.Errorf("%s, then %s", started.body, repeated.body)
	}
	admin.call(http.MethodDelete, "/v1/contacts/"+first.text("id"), nil).is(http.StatusNoContent)
	if fresh := agent.call(http.MethodPost, "/v1/contacts", body, "Idempotency-Key", "key-1").is(http.StatusCreated); fresh.text("id") == first.text("id") {
		t.Error("the key outlives its contact")
	}
}

func TestBadRequestsAreNamed(t *testing.T) {
	agent := as(t, fresh(t), "agent")
	post := func(body string) answer { return agent.call(http.MethodPost, "/v1/contacts", body) }
	post("").problem(http.StatusBadRequest, "malformed_json")
	post("{").problem(http.StatusBadRequest, "malformed_json")
	post("[]").problem(http.StatusUnprocessableEntity, "validation_failed")
	for _, body := range []string{
		`{}`, `{"name":""}`, `{"name":"A","email":""}`, `{"name":"A","nickname":"B"}`, `{"name":"A","phone":"12"}`, `{"name":"A","phone":"0100 123 4567"}`,
		`{"name":"A","email":"a@b"}`, `{"name":"` + strings.Repeat("a", 201) + `"}`, `{"name":"A","labels":["a/b"]}`, `{"name":"A","customAttributes":{"a b":1}}`, `{"name":7}`,
	} {
		refused := post(body).problem(http.StatusUnprocessableEntity, "validation_failed")
		if faults, _ := refused.object()["errors"].([]any); len(faults) == 0 {
			t.Errorf("%s: no errors named: %s", body, refused.body)
		}
	}
	agent.call(http.MethodPost, "/v1/contacts", `{"name":"A"}`, "Content-Type", "text/plain").problem(http.StatusUnsupportedMediaType, "unsupported_media_type")
	agent.call(http.MethodGet, "/v1/contacts?colour=red", nil).problem(http.StatusUnprocessableEntity, "validation_failed")
	agent.call(http.MethodGet, "/v1/contacts?limit=101", nil).problem(http.StatusUnprocessableEntity, "validation_failed")
	agent.call(http.MethodGet, "/v1/contacts?q="+strings.Repeat("a", 201), nil).problem(http.StatusUnprocessableEntity, "validation_failed")
	agent.call(http.MethodGet, "/v1/nowhere", nil).problem(http.StatusNotFound, "not_found")
	agent.call(http.MethodPut, "/v1/contacts", `{}`).problem(http.StatusMethodNotAllowed, "method_not_allowed")
	for _, method := range []string{http.MethodPut, http.MethodPatch, http.MethodDelete} {
		refused := agent.call(method, "/v1/webhooks/whatsapp/1", nil).problem(http.StatusMethodNotAllowed, "method_not_allowed")
		if allowed := refused.header.Get("Allow"); allowed != "GET, POST" {
			t.Errorf("a webhook allows %q", allowed)
		}
	}
}

func TestWhoMayDoWhat(t *testing.T) {
	mine, theirs := fresh(t), fresh(t)+"x"
	agent, admin, other := as(t, mine, "agent"), as(t, mine, "admin"), as(t, theirs, "admin")
	id := agent.call(http.MethodPost, "/v1/contacts", map[string]any{"name": "Mine"}).is(http.StatusCreated).text("id")

	nobody := caller{t, ""}
	nobody.call(http.MethodGet, "/v1/contacts", nil).is(http.StatusUnauthorized)
	caller{t, agent.token + "x"}.call(http.MethodGet, "/v1/contacts", nil).is(http.StatusUnauthorized)
	nobody.call(http.MethodGet, "/v1/health", nil).is(http.StatusOK)
	nobody.call(http.MethodGet, "/v1/openapi.json", nil).is(http.StatusOK)
	as(t, "", "agent").call(http.MethodGet, "/v1/contacts", nil).problem(http.StatusForbidden, "no_workspace")

	other.call(http.MethodGet, "/v1/contacts/"+id, nil).problem(http.StatusNotFound, "not_found")
	other.call(http.MethodPatch, "/v1/contacts/"+id, map[string]any{"name": "Theirs"}).problem(http.StatusNotFound, "not_found")
	if found := other.walk("/v1/contacts"); len(found) != 0 {
		t.Errorf("another workspace sees %v", found)
	}
	agent.call(http.MethodGet, "/v1/imports/unknown", nil).problem(http.StatusForbidden, "forbidden")
	agent.call(http.MethodGet, "/v1/settings", nil).problem(http.StatusForbidden, "forbidden")
	admin.call(http.MethodGet, "/v1/imports/unknown", nil).problem(http.StatusNotFound, "not_found")
	admin.call(http.MethodGet, "/v1/contacts/"+id, nil).is(http.StatusOK)

	admin.call(http.MethodPatch, "/v1/settings", map[string]any{"defaultRegion": "EG"}).is(http.StatusOK)
	national := agent.call(http.MethodPost, "/v1/contacts", map[string]any{"name": "National", "phone": "0100 123 4567"}).is(http.StatusCreated)
	if national.text("phone") != "+201001234567" {
		t.Errorf("phone %s", national.body)
	}
	admin.call(http.MethodPatch, "/v1/settings", map[string]any{"defaultRegion": "XX"}).problem(http.StatusUnprocessableEntity, "validation_failed")
}
