// Package smoke asks a deployed stack, from outside, for the few things without which it is of no use: a browser's
// preflight, health, a sign-in, an import of ten rows, and a signed webhook that becomes a contact. It removes what
// it made, whatever it found.
package smoke

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/channel/provider"
	"github.com/occ/contacts/pkg/contact"
)

// Workspace is where the test works; nobody else uses it.
const Workspace = "smoke"

// Target is a deployed stack.
type Target struct {
	// API is the address under which clients reach it, without a slash at its end.
	API string
	// Origin is a web origin that may call the API; empty leaves the preflight out.
	Origin string
	// SignIn makes a user who is an admin of Workspace, and returns an ID token and what removes the user.
	SignIn func(ctx context.Context) (token string, remove func(context.Context) error, err error)
	// Patience bounds each wait for something that happens by itself.
	Patience time.Duration
	// Log takes a line for each step.
	Log io.Writer
}

// run is one test.
type run struct {
	Target
	token string
	id    string // in all that the test makes, so that two tests at once do not meet
	undo  []func(ctx context.Context) error
}

const (
	rows      = 10
	pollPause = 500 * time.Millisecond
	cleanUp   = 2 * time.Minute
)

// Run tests a stack. Its error names the step that failed, and what was answered.
func Run(ctx context.Context, target Target) (err error) {
	r := &run{Target: target, id: strings.ReplaceAll(uuid.NewString(), "-", "")}
	defer func() { err = errors.Join(err, r.cleanUp(context.WithoutCancel(ctx))) }()
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"preflight", r.preflight}, {"health", r.health}, {"sign-in", r.signIn}, {"import of 10 rows", r.imports},
		{"signed webhook", r.webhook},
	} {
		began := time.Now()
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("smoke test: %s: %w", step.name, err)
		}
		fmt.Fprintf(r.Log, "%s: %d ms\n", step.name, time.Since(began).Milliseconds()) //nolint:errcheck // a terminal
	}
	return nil
}

// cleanUp undoes the steps, the last one first.
func (r *run) cleanUp(ctx context.Context) (err error) {
	ctx, stop := context.WithTimeout(ctx, cleanUp)
	defer stop()
	for _, undo := range slices.Backward(r.undo) {
		if failed := undo(ctx); failed != nil {
			err = errors.Join(err, fmt.Errorf("smoke test: clean up: %w", failed))
		}
	}
	return err
}

// preflight asks as a browser does before it sends a token. https://fetch.spec.whatwg.org/#cors-preflight-request
func (r *run) preflight(ctx context.Context) error {
	if r.Origin == "" {
		return nil
	}
	answered, err := r.send(ctx, http.MethodOptions, "/v1/contacts", nil, map[string]string{
		"Origin": r.Origin, "Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "authorization,content-type,if-match",
	})
	if err != nil {
		return err
	}
	allowed := answered.header.Get("Access-Control-Allow-Origin")
	if answered.status/100 != 2 || allowed != "*" && allowed != r.Origin {
		return fmt.Errorf("a browser at %s may not call the API: status %d, Access-Control-Allow-Origin %q", r.Origin, answered.status, allowed)
	}
	return nil
}

func (r *run) health(ctx context.Context) error {
	_, err := r.call(ctx, http.MethodGet, "/v1/health", nil, http.StatusOK)
	return err
}

func (r *run) signIn(ctx context.Context) error {
	token, remove, err := r.SignIn(ctx)
	if err != nil {
		return err
	}
	r.token = token
	r.undo = append(r.undo, remove)
	_, err = r.call(ctx, http.MethodGet, "/v1/contacts?limit=1", nil, http.StatusOK)
	return err
}

// imports uploads a file through its link and waits for its contacts.
func (r *run) imports(ctx context.Context) error {
	var file strings.Builder
	file.WriteString("name,email\n")
	for n := range rows {
		fmt.Fprintf(&file, "Smoke Test %d,smoke-%s-%d@example.com\n", n, r.id, n)
	}
	var job struct {
		ID     string
		Status string
		Totals struct{ Rows, Created int }
		Upload struct {
			Method, URL string
			Headers     map[string]string
		}
	}
	if err := r.json(ctx, http.MethodPost, "/v1/imports", map[string]any{
		"fileName": "smoke.csv", "size": file.Len(),
	}, http.StatusCreated, &job); err != nil {
		return err
	}
	path := "/v1/imports/" + job.ID
	r.undo = append(r.undo, func(ctx context.Context) error { return r.undoImport(ctx, path) })
	if err := r.upload(ctx, job.Upload.Method, job.Upload.URL, job.Upload.Headers, file.String()); err != nil {
		return err
	}
	err := r.until(ctx, "the import is completed", func() (bool, error) {
		err := r.json(ctx, http.MethodGet, path, nil, http.StatusOK, &job)
		if job.Status == "failed" {
			return false, errors.New("the import failed")
		}
		return job.Status == "completed", err
	})
	if err == nil && (job.Totals.Rows != rows || job.Totals.Created != rows) {
		err = fmt.Errorf("of %d rows, %d were read and %d created", rows, job.Totals.Rows, job.Totals.Created)
	}
	if err != nil {
		return err
	}
	_, err = r.found(ctx, fmt.Sprintf("smoke-%s-0@example.com", r.id))
	return err
}

