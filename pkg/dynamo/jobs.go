package dynamo

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

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

// countOpen counts the open jobs of a kind that a workspace has, up to most of each of its partitions.
func (s *Store) countOpen(ctx context.Context, partition func(bucket int) string, workspace string, most int) (int, error) {
	counts := make([]int, openBuckets)
	group, ctx := errgroup.WithContext(ctx)
	for b := range counts {
		group.Go(func() (err error) {
			counts[b], err = s.count(ctx, s.tables.Jobs, partition(b), workspace+"#", most)
			return err
		})
	}
	err := group.Wait()
	total := 0
	for _, n := range counts {
		total += n
	}
	return total, err
}

// count counts the items of a partition whose sort key begins with prefix, up to most. It may trail a write by some
// seconds.
func (s *Store) count(ctx context.Context, table, partition, prefix string, most int) (total int, err error) {
	var start map[string]types.AttributeValue
	for more := true; more && total < most; more = start != nil {
		out, err := s.client.Query(ctx, &dynamodb.QueryInput{
			TableName: &table, Select: types.SelectCount, Limit: aws.Int32(int32(most - total)), ExclusiveStartKey: start, //nolint:gosec // a limit
			KeyConditionExpression:    aws.String("pk = :pk AND begins_with(sk, :prefix)"),
			ExpressionAttributeValues: item{":pk": text(partition), ":prefix": text(prefix)},
		})
		if err != nil {
			return total, fmt.Errorf("dynamo: count in %s: %w", table, err)
		}
		total, start = total+int(out.Count), out.LastEvaluatedKey
	}
	return total, nil
}

// eachOpen visits the entries of open jobs of a kind, of all workspaces: one of each workspace in turn, in another
// order each time, as whoever looks after them may have to stop before the end.
func (s *Store) eachOpen(ctx context.Context, partition func(bucket int) string, visit func(workspace, id string)) error {
	byWorkspace := map[string][]string{}
	for b := range openBuckets {
		err := s.eachToSweep(ctx, partition(b), func(it item) error {
			workspace := it.text("workspace")
			byWorkspace[workspace] = append(byWorkspace[workspace], it.text("id"))
			return nil
		})
		if err != nil {
			return err
		}
	}
	for _, ids := range byWorkspace {
		rand.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] }) //nolint:gosec // an order is no secret
	}
	for len(byWorkspace) > 0 {
		for workspace, ids := range byWorkspace { // a map's order is another one each time
			visit(workspace, ids[0])
			if byWorkspace[workspace] = ids[1:]; len(ids) == 1 {
				delete(byWorkspace, workspace)
			}
		}
	}
	return nil
}
