// Package webhook serves the address that providers call: GET and POST /v1/webhooks/{channel}/{accountId}. It verifies a body, puts what it says
// into the queue of channel-events, and answers; what comes of it is decided there.
package webhook

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/channel/provider"
	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/identity"
	"github.com/occ/contacts/pkg/metrics"
	"github.com/occ/contacts/pkg/problem"
)

// Accounts finds accounts. channel.Keyring implements it.
type Accounts interface {
	// Open finds an account and its secrets; problem.NotFound when nobody registered it.
	Open(ctx context.Context, key channel.AccountKey) (channel.Account, channel.Secrets, error)
	// Owned are those of the accounts that a workspace has.
	Owned(ctx context.Context, workspace string, keys []channel.AccountKey) (map[channel.AccountKey]bool, error)
}

// Queue takes what webhooks say. Both return when it is safely there. Package queue implements it.
type Queue interface {
	Send(ctx context.Context, batches []channel.Batch) error
	Bury(ctx context.Context, letters []channel.Letter) error
}

// Deps are what the webhooks stand on.
type Deps struct {
	Accounts Accounts
	Queue    Queue
	Region   func(ctx context.Context, workspace string) (string, error) // whose national phone spellings a workspace's are
	Phone    func(raw, region string) (e164 string, err error)
	BaseURL  string            // what providers call; empty: the host that they name
	Metrics  *metrics.Recorder // may be nil
	Log      *slog.Logger
	Now      func() time.Time
}

type server struct{ Deps }

// New makes the handler of webhooks.
func New(deps Deps) http.Handler { return &server{deps} }

// outcome is what came of a request, as it is logged.
type outcome struct {
	answer
	account                            channel.Account
	events, batches, unusable, ignored int
}

// ServeHTTP implements http.Handler.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := s.Now()
	id := identity.From(r.Context()).RequestID
	if id == "" {
		id = uuid.NewString()
	}
	log := s.Log.With("xRequestId", id)
	done := s.serve(r, log)
	done.write(w, id)
	log.InfoContext(r.Context(), "webhook", slog.String("method", r.Method), slog.Int("status", done.status), slog.String("code", done.code),
		slog.String("workspace", done.account.Workspace), slog.String("channel", string(done.account.Channel)), slog.Int("events", done.events),
		slog.Int("batches", done.batches), slog.Int("unusable", done.unusable), slog.Int("ignored", done.ignored),
		slog.Int64("ms", s.Now().Sub(began).Milliseconds()))
	s.Metrics.Webhook(string(done.account.Channel), s.Now().Sub(began), done.events, done.ignored)
	s.Metrics.DeadLetters(metrics.Unusable, done.unusable)
}

// serve answers a request. What is no fault of the provider goes to the log.
func (s *server) serve(r *http.Request, log *slog.Logger) (done outcome) {
	defer func() {
		if fault := recover(); fault != nil {
			log.ErrorContext(r.Context(), "panic", slog.String("error", problem.LoggablePanic(fault)), slog.String("stack", string(debug.Stack())))
			done.answer = refusal(nil)
		}
	}()
	err := s.handle(r, log, &done)
	if err == nil {
		return done
	}
	done.answer = refusal(err)
	done.methods = provider.Methods(done.account.Channel)
	if done.status >= http.StatusInternalServerError {
		log.ErrorContext(r.Context(), "a webhook could not be taken", slog.String("workspace", done.account.Workspace), slog.String("error", problem.Loggable(err)))
	}
	return done
}

// handle checks in the order of pkg/httpapi/README.md, "Webhooks": the account, the size, the signature, the form.
func (s *server) handle(r *http.Request, log *slog.Logger, done *outcome) error {
	key, ok := accountOf(r.URL.Path)
	if !ok {
		return problem.New(problem.NotFound, "There is no such path; it is /v1/webhooks/{channel}/{accountId}.")
	}
	account, secrets, err := s.Accounts.Open(r.Context(), key)
	if err != nil {
		return err
	}
	done.account = account
	switch r.Method {
	case http.MethodGet:
		done.answer, err = challenge(key.Channel, r, secrets)
		return err
	case http.MethodPost:
		return s.post(r, log, secrets, done)
	default:
		return problem.New(problem.MethodNotAllowed, "A webhook of this channel takes %s.", provider.Methods(key.Channel))
	}
}

// accountOf reads the path, which the gateway has decoded.
func accountOf(path string) (channel.AccountKey, bool) {
	rest, ours := strings.CutPrefix(path, "/v1/webhooks/")
	name, id, found := strings.Cut(rest, "/")
	return channel.AccountKey{Channel: contact.Channel(name), ID: id}, ours && found && id != "" && !strings.Contains(id, "/")
}

func challenge(c contact.Channel, r *http.Request, secrets channel.Secrets) (answer, error) {
	text, verifies, ok := provider.Challenge(c, r.URL.Query().Get, secrets)
	switch {
	case !verifies:
		return answer{}, problem.New(problem.MethodNotAllowed, "A webhook of this channel takes POST alone.")
	case !ok:
		return answer{}, problem.New(problem.Forbidden, "The verify token is another one than the account's, or this is no subscription.")
	}
	return answer{status: http.StatusOK, media: "text/plain; charset=utf-8", body: []byte(text)}, nil
}

// post takes a body.
func (s *server) post(r *http.Request, log *slog.Logger, secrets channel.Secrets, done *outcome) error {
	key, most := done.account.Key(), provider.MaxBody(done.account.Channel)
	body, err := io.ReadAll(io.LimitReader(r.Body, int64(most)+1))
	if err != nil {
		return err
	}
	now := s.Now().UTC().Truncate(time.Millisecond)
	signed := channel.SignedRequest{Body: body, Header: r.Header.Get, URLs: addresses(s.BaseURL, r), At: now}
	switch {
	case len(body) > most:
		return problem.New(problem.EventTooLarge, "The body has more than %d bytes.", most)
	case !provider.Verify(key.Channel, signed, secrets):
		return problem.New(problem.InvalidSignature, "The signature is missing, too old, or not of this body and the account's secret.")
	case !provider.Readable(key.Channel, body):
		return problem.New(problem.MalformedEvent, "The body is not JSON.")
	}
	region := ""
	if channel.Signs(key.Channel) { // others give numbers with their country code
		if region, err = s.Region(r.Context(), done.account.Workspace); err != nil {
			return err
		}
	}
	reading := provider.Parse(channel.Delivery{
		Workspace: done.account.Workspace, Account: key, ReceivedAt: now, Body: body,
		Phone: func(raw string) (string, error) { return s.Phone(raw, region) },
	})
	if err := s.keep(r.Context(), now, reading, log, done); err != nil {
		return err
	}
	text, media := provider.Acknowledgement(key.Channel)
	done.answer = answer{status: http.StatusOK, media: media, body: []byte(text)}
	return nil
}

// addresses are the spellings of the address that was called. The gateway decodes the path, so a + may have been written as %2B.
func addresses(base string, r *http.Request) []string {
	if base == "" {
		base = "https://" + r.Host
	}
	base = strings.TrimSuffix(base, "/")
	query := ""
	if r.URL.RawQuery != "" {
		query = "?" + r.URL.RawQuery
	}
	path := r.URL.EscapedPath()
	plus := strings.ReplaceAll(path, "+", "%2B")
	return []string{base + path + query, base + plus + query, base + strings.ReplaceAll(plus, "%2B", "%2b") + query}
}
