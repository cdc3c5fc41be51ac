package importing

import (
	"context"
	"runtime"

	"golang.org/x/sync/errgroup"
)

// Where chunks are cut follows from the file alone: no change of this program may move a row from one chunk to another while an import
// runs.
const (
	chunkRows = 100
	// chunkText is how many bytes the cells of a chunk may have together, unless it is a single row. As JSON, with the normalised values
	// beside the cells, that is seldom over maxBody.
	chunkText = 80 << 10
)

// cut is the rows of a chunk. They are judged while the next ones are read.
type cut struct {
	drafts []draft
	judged chan struct{} // closed when they are
}

func newCut() *cut { return &cut{make([]draft, 0, chunkRows), make(chan struct{})} }

// chunks cuts a file into chunks and hands them on, in order. Most of the time of a file goes into its phones, so rows are judged on all
// processors.
func (p *Parser) chunks(ctx context.Context, job Import, file File, each func(Chunk) error) error {
	records, err := p.Formats[job.Format].Open(file)
	if err != nil {
		return err
	}
	defer finish(records)
	header, err := readHeader(records)
	if err != nil {
		return err
	}
	reader := &rowReader{layout: layoutBy(header, columnNames(header), job.choice()), labels: job.Labels, phone: func(raw string) (string, error) {
		return p.ParsePhone(raw, job.DefaultRegion)
	}}
	group, ctx := errgroup.WithContext(ctx)
	cuts := make(chan *cut, runtime.GOMAXPROCS(0))
	group.Go(func() error {
		defer close(cuts)
		return reader.cuts(ctx, records, cuts)
	})
	group.Go(func() error { return reader.settled(ctx, job, cuts, each) })
	return group.Wait()
}

// cuts reads all rows and has those of each chunk judged, about as many chunks at once as out holds.
func (r *rowReader) cuts(ctx context.Context, records Records, out chan<- *cut) error {
	judging := *r
	next, text := newCut(), 0
	send := func() error {
		select {
		case out <- next:
		case <-ctx.Done():
			return ctx.Err()
		}
		go judging.judgeAll(next)
		next, text = newCut(), 0
		return nil
	}
	for records.Next() {
		if !isRow(records) {
			continue
		}
		size := sizeOf(records.Cells())
		if len(next.drafts) == chunkRows || len(next.drafts) > 0 && text+size > chunkText {
			if err := send(); err != nil {
				return err
			}
		}
		next.drafts = append(next.drafts, r.draft(records))
		text += size
	}
	if records.Err() != nil || len(next.drafts) == 0 {
		return records.Err()
	}
	return send()
}

func (r rowReader) judgeAll(c *cut) {
	for i := range c.drafts {
		r.judge(&c.drafts[i])
	}
	close(c.judged)
}

// settled makes the chunks, in order. The rows of one hold until each returns.
func (r *rowReader) settled(ctx context.Context, job Import, cuts <-chan *cut, each func(Chunk) error) error {
	chunk := Chunk{
		Schema: chunkSchema, Workspace: job.Workspace, Import: job.ID, OnDuplicate: job.OnDuplicate, DryRun: job.DryRun,
		OwnExport: r.export, Labels: job.Labels, CreatedAt: job.CreatedAt,
	}
	for next := range cuts {
		<-next.judged
		if err := ctx.Err(); err != nil {
			return err
		}
		chunk.Rows = chunk.Rows[:0]
		for _, d := range next.drafts {
			chunk.Rows = append(chunk.Rows, r.settle(d))
		}
		if err := each(chunk); err != nil {
			return err
		}
		chunk.Number++
	}
	return nil
}

func sizeOf(cells []string) int {
	size := len(cells)
	for _, text := range cells {
		size += len(text)
	}
	return size
}
