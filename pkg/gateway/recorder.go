package gateway

import (
	"bytes"
	"encoding/base64"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
)

// recorder keeps what a handler writes.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func newRecorder() *recorder { return &recorder{header: http.Header{}} }

// Header implements http.ResponseWriter.
func (r *recorder) Header() http.Header { return r.header }

// WriteHeader implements http.ResponseWriter; as there, the first call counts.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

// Write implements http.ResponseWriter.
func (r *recorder) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(p)
}

// response is the answer for the gateway. Set-Cookie has a field of its own; other repeated headers are joined by commas.
func (r *recorder) response() events.APIGatewayV2HTTPResponse {
	r.WriteHeader(http.StatusOK)
	answer := events.APIGatewayV2HTTPResponse{StatusCode: r.status, Headers: map[string]string{}, Cookies: r.header.Values("Set-Cookie")}
	for name, values := range r.header {
		if name != "Set-Cookie" {
			answer.Headers[strings.ToLower(name)] = strings.Join(values, ", ")
		}
	}
	if isText(r.header.Get("Content-Type")) && utf8.Valid(r.body.Bytes()) {
		answer.Body = r.body.String()
	} else if r.body.Len() > 0 {
		answer.Body, answer.IsBase64Encoded = base64.StdEncoding.EncodeToString(r.body.Bytes()), true
	}
	return answer
}

// isText says whether a body may stand in JSON as it is.
func isText(contentType string) bool {
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && (strings.HasPrefix(media, "text/") || media == "application/json" || strings.HasSuffix(media, "+json"))
}
