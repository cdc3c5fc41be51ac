package dynamo

import (
	"context"
	"strings"
	"testing"

	"github.com/occ/contacts/pkg/exporting"
)

// exported is a store with an export in each state.
func exported(t *testing.T) (*Store, map[exporting.Status]exporting.Export) {
	t.Helper()
	s, jobs := fresh(t), map[exporting.Status]exporting.Export{}
	for n, status := range []exporting.Status{exporting.Queued, exporting.Running, exporting.Completed, exporting.Failed} {
		job := exportJob(n)
		if err := s.CreateExport(ctx, job, nil); err != nil {
			t.Fatal(err)
		}
		job.Status = status
		switch status {
		case exporting.Running:
			job.StartedAt, job.ProgressAt = epoch, epoch
		case exporting.Completed:
			job.Key, job.Bytes, job.FinishedAt = "demo/2026/01/02/x.csv", 3, epoch
		case exporting.Failed:
			job.Error, job.FinishedAt = &exporting.Fault{Code: "internal_error", Detail: "Start it again."}, epoch
		}
		var err error
		if jobs[status], err = s.UpdateExport(ctx, job); err != nil {
			t.Fatal(err)
		}
	}
	return s, jobs
}

func TestSoundExportsHaveNoBreach(t *testing.T) {
	s, _ := exported(t)
	found, err := s.Verify(context.Background())
	if err != nil || len(found.Breaches) != 0 || found.Exports != 4 {
		t.Errorf("%+v, %v", found, err)
	}
}

func TestEveryBreachOfAnExportIsFound(t *testing.T) {
	type states = map[exporting.Status]exporting.Export
	for name, sabotage := range map[string]func(b *breaker, jobs states){
		"is completed, and still among the open ones": func(b *breaker, jobs states) {
			b.open(openExportKey(ws, jobs[exporting.Completed].ID), jobs[exporting.Completed].ID)
		},
		"is failed, and still among the open ones": func(b *breaker, jobs states) {
			b.open(openExportKey(ws, jobs[exporting.Failed].ID), jobs[exporting.Failed].ID)
		},
		"is queued, and not among the open ones": func(b *breaker, jobs states) { b.removeJob(openExportKey(ws, jobs[exporting.Queued].ID)) },
		"is running, and not among the open ones": func(b *breaker, jobs states) {
			b.job(exportKey(ws, jobs[exporting.Completed].ID), "status", "running")
		},
		"is among the open ones of \"demo\", and not there": func(b *breaker, jobs states) { b.removeJob(exportKey(ws, jobs[exporting.Running].ID)) },
		"is completed at":                     func(b *breaker, jobs states) { b.count(exportKey(ws, jobs[exporting.Completed].ID), "bytes", 0) },
		"its file is \"\"":                    func(b *breaker, jobs states) { b.job(exportKey(ws, jobs[exporting.Completed].ID), "objectKey", "") },
		"does not say why":                    func(b *breaker, jobs states) { b.job(exportKey(ws, jobs[exporting.Failed].ID), "errorCode", "") },
		"import lost: is among the open ones": func(b *breaker, _ states) { b.open(openImportKey(ws, "lost"), "lost") },
	} {
		t.Run(name, func(t *testing.T) {
			s, jobs := exported(t)
			sabotage(&breaker{t, s}, jobs)
			found, err := s.Verify(context.Background())
			if err != nil || len(found.Breaches) != 1 || !strings.Contains(found.Breaches[0], name) {
				t.Errorf("found %q, %v", found.Breaches, err)
			}
		})
	}
}

// open enters a job among the open ones.
func (b *breaker) open(k key, id string) {
	b.t.Helper()
	b.write(b.s.tables.Jobs, k, func(it item) { it["workspace"], it["id"] = text(ws), text(id) })
}
