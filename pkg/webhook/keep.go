package webhook

import (
	"bytes"
	"compress/gzip"
	"context"
	"log/slog"
	"maps"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/channel/provider"
)

// keep puts what a body says into the queue, and what cannot be used among the dead letters.
func (s *server) keep(ctx context.Context, at time.Time, reading channel.Reading, log *slog.Logger, done *outcome) error {
	workspace := done.account.Workspace
	events, err := s.owned(ctx, done.account, &reading)
	if err != nil {
		return err
	}
	batches, err := channel.Batches(workspace, events)
	if err != nil {
		return err
	}
	var letters []channel.Letter
	for _, unusable := range reading.Unusable {
		letters = append(letters, letter(done.account, at, unusable))
	}
	if err := s.Queue.Send(ctx, batches); err != nil {
		return unavailable(err)
	}
	if err := s.Queue.Bury(ctx, letters); err != nil {
		return unavailable(err)
	}
	done.events, done.batches, done.unusable = len(events), len(batches), len(letters)
	for _, kind := range slices.Sorted(maps.Keys(reading.Ignored)) {
		done.ignored += reading.Ignored[kind]
		log.InfoContext(ctx, "events are ignored", slog.String("workspace", workspace), slog.String("channel", string(done.account.Channel)),
			slog.String("type", kind), slog.Int("count", reading.Ignored[kind]))
	}
	for _, letter := range letters {
		log.WarnContext(ctx, "an event cannot be used", slog.String("workspace", workspace), slog.String("channel", string(letter.Channel)),
			slog.String("reason", letter.Reason))
	}
	return nil
}

// owned are the events of accounts that the workspace has; the others are nobody's business here. The account that the address named was just
// read, and mostly it is the only one.
func (s *server) owned(ctx context.Context, account channel.Account, reading *channel.Reading) ([]channel.Event, error) {
	asked := map[channel.AccountKey]bool{}
	for _, event := range reading.Events {
		for _, key := range provider.Accounts(event) {
			asked[key] = true
		}
	}
	delete(asked, account.Key())
	owned, err := s.Accounts.Owned(ctx, account.Workspace, slices.Collect(maps.Keys(asked)))
	if err != nil {
		return nil, err
	}
	ours := func(key channel.AccountKey) bool { return key == account.Key() || owned[key] }
	var events []channel.Event
	for _, event := range reading.Events {
		accounts := provider.Accounts(event)
		if len(accounts) == 0 || slices.ContainsFunc(accounts, ours) {
			events = append(events, event)
		} else {
			reading.Ignore("other_account")
		}
	}
	return events, nil
}

// Sizes of letters, in bytes. A message of SQS takes a megabyte; as JSON, a byte of a body becomes up to six.
const (
	maxPlainBody  = 128 << 10
	maxPackedBody = 700 << 10
)

// letter is what is kept of what cannot be used. A body that does not fit even when it is packed, which only a provider gone mad would send, is
// left out.
func letter(account channel.Account, at time.Time, unusable channel.Unusable) channel.Letter {
	kept := channel.Letter{
		Schema: channel.BatchSchema, Workspace: account.Workspace, Channel: account.Channel, AccountID: account.ID, ReceivedAt: at, Reason: unusable.Reason,
	}
	if len(unusable.Body) <= maxPlainBody && utf8.Valid(unusable.Body) {
		kept.Body = string(unusable.Body)
		return kept
	}
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	_, _ = writer.Write(unusable.Body) // a buffer refuses nothing
	_ = writer.Close()
	if packed.Len() <= maxPackedBody {
		kept.Gzipped = packed.Bytes()
	}
	return kept
}
