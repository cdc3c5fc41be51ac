package dynamo

import (
	"context"

	"github.com/occ/contacts/pkg/channel"
)

// Wait implements channel.CaseStore.
func (s *Store) Wait(ctx context.Context, w channel.Waiting) error {
	it := newItem(waitingKey(w.Event.Workspace, w.Event.ID), newWriteID(), 3)
	it[attrWorkspace] = text(w.Event.Workspace)
	it.setTime("since", w.Since)
	if err := it.setJSON("event", w.Event); err != nil {
		return err
	}
	_, err := s.putOne(ctx, s.tables.Jobs, it, ifAbsent)
	return err
}

// EachWaiting implements channel.CaseStore.
func (s *Store) EachWaiting(ctx context.Context, visit func(channel.Waiting) error) error {
	for b := range openBuckets {
		err := s.eachOf(ctx, s.tables.Jobs, waitingPartition(b), "", func(it item) error {
			w := channel.Waiting{Since: it.time("since")}
			if err := it.json("event", &w.Event); err != nil {
				return err
			}
			return visit(w)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// EndWait implements channel.CaseStore.
func (s *Store) EndWait(ctx context.Context, w channel.Waiting) error {
	return s.removeKeys(ctx, s.tables.Jobs, []key{waitingKey(w.Event.Workspace, w.Event.ID)})
}
