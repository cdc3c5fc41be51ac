// Package logging makes the functions' logger: one JSON object a line, with the request id of the invocation. What is logged
// are ids, counts and codes; never a name, an e-mail, a phone, a message or a cell of a file.
package logging

import (
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambdacontext"
)

// New makes a logger that writes lines of at least level to standard output, where Lambda collects them. Use the Context
// methods of slog, so that lines carry the request id. The names timestamp and message are Lambda's own: it takes lines without
// them for INFO and drops them above that level. https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
func New(level slog.Level) *slog.Logger {
	handler := slog.NewJSONHandler(os.Stdout, &slog.HandlerOptions{Level: level, ReplaceAttr: lambdacontext.ReplaceAttr})
	return slog.New(requestHandler{handler})
}
