package dynamo

import (
	"context"
	"time"
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
