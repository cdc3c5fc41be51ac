package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/occ/contacts/infra/local/sample"
	"github.com/occ/contacts/infra/local/stack"
	"github.com/occ/contacts/pkg/channel"
)

// poster plays the providers of one workspace's accounts.
type poster struct {
	api, signedAPI string // where the API is, and the address that it knows itself by
	token          string // of an admin
	registered     map[channel.AccountKey]bool
}

// webhook posts a sample of webhooks to the local stack as its provider does, or all of them.
func webhook(ctx context.Context, f flags) error {
	if err := checkWorkspace(f.workspace); err != nil {
		return err
	}
	cfg, outputs, err := target(ctx, "")
	if err != nil {
		return err
	}
	port, err := port()
	if err != nil {
		return err
	}
	token, err := stack.Token(ctx, cfg, outputs, f.workspace, "admin", "")
	if err != nil {
		return err
	}
	p := poster{fmt.Sprintf("http://127.0.0.1:%d", port), outputs["ApiUrl"], token, map[channel.AccountKey]bool{}}
	names := sample.WebhookNames
	if f.sample != "" {
		names = []string{f.sample}
	}
	failed := 0
	for _, name := range names {
		taken, err := p.post(ctx, name)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if !taken {
			failed++
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d webhooks were not answered 200", failed, len(names))
	}
	return nil
}

// post sends a sample and prints what was answered; taken says that it was 200.
func (p poster) post(ctx context.Context, name string) (taken bool, err error) {
	webhook, err := sample.ReadWebhook(name)
	if err != nil {
		return false, err
	}
	for _, account := range webhook.Accounts {
		if err := p.register(ctx, account); err != nil {
			return false, err
		}
	}
	request, err := webhook.Request(ctx, p.api, p.signedAPI, time.Now())
	if err != nil {
		return false, err
	}
	status, body, err := send(request)
	if err != nil {
		return false, err
	}
	fmt.Printf("%d  %-25s %s %s  %s\n", status, name, webhook.Method, webhook.Path, body)
	return status == http.StatusOK, nil
}

// register makes an account the workspace's, with the secrets of the samples; what is so already stays so.
func (p poster) register(ctx context.Context, account channel.AccountKey) error {
	if p.registered[account] {
		return nil
	}
	draft, err := json.Marshal(map[string]any{"name": "Sample", "secrets": sample.Secrets(account.Channel)})
	if err != nil {
		return err
	}
	address := fmt.Sprintf("%s/v1/channel-accounts/%s/%s", p.api, account.Channel, url.PathEscape(account.ID))
	request, err := http.NewRequestWithContext(ctx, http.MethodPut, address, bytes.NewReader(draft))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+p.token)
	status, body, err := send(request)
	if err != nil {
		return err
	}
	if status != http.StatusOK && status != http.StatusCreated {
		return fmt.Errorf("account %s of %s cannot be registered: %d %s", account.ID, account.Channel, status, body)
	}
	p.registered[account] = true
	return nil
}

// send does a request; its answer is short.
func send(request *http.Request) (status int, body []byte, err error) {
	response, err := (&http.Client{Timeout: time.Minute}).Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close() //nolint:errcheck // only read
	body, err = io.ReadAll(response.Body)
	return response.StatusCode, bytes.TrimSpace(body), err
}
