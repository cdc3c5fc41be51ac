package httpapi

import (
	"bytes"
	"maps"
	"net/http"
)

// answer keeps what a handler writes until the handler has returned: a panic half-way through becomes an answer of its own.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func newAnswer() *answer { return &answer{header: http.Header{}} }

// Header implements http.ResponseWriter.
func (a *answer) Header() http.Header { return a.header }

// WriteHeader implements http.ResponseWriter; as there, the first call counts.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

// Write implements http.ResponseWriter.
func (a *answer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(p)
}

// reset forgets what was written.
func (a *answer) reset() {
	clear(a.header)
	a.status = 0
	a.body.Reset()
}

// send passes the answer on. An answer to HEAD has no body, and Lambda has no server that would drop it.
func (a *answer) send(w http.ResponseWriter, method string) {
	a.WriteHeader(http.StatusOK)
	maps.Copy(w.Header(), a.header)
	w.WriteHeader(a.status)
	if method != http.MethodHead {
		_, _ = w.Write(a.body.Bytes()) // nobody is left to hear that it failed
	}
}
