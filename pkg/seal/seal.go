// Package seal encrypts the secrets of channel accounts, and the secret of the storage, with a key of AWS KMS. What
// is sealed is bound to its workspace and account, or to the storage, by the encryption context, which KMS
// authenticates and logs; it holds no secret.
package seal

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/smithy-go"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/problem"
)

// Sealer seals with one key.
type Sealer struct {
	client *kms.Client
	key    string
}

var _ channel.Sealer = (*Sealer)(nil)

// New makes a Sealer; key is the ARN of the key.
func New(client *kms.Client, key string) *Sealer { return &Sealer{client, key} }

// Seal implements channel.Sealer. KMS takes up to 4,096 bytes.
// https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html
func (s *Sealer) Seal(ctx context.Context, workspace string, account channel.AccountKey, plain []byte) ([]byte, error) {
	out, err := s.client.Encrypt(ctx, &kms.EncryptInput{KeyId: &s.key, Plaintext: plain, EncryptionContext: bound(workspace, account)})
	if err != nil {
		return nil, explain("encrypt", err)
	}
	return out.CiphertextBlob, nil
}

// Open implements channel.Sealer.
func (s *Sealer) Open(ctx context.Context, workspace string, account channel.AccountKey, sealed []byte) ([]byte, error) {
	out, err := s.client.Decrypt(ctx, &kms.DecryptInput{KeyId: &s.key, CiphertextBlob: sealed, EncryptionContext: bound(workspace, account)})
	if err != nil {
		return nil, explain("decrypt", err)
	}
	return out.Plaintext, nil
}

func bound(workspace string, account channel.AccountKey) map[string]string {
	return map[string]string{"workspace": workspace, "channel": string(account.Channel), "account": account.ID}
}

// lasting are the answers of KMS that say that nothing will ever open what was sealed.
// https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html#API_Decrypt_Errors
var lasting = []string{"InvalidCiphertextException", "IncorrectKeyException", "NotFoundException"}

// explain never repeats what was sealed: errors of KMS hold none of it.
func explain(action string, err error) error {
	api, answered := errors.AsType[smithy.APIError](err)
	switch {
	case problem.Passing(err):
		return problem.Busy(err, "The key service is busy. Try again in a moment.")
	case answered && action == "decrypt" && slices.Contains(lasting, api.ErrorCode()):
		return fmt.Errorf("seal: %w: %w", channel.ErrUnsealable, err)
	default:
		return fmt.Errorf("seal: %s: %w", action, err)
	}
}
