package dynamo

import (
	"slices"
	"testing"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/importing"
	"github.com/occ/contacts/pkg/problem"
)

// Whatever is called of a table that refuses everything, reads as well as writes, the answer is that the database is
// busy.
func TestABusyTableIsUnavailable(t *testing.T) {
	for name, body := range map[string]string{"throttled": throttled, "conflict": conflict} {
		for call, do := range map[string]func(*Store) error{
			"GetItem":            func(s *Store) error { _, err := s.Get(ctx, "demo", "a"); return err },
			"BatchGetItem":       func(s *Store) error { _, err := s.readAll(ctx, s.tables.Jobs, []key{{"a", "b"}}, true); return err },
			"Query":              func(s *Store) error { _, err := s.List(ctx, contact.Query{Workspace: "demo", Limit: 1}); return err },
			"PutItem":            func(s *Store) error { return s.RegisterWorkspace(ctx, "demo") },
			"UpdateItem":         func(s *Store) error { _, err := s.MarkTrying(ctx, chunkOf(1), importing.ChunkState{}, 0); return err },
			"TransactWriteItems": func(s *Store) error { return s.Close(ctx, chunkOf(1), importing.ChunkState{}, importing.Totals{}) },
			"BatchWriteItem":     func(s *Store) error { return s.removeKeys(ctx, s.tables.Jobs, []key{{"a", "b"}}) },
		} {
			if name == "conflict" && !slices.Contains([]string{"PutItem", "UpdateItem", "TransactWriteItems", "BatchWriteItem"}, call) {
				continue // a read meets none
			}
			refusing := &refusing{action: call, times: 1000, body: body}
			if err := do(fresh(t).through(refusing)); problem.CodeOf(err) != problem.Unavailable {
				t.Errorf("%s, %s: %v", call, name, err)
			}
			if sent := 1000 - refusing.times; sent != maxTries && call != "Query" { // of which a list makes several at once
				t.Errorf("%s, %s: sent %d times, want %d", call, name, sent, maxTries)
			}
		}
	}
}
