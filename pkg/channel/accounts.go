package channel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/plainjson"
	"github.com/occ/contacts/pkg/problem"
)

// AccountKey names an account of a channel, in all workspaces: it belongs to one of them.
type AccountKey struct {
	Channel contact.Channel
	ID      string
}

// Key returns the account's key.
func (a Account) Key() AccountKey { return AccountKey{a.Channel, a.ID} }

// Revision names the account as it is. An account that was deleted and registered again begins at version 1, and is
// another one.
func (a Account) Revision() contact.Revision {
	return contact.Revision{ID: fmt.Sprintf("%s/%s@%d", a.Channel, a.ID, a.CreatedAt.UnixMilli()), Version: a.Version}
}

// ErrAccountStale says that an account was changed, made or deleted since it was read.
var ErrAccountStale = errors.New("channel: the account was changed meanwhile")

// ErrUnsealable says that what was sealed cannot be opened any more: its key is gone, or it is another account's.
var ErrUnsealable = errors.New("channel: the secrets cannot be opened; register the account again")

// AccountStore keeps accounts. Package dynamo implements it.
type AccountStore interface {
	// Accounts reads accounts strongly, whosever they are; those that are not there are absent.
	Accounts(ctx context.Context, keys []AccountKey) (map[AccountKey]Account, error)
	// PutAccount writes an account if the stored one has its version, or if there is none and its version is 0; ErrAccountStale otherwise.
	// It returns what is now stored, one version on.
	PutAccount(ctx context.Context, account Account) (Account, error)
	// DeleteAccount deletes an account of a workspace; problem.NotFound when the workspace has none such. Where read
	// is given, the account is deleted only while it is as it was read; ErrAccountStale otherwise.
	DeleteAccount(ctx context.Context, workspace string, key AccountKey, read *Account) error
	// ListAccounts reads a page of a workspace's accounts, the newest first; after and next are positions in that order.
	ListAccounts(ctx context.Context, workspace string, limit int, after string) (accounts []Account, next string, err error)
}

// Sealer encrypts what nobody is to read who reads the tables. What was sealed for an account opens for that account alone; ErrUnsealable
// for others. Package seal implements it.
type Sealer interface {
	Seal(ctx context.Context, workspace string, key AccountKey, plain []byte) ([]byte, error)
	Open(ctx context.Context, workspace string, key AccountKey, sealed []byte) ([]byte, error)
}

// Registry is what the API does with accounts. Its errors are problem.Error where a caller is to be told what to do, and never hold a secret.
type Registry struct {
	store  AccountStore
	sealer Sealer
	now    func() time.Time
}

// NewRegistry makes a Registry.
func NewRegistry(store AccountStore, sealer Sealer, now func() time.Time) *Registry {
	return &Registry{store, sealer, now}
}

// AccountDraft is what a caller says of an account.
type AccountDraft struct {
	Name          string
	Secrets       map[string]string
	PreviousUntil *time.Time // until when a former signing secret stays valid; nil: for a minute
}

// accountTries is how often a write is decided anew that met another one.
const accountTries = 5

// Put registers an account, or changes it; made says which. Errors: ValidationFailed, AccountTaken, Unavailable.
func (r *Registry) Put(ctx context.Context, workspace string, key AccountKey, draft AccountDraft) (account Account, made bool, err error) {
	secrets, err := checkAccount(key, &draft)
	if err != nil {
		return Account{}, false, err
	}
	for try := 1; ; try++ {
		account, made, err = r.put(ctx, workspace, key, draft, secrets)
		if !errors.Is(err, ErrAccountStale) {
			return account, made, err
		}
		if try == accountTries {
			return Account{}, false, errAccountBusy()
		}
	}
}