func (r *run) upload(ctx context.Context, method, address string, headers map[string]string, body string) error {
	request, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
	if err != nil {
		return err
	}
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	answered, err := do(request)
	if err == nil && answered.status/100 != 2 {
		err = fmt.Errorf("the upload was answered %d %s", answered.status, answered.body)
	}
	return err
}

func (r *run) undoImport(ctx context.Context, path string) error {
	answered, err := r.send(ctx, http.MethodPost, path+"/undo", nil, nil)
	if err != nil || answered.status == http.StatusAccepted {
		if err == nil {
			err = r.until(ctx, "the import is undone", func() (bool, error) {
				var job struct{ Status string }
				err := r.json(ctx, http.MethodGet, path, nil, http.StatusOK, &job)
				return job.Status == "undone", err
			})
		}
		return err
	}
	_, err = r.send(ctx, http.MethodPost, path+"/cancel", nil, nil) // it was not completed
	return err
}

// webhook registers an account, posts what its channel would, signed, and waits for the contact.
func (r *run) webhook(ctx context.Context) error {
	account := "smoke-" + r.id
	secret := "whsec_" + base64.StdEncoding.EncodeToString([]byte(r.id))
	path := "/v1/channel-accounts/widget/" + account
	r.undo = append(r.undo, func(ctx context.Context) error {
		_, err := r.call(ctx, http.MethodDelete, path, nil, http.StatusNoContent, http.StatusNotFound)
		return err
	})
	if _, err := r.call(ctx, http.MethodPut, path, map[string]any{
		"name": "Smoke test", "secrets": map[string]string{"signingSecret": secret},
	}, http.StatusCreated); err != nil {
		return err
	}
	email := fmt.Sprintf("widget-%s@example.com", r.id)
	now := time.Now().UTC()
	body, err := json.Marshal(map[string]any{
		"type": "conversation.message", "timestamp": now, "data": map[string]any{
			"conversationId": "c-" + r.id, "channel": "widget", "accountId": account, "messageId": "m-" + r.id, "direction": "inbound",
			"sentAt": now, "contact": map[string]any{"externalId": "x-" + r.id, "name": "Smoke Test", "email": email},
		},
	})
	if err != nil {
		return err
	}
	address := "/v1/webhooks/widget/" + account
	signed := provider.Sign(contact.Widget, r.API+address, body, channel.Secrets{SigningSecret: secret}, now)
	answered, err := r.send(ctx, http.MethodPost, address, body, signed)
	if err != nil {
		return err
	}
	if answered.status != http.StatusOK {
		return fmt.Errorf("the webhook was answered %d %s", answered.status, answered.body)
	}
	id, err := r.found(ctx, email)
	if err != nil {
		return err
	}
	r.undo = append(r.undo, func(ctx context.Context) error {
		_, err := r.call(ctx, http.MethodDelete, "/v1/contacts/"+id, nil, http.StatusNoContent, http.StatusNotFound)
		return err
	})
	return nil
}

// found waits until a search by e-mail finds one contact, and returns its id.
func (r *run) found(ctx context.Context, email string) (id string, err error) {
	err = r.until(ctx, "a search finds the contact", func() (bool, error) {
		var page struct{ Items []struct{ ID string } }
		err := r.json(ctx, http.MethodGet, "/v1/contacts?q="+url.QueryEscape(email), nil, http.StatusOK, &page)
		if err == nil && len(page.Items) > 0 {
			id = page.Items[0].ID
		}
		return id != "", err
	})
	return id, err
}

func (r *run) until(ctx context.Context, what string, done func() (bool, error)) error {
	ctx, stop := context.WithTimeout(ctx, r.Patience)
	defer stop()
	for {
		ok, err := done()
		if err != nil || ok {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waited %s until %s", r.Patience, what)
		case <-time.After(pollPause):
		}
	}
}

// answer is what came back of a request.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// json calls and reads the answer.
func (r *run) json(ctx context.Context, method, path string, body any, want int, into any) error {
	answered, err := r.call(ctx, method, path, body, want)
	if err != nil {
		return err
	}
	return json.Unmarshal(answered.body, into)
}

// call sends a value as JSON and wants one of the statuses.
func (r *run) call(ctx context.Context, method, path string, value any, want ...int) (answer, error) {
	var body []byte
	headers := map[string]string{}
	if value != nil {
		var err error
		if body, err = json.Marshal(value); err != nil {
			return answer{}, err
		}
		headers["Content-Type"] = "application/json"
	}
	answered, err := r.send(ctx, method, path, body, headers)
	if err != nil {
		return answered, err
	}
	if slices.Contains(want, answered.status) {
		return answered, nil
	}
	return answered, fmt.Errorf("%s %s was answered %d %s", method, path, answered.status, answered.body)
}

func (r *run) send(ctx context.Context, method, path string, body []byte, headers map[string]string) (answer, error) {
	request, err := http.NewRequestWithContext(ctx, method, r.API+path, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	if r.token != "" && !strings.HasPrefix(path, "/v1/webhooks/") {
		request.Header.Set("Authorization", "Bearer "+r.token)
	}
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	return do(request)
}

func do(request *http.Request) (answer, error) {
	response, err := (&http.Client{Timeout: time.Minute}).Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close() //nolint:errcheck // only read
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	return answer{response.StatusCode, response.Header, bytes.TrimSpace(body)}, err
}
