// Package dynamo is storage on DynamoDB: contacts, settings, imports and the records of their chunks. README.md charts
// the items, the access patterns and what each costs; keys.go is the only place that spells a key.
package dynamo

import (
	"context"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/uuid"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/importing"
)

// Tables are the names of the three tables.
type Tables struct{ Contacts, Timeline, Jobs string }

// Store is storage. It may be used by many goroutines at once.
type Store struct {
	client tableClient
	tables Tables
	now    func() time.Time

	registered sync.Map // workspaces and labels that this process has seen in their registries
	signing    struct {
		sync.Mutex
		key []byte
	}
}

var (
	_ contact.Store         = (*Store)(nil)
	_ importing.ImportStore = (*Store)(nil)
	_ importing.ChunkStore  = (*Store)(nil)
)

// Open makes a Store; it does not call the tables.
func Open(client *dynamodb.Client, tables Tables) *Store {
	return &Store{client: tableClient{client}, tables: tables, now: time.Now}
}

// newWriteID names one write. Retries of the write keep it, so that an answer that was lost can be told from a refusal.
func newWriteID() string { return uuid.NewString() }

// once runs put unless this process did so before for the name.
func (s *Store) once(ctx context.Context, name string, put func(context.Context) error) error {
	if _, done := s.registered.Load(name); done {
		return nil
	}
	if err := put(ctx); err != nil {
		return err
	}
	s.registered.Store(name, true)
	return nil
}
