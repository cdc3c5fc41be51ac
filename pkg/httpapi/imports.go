package httpapi

import (
	"cmp"
	"context"
	"maps"
	"mime"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/fold"
	"github.com/occ/contacts/pkg/identity"
	"github.com/occ/contacts/pkg/importing"
	"github.com/occ/contacts/pkg/problem"
)

// ref names an import of the caller's workspace.
func ref(ctx context.Context, id string) importing.Ref {
	return importing.Ref{Workspace: identity.From(ctx).Workspace, ID: id}
}

type importInput struct {
	ID string `path:"id"`
}

// importTag is the entity tag of an import. Nothing changes one by If-Match, so its version says nothing.
func importTag(view ImportView) string {
	view.ReportURL, view.ReportURLExpiresAt = nil, nil
	return etag(contact.Revision{ID: view.ID}, view)
}

func (s *server) answerImport(ctx context.Context, job importing.Import, err error) (*tagged[ImportView], error) {
	if err != nil {
		return nil, err
	}
	view, err := s.viewImport(ctx, job)
	return &tagged[ImportView]{importTag(view), view}, err
}

type getImportInput struct {
	ID string `path:"id"`
	Conditional
}

func (s *server) getImport(ctx context.Context, in *getImportInput) (*answered[ImportView], error) {
	job, err := s.Imports.Get(ctx, ref(ctx, in.ID))
	if err != nil {
		return nil, err
	}
	view, err := s.viewImport(ctx, job)
	tag := importTag(view)
	return &answered[ImportView]{in.status(tag), tag, view}, err
}

func (s *server) cancelImport(ctx context.Context, in *importInput) (*tagged[ImportView], error) {
	job, err := s.Imports.Cancel(ctx, ref(ctx, in.ID))
	return s.answerImport(ctx, job, err)
}

type mapImportInput struct {
	ID   string `path:"id"`
	Body mappingRequest
}

func (s *server) mapImport(ctx context.Context, in *mapImportInput) (*tagged[ImportView], error) {
	job, err := s.Imports.Map(ctx, ref(ctx, in.ID), importing.Mapping(in.Body.Mapping))
	return s.answerImport(ctx, job, err)
}

func (s *server) undoImport(ctx context.Context, in *importInput) (*tagged[ImportView], error) {
	job, err := s.Imports.Undo(ctx, ref(ctx, in.ID))
	return s.answerImport(ctx, job, err)
}

type startImportInput struct {
	Keyed
	Body importRequest
}

type startedImport struct {
	ImportView
	Upload upload `json:"upload" doc:"How to upload the file"`
}

type upload struct {
	Method    string            `json:"method" example:"PUT"`
	URL       string            `json:"url"`
	Headers   map[string]string `json:"headers" doc:"To be sent with it"`
	ExpiresAt string            `json:"expiresAt" format:"date-time"`
}

func (s *server) startImport(ctx context.Context, in *startImportInput) (*created[startedImport], error) {
	caller, body := identity.From(ctx), in.Body
	if err := checkGiven("body.format", body.Format); err != nil {
		return nil, err
	}
	if err := checkGiven("body.defaultRegion", body.DefaultRegion); err != nil {
		return nil, err
	}
	made, err := s.Imports.Start(ctx, caller.Workspace, caller.Subject, importing.Request{
		FileName: body.FileName, Size: int64(body.Size), Format: orEmpty(body.Format), OnDuplicate: importing.OnDuplicate(orEmpty(body.OnDuplicate)),
		DryRun: body.DryRun != nil && *body.DryRun, Mapping: importing.Mapping(body.Mapping), Labels: body.Labels, DefaultRegion: orEmpty(body.DefaultRegion),
	}, in.once)
	if err != nil {
		return nil, err
	}
	job, link := made.Job, made.Link
	how := upload{Method: link.Method, URL: link.URL, Headers: map[string]string{}, ExpiresAt: contact.FormatTime(link.ExpiresAt)}
	maps.Copy(how.Headers, link.Headers)
	view, err := s.viewImport(ctx, job)
	return &created[startedImport]{importTag(view), "/v1/imports/" + job.ID, startedImport{view, how}}, err
}

// checkGiven refuses a blank text, which would be taken for none.
func checkGiven(location string, text *string) error {
	if text != nil && fold.Blank(*text) {
		return problem.Invalid(location, nil, "Give it a value, or leave it out.")
	}
	return nil
}

func orEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

type importList struct {
	Items      []ImportView `json:"items"`
	NextCursor string       `json:"nextCursor,omitempty" doc:"Of the next page; absent at the end"`
}

type importListAnswer struct{ Body importList }

type listImportsInput struct{ Paging }

func (s *server) listImports(ctx context.Context, in *listImportsInput) (*importListAnswer, error) {
	var failed error
	page, err := listing(ctx, s, in.Paging, func(limit int, after string) ([]importing.Import, string, error) {
		return s.Imports.List(ctx, identity.From(ctx).Workspace, limit, after)
	}, func(job importing.Import) ImportView {
		view, err := s.viewImport(ctx, job)
		failed = cmp.Or(failed, err)
		return view
	})
	err = cmp.Or(err, failed)
	return &importListAnswer{importList{page.Items, page.Cursor}}, err
}

type reportInput struct {
	ID     string `path:"id"`
	Format string `query:"format" enum:"csv" default:"csv"`
}

type redirect struct {
	Location string `header:"Location"`
}

func (s *server) getReport(ctx context.Context, in *reportInput) (*redirect, error) {
	link, err := s.Imports.ReportLink(ctx, ref(ctx, in.ID))
	return &redirect{link}, err
}

type templateInput struct {
	Format string `query:"format" enum:"csv,xlsx,json" default:"csv"`
}

type fileAnswer struct {
	ContentType string `header:"Content-Type" hidden:"true"`
	Disposition string `header:"Content-Disposition" doc:"The file's name"`
	Body        []byte
}

func (s *server) getTemplate(_ context.Context, in *templateInput) (*fileAnswer, error) {
	file, err := s.Template(in.Format)
	if err != nil {
		return nil, err
	}
	return &fileAnswer{file.ContentType, mime.FormatMediaType("attachment", map[string]string{"filename": file.FileName}), file.Body}, nil
}
