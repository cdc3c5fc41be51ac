package faults_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

// invoke calls a function as S3, the API or a schedule would; that it dies on the way is what the tests want.
func invoke(t *testing.T, function, event string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, local.EmulatorURL+"/2015-03-31/functions/contacts-"+function+"/invocations", strings.NewReader(event))
	if err != nil {
		t.Fatal(err)
	}
	if response, err := http.DefaultClient.Do(request); err == nil {
		_ = response.Body.Close()
	}
}

// post calls the API as an admin of the workspace, with an idempotency key unless that is empty; status 0 when no answer came.
func post(t *testing.T, workspace, path string, body any, key string) (status int, answer map[string]any) {
	t.Helper()
	headers := map[string]string{}
	if key != "" {
		headers["Idempotency-Key"] = key
	}
	return ask(t, tokenOf(t, workspace), http.MethodPost, path, body, headers)
}

// tokenOf is that of an admin of a workspace.
func tokenOf(t *testing.T, workspace string) string {
	t.Helper()
	token, err := local.Token(t.Context(), workspace, "admin", "")
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// ask calls the API; status 0 when no answer came.
func ask(t *testing.T, token, method, path string, body any, headers map[string]string) (status int, answer map[string]any) {
	t.Helper()
	var payload bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&payload).Encode(body); err != nil {
			t.Fatal(err)
		}
	}
	request, err := http.NewRequestWithContext(t.Context(), method, local.APIURL+path, &payload)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil
	}
	defer response.Body.Close() //nolint:errcheck // read whole below
	text, _ := io.ReadAll(response.Body)
	_ = json.Unmarshal(text, &answer) // some have none
	return response.StatusCode, answer
}
