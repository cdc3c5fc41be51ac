package dynamo

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// RegisterWorkspace enters a workspace into the registry that scheduled work walks. A process does so once a workspace,
// before it writes anything else there; an entry without contacts does no harm, contacts without an entry would be overlooked.
func (s *Store) RegisterWorkspace(ctx context.Context, workspace string) error {
	if s.seen.has(workspace, 0, time.Time{}) {
		return nil
	}
	it := newItem(workspaceKey(workspace), newWriteID(), 1)
	it["createdAt"] = text(stamp(s.now()))
	_, err := s.putOne(ctx, s.tables.Jobs, it, ifAbsent) // one that stands there is as good as ours
	if err == nil {
		s.seen.add(workspace, 0, s.now())
	}
	return err
}

// EachWorkspace implements exporting.Workspaces. It holds one page of the registry at a time.
func (s *Store) EachWorkspace(ctx context.Context, visit func(workspace string) error) error {
	for b := range openBuckets {
		err := s.eachOf(ctx, s.tables.Jobs, workspacePartition(b), "", func(it item) error { return visit(it.key().sk) })
		if err != nil {
			return err
		}
	}
	return nil
}

// signingKeyBytes is the length of the secret that cursors are signed with: as long as the hash of HMAC-SHA-256.
const signingKeyBytes = 32

// SigningKey returns the secret that cursors are signed with. Whoever asks first makes it; all processes share it for ever.
func (s *Store) SigningKey(ctx context.Context) ([]byte, error) {
	s.signing.Lock()
	defer s.signing.Unlock()
	if s.signing.key != nil {
		return s.signing.key, nil
	}
	it, err := s.read(ctx, s.tables.Jobs, signingKeyKey())
	if err == nil && it == nil {
		it, err = s.makeSigningKey(ctx)
	}
	if err != nil {
		return nil, err
	}
	secret, ok := it["secret"].(*types.AttributeValueMemberB)
	if !ok || len(secret.Value) != signingKeyBytes {
		return nil, errors.New("dynamo: the stored signing key is damaged")
	}
	s.signing.key = secret.Value
	return s.signing.key, nil
}

func (s *Store) makeSigningKey(ctx context.Context) (item, error) {
	secret := make([]byte, signingKeyBytes)
	rand.Read(secret) // it never fails: https://pkg.go.dev/crypto/rand#Read
	it := newItem(signingKeyKey(), newWriteID(), 1)
	it["secret"] = &types.AttributeValueMemberB{Value: secret}
	other, err := s.putOne(ctx, s.tables.Jobs, it, ifAbsent)
	if other != nil {
		return other, err
	}
	return it, err
}
