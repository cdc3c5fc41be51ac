package exporting

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/fold"
	"github.com/occ/contacts/pkg/problem"
)

// linkLife is how long a link to a finished file lasts (pkg/httpapi/README.md, "Exports").
const linkLife = 15 * time.Minute

// Service is what the API does with exports. Its errors are problem.Error where a caller is to be told what to do.
type Service struct {
	store   Store
	links   Links
	starter Starter
	search  Search
	kept    time.Duration // how long the bucket keeps files
	now     func() time.Time
}

// Search understands a q as the list of contacts does; ValidationFailed at location. contact.Service has it.
type Search func(ctx context.Context, workspace, location, q string) (*contact.Search, error)

// NewService makes a Service.
func NewService(store Store, links Links, starter Starter, search Search, kept time.Duration, now func() time.Time) *Service {
	return &Service{store, links, starter, search, kept, now}
}

// Request asks for an export.
type Request struct {
	Format    Format
	Selection Selection // its texts; what they mean is worked out here
}

// Start makes an export that runs by itself; with once, only if none was made for its key. subject is who asks. Errors: ValidationFailed,
// NotPossible (too many are open), IdempotencyKeyReused, RequestInProgress.
func (s *Service) Start(ctx context.Context, workspace, subject string, request Request, once *contact.Once) (Export, error) {
	made, err := contact.OnlyOnce(ctx, s.store, workspace, once, func() (Export, error) {
		selection, err := understand(ctx, s.search, workspace, request)
		if err != nil {
			return Export{}, err
		}
		if open, err := s.store.CountOpenExports(ctx, workspace, maxOpen); err != nil {
			return Export{}, err
		} else if open >= maxOpen {
			return Export{}, problem.New(problem.NotPossible, "%d exports of this workspace have not ended, and that is the most. Wait for some of them to end.", maxOpen)
		}
		job := Export{
			Workspace: workspace, ID: uuid.NewString(), Status: Queued, Source: FromAPI, Format: request.Format, Selection: selection,
			CreatedBy: subject, CreatedAt: s.now().UTC().Truncate(time.Millisecond),
		}
		if err := once.Keep(job); err != nil {
			return Export{}, err
		}
		return job, s.store.CreateExport(ctx, job, once)
	})
	if err != nil {
		return Export{}, err
	}
	_ = s.starter.StartExport(ctx, made.Ref()) // the sweep has it run when this fails
	return made, nil
}

// understand checks what is asked for, and what its texts mean.
func understand(ctx context.Context, search Search, workspace string, request Request) (Selection, error) {
	selection := request.Selection
	if !slices.Contains(Formats, request.Format) {
		return Selection{}, problem.Invalid("body.format", string(request.Format), "Say csv, xlsx or json.")
	}
	for _, filter := range []*string{&selection.Label, &selection.Company} {
		if fold.Blank(*filter) { // an empty text is no filter
			*filter = ""
		}
	}
	if err := checkLengths(selection); err != nil {
		return Selection{}, err
	}
	if err := CheckFields(selection.Fields, "body.fields"); err != nil {
		return Selection{}, err
	}
	filter, err := contact.ReadFilter("body", contact.FilterTexts{
		Label: selection.Label, Company: selection.Company, Channel: selection.Channel, CreatedAfter: selection.After, CreatedBefore: selection.Before,
	})
	if err != nil {
		return Selection{}, err
	}
	if filter.Nobody {
		filter = contact.Filter{Nobody: true} // its times may be beyond those that can be written
	}
	selection.Filter = filter
	selection.Search, err = search(ctx, workspace, "body.q", selection.Q)
	return selection, err
}

// What a selection may hold at most, so that its record has room: far more than makes sense.
const (
	maxText   = 1_000 // characters of a filter
	maxFields = 1_000
	// maxOpen is how many exports of a workspace may be open when another one is asked for: they share the functions
	// with all others.
	maxOpen = 100
)

func checkLengths(s Selection) error {
	for _, text := range [][2]string{
		{"body.label", s.Label}, {"body.company", s.Company}, {"body.channel", s.Channel}, {"body.createdAfter", s.After}, {"body.createdBefore", s.Before},
	} {
		if utf8.RuneCountInString(text[1]) > maxText {
			return problem.Invalid(text[0], nil, "Give at most %d characters.", maxText)
		}
	}
	if len(s.Fields) > maxFields {
		return problem.Invalid("body.fields", nil, "Give at most %d fields; without any, an export has all.", maxFields)
	}
	return nil
}

// Get reads an export; NotFound when the workspace has none of that id.
func (s *Service) Get(ctx context.Context, ref Ref) (Export, error) { return s.store.Export(ctx, ref) }

// List reads a page of a workspace's exports, newest first.
func (s *Service) List(ctx context.Context, workspace string, limit int, after string) ([]Export, string, error) {
	return s.store.ListExports(ctx, workspace, limit, after)
}

// Link makes a link to a finished export's file, and says until when it lasts; empty when there is no file, or none any more.
func (s *Service) Link(ctx context.Context, job Export) (link string, until time.Time, err error) {
	now := s.now().UTC().Truncate(time.Millisecond)
	if job.Status != Completed || now.Sub(job.FinishedAt) > s.kept {
		return "", time.Time{}, nil
	}
	link, err = s.links.PresignDownload(ctx, job.Key, fileName(job), linkLife)
	return link, now.Add(linkLife), err
}

// fileName is what a downloaded file is called.
func fileName(job Export) string {
	return fmt.Sprintf("contacts %s.%s", strings.ReplaceAll(job.CreatedAt.UTC().Format("2006-01-02 15:04"), ":", "."), job.Format)
}
