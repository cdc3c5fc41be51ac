// Package dynamo is storage on DynamoDB: contacts, settings, imports and the records of their chunks. README.md charts
// the items, the access patterns and what each costs; keys.go is the only place that spells a key.
package dynamo

import (
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

	seen      remembered // workspaces and labels in their registries
	encrypter Encrypter  // of the secret; nil where none is needed
	hiding    ownKey     // what tombstones are hidden with
	signing   ownKey     // of cursors
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
