package dynamo

import (
	"context"
	"errors"

	"github.com/occ/contacts/pkg/contact"
)

// openJob is a job of a workspace with its entry among the open ones, by which the sweep finds it.
type openJob struct {
	item          item
	allowed       condition
	entry         key
	workspace, id string
	open          bool
}

// putJob writes a job and its entry, which goes when the job is not open any more. stale says that the condition failed.
func (s *Store) putJob(ctx context.Context, job openJob, once *contact.Once, writeID string) (stale bool, err error) {
	parts := []part{put(s.tables.Jobs, job.item, job.allowed)}
	if job.open {
		entry := newItem(job.entry, writeID, 2)
		entry["workspace"], entry["id"] = text(job.workspace), text(job.id)
		parts = append(parts, put(s.tables.Jobs, entry, condition{}))
	} else {
		parts = append(parts, remove(s.tables.Jobs, job.entry, condition{}))
	}
	parts = append(parts, s.onceParts(job.workspace, "", once, writeID)...)
	err = s.transact(ctx, writeID, parts, maxTries)
	r, refused := errors.AsType[*refusal](err)
	switch {
	case refused && r.mine(writeID):
		return false, nil
	case refused && keyTaken(r, parts):
		return false, contact.ErrKeyTaken
	case refused:
		return true, nil
	}
	return false, err
}

// listJobs reads a page of what is listed in a partition of index "listed", newest first. after and next are sort keys of the last one
// given out, empty at the beginning and at the end.
func (s *Store) listJobs(ctx context.Context, partition string, limit int, after string, keyOf func(id string) key) (page []item, next string, err error) {
	got, err := s.query(ctx, source{index: "listed", partition: partition}, order{descending: true, after: after}, limit+2, nil)
	if err != nil {
		return nil, "", err
	}
	if len(got.entries) > limit {
		got.entries = got.entries[:limit]
		next = got.entries[limit-1].sort
	}
	keys := make([]key, len(got.entries))
	for i, e := range got.entries {
		keys[i] = keyOf(e.id)
	}
	items, err := s.readAll(ctx, s.tables.Jobs, keys, true)
	if err != nil {
		return nil, "", err
	}
	for i, k := range keys {
		if it := items[k]; it.text("listedKey") == got.entries[i].sort {
			page = append(page, it)
		}
	}
	return page, next, nil
}

// eachOpen visits the entries of open jobs of a kind, of all workspaces.
func (s *Store) eachOpen(ctx context.Context, partition func(bucket int) string, visit func(workspace, id string)) error {
	for b := range openBuckets {
		err := s.eachOf(ctx, s.tables.Jobs, partition(b), "", func(it item) error {
			visit(it.text("workspace"), it.text("id"))
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
