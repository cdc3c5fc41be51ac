package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// patience bounds every wait for something that happens by itself; nothing asserts how long it took.
const patience = 3 * time.Minute

// caller speaks to the API as one user of one workspace.
type caller struct {
	t     *testing.T
	token string
}

// as signs a user in, making the user when needed. An empty workspace makes a user without one.
func as(t *testing.T, workspace, role string) caller {
	t.Helper()
	token, err := local.Token(t.Context(), workspace, role, "")
	if err != nil {
		t.Fatalf("token of %s in %q: %v", role, workspace, err)
	}
	return caller{t, token}
}

// answer is what came back.
type answer struct {
	t      *testing.T
	what   string
	status int
	header http.Header
	body   []byte
}

// call sends a request; body is nil, a string sent as it is, or a value sent as JSON.
func (c caller) call(method, path string, body any, headers ...string) answer {
	c.t.Helper()
	var payload io.Reader
	contentType := ""
	switch b := body.(type) {
	case nil:
	case string:
		payload, contentType = strings.NewReader(b), "application/json"
	default:
		encoded, err := json.Marshal(b)
		if err != nil {
			c.t.Fatal(err)
		}
		payload, contentType = bytes.NewReader(encoded), "application/json"
	}
	request, err := http.NewRequestWithContext(c.t.Context(), method, local.APIURL+path, payload)
	if err != nil {
		c.t.Fatal(err)
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	return send(c.t, request)
}

func send(t *testing.T, request *http.Request) answer {
	t.Helper()
	response, err := plainClient.Do(request)
	if err != nil {
		t.Fatalf("%s %s: %v", request.Method, request.URL, err)
	}
	defer response.Body.Close() //nolint:errcheck // read whole below
	read, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{t, request.Method + " " + request.URL.RequestURI(), response.StatusCode, response.Header, read}
}

// plainClient shows redirects instead of following them: a report is a 303 to a link.
var plainClient = &http.Client{
	Timeout:       patience,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// is demands a status.
func (a answer) is(status int) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("%s: status %d, want %d: %s", a.what, a.status, status, a.body)
	}
	return a
}

// problem demands an error of a function: its status, its code, its media type.
func (a answer) problem(status int, code string) answer {
	a.t.Helper()
	a.is(status)
	if got := a.header.Get("Content-Type"); !strings.HasPrefix(got, "application/problem+json") {
		a.t.Errorf("%s: media type %q of an error", a.what, got)
	}
	if got := a.object()["code"]; got != code {
		a.t.Errorf("%s: code %v, want %s: %s", a.what, got, code, a.body)
	}
	if a.header.Get("X-Request-Id") == "" {
		a.t.Errorf("%s: no X-Request-Id", a.what)
	}
	return a
}

// object reads the body as a JSON object.
func (a answer) object() map[string]any {
	a.t.Helper()
	var object map[string]any
	if err := json.Unmarshal(a.body, &object); err != nil {
		a.t.Fatalf("%s: %v in %s", a.what, err, a.body)
	}
	return object
}

// text reads one string of the body.
func (a answer) text(field string) string {
	a.t.Helper()
	value, ok := a.object()[field].(string)
	if !ok {
		a.t.Fatalf("%s: no string %q in %s", a.what, field, a.body)
	}
	return value
}

// items reads the items of a list.
func (a answer) items() []map[string]any {
	a.t.Helper()
	var page struct{ Items []map[string]any }
	if err := json.Unmarshal(a.body, &page); err != nil {
		a.t.Fatalf("%s: %v", a.what, err)
	}
	return page.Items
}

// walk reads a list to its end.
func (c caller) walk(path string) []map[string]any {
	c.t.Helper()
	var all []map[string]any
	separator := "?"
	if strings.Contains(path, "?") {
		separator = "&"
	}
	for next := path; ; {
		page := c.call(http.MethodGet, next, nil).is(http.StatusOK)
		all = append(all, page.items()...)
		cursor, more := page.object()["nextCursor"].(string)
		if !more {
			return all
		}
		next = path + separator + "cursor=" + cursor
	}
}

// eventually waits until ready answers true.
func eventually(t *testing.T, what string, ready func() bool) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), patience)
	defer stop()
	for !ready() {
		select {
		case <-ctx.Done():
			t.Fatalf("%s: not within %s", what, patience)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// fresh names a workspace that no other test uses.
func fresh(t *testing.T) string {
	t.Helper()
	return fmt.Sprintf("t%d", time.Now().UnixNano())
}
