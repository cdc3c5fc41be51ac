package channel

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/occ/contacts/pkg/problem"
)

const (
	openedLife = 15 * time.Minute // how long opened secrets stay in memory
	maxOpened  = 1_000

	unknownLife   = 5 * time.Second // how long misses are counted, and an account that has all of them is not looked for
	unknownMisses = 10
	maxUnknown    = 10_000
)

// Keyring finds accounts and opens their secrets for the webhooks. An account is read each time, so that a rotation
// or a deletion takes effect at once. Two things are remembered:
//   - What was opened, for 15 minutes, by what was sealed. A rotation seals again, so the secret before is never taken for the
//     new one.
//   - That an account is unknown, once it was asked for ten times within five seconds, until these are over. Anybody may post to
//     an invented account, and each read is paid for. An admin who registers an account and tries it does not wait, unless
//     somebody floods that account just then.
type Keyring struct {
	store  AccountStore
	sealer Sealer
	now    func() time.Time

	mu     sync.Mutex
	opened map[string]openedSecrets // by what was sealed, which differs each time
	missed map[AccountKey]misses
}

// misses counts how often an account was asked for that nobody registered.
type misses struct {
	count int
	until time.Time
}

type openedSecrets struct {
	secrets Secrets
	until   time.Time
}

// NewKeyring makes a Keyring. It may be used by many goroutines at once.
func NewKeyring(store AccountStore, sealer Sealer, now func() time.Time) *Keyring {
	return &Keyring{store: store, sealer: sealer, now: now, opened: map[string]openedSecrets{}, missed: map[AccountKey]misses{}}
}

// Open finds an account and its secrets; problem.NotFound when nobody registered it.
func (k *Keyring) Open(ctx context.Context, key AccountKey) (Account, Secrets, error) {
	unknown := problem.New(problem.NotFound, "No such account is registered. An admin of the workspace registers it with PUT /v1/channel-accounts.")
	if CheckAccountKey(key) != nil || k.flooded(key) {
		return Account{}, Secrets{}, unknown
	}
	found, err := k.store.Accounts(ctx, []AccountKey{key})
	account, known := found[key]
	switch {
	case err != nil:
		return Account{}, Secrets{}, err
	case !known:
		k.miss(key)
		return Account{}, Secrets{}, unknown
	}
	if secrets, ok := k.remembered(account.Sealed); ok {
		return account, secrets, nil
	}
	secrets, err := openSecrets(ctx, k.sealer, account)
	if err != nil {
		return Account{}, Secrets{}, err
	}
	k.remember(account.Sealed, secrets)
	return account, secrets, nil
}

// Owned are those of the accounts that a workspace has.
func (k *Keyring) Owned(ctx context.Context, workspace string, keys []AccountKey) (map[AccountKey]bool, error) {
	var asked []AccountKey
	for _, key := range keys {
		if CheckAccountKey(key) == nil {
			asked = append(asked, key)
		}
	}
	if len(asked) == 0 {
		return map[AccountKey]bool{}, nil
	}
	found, err := k.store.Accounts(ctx, asked)
	owned := map[AccountKey]bool{}
	for key, account := range found {
		if account.Workspace == workspace {
			owned[key] = true
		}
	}
	return owned, err
}

func (k *Keyring) remembered(sealed []byte) (Secrets, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	entry, ok := k.opened[string(sealed)]
	return entry.secrets, ok && k.now().Before(entry.until)
}

func (k *Keyring) remember(sealed []byte, secrets Secrets) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	maps.DeleteFunc(k.opened, func(_ string, entry openedSecrets) bool { return !now.Before(entry.until) })
	if len(k.opened) >= maxOpened {
		clear(k.opened)
	}
	k.opened[string(sealed)] = openedSecrets{secrets, now.Add(openedLife)}
}

// flooded reports whether an unknown account was asked for so often just now that it is not looked for.
func (k *Keyring) flooded(key AccountKey) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	entry := k.missed[key]
	return entry.count >= unknownMisses && k.now().Before(entry.until)
}

// miss counts that an account is unknown.
func (k *Keyring) miss(key AccountKey) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	entry, counted := k.missed[key]
	if !counted || !now.Before(entry.until) {
		if len(k.missed) >= maxUnknown {
			clear(k.missed) // it is a flood of many names, which remembering does not help against
		}
		entry = misses{until: now.Add(unknownLife)}
	}
	entry.count++
	k.missed[key] = entry
}
