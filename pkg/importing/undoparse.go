package importing

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/occ/contacts/pkg/problem"
)

// Resume goes on with an import that was started by a call: it reads the file, or undoes. It may be called any number of times.
func (p *Parser) Resume(ctx context.Context, ref Ref) (Parsed, error) {
	job, err := p.Imports.Import(ctx, ref)
	if problem.CodeOf(err) == problem.NotFound {
		return Parsed{Ref: ref, Ignored: "there is no such import"}, nil
	} else if err != nil {
		return Parsed{Ref: ref}, err
	}
	if job.Attempts < maxRepeats {
		switch job.Status {
		case Parsing, Processing:
			return p.parse(ctx, job)
		case Undoing:
			return p.undo(ctx, job)
		}
	}
	return Parsed{Ref: ref, Status: job.Status, Ignored: "the import is " + string(job.Status) + " already"}, nil
}

// undo sends the chunks of an import to be undone, those apart that are. It is safe to run at any time and more than once.
func (p *Parser) undo(ctx context.Context, job Import) (Parsed, error) {
	done := Parsed{Ref: Ref{job.Workspace, job.ID}, Status: job.Status, Rows: job.Totals.Rows}
	counted, err := p.Chunks.ChunksToUndo(ctx, done.Ref)
	if err != nil {
		return done, err
	}
	job.Attempts, job.ProgressAt, job.UndoChunks = job.Attempts+1, p.instant(), len(counted)
	job, err = p.Imports.UpdateImport(ctx, job)
	if errors.Is(err, ErrStale) {
		return Parsed{Ref: done.Ref, Ignored: "another run began meanwhile"}, nil
	} else if err != nil {
		return done, err
	}
	maps.DeleteFunc(counted, func(_ int, counted bool) bool { return counted })
	done.Sent = len(counted)
	if err := p.dispatch(ctx, job, func(out *outbox) error { return p.sendUndo(job, counted, out) }); err != nil {
		p.forgive(ctx, job, err)
		return done, err
	}
	job, err = p.Finisher.CheckUndo(ctx, job)
	done.Status = job.Status
	return done, err
}

// sendUndo sends the chunks that are left with the rows of the file, for the report. When the file is gone (or cannot be read
// after so many tries), they go without: the records say what the rows wrote.
func (p *Parser) sendUndo(job Import, left map[int]bool, out *outbox) error {
	cut := Chunk{Schema: chunkSchema, Workspace: job.Workspace, Import: job.ID, Undo: true}
	if len(left) > 0 && job.Attempts <= maxParses {
		err := p.fileChunks(out.ctx, job, func(chunk Chunk) error {
			if _, open := left[chunk.Number]; !open {
				return nil
			}
			delete(left, chunk.Number)
			cut.Number, cut.Rows = chunk.Number, asReported(chunk.Rows)
			return out.add(cut)
		})
		if _, unreadable := errors.AsType[*FileError](err); err != nil && !unreadable {
			return err
		}
	}
	cut.Rows = nil
	for _, number := range slices.Sorted(maps.Keys(left)) {
		cut.Number = number
		if err := out.add(cut); err != nil {
			return err
		}
	}
	return nil
}

// fileChunks cuts an import's file into its chunks again; a FileError when it is gone.
func (p *Parser) fileChunks(ctx context.Context, job Import, each func(Chunk) error) error {
	if _, known := p.Formats[job.Format]; !known { // any more
		return &FileError{UnsupportedFormat, "Files of format " + job.Format + " cannot be read."}
	}
	file, discard, err := p.fetch(ctx, job)
	if err != nil {
		return err
	}
	defer discard()
	return p.chunks(ctx, job, file, each)
}

// asReported are rows with what a report needs of them.
func asReported(rows []Row) []Row {
	reported := make([]Row, len(rows))
	for i, row := range rows {
		reported[i] = Row{Number: row.Number, Cells: row.Cells}
	}
	return reported
}
