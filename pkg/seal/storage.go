package seal

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/smithy-go"

	"github.com/occ/contacts/pkg/problem"
)

// Storage encrypts the secret of the storage (dynamo.Encrypter).
type Storage struct {
	client *kms.Client
	key    string
}

// NewStorage makes a Storage; key is the ARN of the key.
func NewStorage(client *kms.Client, key string) *Storage { return &Storage{client, key} }

// ofStorage is the encryption context of the storage's secret. No account has it, so neither secret opens as the other,
// and a role may be allowed the one alone (template.yaml).
func ofStorage() map[string]string { return map[string]string{"purpose": "storage"} }

// Encrypt implements dynamo.Encrypter.
func (s *Storage) Encrypt(ctx context.Context, plain []byte) ([]byte, error) {
	out, err := s.client.Encrypt(
		ctx,
		&kms.EncryptInput{KeyId: &s.key, Plaintext: plain, EncryptionContext: ofStorage()},
	)
	if err != nil {
		return nil, refusedBy("encrypt", err)
	}
	return out.CiphertextBlob, nil
}

// Decrypt implements dynamo.Encrypter.
func (s *Storage) Decrypt(ctx context.Context, encrypted []byte) ([]byte, error) {
	out, err := s.client.Decrypt(
		ctx,
		&kms.DecryptInput{KeyId: &s.key, CiphertextBlob: encrypted, EncryptionContext: ofStorage()},
	)
	if err != nil {
		return nil, refusedBy("decrypt", err)
	}
	return out.Plaintext, nil
}

// refusedBy names the remedy where waiting does not help. It names the code alone: that is all that helps, and it
// holds no secret.
func refusedBy(action string, err error) error {
	if problem.Passing(err) {
		return problem.Busy(err, "The key service is busy. Try again in a moment.")
	}
	code := "no answer"
	if api, answered := errors.AsType[smithy.APIError](err); answered {
		code = api.ErrorCode()
	}
	return fmt.Errorf(
		`seal: KMS does not %s the secret of the storage: %s; see infra/README.md, "The key of secrets"`,
		action,
		code,
	)
}
