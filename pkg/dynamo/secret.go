package dynamo

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Encrypter encrypts the secret of the storage with a key that is not in the tables. Package seal implements it.
type Encrypter interface {
	Encrypt(ctx context.Context, plain []byte) ([]byte, error)
	Decrypt(ctx context.Context, encrypted []byte) ([]byte, error)
}

// EncryptWith tells the store what its secret is encrypted with, and returns the store. A function that neither deletes
// contacts nor applies events does without.
func (s *Store) EncryptWith(e Encrypter) *Store {
	s.encrypter = e
	return s
}

// keyBytes is the length of the store's keys: as long as the hash of HMAC-SHA-256.
const keyBytes = 32

// attrEncrypted is the secret as the Encrypter left it.
const attrEncrypted = "encrypted"

// ownKey is a key that a process reads when it first needs it.
type ownKey struct {
	sync.Mutex
	key []byte
}

// get returns the key; read is called until it succeeds once.
func (k *ownKey) get(read func() ([]byte, error)) ([]byte, error) {
	k.Lock()
	defer k.Unlock()
	if k.key != nil {
		return k.key, nil
	}
	key, err := read()
	if err == nil && len(key) != keyBytes {
		err = errDamaged
	}
	if err != nil {
		return nil, err
	}
	k.key = key
	return key, nil
}

var errDamaged = errors.New(`dynamo: a key in table jobs is damaged; see infra/README.md, "The key of secrets"`)

// hidingKey returns the secret that tombstones and forwarded claims are hidden with. It is stored encrypted, so the
// tables alone do not tell whom a tombstone is of. The first process that needs it makes it; all processes share it.
func (s *Store) hidingKey(ctx context.Context) ([]byte, error) {
	return s.hiding.get(func() ([]byte, error) {
		if s.encrypter == nil {
			return nil, errors.New(
				"dynamo: this function has no key for the secret of the storage: give its store an Encrypter, and its role the key",
			)
		}
		for range maxSecretTries {
			it, err := s.read(ctx, s.tables.Jobs, secretKey())
			switch {
			case err != nil:
				return nil, err
			case it != nil:
				encrypted, _ := it[attrEncrypted].(*types.AttributeValueMemberB)
				if encrypted == nil {
					return nil, errDamaged
				}
				return s.encrypter.Decrypt(ctx, encrypted.Value)
			}
			plain, err := s.makeSecret(ctx)
			if _, other := errors.AsType[*refusal](err); !other {
				return plain, err
			}
		}
		return nil, busy(errors.New("dynamo: others make the secret of the storage"))
	})
}

// maxSecretTries bounds how often the secret is looked for again because another process makes it.
const maxSecretTries = 4

// makeSecret stores a new secret. Earlier versions kept it beside what it hides, as the key of cursors: that secret is
// taken over, so that its tombstones stay valid, and the same transaction removes it from where it was. A *refusal says
// that another process did so.
func (s *Store) makeSecret(ctx context.Context) ([]byte, error) {
	signing, err := s.read(ctx, s.tables.Jobs, signingKeyKey())
	if err != nil {
		return nil, err
	}
	writeID := newWriteID()
	plain, cursors, allowed := newKey(), item(nil), ifAbsent
	switch {
	case signing == nil: // an earlier version that runs meanwhile must not make its own
		cursors = signingItem(newKey(), writeID)
	case signing.number(attrSchema) < signingSchema:
		if plain, err = storedKey(signing); err != nil {
			return nil, err
		}
		cursors, allowed = signingItem(cursorKey(plain), writeID), ifWrittenBy(signing.text(attrWriteID))
	}
	encrypted, err := s.encrypter.Encrypt(ctx, plain)
	if err != nil {
		return nil, err
	}
	it := newItem(secretKey(), writeID, 1)
	it[attrEncrypted] = &types.AttributeValueMemberB{Value: encrypted}
	parts := []part{put(s.tables.Jobs, it, ifAbsent)}
	if cursors != nil {
		parts = append(parts, put(s.tables.Jobs, cursors, allowed))
	}
	if err := s.transact(ctx, writeID, parts, maxTries); err != nil {
		return nil, fmt.Errorf("dynamo: store the secret: %w", err)
	}
	return plain, nil
}

func newKey() []byte {
	key := make([]byte, keyBytes)
	rand.Read(key) // it never fails: https://pkg.go.dev/crypto/rand#Read
	return key
}

const attrSecret = "secret" // of the key of cursors

// signingSchema is the layout of the cursors' key since it is nothing else. In the layout before, it was the secret of
// the storage too.
const signingSchema = 2

func signingItem(key []byte, writeID string) item {
	it := newItem(signingKeyKey(), writeID, 1)
	it[attrSchema] = number(signingSchema)
	it[attrSecret] = &types.AttributeValueMemberB{Value: key}
	return it
}

func storedKey(signing item) ([]byte, error) {
	key, _ := signing[attrSecret].(*types.AttributeValueMemberB)
	if key == nil || len(key.Value) != keyBytes {
		return nil, errDamaged
	}
	return key.Value, nil
}

// cursorKey follows from the secret that an earlier version used for everything, and does not tell it. So processes
// agree on the key of cursors before the secret is moved and after.
func cursorKey(secret []byte) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("contacts/cursors/1"))
	return mac.Sum(nil)
}

// SigningKey returns the key of cursors. It hides nothing that is stored, so it is stored as it is. The first process
// that needs it makes it; all processes share it.
func (s *Store) SigningKey(ctx context.Context) ([]byte, error) {
	return s.signing.get(func() ([]byte, error) {
		it, err := s.read(ctx, s.tables.Jobs, signingKeyKey())
		if err == nil && it == nil {
			it = signingItem(newKey(), newWriteID())
			var other item
			if other, err = s.putOne(ctx, s.tables.Jobs, it, ifAbsent); other != nil {
				it = other
			}
		}
		if err != nil {
			return nil, err
		}
		key, err := storedKey(it)
		if err == nil && it.number(attrSchema) < signingSchema {
			key = cursorKey(key)
		}
		return key, err
	})
}
