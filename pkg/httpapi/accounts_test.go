package httpapi_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/identity"
	"github.com/occ/contacts/pkg/problem"
)

// accounts remembers what it was asked, and knows one account: whatsapp 123 of workspace "demo".
type accounts struct {
	key   channel.AccountKey
	draft channel.AccountDraft
	made  bool
	err   error

	ifMatch contact.Precondition
}

func account() channel.Account {
	return channel.Account{
		Workspace: "demo", Channel: "whatsapp", ID: "123", Name: "Sales", Sealed: []byte("sealed"), CreatedAt: noon, UpdatedAt: noon, Version: 2,
	}
}

func (a *accounts) Put(_ context.Context, _ string, key channel.AccountKey, draft channel.AccountDraft) (channel.Account, bool, error) {
	a.key, a.draft = key, draft
	return account(), a.made, a.err
}

func (a *accounts) List(context.Context, string, int, string) ([]channel.Account, string, error) {
	return []channel.Account{account()}, "next", a.err
}

func (a *accounts) Delete(_ context.Context, _ string, key channel.AccountKey, ifMatch contact.Precondition) error {
	a.key, a.ifMatch = key, ifMatch
	if key.ID != "123" {
		return problem.New(problem.NotFound, "There is no such account.")
	}
	return a.err
}

func wantAccount() map[string]any {
	return map[string]any{
		"channel": "whatsapp", "accountId": "123", "name": "Sales", "createdAt": "2026-11-25T12:00:00.000Z", "updatedAt": "2026-11-25T12:00:00.000Z",
	}
}

func TestPutAccount(t *testing.T) {
	s := serve(t, identity.Admin)
	const body = `{"name":"Sales","secrets":{"appSecret":"s3cr3t","verifyToken":"t0k3n"}}`
	put := s.call(http.MethodPut, "/v1/channel-accounts/whatsapp/123", body).is(http.StatusOK)
	if diff := cmp.Diff(wantAccount(), put.object()); diff != "" || !strings.HasPrefix(put.Header().Get("ETag"), `"whatsapp%2F123%401795608000000.2.`) {
		t.Error(diff, put.Header())
	}
	want := channel.AccountDraft{Name: "Sales", Secrets: map[string]string{"appSecret": "s3cr3t", "verifyToken": "t0k3n"}}
	if diff := cmp.Diff(want, s.accounts.draft); diff != "" || s.accounts.key != (channel.AccountKey{Channel: "whatsapp", ID: "123"}) {
		t.Error(diff, s.accounts.key)
	}
	s.accounts.made = true
	s.call(http.MethodPut, "/v1/channel-accounts/platform/a b%#?", `{"name":"x","secrets":{"signingSecret":"whsec_AAAA","previousSecretUntil":"2026-11-25T13:00:00+01:00"}}`).is(http.StatusCreated)
	if s.accounts.key.ID != "a b%#" { // what stands after the ? of a test's path is its query
		t.Errorf("account %q", s.accounts.key.ID)
	}
	if until := s.accounts.draft.PreviousUntil; until == nil || !until.Equal(noon) {
		t.Errorf("until %v", until)
	}
	s.accounts.err = problem.New(problem.AccountTaken, "Another workspace has this account.")
	s.call(http.MethodPut, "/v1/channel-accounts/whatsapp/123", body).refused(http.StatusConflict, problem.AccountTaken)
}

func TestNoSecretIsEverAnswered(t *testing.T) {
	const secret = "h1dd3n"
	for body, location := range map[string]string{
		`{"name":"x","secrets":"` + secret + `"}`:                                             "body.secrets",
		`{"name":"x","secrets":{"appSecret":["` + secret + `"]}}`:                             "body.secrets.appSecret",
		`{"name":"x","secrets":{"appSecret":{"a":"` + secret + `"}}}`:                         "body.secrets.appSecret",
		`{"name":"x","secrets":{"signingSecret":"x","previousSecretUntil":"` + secret + `"}}`: "body.secrets.previousSecretUntil",
		`{"name":"x","secrets":{"token":"` + secret + `"}}`:                                   "body.secrets.token",
		`{"name":"x","secrets":{},"appSecret":"` + secret + `"}`:                              "body.appSecret",
		`{"name":"x","appSecret":"` + secret + `"}`:                                           "body.appSecret body.secrets",
	} {
		s := serve(t, identity.Admin)
		refused := s.call(http.MethodPut, "/v1/channel-accounts/whatsapp/123", body).refused(http.StatusUnprocessableEntity, problem.ValidationFailed, strings.Fields(location)...)
		if strings.Contains(refused.Body.String(), secret) || strings.Contains(s.log.String(), secret) {
			t.Errorf("%s: %s %s", body, refused.Body, s.log)
		}
	}
	s := serve(t, identity.Admin)
	s.call(http.MethodPut, "/v1/channel-accounts/whatsapp/123", `{"name":"x","secrets":{"appSecret":"`+secret+`"}}`)
	if strings.Contains(s.log.String(), secret) {
		t.Errorf("the log: %s", s.log)
	}
}

func TestListAccounts(t *testing.T) {
	s := serve(t, identity.Agent)
	got := s.call(http.MethodGet, "/v1/channel-accounts", "").is(http.StatusOK)
	if diff := cmp.Diff([]any{wantAccount()}, got.object()["items"]); diff != "" || got.object()["nextCursor"] == nil || strings.Contains(got.Body.String(), "sealed") {
		t.Error(diff, got.Body)
	}
	s.call(http.MethodPut, "/v1/channel-accounts/whatsapp/123", `{}`).refused(http.StatusForbidden, problem.Forbidden)
	s.call(http.MethodDelete, "/v1/channel-accounts/whatsapp/123", "").refused(http.StatusForbidden, problem.Forbidden)
}

func TestDeleteAccount(t *testing.T) {
	s := serve(t, identity.Admin)
	s.call(http.MethodDelete, "/v1/channel-accounts/whatsapp/123", "").is(http.StatusNoContent)
	s.call(http.MethodDelete, "/v1/channel-accounts/whatsapp/4", "").refused(http.StatusNotFound, problem.NotFound)
}
