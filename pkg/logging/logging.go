// Package logging makes the functions' logger: one JSON object a line, with the request id of the invocation. What is
// logged are ids, counts and codes; never a name, an e-mail, a phone, a message or a cell of a file.
package logging

import (
	"io"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/occ/contacts/pkg/problem"
)

// New makes a logger that writes lines of at least level to standard output, where Lambda collects them. Use the
// Context methods of slog, so that lines carry the request id. The names timestamp and message are Lambda's own: it
// takes lines without them for INFO and drops them above that level.
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
func New(level slog.Level) *slog.Logger { return to(os.Stdout, level) }

func to(out io.Writer, level slog.Level) *slog.Logger {
	handler := slog.NewJSONHandler(out, &slog.HandlerOptions{Level: level, ReplaceAttr: replace})
	return slog.New(requestHandler{handler})
}

// replace writes errors as they may be logged: those of the AWS SDK may repeat what a request held.
func replace(groups []string, attr slog.Attr) slog.Attr {
	if err, ok := attr.Value.Any().(error); ok {
		attr.Value = slog.StringValue(problem.Loggable(err))
	}
	return lambdacontext.ReplaceAttr(groups, attr)
}
