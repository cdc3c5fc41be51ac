package importing

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/fold"
	"github.com/occ/contacts/pkg/problem"
)

const (
	linkLife = time.Hour // of an upload link
	// uploadWait is how long an import waits for its upload (pkg/httpapi/README.md, "States of an import").
	uploadWait  = 24 * time.Hour
	reportLife  = 15 * time.Minute // of a report's link
	maxFileName = 255              // characters
	// maxOpen is how many imports of a workspace may be open when another one is asked for: the sweep looks at each
	// of them every minute.
	maxOpen = 1_000
)

// Library is what a Service needs of storage. Package dynamo implements it.
type Library interface {
	ImportStore
	contact.Keeper
	// ListImports reads a page of a workspace's imports, newest first; after and next are positions in that order, empty at the
	// beginning and at the end.
	ListImports(ctx context.Context, workspace string, limit int, after string) (jobs []Import, next string, err error)
	// CountOpenImports counts the imports of a workspace that have not ended; a count of most or more says no more
	// than that.
	CountOpenImports(ctx context.Context, workspace string, most int) (int, error)
}

// Service is what the API does with imports. Its errors are problem.Error where a caller is to be told what to do.
type Service struct {
	imports     Library
	links       Links
	starter     Starter
	formats     []string // that can be imported
	maxBytes    int64
	validRegion func(code string) bool
	now         func() time.Time
}

// NewService makes a Service. Without a starter the next sweep does its work; maxBytes is the largest upload; now is the clock.
func NewService(imports Library, links Links, starter Starter, formats []string, maxBytes int64, validRegion func(code string) bool, now func() time.Time) *Service {
	return &Service{imports, links, starter, formats, maxBytes, validRegion, now}
}

// Request asks for an import of a file that the client will upload.
type Request struct {
	FileName      string
	Size          int64  // bytes
	Format        string // empty: as the file's name says
	OnDuplicate   OnDuplicate
	DryRun        bool // judge every row and write nothing
	Mapping       Mapping
	Labels        []string
	DefaultRegion string // empty: the workspace's
}

// Started is an import that awaits its upload, and where to upload to.
type Started struct {
	Job  Import
	Link UploadLink
}

// Start makes an import that awaits its upload; with once, only if none was made for its key. subject is who asks.
// Errors: ValidationFailed, InvalidMapping, FileTooLarge, UnsupportedFormat, NotPossible (too many are open),
// IdempotencyKeyReused, RequestInProgress.
func (s *Service) Start(ctx context.Context, workspace, subject string, request Request, once *contact.Once) (Started, error) {
	return contact.OnlyOnce(ctx, s.imports, workspace, once, func() (Started, error) { return s.start(ctx, workspace, subject, request, once) })
}

func (s *Service) start(ctx context.Context, workspace, subject string, request Request, once *contact.Once) (Started, error) {
	now := instant(s.now)
	job := Import{
		Workspace: workspace, ID: uuid.NewString(), Status: AwaitingUpload, Source: FromAPI, FileName: contact.CleanText(request.FileName), Size: request.Size,
		OnDuplicate: request.OnDuplicate, DryRun: request.DryRun, CreatedBy: subject, CreatedAt: now, ProgressAt: now, ExpiresAt: now.Add(linkLife),
	}
	if err := s.accept(&job, request); err != nil {
		return Started{}, err
	}
	if open, err := s.imports.CountOpenImports(ctx, workspace, maxOpen); err != nil {
		return Started{}, err
	} else if open >= maxOpen {
		return Started{}, problem.New(problem.NotPossible, "%d imports of this workspace have not ended, and that is the most. Cancel those that wait for an upload or a mapping, or wait for others to end.", maxOpen)
	}
	job.Key = uploadKey(Ref{workspace, job.ID}, job.Format)
	link, err := s.links.PresignUpload(ctx, job.Key, job.Size, job.ExpiresAt)
	if err != nil {
		return Started{}, err
	}
	made := Started{job, link}
	if err := once.Keep(made); err != nil {
		return Started{}, err
	}
	return made, s.imports.CreateImport(ctx, job, once)
}

