package dynamo

import (
	"context"
	"strings"
	"time"

	"github.com/occ/contacts/pkg/importing"
)

// imports checks every import that has ended, and that those which have not are among the open ones.
func (v *verification) imports(ctx context.Context) error {
	for _, k := range sortedKeys(v.jobs) {
		it := v.jobs[k]
		if !isImport(it) {
			continue
		}
		job, err := importOf(it)
		if err != nil {
			return err
		}
		v.found.Imports++
		open := v.jobs[openImportKey(job.Workspace, job.ID)] != nil
		switch {
		case open && !job.Status.Open():
			v.breach("import %s: is %s, and still among the open ones", job.ID, job.Status)
		case !open && job.Status.Open():
			v.breach("import %s: is %s, and not among the open ones: no sweep would find it", job.ID, job.Status)
		case !job.Status.Open():
			if err := v.ended(ctx, job); err != nil {
				return err
			}
		}
	}
	return nil
}

// ended checks the totals of an import against its chunks and its contacts.
func (v *verification) ended(ctx context.Context, job importing.Import) error {
	t := job.Totals
	if t.Processed != t.Rows || t.Created+t.Updated+t.Skipped+t.Failed != t.Rows {
		v.breach("import %s: its totals do not add up: %+v", job.ID, t)
	}
	if made := v.made[[2]string{job.Workspace, job.ID}]; made > t.Created { // fewer were deleted since
		v.breach("import %s: made %d contacts and says %d", job.ID, made, t.Created)
	}
	if v.store.now().Sub(job.FinishedAt) > chunkLife-24*time.Hour {
		return nil // its chunks may have expired
	}
	counted, err := v.store.Counted(ctx, importing.Ref{Workspace: job.Workspace, ID: job.ID})
	if err != nil {
		return err
	}
	counted.Rows = t.Rows
	// Rows that nobody could even account for count as failed without an outcome (importing.Sweeper).
	if counted != t && counted.Processed == t.Processed {
		v.breach("import %s: its chunks counted %+v, and it says %+v", job.ID, counted, t)
	}
	if outcomes := v.outcomes(job); outcomes != counted {
		v.breach("import %s: its rows ended as %+v, and counted were %+v", job.ID, outcomes, counted)
	}
	if job.Status == importing.Undone {
		return v.undone(ctx, job)
	}
	return nil
}

// outcomes counts the rows of an import's closed chunks; one that is not closed in an import that has ended is a breach.
func (v *verification) outcomes(job importing.Import) importing.Totals {
	sum := importing.Totals{Rows: job.Totals.Rows}
	for _, k := range sortedKeys(v.jobs) {
		it := v.jobs[k]
		if !isChunkOf(k, job.Workspace, job.ID) {
			continue
		}
		outcomes := it.text("outcomes")
		if it.flag("closed") && it[attrNotesLeft] != nil {
			v.breach("import %s: chunk %s is counted, and notes of it are still to be written", job.ID, k.sk)
		}
		if !it.flag("closed") {
			if job.Status == importing.Completed && sum.Rows == job.Totals.Processed && strings.Trim(outcomes, string(rune(importing.Pending))) != "" {
				v.breach("import %s: chunk %s wrote rows and is not counted", job.ID, k.sk)
			}
			continue
		}
		count := func(kinds ...importing.Outcome) (n int) {
			for _, kind := range kinds {
				n += strings.Count(outcomes, string(rune(kind)))
			}
			return n
		}
		sum.Processed += len(outcomes)
		sum.Created += count(importing.Created)
		sum.Updated += count(importing.Updated, importing.Unchanged)
		sum.Skipped += count(importing.Skipped)
		sum.Failed += count(importing.Rejected)
	}
	return sum
}