func (r *Registry) put(ctx context.Context, workspace string, key AccountKey, draft AccountDraft, secrets Secrets) (Account, bool, error) {
	found, err := r.store.Accounts(ctx, []AccountKey{key})
	if err != nil {
		return Account{}, false, err
	}
	now := r.now().UTC().Truncate(time.Millisecond)
	account, known := found[key]
	switch {
	case known && account.Workspace != workspace:
		return Account{}, false, problem.New(problem.AccountTaken, "Another workspace has this account. Remove it there first, or check its id.")
	case known:
		if err := r.rotate(ctx, account, &secrets, draft.PreviousUntil, now); err != nil {
			return Account{}, false, err
		}
	default:
		account = Account{Workspace: workspace, Channel: key.Channel, ID: key.ID, CreatedAt: now}
	}
	account.Name, account.UpdatedAt = draft.Name, now
	plain, err := plainjson.Marshal(secrets) // to be sealed
	switch {
	case err != nil:
	case len(plain) > maxSealed:
		return Account{}, false, problem.Invalid("body.secrets", nil, "The secrets take %d bytes as they are encrypted, where quotes and backslashes count twice, and %d are the most. Shorten them.",
			len(plain), maxSealed)
	default:
		account.Sealed, err = r.sealer.Seal(ctx, workspace, key, plain)
	}
	if err != nil {
		return Account{}, false, fmt.Errorf("channel: seal the secrets of an account: %w", err)
	}
	account, err = r.store.PutAccount(ctx, account)
	return account, !known, err
}

// formerSecretLife is how long a former signing secret stays valid when nobody says (pkg/httpapi/README.md, "Channel
// accounts"): requests under way bear it.
const formerSecretLife = 60 * time.Second

// rotate lets the signing secret before this one stay valid for a while.
func (r *Registry) rotate(ctx context.Context, before Account, secrets *Secrets, until *time.Time, now time.Time) error {
	if secrets.SigningSecret == "" {
		return nil
	}
	former, err := openSecrets(ctx, r.sealer, before)
	if err != nil && !errors.Is(err, ErrUnsealable) { // what is lost cannot stay valid, and need not keep a new one out
		return err
	}
	if now.Before(former.PreviousUntil) { // one that has expired leaked long ago perhaps, and is never valid again
		secrets.Previous, secrets.PreviousUntil = former.Previous, former.PreviousUntil
	}
	if former.SigningSecret != secrets.SigningSecret { // the same one again, as when an answer was lost, is no rotation
		secrets.Previous, secrets.PreviousUntil = former.SigningSecret, now.Add(formerSecretLife)
	}
	if until != nil && secrets.Previous != "" {
		secrets.PreviousUntil = until.UTC()
	}
	return nil
}

func openSecrets(ctx context.Context, sealer Sealer, account Account) (Secrets, error) {
	plain, err := sealer.Open(ctx, account.Workspace, account.Key(), account.Sealed)
	if err != nil {
		return Secrets{}, fmt.Errorf("channel: open the secrets of an account: %w", err)
	}
	var secrets Secrets
	if json.Unmarshal(plain, &secrets) != nil { // its error would show what could not be read
		return Secrets{}, errors.New("channel: the secrets of an account are damaged")
	}
	return secrets, nil
}

// List reads a page of a workspace's accounts, the newest first.
func (r *Registry) List(ctx context.Context, workspace string, limit int, after string) ([]Account, string, error) {
	return r.store.ListAccounts(ctx, workspace, limit, after)
}

// Delete removes an account: its webhooks are those of an unknown one. Errors: NotFound, VersionConflict, Unavailable.
func (r *Registry) Delete(ctx context.Context, workspace string, key AccountKey, ifMatch contact.Precondition) error {
	none := problem.New(problem.NotFound, "There is no such account.")
	if CheckAccountKey(key) != nil {
		return none
	}
	if !ifMatch.Demands() || ifMatch.Any {
		return r.store.DeleteAccount(ctx, workspace, key, nil)
	}
	for range accountTries {
		found, err := r.store.Accounts(ctx, []AccountKey{key})
		if err != nil {
			return err
		}
		account, known := found[key]
		switch {
		case !known || account.Workspace != workspace:
			return none
		case !ifMatch.Allows(account.Revision()):
			return problem.New(problem.VersionConflict,
				"The account is at version %d now; look at it again and repeat the deletion.", account.Version)
		}
		if err = r.store.DeleteAccount(ctx, workspace, key, &account); !errors.Is(err, ErrAccountStale) {
			return err
		}
	}
	return errAccountBusy()
}

func errAccountBusy() error {
	return problem.New(problem.Unavailable, "The account is being changed by others. Try again in a moment.")
}
