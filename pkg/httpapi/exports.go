package httpapi

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/exporting"
	"github.com/occ/contacts/pkg/identity"
)

// ExportView is an export as the API answers it (pkg/httpapi/README.md, "Exports"). It is exported because huma
// overlooks embedded types that are not.
type ExportView struct {
	ID          string       `json:"id" doc:"Opaque id"`
	Status      string       `json:"status" enum:"queued,running,completed,failed"`
	Format      string       `json:"format" enum:"csv,xlsx,json"`
	Rows        int          `json:"rows" doc:"Contacts read so far; all of them at the end"`
	Bytes       int64        `json:"bytes" doc:"Size of the finished file"`
	DownloadURL string       `json:"downloadUrl,omitempty" doc:"Of the finished file; lasts 15 minutes, and is made anew by each GET"`
	ExpiresAt   string       `json:"expiresAt,omitempty" format:"date-time" doc:"Of the link"`
	Source      string       `json:"source" enum:"api,schedule"`
	Schedule    *string      `json:"scheduleId" nullable:"true" doc:"The schedule that asked for it; null also for the nightly backup"`
	CreatedBy   string       `json:"createdBy" doc:"The subject of the token, or schedule"`
	CreatedAt   string       `json:"createdAt" format:"date-time"`
	StartedAt   *string      `json:"startedAt" nullable:"true" format:"date-time"`
	FinishedAt  *string      `json:"finishedAt" nullable:"true" format:"date-time"`
	Error       *exportFault `json:"error" doc:"Why it failed"`
	SelectionBody
}

type exportFault struct {
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

// Schema implements huma.SchemaProvider, as importFault's.
func (*exportFault) Schema(registry huma.Registry) *huma.Schema {
	return (*importFault)(nil).Schema(registry)
}

// viewExport shows an export with a link to its file.
func (s *server) viewExport(ctx context.Context, job exporting.Export) (ExportView, error) {
	view := ExportView{
		ID: job.ID, Status: string(job.Status), Format: string(job.Format), Rows: job.Rows, Bytes: job.Bytes, Source: string(job.Source),
		CreatedBy: job.CreatedBy, CreatedAt: contact.FormatTime(job.CreatedAt), StartedAt: timeOrNull(job.StartedAt), FinishedAt: timeOrNull(job.FinishedAt),
		SelectionBody: viewSelection(job.Selection),
	}
	if job.Schedule != "" {
		view.Schedule = &job.Schedule
	}
	if job.Error != nil {
		view.Error = &exportFault{job.Error.Code, job.Error.Detail}
	}
	link, until, err := s.Exports.Link(ctx, job)
	if link != "" {
		view.DownloadURL, view.ExpiresAt = link, contact.FormatTime(until)
	}
	return view, err
}

type startExportInput struct {
	Keyed
	Body struct {
		Format string `json:"format" enum:"csv,xlsx,json"`
		SelectionBody
	}
}

// exportTag is the entity tag of an export, whose link is another one each time.
func exportTag(view ExportView) string {
	view.DownloadURL, view.ExpiresAt = "", ""
	return etag(contact.Revision{ID: view.ID}, view)
}

func (s *server) startExport(ctx context.Context, in *startExportInput) (*created[ExportView], error) {
	caller := identity.From(ctx)
	request := exporting.Request{Format: exporting.Format(in.Body.Format), Selection: in.Body.selection()}
	job, err := s.Exports.Start(ctx, caller.Workspace, caller.Subject, request, in.once)
	if err != nil {
		return nil, err
	}
	view, err := s.viewExport(ctx, job)
	return &created[ExportView]{exportTag(view), "/v1/exports/" + job.ID, view}, err
}

type getExportInput struct {
	ID string `path:"id"`
	Conditional
}

func (s *server) getExport(ctx context.Context, in *getExportInput) (*answered[ExportView], error) {
	job, err := s.Exports.Get(ctx, exporting.Ref{Workspace: identity.From(ctx).Workspace, ID: in.ID})
	if err != nil {
		return nil, err
	}
	view, err := s.viewExport(ctx, job)
	tag := exportTag(view)
	return &answered[ExportView]{in.status(tag), tag, view}, err
}

type exportList struct {
	Items      []ExportView `json:"items"`
	NextCursor string       `json:"nextCursor,omitempty" doc:"Of the next page; absent at the end"`
}

type exportListAnswer struct{ Body exportList }

type listExportsInput struct{ Paging }

func (s *server) listExports(ctx context.Context, in *listExportsInput) (*exportListAnswer, error) {
	var failed error
	page, err := listing(ctx, s, in.Paging, func(limit int, after string) ([]exporting.Export, string, error) {
		return s.Exports.List(ctx, identity.From(ctx).Workspace, limit, after)
	}, func(job exporting.Export) ExportView {
		view, err := s.viewExport(ctx, job)
		if err != nil {
			failed = err
		}
		return view
	})
	if err == nil {
		err = failed
	}
	return &exportListAnswer{exportList{page.Items, page.Cursor}}, err
}

// Exports is what the routes of exports need; exporting.Service implements it.
type Exports interface {
	Start(ctx context.Context, workspace, subject string, request exporting.Request, once *contact.Once) (exporting.Export, error)
	Get(ctx context.Context, ref exporting.Ref) (exporting.Export, error)
	List(ctx context.Context, workspace string, limit int, after string) (jobs []exporting.Export, next string, err error)
	Link(ctx context.Context, job exporting.Export) (link string, until time.Time, err error)
}
