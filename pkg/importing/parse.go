package importing

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/occ/contacts/pkg/problem"
)

// maxAbandons is how many tries the rows of an import are given that nobody could write; maxParseAbandons how many more to
// account for them one by one, before they are counted as failed together.
const (
	maxAbandons      = 10
	maxParseAbandons = maxAbandons + 3
)

// parse reads an import's file and sends its chunks. It is safe to run at any time and more than once: a chunk follows from the file
// alone, and those that are closed are not sent again.
func (p *Parser) parse(ctx context.Context, job Import) (Parsed, error) {
	done := Parsed{Ref: Ref{job.Workspace, job.ID}}
	job.Attempts++
	job.ProgressAt = p.instant()
	job, err := p.Imports.UpdateImport(ctx, job)
	if errors.Is(err, ErrStale) {
		return Parsed{Ref: done.Ref, Ignored: "another run began meanwhile"}, nil
	} else if err != nil {
		return done, err
	}
	begun := job
	if job.Status == Parsing && job.Attempts > maxParses {
		err = &FileError{InternalError, "The file could not be read although it was tried several times. Split it into smaller files; if that does not help, tell us the id of this import."}
	} else {
		err = p.read(ctx, &job, &done)
	}
	p.forgive(ctx, begun, err)
	if fault, ok := errors.AsType[*FileError](err); ok && job.Status == Parsing {
		job, err = p.fail(ctx, job, fault)
		done.Code = fault.Code
	}
	done.Status, done.Rows = job.Status, job.Totals.Rows
	return done, err
}

// pardonTries is how often it is tried to take a try back. There is time, and a service that refuses most calls takes
// one in the end.
const pardonTries = 30

// forgive takes a try back that a busy service ended: of these, no number makes a file unreadable.
func (p *Parser) forgive(ctx context.Context, job Import, failure error) {
	if problem.CodeOf(failure) != problem.Unavailable || job.Attempts == 0 {
		return
	}
	job.Attempts--
	for try := range pardonTries {
		if pause(ctx, try) != nil {
			return
		}
		if _, err := p.Imports.UpdateImport(ctx, job); problem.CodeOf(err) != problem.Unavailable {
			return // it is done, or another run has moved the import on
		}
	}
}

// fail ends an import whose file cannot be read; nothing of it was written.
func (p *Parser) fail(ctx context.Context, job Import, fault *FileError) (Import, error) {
	job.Status, job.Error, job.FinishedAt = Failed, fault, p.instant()
	after, err := p.Imports.UpdateImport(ctx, job)
	if errors.Is(err, ErrStale) {
		return p.Imports.Import(ctx, Ref{job.Workspace, job.ID}) // another run says the same
	}
	return after, err
}

// read does the work of a parse on a temporary copy of the file.
func (p *Parser) read(ctx context.Context, job *Import, done *Parsed) error {
	if job.Status == Parsing {
		if err := p.prepare(ctx, job); err != nil {
			return err
		}
	}
	file, discard, err := p.fetch(ctx, *job)
	if err != nil {
		return err
	}
	defer discard()
	if job.Status == Parsing {
		if err := p.survey(ctx, job, file); err != nil {
			return err
		}
	}
	if job.Status != Processing {
		return nil // it waits for its mapping, or another run failed it meanwhile
	}
	return p.send(ctx, *job, file, done)
}

// fetch makes a temporary copy of an import's file, which discard gives back. The copy has no name: a function that
// is killed removes nothing, and Lambda keeps its temporary disk for the next one.
func (p *Parser) fetch(ctx context.Context, job Import) (file File, discard func(), err error) {
	copied, err := os.CreateTemp("", "import-*")
	if err != nil {
		return File{}, nil, fmt.Errorf("importing: make a temporary file: %w", diskFull(err))
	}
	discard = func() { _ = copied.Close() } // only read
	if err := os.Remove(copied.Name()); err != nil {
		discard()
		return File{}, nil, fmt.Errorf("importing: unlink a temporary file: %w", err)
	}
	err = p.Files.Download(ctx, job.Bucket, job.Key, job.ObjectVersion, copied)
	if errors.Is(err, ErrNoObject) {
		err = &FileError{CorruptFile, "The file was deleted from the bucket before it could be read. Upload it again."}
	}
	if err != nil {
		discard()
		return File{}, nil, diskFull(err)
	}
	limit, _ := p.Limits.of(job.Source)
	return File{copied, job.Size, maxInflation * limit}, discard, nil
}

// diskFull says of a disk that has no room what to do about it. It is no fault of the file: the import is tried
// again, in another environment most likely.
func diskFull(err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("importing: the temporary disk is full; give import-parse more EphemeralStorage if it stays so: %w", err)
	}
	return err
}

// prepare settles what the chunks will depend on beside the file: options, region, limits.
func (p *Parser) prepare(ctx context.Context, job *Import) error {
	if _, known := p.Formats[job.Format]; !known {
		return &FileError{UnsupportedFormat, fmt.Sprintf("Files of format %s cannot be imported. Save the file as CSV (UTF-8) and import that one.", job.Format)}
	}
	object, err := p.Files.Head(ctx, job.Bucket, job.Key, job.ObjectVersion)
	if errors.Is(err, ErrNoObject) {
		return &FileError{CorruptFile, "The file was deleted from the bucket before it could be read. Upload it again."}
	} else if err != nil {
		return err
	}
	if limit, _ := p.Limits.of(job.Source); object.Size > limit {
		return &FileError{FileTooLarge, fmt.Sprintf("The file has %d bytes, and %d are the most. Split it into smaller files.", object.Size, limit)}
	}
	if job.Source == FromBucket && len(job.Columns) == 0 { // later a mapping that was sent counts
		if err := readMetadata(job, object.Metadata, p.ValidRegion); err != nil {
			return err
		}
	}
	if job.DefaultRegion == "" {
		job.DefaultRegion, err = p.Region(ctx, job.Workspace)
	}
	return err
}

// survey reads the file whole before its first row is written, and moves the import on to processing, or to wait for its mapping.
func (p *Parser) survey(ctx context.Context, job *Import, file File) error {
	_, maxRows := p.Limits.of(job.Source)
	found, err := survey(p.Formats[job.Format], file, maxRows, func(raw string) bool {
		_, err := p.ParsePhone(raw, job.DefaultRegion)
		return err == nil
	})
	if err != nil {
		return err
	}
	if err := found.settle(job); err != nil {
		return err
	}
	job.Attempts, job.ProgressAt = 0, p.instant()
	after, err := p.Imports.UpdateImport(ctx, *job)
	if errors.Is(err, ErrStale) {
		after, err = p.Imports.Import(ctx, Ref{job.Workspace, job.ID}) // another run was here first
	}
	*job = after
	return err
}
