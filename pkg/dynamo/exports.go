package dynamo

import (
	"context"
	"errors"
	"fmt"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/exporting"
	"github.com/occ/contacts/pkg/problem"
)

var (
	_ exporting.Store    = (*Store)(nil)
	_ exporting.Contacts = (*Store)(nil)
)

// CreateExport implements exporting.Store.
func (s *Store) CreateExport(ctx context.Context, job exporting.Export, once *contact.Once) error {
	if err := s.RegisterWorkspace(ctx, job.Workspace); err != nil {
		return err
	}
	_, err := s.putExport(ctx, job, ifAbsent, once)
	if errors.Is(err, exporting.ErrStale) {
		return exporting.ErrExists
	}
	return err
}

// Export implements exporting.Store.
func (s *Store) Export(ctx context.Context, ref exporting.Ref) (exporting.Export, error) {
	it, err := s.read(ctx, s.tables.Jobs, exportKey(ref.Workspace, ref.ID))
	if err != nil {
		return exporting.Export{}, err
	}
	if it == nil {
		return exporting.Export{}, problem.New(problem.NotFound, "There is no such export.")
	}
	return exportOf(it)
}

// UpdateExport implements exporting.Store.
func (s *Store) UpdateExport(ctx context.Context, job exporting.Export) (exporting.Export, error) {
	allowed := ifVersion(job.Version)
	job.Version++
	return s.putExport(ctx, job, allowed, nil)
}

// putExport writes an export together with its entry among the open ones; the entry goes when the export is final.
func (s *Store) putExport(ctx context.Context, job exporting.Export, allowed condition, once *contact.Once) (exporting.Export, error) {
	writeID := newWriteID()
	it, err := exportItem(job, writeID)
	if err != nil {
		return exporting.Export{}, err
	}
	stale, err := s.putJob(ctx, openJob{it, allowed, openExportKey(job.Workspace, job.ID), job.Workspace, job.ID, job.Status.Open()}, once, writeID)
	switch {
	case err != nil:
		return exporting.Export{}, fmt.Errorf("dynamo: write export: %w", err)
	case stale:
		return exporting.Export{}, exporting.ErrStale
	}
	return job, nil
}

// ListExports implements exporting.Store.
func (s *Store) ListExports(ctx context.Context, workspace string, limit int, after string) (jobs []exporting.Export, next string, err error) {
	items, next, err := s.listJobs(ctx, exportsListed(workspace), limit, after, func(id string) key { return exportKey(workspace, id) })
	for _, it := range items {
		job, err := exportOf(it)
		if err != nil {
			return nil, "", err
		}
		jobs = append(jobs, job)
	}
	return jobs, next, err
}

// CountOpenExports implements exporting.Store.
func (s *Store) CountOpenExports(ctx context.Context, workspace string, most int) (int, error) {
	return s.countOpen(ctx, openExportPartition, workspace, most)
}

// OpenExports implements exporting.Store.
func (s *Store) OpenExports(ctx context.Context) (refs []exporting.Ref, err error) {
	err = s.eachOpen(ctx, openExportPartition, func(workspace, id string) { refs = append(refs, exporting.Ref{Workspace: workspace, ID: id}) })
	return refs, err
}

// exportItem is an export as it is stored; index "listed" shows a workspace's exports by time.
func exportItem(job exporting.Export, writeID string) (item, error) {
	it := newItem(exportKey(job.Workspace, job.ID), writeID, 24)
	it["listedShard"], it["listedKey"] = text(exportsListed(job.Workspace)), text(timeSort(stamp(job.CreatedAt), job.ID))
	it["workspace"], it["id"], it[attrVersion] = text(job.Workspace), text(job.ID), number(job.Version)
	it.setText("status", string(job.Status))
	it.setText("source", string(job.Source))
	it.setText("schedule", job.Schedule)
	it.setText("format", string(job.Format))
	it.setNumber("rows", job.Rows)
	it.setNumber("bytes", int(job.Bytes))
	it.setText("objectKey", job.Key)
	it.setText("createdBy", job.CreatedBy)
	it.setTime("createdAt", job.CreatedAt)
	it.setTime("startedAt", job.StartedAt)
	it.setTime("finishedAt", job.FinishedAt)
	it.setText("checkpoint", job.Checkpoint)
	it.setNumber("attempts", job.Attempts)
	it.setTime("progressAt", job.ProgressAt)
	if job.Error != nil {
		it["errorCode"], it["errorDetail"] = text(job.Error.Code), text(job.Error.Detail)
	}
	return it, it.setJSON("selection", job.Selection)
}

func exportOf(it item) (exporting.Export, error) {
	job := exporting.Export{
		Workspace: it.text("workspace"), ID: it.text("id"), Status: exporting.Status(it.text("status")), Source: exporting.Source(it.text("source")),
		Schedule: it.text("schedule"), Format: exporting.Format(it.text("format")), Rows: it.number("rows"), Bytes: int64(it.number("bytes")), Key: it.text("objectKey"),
		CreatedBy: it.text("createdBy"), CreatedAt: it.time("createdAt"), StartedAt: it.time("startedAt"), FinishedAt: it.time("finishedAt"),
		Checkpoint: it.text("checkpoint"), Attempts: it.number("attempts"), ProgressAt: it.time("progressAt"), Version: it.number(attrVersion),
	}
	if code := it.text("errorCode"); code != "" {
		job.Error = &exporting.Fault{Code: code, Detail: it.text("errorDetail")}
	}
	return job, it.json("selection", &job.Selection)
}
