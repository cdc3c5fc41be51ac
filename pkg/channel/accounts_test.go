package channel_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/problem"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// ledger keeps accounts in memory, and seals by writing backwards behind the account's name.
type ledger struct {
	accounts  map[channel.AccountKey]channel.Account
	meanwhile func()
	read      int // calls of Accounts
	opened    int
	lost      bool // the key

	beforeDelete func()
}

func newLedger() *ledger { return &ledger{accounts: map[channel.AccountKey]channel.Account{}} }

func (l *ledger) Accounts(_ context.Context, keys []channel.AccountKey) (map[channel.AccountKey]channel.Account, error) {
	l.read++
	found := maps.Clone(l.accounts)
	maps.DeleteFunc(found, func(key channel.AccountKey, _ channel.Account) bool { return !slices.Contains(keys, key) })
	if l.meanwhile != nil {
		l.meanwhile()
	}
	return found, nil
}

func (l *ledger) PutAccount(_ context.Context, account channel.Account) (channel.Account, error) {
	if l.accounts[account.Key()].Version != account.Version {
		return channel.Account{}, channel.ErrAccountStale
	}
	account.Version++
	l.accounts[account.Key()] = account
	return account, nil
}

func (l *ledger) DeleteAccount(_ context.Context, workspace string, key channel.AccountKey, read *channel.Account) error {
	if l.accounts[key].Workspace != workspace {
		return problem.New(problem.NotFound, "There is no such account.")
	}
	if change := l.beforeDelete; change != nil {
		l.beforeDelete = nil
		change()
	}
	if read != nil && l.accounts[key].Version != read.Version {
		return channel.ErrAccountStale
	}
	delete(l.accounts, key)
	return nil
}

func (l *ledger) ListAccounts(context.Context, string, int, string) ([]channel.Account, string, error) {
	return slices.Collect(maps.Values(l.accounts)), "", nil
}

func label(workspace string, key channel.AccountKey) []byte {
	return fmt.Appendf(nil, "%s %s %s:", workspace, key.Channel, key.ID)
}

func (l *ledger) Seal(_ context.Context, workspace string, key channel.AccountKey, plain []byte) ([]byte, error) {
	backwards := slices.Clone(plain)
	slices.Reverse(backwards)
	return append(label(workspace, key), backwards...), nil
}

func (l *ledger) Open(_ context.Context, workspace string, key channel.AccountKey, sealed []byte) ([]byte, error) {
	l.opened++
	rest, ours := bytes.CutPrefix(sealed, label(workspace, key))
	if !ours || l.lost {
		return nil, channel.ErrUnsealable
	}
	plain := slices.Clone(rest)
	slices.Reverse(plain)
	return plain, nil
}

// clock is a time that tests move.
type clock struct{ time.Time }

func (c *clock) now() time.Time { return c.Time }

var (
	platform = channel.AccountKey{Channel: contact.Platform, ID: "main"}
	first    = "whsec_" + strings.Repeat("Zmlyc3Q", 4)
	second   = "whsec_" + strings.Repeat("c2Vjb24", 4)
	third    = "whsec_" + strings.Repeat("dGhpcmQ", 4)
)

func signing(secret string) channel.AccountDraft {
	return channel.AccountDraft{Name: "Main", Secrets: map[string]string{"signingSecret": secret}}
}

