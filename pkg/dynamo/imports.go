package dynamo

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/importing"
	"github.com/occ/contacts/pkg/problem"
)

// CreateImport implements importing.ImportStore.
func (s *Store) CreateImport(ctx context.Context, job importing.Import, once *contact.Once) error {
	if !job.DryRun { // which leaves a workspace as it was
		if err := s.RegisterWorkspace(ctx, job.Workspace); err != nil {
			return err
		}
	}
	if _, err := s.putImport(ctx, job, ifAbsent, once); errors.Is(err, importing.ErrStale) {
		return importing.ErrExists
	} else if err != nil {
		return err
	}
	return nil
}

// Import implements importing.ImportStore.
func (s *Store) Import(ctx context.Context, ref importing.Ref) (importing.Import, error) {
	it, err := s.read(ctx, s.tables.Jobs, importKey(ref.Workspace, ref.ID))
	if err != nil {
		return importing.Import{}, err
	}
	if it == nil {
		return importing.Import{}, problem.New(problem.NotFound, "There is no such import.")
	}
	return importOf(it)
}

// UpdateImport implements importing.ImportStore.
func (s *Store) UpdateImport(ctx context.Context, job importing.Import) (importing.Import, error) {
	allowed := ifVersion(job.Version)
	job.Version++
	return s.putImport(ctx, job, allowed, nil)
}

// putImport writes an import together with its entry among the open ones; the entry goes when the import is final.
func (s *Store) putImport(ctx context.Context, job importing.Import, allowed condition, once *contact.Once) (importing.Import, error) {
	writeID := newWriteID()
	it, err := importItem(job, writeID)
	if err != nil {
		return importing.Import{}, err
	}
	stale, err := s.putJob(ctx, openJob{it, allowed, openImportKey(job.Workspace, job.ID), job.Workspace, job.ID, job.Status.Open()}, once, writeID)
	switch {
	case err != nil:
		return importing.Import{}, fmt.Errorf("dynamo: write import: %w", err)
	case stale:
		return importing.Import{}, importing.ErrStale
	}
	return job, nil
}

// ListImports returns a page of a workspace's imports, newest first. after and next are positions in that order: the
// sort key of the last one given out, empty at the beginning and at the end.
func (s *Store) ListImports(ctx context.Context, workspace string, limit int, after string) (jobs []importing.Import, next string, err error) {
	items, next, err := s.listJobs(ctx, importsListed(workspace), limit, after, func(id string) key { return importKey(workspace, id) })
	for _, it := range items {
		job, err := importOf(it)
		if err != nil {
			return nil, "", err
		}
		jobs = append(jobs, job)
	}
	return jobs, next, err
}

// CountOpenImports implements importing.Library.
func (s *Store) CountOpenImports(ctx context.Context, workspace string, most int) (int, error) {
	return s.countOpen(ctx, openPartition, workspace, most)
}

// OpenImports implements importing.ImportStore.
func (s *Store) OpenImports(ctx context.Context) (refs []importing.Ref, err error) {
	err = s.eachOpen(ctx, openPartition, func(workspace, id string) { refs = append(refs, importing.Ref{Workspace: workspace, ID: id}) })
	return refs, err
}

// eachOf visits the items of a partition whose sort key begins with prefix, in order, read strongly.
func (s *Store) eachOf(ctx context.Context, table, partition, prefix string, visit func(item) error) error {
	return s.eachRead(ctx, true, table, partition, prefix, visit)
}

// eachToSweep visits the items of a partition that a sweep looks after. It costs half of what eachOf costs, every
// minute: an item that does not show yet is seen by the next sweep, and one that shows although it is gone is looked
// up before anything is done.
func (s *Store) eachToSweep(ctx context.Context, partition string, visit func(item) error) error {
	return s.eachRead(ctx, false, s.tables.Jobs, partition, "", visit)
}

func (s *Store) eachRead(ctx context.Context, strongly bool, table, partition, prefix string, visit func(item) error) error {
	input := &dynamodb.QueryInput{
		TableName: &table, ConsistentRead: &strongly,
		KeyConditionExpression: aws.String("pk = :pk"), ExpressionAttributeValues: item{":pk": text(partition)},
	}
	if prefix != "" {
		input.KeyConditionExpression = aws.String("pk = :pk AND begins_with(sk, :prefix)")
		input.ExpressionAttributeValues[":prefix"] = text(prefix)
	}
	for pages := dynamodb.NewQueryPaginator(s.client, input); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("dynamo: walk %s: %w", table, err)
		}
		for _, it := range page.Items {
			if err := visit(it); err != nil {
				return err
			}
		}
	}
	return nil
}
