package importing

import (
	"context"
	"errors"
	"time"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/problem"
)

const (
	// maxParses is how many parses of one import may begin without progress before the file is given up.
	maxParses = 5
	// maxRepeats is how many of them repeated events may begin: the two retries of an asynchronous call. After that only the sweep
	// does, so that a doubled event cannot use up the tries.
	maxRepeats = 3
)

// Parser turns uploaded objects into imports and their rows into chunks. It may be called any number of times for an object, at
// once or one after the other.
type Parser struct {
	ParserDeps
}

// ParserDeps is what a Parser works with.
type ParserDeps struct {
	Imports ImportStore
	Chunks  ChunkStore
	Files   FileStore
	Queue   ChunkQueue
	Formats map[string]Format // by name: "csv", "json"
	Limits  Limits

	Region      func(ctx context.Context, workspace string) (string, error) // the workspace's own; empty for none
	ParsePhone  contact.ParsePhone
	ValidRegion func(code string) bool
	Finisher    *Finisher
	Writer      *Writer // accounts for rows that could not be written
	Now         func() time.Time
}

// NewParser makes a Parser.
func NewParser(deps ParserDeps) *Parser { return &Parser{deps} }

// Parsed is what became of an object, for the log.
type Parsed struct {
	Ref     Ref
	Status  Status
	Code    Code   // of a failed file
	Rows    int    // of the file
	Sent    int    // chunks sent
	Ignored string // why the object imports nothing; empty when it does
}

// Arrived handles an object of the uploads bucket. An error means that it is to be called again.
func (p *Parser) Arrived(ctx context.Context, arrival Arrival) (Parsed, error) {
	where := targetOf(arrival.Key)
	switch where.source {
	case FromBucket:
		return p.dropped(ctx, arrival, where)
	case FromAPI:
		return p.uploaded(ctx, arrival, where)
	default:
		return Parsed{Ignored: "the key is none of an import"}, nil
	}
}

// dropped starts the import of a dropped object, once for each of its versions.
func (p *Parser) dropped(ctx context.Context, arrival Arrival, where target) (Parsed, error) {
	ref := Ref{where.workspace, NewImportID(arrival.Bucket, arrival.Key, arrival.version())}
	object, err := p.Files.Head(ctx, arrival.Bucket, arrival.Key, arrival.Version)
	if errors.Is(err, ErrNoObject) {
		return Parsed{Ref: ref, Ignored: "the object is gone"}, nil
	} else if err != nil {
		return Parsed{Ref: ref}, err
	}
	now := p.instant()
	job := Import{
		Workspace: ref.Workspace, ID: ref.ID, Status: Parsing, Source: FromBucket,
		FileName: where.file, Format: formatOf(where.file), Size: object.Size, OnDuplicate: UpdateKnown,
		Bucket: arrival.Bucket, Key: arrival.Key, ObjectVersion: arrival.Version,
		CreatedBy: "bucket", CreatedAt: now, StartedAt: now, ProgressAt: now,
	}
	err = p.Imports.CreateImport(ctx, job, nil)
	if err != nil && !errors.Is(err, ErrExists) {
		return Parsed{Ref: ref}, err
	}
	return p.again(ctx, ref, func(job Import) bool { return job.Attempts < maxRepeats })
}

// again reads an import and parses its file if it still needs that and may be parsed now.
func (p *Parser) again(ctx context.Context, ref Ref, may func(Import) bool) (Parsed, error) {
	job, err := p.Imports.Import(ctx, ref)
	if err != nil {
		return Parsed{Ref: ref}, err
	}
	if job.Status != Parsing && job.Status != Processing || !may(job) {
		return Parsed{Ref: ref, Status: job.Status, Ignored: "the import is " + string(job.Status) + " already"}, nil
	}
	return p.parse(ctx, job)
}

// uploaded starts the import that an upload through the API belongs to. It takes one object version; what is uploaded to the
// same link later is ignored.
func (p *Parser) uploaded(ctx context.Context, arrival Arrival, where target) (Parsed, error) {
	ref := Ref{where.workspace, where.importID}
	job, err := p.Imports.Import(ctx, ref)
	if problem.CodeOf(err) == problem.NotFound {
		return Parsed{Ref: ref, Ignored: "there is no such import"}, nil
	} else if err != nil {
		return Parsed{Ref: ref}, err
	}
	if job.Source != FromAPI || job.Key != arrival.Key {
		return Parsed{Ref: ref, Status: job.Status, Ignored: "the key is none of the import"}, nil
	}
	if job.Status == AwaitingUpload {
		_, err := p.accept(ctx, job, arrival)
		if errors.Is(err, ErrNoObject) {
			return Parsed{Ref: ref, Status: job.Status, Ignored: "the object is gone"}, nil
		}
		if err != nil && !errors.Is(err, ErrStale) {
			return Parsed{Ref: ref}, err
		}
	}
	return p.again(ctx, ref, func(job Import) bool {
		return job.ObjectVersion == arrival.Version && job.Attempts < maxRepeats
	})
}

// accept takes an object as an import's file.
func (p *Parser) accept(ctx context.Context, job Import, arrival Arrival) (Import, error) {
	object, err := p.Files.Head(ctx, arrival.Bucket, arrival.Key, arrival.Version)
	if err != nil {
		return job, err
	}
	job.Status, job.Bucket, job.ObjectVersion, job.Size = Parsing, arrival.Bucket, arrival.Version, object.Size
	job.StartedAt = p.instant()
	job.ProgressAt = job.StartedAt
	return p.Imports.UpdateImport(ctx, job)
}

// instant is the present in the precision that is stored.
func (p *Parser) instant() time.Time { return instant(p.Now) }

func instant(now func() time.Time) time.Time { return now().UTC().Truncate(time.Millisecond) }
