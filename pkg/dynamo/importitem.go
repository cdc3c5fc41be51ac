package dynamo

import (
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/occ/contacts/pkg/importing"
)

// importItem is an import as it is stored; index "listed" shows a workspace's imports by time.
func importItem(job importing.Import, writeID string) (item, error) {
	it := newItem(importKey(job.Workspace, job.ID), writeID, 39)
	it["listedShard"], it["listedKey"] = text(importsListed(job.Workspace)), text(timeSort(stamp(job.CreatedAt), job.ID))
	it["workspace"], it["id"], it[attrVersion] = text(job.Workspace), text(job.ID), number(job.Version)
	it.setText("status", string(job.Status))
	it.setText("source", string(job.Source))
	it.setText("fileName", job.FileName)
	it.setText("format", job.Format)
	it["size"] = &types.AttributeValueMemberN{Value: strconv.FormatInt(job.Size, 10)}
	it.setText("onDuplicate", string(job.OnDuplicate))
	it.setText("defaultRegion", job.DefaultRegion)
	it.setTexts("labels", job.Labels)
	it.setText("bucket", job.Bucket)
	it.setText("objectKey", job.Key)
	it.setText("objectVersion", job.ObjectVersion)
	setTotals(it, job.Totals)
	it.setTexts("columns", job.Columns)
	it["hasReport"], it["cancelling"], it["dryRun"] = flag(job.HasReport), flag(job.Cancelling), flag(job.DryRun)
	it.setText("createdBy", job.CreatedBy)
	it.setTime("createdAt", job.CreatedAt)
	it.setTime("startedAt", job.StartedAt)
	it.setTime("finishedAt", job.FinishedAt)
	it.setTime("uploadUntil", job.ExpiresAt)
	it.setNumber("undoChunks", job.UndoChunks)
	setUndoTotals(it, job.Undo)
	it.setNumber("attempts", job.Attempts)
	it.setTime("progressAt", job.ProgressAt)
	if job.Error != nil {
		it["errorCode"], it["errorDetail"] = text(string(job.Error.Code)), text(job.Error.Detail)
	}
	if err := setMappings(it, job); err != nil {
		return nil, err
	}
	if len(job.SampleRows) > 0 {
		return it, it.setJSON("sampleRows", job.SampleRows)
	}
	return it, nil
}

func importOf(it item) (importing.Import, error) {
	job := importing.Import{
		Workspace: it.text("workspace"), ID: it.text("id"),
		Status: importing.Status(it.text("status")), Source: importing.Source(it.text("source")),
		FileName: it.text("fileName"), Format: it.text("format"), Size: int64(it.number("size")),
		OnDuplicate: importing.OnDuplicate(it.text("onDuplicate")), DefaultRegion: it.text("defaultRegion"), Labels: it.texts("labels"),
		Bucket: it.text("bucket"), Key: it.text("objectKey"), ObjectVersion: it.text("objectVersion"),
		Totals: totalsOf(it), Columns: it.texts("columns"), HasReport: it.flag("hasReport"), Cancelling: it.flag("cancelling"), DryRun: it.flag("dryRun"),
		CreatedBy: it.text("createdBy"), CreatedAt: it.time("createdAt"), StartedAt: it.time("startedAt"), FinishedAt: it.time("finishedAt"),
		ExpiresAt: it.time("uploadUntil"), Attempts: it.number("attempts"), ProgressAt: it.time("progressAt"), Version: it.number(attrVersion),
	}
	job.UndoChunks, job.Undo = it.number("undoChunks"), undoTotalsOf(it)
	if code := it.text("errorCode"); code != "" {
		job.Error = &importing.FileError{Code: importing.Code(code), Detail: it.text("errorDetail")}
	}
	if err := readMappings(it, &job); err != nil {
		return importing.Import{}, err
	}
	return job, it.json("sampleRows", &job.SampleRows)
}

// setTotals and totalsOf are of imports and of the items that chunks are counted in.
func setTotals(it item, totals importing.Totals) {
	it.setNumber("rows", totals.Rows)
	it.setNumber("processed", totals.Processed)
	it.setNumber("created", totals.Created)
	it.setNumber("updated", totals.Updated)
	it.setNumber("skipped", totals.Skipped)
	it.setNumber("failed", totals.Failed)
}

func totalsOf(it item) importing.Totals {
	return importing.Totals{
		Rows: it.number("rows"), Processed: it.number("processed"),
		Created: it.number("created"), Updated: it.number("updated"), Skipped: it.number("skipped"), Failed: it.number("failed"),
	}
}
