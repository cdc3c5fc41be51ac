package importing

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/occ/contacts/pkg/sheet/cell"
)

// reportColumns follow the file's own columns in a report.
var reportColumns = []string{"_row", "_outcome", "_code", "_message"}

// outcomeNames are how a report calls what became of a row.
var outcomeNames = map[Outcome]string{Skipped: "skipped", Rejected: "failed", Kept: "kept"}

// fragment is a chunk's part of the report: the rows that were skipped or failed. Its bytes follow from the chunk and its record, so
// that writing it again changes nothing.
func fragment(chunk Chunk, state ChunkState) []byte {
	var lines []byte
	for i, row := range chunk.Rows {
		verdict, found := state.Verdicts[i]
		if !found && row.Verdict != nil {
			verdict, found = *row.Verdict, true
		}
		if found {
			cells := append(slices.Clone(row.Cells), strconv.Itoa(row.Number), outcomeNames[verdict.Outcome], string(verdict.Code), verdict.Message)
			lines = cell.AppendCSV(lines, cells)
		}
	}
	return lines
}

// assemble streams the report together: byte order mark, header, the fragments in the order of the rows.
func (f *Finisher) assemble(ctx context.Context, job Import) error {
	ref := Ref{job.Workspace, job.ID}
	keys, err := f.files.ListWork(ctx, fragmentPrefix(ref))
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	out, in := io.Pipe()
	go func() {
		header := cell.AppendCSV([]byte(cell.BOM), append(slices.Clone(job.Columns), reportColumns...))
		_, err := in.Write(header)
		if err == nil {
			err = f.copyAll(ctx, in, keys)
		}
		in.CloseWithError(err)
	}()
	err = f.files.WriteWork(ctx, ReportKey(ref), "text/csv; charset=utf-8", out)
	out.CloseWithError(io.ErrClosedPipe) // ends the writer if the reader gave up
	if err != nil {
		return fmt.Errorf("importing: write the report: %w", err)
	}
	return nil
}

// fetchAhead is how many fragments are read at once.
const fetchAhead = 8

type fetched struct {
	body []byte
	err  error
}

// copyAll writes the objects to w in the order of their keys, reading some ahead.
func (f *Finisher) copyAll(ctx context.Context, w io.Writer, keys []string) error {
	var waiting []chan fetched
	for i := 0; i < len(keys) || len(waiting) > 0; {
		for ; i < len(keys) && len(waiting) < fetchAhead; i++ {
			result := make(chan fetched, 1)
			waiting = append(waiting, result)
			go func(key string) {
				body, err := f.files.GetWork(ctx, key)
				result <- fetched{body, err}
			}(keys[i])
		}
		next := <-waiting[0]
		waiting = waiting[1:]
		if next.err != nil {
			return next.err
		}
		if _, err := w.Write(next.body); err != nil {
			return err
		}
	}
	return nil
}