func TestAnAccountBelongsToOneWorkspace(t *testing.T) {
	l, c := newLedger(), &clock{noon}
	registry := channel.NewRegistry(l, l, c.now)
	made, isNew, err := registry.Put(t.Context(), "demo", platform, signing(first))
	if err != nil || !isNew || made.Workspace != "demo" || made.Version != 1 || !made.CreatedAt.Equal(noon) || bytes.Contains(made.Sealed, []byte(first)) {
		t.Fatalf("%+v %v %v", made, isNew, err)
	}
	c.Time = noon.Add(time.Hour)
	changed, isNew, err := registry.Put(t.Context(), "demo", platform, signing(first))
	if err != nil || isNew || changed.Version != 2 || !changed.CreatedAt.Equal(noon) || !changed.UpdatedAt.Equal(c.Time) {
		t.Fatalf("%+v %v %v", changed, isNew, err)
	}
	if _, _, err := registry.Put(t.Context(), "other", platform, signing(first)); problem.CodeOf(err) != problem.AccountTaken {
		t.Error(err)
	}
	if err := registry.Delete(t.Context(), "other", platform, contact.Precondition{}); problem.CodeOf(err) != problem.NotFound {
		t.Error(err)
	}
	if err := registry.Delete(t.Context(), "demo", platform, contact.Precondition{}); err != nil {
		t.Error(err)
	}
	if _, isNew, err := registry.Put(t.Context(), "other", platform, signing(first)); err != nil || !isNew {
		t.Error(isNew, err)
	}
}

// TestTwoAtOnce has another workspace register the account between reading and writing.
func TestTwoAtOnce(t *testing.T) {
	l := newLedger()
	registry := channel.NewRegistry(l, l, (&clock{noon}).now)
	l.meanwhile = func() {
		l.meanwhile = nil
		if _, _, err := registry.Put(t.Context(), "other", platform, signing(first)); err != nil {
			t.Error(err)
		}
	}
	if _, _, err := registry.Put(t.Context(), "demo", platform, signing(first)); problem.CodeOf(err) != problem.AccountTaken {
		t.Error(err)
	}
	l.meanwhile = func() {
		account := l.accounts[platform]
		account.Version++
		l.accounts[platform] = account
	}
	if _, _, err := registry.Put(t.Context(), "other", platform, signing(first)); problem.CodeOf(err) != problem.Unavailable {
		t.Error(err)
	}
}

func TestRotation(t *testing.T) {
	l, c := newLedger(), &clock{noon}
	registry, keyring := channel.NewRegistry(l, l, c.now), channel.NewKeyring(l, l, c.now)
	put := func(draft channel.AccountDraft) channel.Secrets {
		t.Helper()
		if _, _, err := registry.Put(t.Context(), "demo", platform, draft); err != nil {
			t.Fatal(err)
		}
		_, secrets, err := keyring.Open(t.Context(), platform)
		if err != nil {
			t.Fatal(err)
		}
		return secrets
	}
	if got := put(signing(first)); got.SigningSecret != first || got.Previous != "" {
		t.Errorf("%+v", got)
	}
	if got := put(signing(second)); got.SigningSecret != second || got.Previous != first || !got.PreviousUntil.Equal(noon.Add(time.Minute)) {
		t.Errorf("%+v", got)
	}
	c.Time = noon.Add(10 * time.Second)
	if got := put(signing(second)); got.Previous != first || !got.PreviousUntil.Equal(noon.Add(time.Minute)) { // the answer was lost
		t.Errorf("%+v", got)
	}
	until := noon.Add(24 * time.Hour)
	later := signing(third)
	later.PreviousUntil = &until
	if got := put(later); got.SigningSecret != third || got.Previous != second || !got.PreviousUntil.Equal(until) {
		t.Errorf("%+v", got)
	}
	l.lost = true // a key that is gone keeps no new secret out
	if _, _, err := registry.Put(t.Context(), "demo", platform, signing(first)); err != nil {
		t.Error(err)
	}
}

func TestOpenedSecretsAreRememberedForAQuarterOfAnHour(t *testing.T) {
	l, c := newLedger(), &clock{noon}
	registry, keyring := channel.NewRegistry(l, l, c.now), channel.NewKeyring(l, l, c.now)
	if _, _, err := keyring.Open(t.Context(), platform); problem.CodeOf(err) != problem.NotFound {
		t.Error(err)
	}
	if _, _, err := registry.Put(t.Context(), "demo", platform, signing(first)); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		after  time.Duration
		opened int
	}{{0, 1}, {14 * time.Minute, 1}, {16 * time.Minute, 2}} {
		c.Time = noon.Add(step.after)
		if _, secrets, err := keyring.Open(t.Context(), platform); err != nil || secrets.SigningSecret != first || l.opened != step.opened {
			t.Errorf("%v: opened %d times, %v", step.after, l.opened, err)
		}
	}
	if err := registry.Delete(t.Context(), "demo", platform, contact.Precondition{}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := keyring.Open(t.Context(), platform); problem.CodeOf(err) != problem.NotFound { // at once
		t.Error(err)
	}
}

