package dynamo

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"golang.org/x/sync/errgroup"
)

// Labels implements contact.Store. It looks for one facet of each label that is not known to be unused.
func (s *Store) Labels(ctx context.Context, workspace string) ([]string, error) {
	entries, err := s.labelEntries(ctx, workspace)
	if err != nil {
		return nil, err
	}
	used := make([]bool, len(entries))
	var marks atomic.Int64
	group, grouped := errgroup.WithContext(ctx)
	group.SetLimit(probesAtOnce)
	for i, entry := range entries {
		group.Go(func() (err error) {
			used[i], err = s.isUsed(grouped, workspace, entry, &marks)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	labels, last := []string{}, ""
	for i, entry := range entries {
		if value := entry.text(attrSK); used[i] && value != last {
			labels, last = append(labels, entry.text(attrLabel)), value
		}
	}
	return labels, nil
}

// labelEntries are the entries of a workspace's labels in the order of their values; of one value that of before
// comes first, which has the first spelling.
func (s *Store) labelEntries(ctx context.Context, workspace string) ([]item, error) {
	partitions := []string{formerLabelsPartition(workspace)}
	for b := range labelBuckets {
		partitions = append(partitions, labelsPartition(workspace, b))
	}
	found := make([][]item, len(partitions))
	group, ctx := errgroup.WithContext(ctx)
	for i, partition := range partitions {
		group.Go(func() error {
			return s.eachOf(ctx, s.tables.Jobs, partition, "", func(it item) error {
				found[i] = append(found[i], it)
				return nil
			})
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	entries := slices.Concat(found...)
	slices.SortStableFunc(entries, func(a, b item) int { return strings.Compare(a.text(attrSK), b.text(attrSK)) })
	return entries, nil
}

// isUsed reports whether some contact has the label of an entry. It marks the entry of one that nobody has, or
// deletes it when it was marked long ago.
func (s *Store) isUsed(ctx context.Context, workspace string, entry item, marks *atomic.Int64) (bool, error) {
	since := entry.time(attrUnusedAt)
	switch {
	case since.IsZero():
		used, err := s.anyHas(ctx, workspace, entry, false)
		if used || err != nil || marks.Add(1) > maxMarks {
			return used, err
		}
		return s.markUnused(ctx, workspace, entry)
	case s.now().Sub(since) < labelRest:
		return false, nil
	}
	used, err := s.anyHas(ctx, workspace, entry, true)
	switch {
	case err != nil:
		return false, err
	case used:
		return true, s.unmark(ctx, entry)
	}
	return false, s.deleteOne(ctx, s.tables.Jobs, entry.key(), ifWrittenBy(entry.text(attrWriteID)))
}

// markUnused marks an entry, and takes the mark back when somebody was given the label meanwhile.
func (s *Store) markUnused(ctx context.Context, workspace string, entry item) (used bool, err error) {
	writeID := newWriteID()
	c := ifWrittenBy(entry.text(attrWriteID))
	c.values[":writeId"], c.values[":at"] = text(writeID), text(stamp(s.now()))
	other, err := s.changeOne(ctx, change(s.tables.Jobs, entry.key(), "SET unusedAt = :at, writeId = :writeId", c), writeID)
	if err != nil {
		return false, err
	}
	if used, err = s.anyHas(ctx, workspace, entry, true); !used || err != nil || other != nil {
		return used, err
	}
	marked := maps.Clone(entry)
	marked[attrWriteID] = text(writeID)
	return true, s.unmark(ctx, marked)
}

// unmark takes the mark off an entry, unless somebody wrote it meanwhile.
func (s *Store) unmark(ctx context.Context, entry item) error {
	writeID := newWriteID()
	c := ifWrittenBy(entry.text(attrWriteID))
	c.values[":writeId"] = text(writeID)
	_, err := s.changeOne(ctx, change(s.tables.Jobs, entry.key(), "SET writeId = :writeId REMOVE unusedAt", c), writeID)
	return err
}

// anyHas reports whether some contact has the label of an entry, read strongly or not.
func (s *Store) anyHas(ctx context.Context, workspace string, entry item, consistent bool) (bool, error) {
	shards := entry.number(attrShards)
	for shard := range indexShards {
		if shards != 0 && shards&(1<<shard) == 0 {
			continue
		}
		out, err := s.client.Query(ctx, &dynamodb.QueryInput{
			TableName: &s.tables.Contacts, Limit: aws.Int32(1), ConsistentRead: &consistent, KeyConditionExpression: aws.String("pk = :pk"),
			ExpressionAttributeValues: item{":pk": text(facetPartition(workspace, "label", entry.text(attrSK), shard))},
		})
		if err != nil {
			return false, fmt.Errorf("dynamo: look for a label: %w", err)
		}
		if len(out.Items) > 0 {
			return true, nil
		}
	}
	return false, nil
}
