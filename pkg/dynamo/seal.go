package dynamo

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/hex"
	"errors"
)

// sealingLabel names the key that texts are sealed with, made of the store's secret.
const sealingLabel = "seal"

// seal hides a text that only the service is to read again (AES-256-GCM, the nonce before the text).
func (s *Store) seal(ctx context.Context, text []byte) ([]byte, error) {
	aead, err := s.sealing(ctx)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, aead.NonceSize())
	rand.Read(nonce) // it never fails: https://pkg.go.dev/crypto/rand#Read
	return aead.Seal(nonce, nonce, text, nil), nil
}

// unseal reads what seal hid.
func (s *Store) unseal(ctx context.Context, sealed []byte) ([]byte, error) {
	aead, err := s.sealing(ctx)
	if err != nil {
		return nil, err
	}
	if len(sealed) < aead.NonceSize() {
		return nil, errors.New("dynamo: a sealed text is damaged")
	}
	return aead.Open(nil, sealed[:aead.NonceSize()], sealed[aead.NonceSize():], nil)
}

func (s *Store) sealing(ctx context.Context) (cipher.AEAD, error) {
	name, err := s.blind(ctx, sealingLabel)
	if err != nil {
		return nil, err
	}
	key, err := hex.DecodeString(name)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