func TestAFloodOfAnUnknownAccountIsNotReadEachTime(t *testing.T) {
	l, c := newLedger(), &clock{noon}
	registry, keyring := channel.NewRegistry(l, l, c.now), channel.NewKeyring(l, l, c.now)
	ask := func(times int) {
		t.Helper()
		for range times {
			if _, _, err := keyring.Open(t.Context(), platform); problem.CodeOf(err) != problem.NotFound {
				t.Fatal(err)
			}
		}
	}
	ask(1000)
	if l.read != 10 {
		t.Errorf("1,000 posts to an account that nobody has read %d times, want 10", l.read)
	}
	if _, _, err := registry.Put(t.Context(), "demo", platform, signing(first)); err != nil {
		t.Fatal(err)
	}
	ask(1) // of who was flooding it
	c.Time = noon.Add(5 * time.Second)
	if _, _, err := keyring.Open(t.Context(), platform); err != nil {
		t.Errorf("five seconds later: %v", err)
	}

	// Who tries, registers and tries again does not wait.
	other := channel.AccountKey{Channel: contact.Widget, ID: "x"}
	for range 9 {
		if _, _, err := keyring.Open(t.Context(), other); problem.CodeOf(err) != problem.NotFound {
			t.Fatal(err)
		}
	}
	if _, _, err := registry.Put(t.Context(), "demo", other, signing(first)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := keyring.Open(t.Context(), other); err != nil {
		t.Errorf("at once: %v", err)
	}

	l.read = 0
	for i := range 30_000 { // many names: memory is bounded, and known accounts are found all the same
		_, _, _ = keyring.Open(t.Context(), channel.AccountKey{Channel: contact.Widget, ID: fmt.Sprint("w", i)})
	}
	if _, _, err := keyring.Open(t.Context(), other); err != nil || l.read != 30_001 {
		t.Errorf("%d reads, %v", l.read, err)
	}
}

func TestOwned(t *testing.T) {
	l := newLedger()
	other := channel.AccountKey{Channel: contact.Widget, ID: "x"}
	l.accounts[platform], l.accounts[other] = channel.Account{Workspace: "demo"}, channel.Account{Workspace: "other"}
	owned, err := channel.NewKeyring(l, l, time.Now).Owned(t.Context(), "demo", []channel.AccountKey{platform, other, {Channel: "fax", ID: "1"}, {Channel: contact.Widget, ID: "y"}})
	if err != nil || len(owned) != 1 || !owned[platform] {
		t.Errorf("%v %v", owned, err)
	}
}

func TestAccountsThatAreNone(t *testing.T) {
	const hidden = "h1dd3n\x00secret"
	good := map[contact.Channel]map[string]string{
		contact.WhatsApp: {"appSecret": "a", "verifyToken": "v"}, contact.Telegram: {"secretToken": "t"}, contact.SMS: {"authToken": "a"}, contact.Platform: {"signingSecret": first},
	}
	until := noon
	for _, c := range []struct {
		channel contact.Channel
		id      string
		change  func(*channel.AccountDraft)
		faults  string
	}{
		{"fax", "1", nil, "path.channel"}, {"import", "1", nil, "path.channel"}, {"", "1", nil, "path.channel"},
		{contact.WhatsApp, "", nil, "path.accountId"}, {contact.WhatsApp, "a/b", nil, "path.accountId"}, {contact.WhatsApp, "a b", nil, "path.accountId"},
		{contact.WhatsApp, "a\u200bb", nil, "path.accountId"}, {contact.WhatsApp, "\xff", nil, "path.accountId"}, {contact.WhatsApp, "..", nil, "path.accountId"},
		{contact.WhatsApp, strings.Repeat("x", 257), nil, "path.accountId"}, {contact.WhatsApp, strings.Repeat("€", 200), nil, "path.accountId"},
		{contact.WhatsApp, strings.Repeat("x", 256), nil, ""}, {contact.WhatsApp, "né#%?", nil, ""},
		{contact.WhatsApp, "\u2800", nil, "path.accountId"}, {contact.Widget, "\u3164\uffa0", nil, "path.accountId"},
		{contact.SMS, "15551234567", nil, "path.accountId"}, {contact.SMS, "+0155512345", nil, "path.accountId"}, {contact.SMS, "+15551234567", nil, ""},
		{contact.WhatsApp, "1", func(d *channel.AccountDraft) { d.Name = " " }, "body.name"},
		{contact.WhatsApp, "1", func(d *channel.AccountDraft) { d.Name = strings.Repeat("n", 201) }, "body.name"},
		{contact.WhatsApp, "1", func(d *channel.AccountDraft) { d.Secrets = nil }, "body.secrets.appSecret body.secrets.verifyToken"},
		{contact.WhatsApp, "1", func(d *channel.AccountDraft) { d.Secrets["authToken"] = "x" }, "body.secrets.authToken"},
		{contact.WhatsApp, "1", func(d *channel.AccountDraft) { d.Secrets["appSecret"] = hidden }, "body.secrets.appSecret"},
		{contact.WhatsApp, "1", func(d *channel.AccountDraft) { d.Secrets["appSecret"] = strings.Repeat("h1dd3n", 300) }, "body.secrets.appSecret"},
		{contact.WhatsApp, "1", func(d *channel.AccountDraft) { d.PreviousUntil = &until }, "body.secrets.previousSecretUntil"},
		{contact.Telegram, "1", func(d *channel.AccountDraft) { d.Secrets["secretToken"] = "h1dd3n!" }, "body.secrets.secretToken"},
		{contact.Platform, "1", func(d *channel.AccountDraft) { d.Secrets["signingSecret"] = "h1dd3n" }, "body.secrets.signingSecret"},
		{contact.Platform, "1", func(d *channel.AccountDraft) { d.Secrets["signingSecret"] = "whsec_h1dd3n!!" }, "body.secrets.signingSecret"},
		{contact.Platform, "1", func(d *channel.AccountDraft) { d.Secrets["signingSecret"] = "whsec_" }, "body.secrets.signingSecret"},
	} {
		l := newLedger()
		draft := channel.AccountDraft{Name: "x", Secrets: maps.Clone(good[c.channel])}
		if c.change != nil {
			c.change(&draft)
		}
		_, _, err := channel.NewRegistry(l, l, (&clock{noon}).now).Put(t.Context(), "demo", channel.AccountKey{Channel: c.channel, ID: c.id}, draft)
		var found []string
		if refused, ok := errors.AsType[*problem.Error](err); ok {
			for _, field := range refused.Fields {
				found = append(found, field.Location)
				if field.Value != nil && strings.Contains(fmt.Sprint(field.Value), "h1dd3n") {
					t.Errorf("%s %q: %v shows the secret", c.channel, c.id, field)
				}
			}
		} else if err != nil {
			t.Error(err)
		}
		if strings.Join(found, " ") != c.faults || err != nil && strings.Contains(err.Error(), "h1dd3n") {
			t.Errorf("%s %q: faults %v, want %s: %v", c.channel, c.id, found, c.faults, err)
		}
	}
}

func TestADamagedSealSaysNothing(t *testing.T) {
	l := newLedger()
	sealed, _ := l.Seal(t.Context(), "demo", platform, []byte(`{"signingSecret":h1dd3n}`))
	l.accounts[platform] = channel.Account{Workspace: "demo", Channel: platform.Channel, ID: platform.ID, Sealed: sealed}
	if _, _, err := channel.NewKeyring(l, l, time.Now).Open(t.Context(), platform); err == nil || strings.Contains(err.Error(), "h1dd3n") {
		t.Error(err)
	}
}

// A client that sends its whole configuration again says until when the former secret is valid; one that has expired
// stays so.
func TestAnExpiredSecretStaysExpired(t *testing.T) {
	l, c := newLedger(), &clock{noon}
	registry := channel.NewRegistry(l, l, c.now)
	put := func(secret string, until *time.Time) channel.Secrets {
		t.Helper()
		d := signing(secret)
		d.PreviousUntil = until
		if _, _, err := registry.Put(t.Context(), "demo", platform, d); err != nil {
			t.Fatal(err)
		}
		_, secrets, err := channel.NewKeyring(l, l, c.now).Open(t.Context(), platform)
		if err != nil {
			t.Fatal(err)
		}
		return secrets
	}
	put(first, nil)
	c.Time = noon.Add(time.Hour)
	put(second, nil) // the first leaked: it is valid for 60 s more
	until := c.Add(24 * time.Hour)
	if secrets := put(second, &until); secrets.Previous != first || !secrets.PreviousUntil.Equal(until) {
		t.Errorf("while it is valid it may be longer: %v", secrets.PreviousUntil)
	}
	c.Time = noon.Add(100 * 24 * time.Hour)
	until = c.Add(24 * time.Hour)
	if secrets := put(second, &until); secrets.Previous != "" || !secrets.PreviousUntil.IsZero() {
		t.Errorf("a secret that expired long ago signs webhooks until %v", secrets.PreviousUntil)
	}
}

// sizes is a ledger that knows how much KMS takes.
type sizes struct {
	*ledger
	largest int
}

func (s *sizes) Seal(ctx context.Context, workspace string, key channel.AccountKey, plain []byte) ([]byte, error) {
	s.largest = max(s.largest, len(plain))
	return s.ledger.Seal(ctx, workspace, key, plain)
}

func TestSecretsThatKMSRefuses(t *testing.T) {
	l, c := newLedger(), &clock{noon}
	s := &sizes{ledger: l}
	registry := channel.NewRegistry(l, s, c.now)
	for secret, taken := range map[string]bool{strings.Repeat("x", 1500): true, strings.Repeat("&", 1500): true, strings.Repeat("\"", 1500): false} {
		draft := channel.AccountDraft{Name: "x", Secrets: map[string]string{"appSecret": secret, "verifyToken": secret}}
		_, _, err := registry.Put(t.Context(), "demo", channel.AccountKey{Channel: contact.WhatsApp, ID: "1"}, draft)
		if problem.CodeOf(err) == problem.ValidationFailed == taken || err == nil != taken {
			t.Errorf("secrets of 1,500 %q: %v", secret[:1], err)
		}
	}
	if s.largest > 4096 {
		t.Errorf("%d bytes are to be sealed", s.largest)
	}
}

func TestAccountsAreDeletedAtTheRevisionThatWasSeen(t *testing.T) {
	ledger := newLedger()
	registry := channel.NewRegistry(ledger, ledger, (&clock{noon}).now)
	seen := func(a channel.Account) contact.Precondition {
		return contact.Precondition{Revisions: []contact.Revision{a.Revision()}}
	}
	put := func(workspace string) channel.Account {
		account, _, err := registry.Put(t.Context(), workspace, platform, signing(first))
		if err != nil {
			t.Fatal(err)
		}
		return account
	}
	earlier, current := put("demo"), put("demo")
	if err := registry.Delete(t.Context(), "demo", platform, seen(earlier)); problem.CodeOf(err) != problem.VersionConflict {
		t.Error(err)
	}
	if err := registry.Delete(t.Context(), "other", platform, seen(current)); problem.CodeOf(err) != problem.NotFound {
		t.Error(err)
	}
	ledger.beforeDelete = func() { put("demo") }
	if err := registry.Delete(t.Context(), "demo", platform, seen(current)); problem.CodeOf(err) != problem.VersionConflict {
		t.Errorf("changed meanwhile: %v", err)
	}
	if err := registry.Delete(t.Context(), "demo", platform, contact.Precondition{Any: true}); err != nil {
		t.Error(err)
	}
	if err := registry.Delete(t.Context(), "demo", platform, contact.Precondition{Any: true}); problem.CodeOf(err) != problem.NotFound {
		t.Error(err)
	}
}
