package httpapi

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"

	"github.com/occ/contacts/pkg/problem"
)

// errCursor says only that a cursor cannot be used: why is nobody's business.
func errCursor() error {
	return problem.New(problem.InvalidCursor, "The cursor belongs to another list or was changed. "+
		"Begin without one, and keep the other parameters from page to page.")
}

// seal makes the cursor of a position: encrypted, as a position holds names, e-mails or digits of people and cursors
// are part of URLs, and bound to a scope.
func (s *server) seal(ctx context.Context, scope string, position any) (string, error) {
	box, err := s.cursors(ctx)
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(position)
	if err != nil {
		return "", err
	}
	sealed := box.Seal(nil, nil, text, []byte(scope)) //nolint:gosec // it makes a random nonce itself
	return base64.RawURLEncoding.EncodeToString(sealed), nil
}

// open reads the position that seal put into a cursor of the same scope.
func (s *server) open(ctx context.Context, scope, cursor string, position any) error {
	sealed, err := base64.RawURLEncoding.DecodeString(cursor)
	// Other texts may decode to the same bytes: line breaks are skipped, the last letter has spare bits.
	if err != nil || base64.RawURLEncoding.EncodeToString(sealed) != cursor {
		return errCursor()
	}
	box, err := s.cursors(ctx)
	if err != nil {
		return err
	}
	text, err := box.Open(nil, nil, sealed, []byte(scope))
	if err != nil || json.Unmarshal(text, position) != nil {
		return errCursor()
	}
	return nil
}

// cursors is what cursors are encrypted by, with a random nonce in each. Its key is derived, which keeps the signing
// key's other uses apart.
func (s *server) cursors(ctx context.Context) (cipher.AEAD, error) {
	secret, err := s.SigningKey(ctx)
	if err != nil {
		return nil, err
	}
	key, err := hkdf.Key(sha256.New, secret, nil, "cursors of lists", sha256.Size)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}
