package dynamo

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/uuid"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/dynamo/dynamotest"
)

func TestMain(m *testing.M) { os.Exit(dynamotest.Run(m)) }

const ws = "demo"

// fresh is a store on tables of its own.
func fresh(t testing.TB) *Store {
	t.Helper()
	return Open(dynamotest.Client(nil), Tables(dynamotest.New(t))).EncryptWith(newKeeper())
}

// through is the same storage by way of another transport.
func (s *Store) through(transport http.RoundTripper) *Store {
	return Open(dynamotest.Client(transport), s.tables).EncryptWith(s.encrypter)
}

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC)

// person is a usual contact: two words, an e-mail and a phone that nobody else has.
func person(n int) contact.Contact {
	return contact.Contact{
		Workspace: ws, ID: uuid.NewString(), Name: fmt.Sprintf("Person%d Tester", n), Email: fmt.Sprintf("person%d@example.com", n),
		Phone: fmt.Sprintf("+2010%08d", n), Channel: contact.API, CreatedAt: epoch.Add(time.Duration(n) * time.Second), UpdatedAt: epoch,
		Version: 1, CreatedBy: contact.Actor{Type: contact.ByUser, ID: "sub"}, NamedBy: contact.ByUser,
	}
}

func create(t testing.TB, s *Store, contacts ...contact.Contact) {
	t.Helper()
	for _, c := range contacts {
		if err := s.Create(context.Background(), c, nil); err != nil {
			t.Fatalf("create %s: %v", c.Name, err)
		}
	}
}

func get(t testing.TB, s *Store, id string) contact.Contact {
	t.Helper()
	c, err := s.Get(context.Background(), ws, id)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// update changes a stored contact by edit, as the service would.
func update(s *Store, before contact.Contact, edit func(*contact.Contact)) error {
	after := before
	edit(&after)
	after.Version++
	after.UpdatedAt = before.UpdatedAt.Add(time.Second)
	activity := contact.Activity{
		At: after.UpdatedAt, Actor: contact.Actor{Type: contact.ByUser, ID: "sub"}, Action: "updated", Changes: contact.Changes(before, after),
	}
	return s.Update(context.Background(), before, after, activity)
}

// everything reads a whole table.
func everything(t interface{ Fatal(...any) }, s *Store, table string) []item {
	var items []item
	pages := dynamodb.NewScanPaginator(s.client, &dynamodb.ScanInput{TableName: &table})
	for pages.HasMorePages() {
		page, err := pages.NextPage(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		for _, it := range page.Items {
			items = append(items, it)
		}
	}
	return items
}
