package httpapi

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"

	"github.com/occ/contacts/pkg/problem"
)

// errCursor says only that a cursor cannot be used: why is nobody's business.
func errCursor() error {
	return problem.New(problem.InvalidCursor, "The cursor belongs to another list or was changed. Begin without one, and keep the other parameters from page to page.")
}

// seal makes the cursor of a position: its JSON behind a signature that binds it to a scope.
func (s *server) seal(ctx context.Context, scope string, position any) (string, error) {
	key, err := s.SigningKey(ctx)
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(position)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(append(sign(key, scope, text), text...)), nil
}

// open reads the position that seal put into a cursor of the same scope.
func (s *server) open(ctx context.Context, scope, cursor string, position any) error {
	sealed, err := base64.RawURLEncoding.DecodeString(cursor)
	// Other texts may decode to the same bytes: line breaks are skipped, the last letter has spare bits.
	if err != nil || len(sealed) <= sha256.Size || base64.RawURLEncoding.EncodeToString(sealed) != cursor {
		return errCursor()
	}
	key, err := s.SigningKey(ctx)
	if err != nil {
		return err
	}
	text := sealed[sha256.Size:]
	if !hmac.Equal(sign(key, scope, text), sealed[:sha256.Size]) || json.Unmarshal(text, position) != nil {
		return errCursor()
	}
	return nil
}

// sign signs a position for a scope, which has no line break at its end. The first word keeps the key's other uses apart.
func sign(key []byte, scope string, text []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("cursor\n" + scope + "\n"))
	mac.Write(text)
	return mac.Sum(nil)
}