// accept checks a request and takes its options over.
func (s *Service) accept(job *Import, request Request) (err error) {
	switch {
	case job.FileName == "" || utf8.RuneCountInString(job.FileName) > maxFileName:
		return problem.Invalid("body.fileName", nil, "Give the file's name, of at most %d characters.", maxFileName)
	case blankStem(job.FileName):
		return problem.Invalid("body.fileName", nil, "Give the file's name: something that can be seen before its ending.")
	case request.Size < 1: // a link for nothing would not bind the length of what is uploaded
		return problem.Invalid("body.size", request.Size, "Give the file's size in bytes; an empty file has no contacts.")
	case request.Size > s.maxBytes:
		return problem.New(problem.FileTooLarge, "The file has %d bytes, and %d are the most through the API. Split it, or drop it into the uploads bucket.", request.Size, s.maxBytes)
	}
	if _, err := contact.NormalizeLine("A file's name", job.FileName, maxFileName); err != nil {
		return problem.Invalid("body.fileName", nil, "%s", err)
	}
	if job.OnDuplicate == "" {
		job.OnDuplicate = UpdateKnown
	}
	if _, ok := onDuplicateOf(string(job.OnDuplicate)); !ok {
		return problem.Invalid("body.onDuplicate", request.OnDuplicate, "Say update, skip or reject, or leave it out.")
	}
	if job.Format = strings.ToLower(request.Format); job.Format == "" {
		job.Format = formatOf(job.FileName)
	}
	if !slices.Contains(s.formats, job.Format) {
		return problem.New(problem.UnsupportedFormat, "Files of format %q cannot be imported; %s can. Save the file as one of those.", job.Format, strings.Join(s.formats, ", "))
	}
	if job.Labels, err = contact.NormalizeLabels(request.Labels); err != nil {
		return problem.Invalid("body.labels", nil, "%s", err)
	}
	given, faults := request.Mapping.said()
	if job.Given = given; len(faults) > 0 {
		return unusable(faults)
	}
	if region := strings.ToUpper(strings.TrimSpace(request.DefaultRegion)); region != "" {
		if job.DefaultRegion = region; !s.validRegion(region) {
			return problem.Invalid("body.defaultRegion", request.DefaultRegion, "Give an ISO 3166 code of two letters that has phone numbers, as EG, or leave it out.")
		}
	}
	return nil
}

// blankStem reports whether nothing can be seen before the ending of a file's name.
func blankStem(fileName string) bool {
	dot := strings.LastIndexByte(fileName, '.')
	return dot >= 0 && fold.Blank(fileName[:dot])
}

// Get reads an import, with what is counted so far; NotFound when the workspace has none of that id.
func (s *Service) Get(ctx context.Context, ref Ref) (Import, error) {
	job, err := s.imports.Import(ctx, ref)
	if err != nil {
		return Import{}, err
	}
	return s.counted(ctx, job)
}

// counted fills in the totals of an import, or of an undo, that is at work; those of an ended one lie with it.
func (s *Service) counted(ctx context.Context, job Import) (_ Import, err error) {
	switch ref := (Ref{job.Workspace, job.ID}); job.Status {
	case Processing:
		rows := job.Totals.Rows
		job.Totals, err = s.imports.Counted(ctx, ref)
		job.Totals.Rows = rows
	case Undoing:
		job.Undo, err = s.imports.UndoCounted(ctx, ref)
	}
	return job, err
}

// List reads a page of a workspace's imports, newest first.
func (s *Service) List(ctx context.Context, workspace string, limit int, after string) ([]Import, string, error) {
	jobs, next, err := s.imports.ListImports(ctx, workspace, limit, after)
	for i := range jobs {
		if err == nil {
			jobs[i], err = s.counted(ctx, jobs[i])
		}
	}
	return jobs, next, err
}

// ReportLink is a link to the report of an import; NotFound, or NoReport when no row was rejected or skipped, or not all are counted.
func (s *Service) ReportLink(ctx context.Context, ref Ref) (string, error) {
	job, err := s.imports.Import(ctx, ref)
	if err != nil {
		return "", err
	}
	link, _, err := s.Link(ctx, job)
	if err == nil && link == "" {
		err = problem.New(problem.NoReport, "This import has no report: none of its rows was rejected or skipped, or it has not ended.")
	}
	return link, err
}

// Link makes a link to the report of an import, and says until when it is good; empty while there is none.
func (s *Service) Link(ctx context.Context, job Import) (link string, until time.Time, err error) {
	if !job.HasReport {
		return "", time.Time{}, nil
	}
	stem := job.FileName
	if formatOf(stem) == job.Format {
		stem = strings.TrimSuffix(stem, path.Ext(stem))
	}
	until = instant(s.now).Add(reportLife)
	link, err = s.links.PresignDownload(ctx, ReportKey(Ref{job.Workspace, job.ID}), fmt.Sprintf("%s report.csv", stem), reportLife)
	return link, until, err
}

// Cancel ends an import: at once while nothing was written; else the rows not yet written are skipped, and it is cancelled
// once all are counted. NotPossible when there is nothing left to cancel.
func (s *Service) Cancel(ctx context.Context, ref Ref) (Import, error) {
	for {
		job, err := s.imports.Import(ctx, ref)
		if err != nil {
			return Import{}, err
		}
		switch job.Status {
		case AwaitingUpload, Parsing, AwaitingMapping:
			job.Status, job.SampleRows, job.FinishedAt = Cancelled, nil, instant(s.now)
		case Processing:
			if job.Cancelling {
				return s.counted(ctx, job)
			}
			job.Cancelling = true
		default:
			return Import{}, problem.New(problem.NotPossible, "The import is %s: it cannot be cancelled any more.", job.Status.Shown())
		}
		after, err := s.imports.UpdateImport(ctx, job)
		if err == nil {
			return s.counted(ctx, after)
		}
		if !errors.Is(err, ErrStale) {
			return Import{}, err
		}
	}
}
