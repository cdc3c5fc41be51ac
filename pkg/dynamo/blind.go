package dynamo

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
)

// blindLabel keeps what is hidden here apart from whatever else the same secret may be used for.
const blindLabel = "contacts/blind/1\x00"

// blind names a text so that only the service can find it again: an HMAC-SHA-256 under the store's secret, in 64 hexadecimal digits. A
// plain hash of a phone number could be undone by trying them all.
func (s *Store) blind(ctx context.Context, text string) (string, error) {
	secret, err := s.hidingKey(ctx)
	if err != nil {
		return "", err
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(blindLabel + text))
	return hex.EncodeToString(mac.Sum(nil)), nil
}

// blindClaim names the claim of an e-mail, phone or identity for its tombstone.
func (s *Store) blindClaim(ctx context.Context, k key) (string, error) {
	return s.blind(ctx, k.pk+sep+k.sk)
}
