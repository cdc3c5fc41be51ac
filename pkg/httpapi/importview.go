package httpapi

import (
	"context"
	"maps"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/importing"
)

// ImportView is an import as the API answers it (pkg/httpapi/README.md, "From upload to report"). It is exported
// because huma overlooks embedded types that are not.
type ImportView struct {
	ID          string            `json:"id" doc:"Opaque id"`
	Status      string            `json:"status" enum:"awaiting_upload,parsing,awaiting_mapping,processing,completed,failed,cancelled,undoing,undone"`
	Source      string            `json:"source" enum:"api,bucket" doc:"How the file came"`
	FileName    string            `json:"fileName"`
	Format      string            `json:"format" example:"csv"`
	OnDuplicate string            `json:"onDuplicate" enum:"update,skip,reject" doc:"What happens to rows whose contact is known"`
	DryRun      bool              `json:"dryRun" doc:"Whether rows are only judged: totals and report are those of an import, and no contact is written"`
	Totals      importTotals      `json:"totals"`
	Columns     []string          `json:"columns" doc:"The file's header, each name once: a repeated one becomes Email (2), an empty one Column 3, a long one is cut"`
	Mapping     map[string]string `json:"mapping" doc:"Columns and the fields that they fill; while awaiting_mapping, what is suggested by their names and values"`
	SampleRows  [][]string        `json:"sampleRows" doc:"While awaiting_mapping: up to 5 of the first rows, in column order, long cells cut"`
	Error       *importFault      `json:"error" doc:"Why the whole file could not be read"`
	CreatedBy   string            `json:"createdBy" doc:"The subject of the token, or bucket"`
	CreatedAt   string            `json:"createdAt" format:"date-time"`
	StartedAt   *string           `json:"startedAt" nullable:"true" format:"date-time"`
	FinishedAt  *string           `json:"finishedAt" nullable:"true" format:"date-time"`
	// Links are in bodies too: a page cannot follow a redirect to another origin than the API's.
	ReportURL          *string     `json:"reportUrl" nullable:"true" doc:"Of the report, a CSV file: the rows that were rejected or skipped, or kept by an undo. It lasts 15 minutes, and is made anew by each GET; null without a report"`
	ReportURLExpiresAt *string     `json:"reportUrlExpiresAt" nullable:"true" format:"date-time" doc:"Of the link"`
	Undo               *undoTotals `json:"undo" doc:"How far the undo is; null before one"`
}

type importTotals struct {
	Rows      int `json:"rows" doc:"Rows of the file, once it was read whole"`
	Processed int `json:"processed"`
	Created   int `json:"created"`
	Updated   int `json:"updated"`
	Skipped   int `json:"skipped"`
	Failed    int `json:"failed"`
}

// undoTotals counts the rows of an undo. They are known when its chunk of rows is done.
type undoTotals struct {
	Rows      int `json:"rows" doc:"Rows that the import counts as created or updated"`
	Processed int `json:"processed" doc:"undone and kept"`
	Undone    int `json:"undone" doc:"Rows whose contact is as it was before"`
	Kept      int `json:"kept" doc:"Rows whose contact was kept as it is; the report says why"`
}

// Schema implements huma.SchemaProvider, as importFault's.
func (*undoTotals) Schema(huma.Registry) *huma.Schema {
	count := func() *huma.Schema { return &huma.Schema{Type: huma.TypeInteger, Format: "int64", Minimum: new(0.0)} }
	return &huma.Schema{
		Type: huma.TypeObject, Nullable: true, Required: []string{"rows", "processed", "undone", "kept"}, AdditionalProperties: false,
		Properties: map[string]*huma.Schema{"rows": count(), "processed": count(), "undone": count(), "kept": count()},
	}
}

type importFault struct {
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

// Schema implements huma.SchemaProvider: huma makes no schema of "an object or null" by itself.
func (*importFault) Schema(huma.Registry) *huma.Schema {
	text := func() *huma.Schema { return &huma.Schema{Type: huma.TypeString} }
	return &huma.Schema{
		Type: huma.TypeObject, Nullable: true, Required: []string{"code", "detail"}, AdditionalProperties: false,
		Properties: map[string]*huma.Schema{"code": text(), "detail": text()},
	}
}

// viewImport shows an import with a link to its report.
func (s *server) viewImport(ctx context.Context, job importing.Import) (ImportView, error) {
	view := ImportView{
		ID: job.ID, Status: string(job.Status.Shown()), Source: string(job.Source), FileName: job.FileName, Format: job.Format,
		OnDuplicate: string(job.OnDuplicate), DryRun: job.DryRun, Totals: importTotals(job.Totals), Columns: append([]string{}, job.Columns...), Mapping: map[string]string{},
		SampleRows: [][]string{}, CreatedBy: job.CreatedBy, CreatedAt: contact.FormatTime(job.CreatedAt),
		StartedAt: timeOrNull(job.StartedAt), FinishedAt: timeOrNull(job.FinishedAt),
	}
	maps.Copy(view.Mapping, job.Mapping)
	for _, row := range job.SampleRows {
		view.SampleRows = append(view.SampleRows, append([]string{}, row...))
	}
	if job.Error != nil {
		view.Error = &importFault{string(job.Error.Code), job.Error.Detail}
	}
	if job.Status == importing.Undoing || job.Status == importing.Undone {
		view.Undo = &undoTotals{
			Rows: job.Totals.Created + job.Totals.Updated, Processed: job.Undo.Undone + job.Undo.Kept,
			Undone: job.Undo.Undone, Kept: job.Undo.Kept,
		}
	}
	link, until, err := s.Imports.Link(ctx, job)
	if link != "" {
		view.ReportURL, view.ReportURLExpiresAt = &link, timeOrNull(until)
	}
	return view, err
}

func timeOrNull(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	text := contact.FormatTime(t)
	return &text
}
