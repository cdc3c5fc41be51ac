package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/identity"
)

// AccountView is a channel's account as the API answers it: without its secrets. It is exported because huma overlooks types that are not.
type AccountView struct {
	Channel   string `json:"channel" enum:"whatsapp,instagram,messenger,telegram,sms,widget,email,platform"`
	AccountID string `json:"accountId"`
	Name      string `json:"name"`
	CreatedAt string `json:"createdAt" format:"date-time"`
	UpdatedAt string `json:"updatedAt" format:"date-time"`
}

func viewAccount(a channel.Account) AccountView {
	return AccountView{string(a.Channel), a.ID, a.Name, contact.FormatTime(a.CreatedAt), contact.FormatTime(a.UpdatedAt)}
}

// accountSecrets are write-only. Which of them an account has follows from its channel.
type accountSecrets struct {
	AppSecret     string     `json:"appSecret,omitempty" writeOnly:"true" doc:"whatsapp, instagram, messenger: of the app at Meta, by which webhooks are signed"`
	VerifyToken   string     `json:"verifyToken,omitempty" writeOnly:"true" doc:"whatsapp, instagram, messenger: as given to Meta beside the address"`
	SecretToken   string     `json:"secretToken,omitempty" writeOnly:"true" doc:"telegram: as given to setWebhook"`
	AuthToken     string     `json:"authToken,omitempty" writeOnly:"true" doc:"sms: of the account at Twilio, for SMS and WhatsApp senders"`
	SigningSecret string     `json:"signingSecret,omitempty" writeOnly:"true" doc:"widget, email, platform: of Standard Webhooks, whsec_ and base64"`
	PreviousUntil *time.Time `json:"previousSecretUntil,omitempty" writeOnly:"true" doc:"With a new signingSecret: until when the one before stays valid; otherwise 60 seconds"`
}

type putAccountInput struct {
	Channel   string `path:"channel" doc:"whatsapp, instagram, messenger, telegram, sms, widget, email or platform"`
	AccountID string `path:"accountId" doc:"Percent-encoded: WhatsApp phone_number_id, Instagram or page id, bot id, Twilio number (E.164), or a name of your own"`
	Body      struct {
		Name    string         `json:"name" doc:"At most 200 characters"`
		Secrets accountSecrets `json:"secrets" doc:"All that the channel has, each time; never shown again"`
	}
}

type accountAnswer struct {
	Status int    // 201 when it is new
	ETag   string `header:"ETag" doc:"Names the resource, and changes with all that is answered of it"`
	Body   AccountView
}

func (s *server) putAccount(ctx context.Context, in *putAccountInput) (*accountAnswer, error) {
	given := in.Body.Secrets
	draft := channel.AccountDraft{Name: in.Body.Name, Secrets: map[string]string{}, PreviousUntil: given.PreviousUntil}
	for name, secret := range map[string]string{
		"appSecret": given.AppSecret, "verifyToken": given.VerifyToken, "secretToken": given.SecretToken,
		"authToken": given.AuthToken, "signingSecret": given.SigningSecret,
	} {
		if secret != "" {
			draft.Secrets[name] = secret
		}
	}
	account, made, err := s.Accounts.Put(ctx, identity.From(ctx).Workspace, accountKey(in.Channel, in.AccountID), draft)
	if err != nil {
		return nil, err
	}
	status := http.StatusOK
	if made {
		status = http.StatusCreated
	}
	view := viewAccount(account)
	return &accountAnswer{status, etag(account.Revision(), view), view}, nil
}

func accountKey(name, id string) channel.AccountKey {
	return channel.AccountKey{Channel: contact.Channel(name), ID: id}
}

type deleteAccountInput struct {
	Channel   string `path:"channel"`
	AccountID string `path:"accountId"`
	IfMatch   string `header:"If-Match" doc:"Entity tags of which one has to be current, or *"`
}

func (s *server) deleteAccount(ctx context.Context, in *deleteAccountInput) (*struct{}, error) {
	return nil, s.Accounts.Delete(ctx, identity.From(ctx).Workspace, accountKey(in.Channel, in.AccountID), ifMatch(in.IfMatch))
}

type accountList struct {
	Items      []AccountView `json:"items"`
	NextCursor string        `json:"nextCursor,omitempty" doc:"Of the next page; absent at the end"`
}

type accountListAnswer struct{ Body accountList }

type listAccountsInput struct{ Paging }

func (s *server) listAccounts(ctx context.Context, in *listAccountsInput) (*accountListAnswer, error) {
	page, err := listing(ctx, s, in.Paging, func(limit int, after string) ([]channel.Account, string, error) {
		return s.Accounts.List(ctx, identity.From(ctx).Workspace, limit, after)
	}, viewAccount)
	return &accountListAnswer{accountList{page.Items, page.Cursor}}, err
}

// Accounts is what the routes of channel accounts need; channel.Registry implements it.
type Accounts interface {
	Put(ctx context.Context, workspace string, key channel.AccountKey, draft channel.AccountDraft) (account channel.Account, made bool, err error)
	List(ctx context.Context, workspace string, limit int, after string) (accounts []channel.Account, next string, err error)
	Delete(ctx context.Context, workspace string, key channel.AccountKey, ifMatch contact.Precondition) error
}
