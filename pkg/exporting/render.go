package exporting

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// contentTypes are those of the objects.
var contentTypes = map[Format]string{
	CSV:  "text/csv; charset=utf-8",
	XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	JSON: "application/json",
}

// objectKey is where an export's file lies, in the exports bucket (pkg/httpapi/README.md, "The file of an export").
func objectKey(job Export) string {
	return fmt.Sprintf("%s/%s/%s.%s", job.Workspace, job.CreatedAt.UTC().Format("2006/01/02"), job.ID, job.Format)
}

// due says that a checkpoint is to be made so that no other run takes this one for dead.
func (w *writing) due() bool { return time.Since(w.saved) > w.limits.every }

// render writes the fragments as parts of the object.
func (w *writing) render(ctx context.Context) error {
	columns := chosen(
		w.job.Format,
		w.job.Selection.Fields,
		slices.Collect(maps.Keys(w.state.Keys)),
		w.state.OtherCells > 0,
	)
	file, err := newEncoder(w.job.Format, columns, w.state.NoteCells, w.state.OtherCells, w.state.Encoder)
	if err != nil {
		return err
	}
	var part []byte
	if w.state.Upload == "" {
		w.job.Key = objectKey(w.job)
		if w.state.Upload, err = w.objects.BeginUpload(ctx, w.job.Key, contentTypes[w.job.Format]); err != nil {
			return err
		}
		if part, err = file.head(); err != nil {
			return err
		}
	}
	next, stop := w.ahead(ctx)
	defer stop()
	for w.state.Rendered < len(w.state.Fragments) {
		records, err := next()
		if err != nil {
			return err
		}
		if part, err = w.renderFragment(ctx, file, part, records); err != nil {
			return err
		}
	}
	end, err := file.tail()
	if err != nil {
		return err
	}
	w.state.Whole = true
	if part = append(part, end...); len(part) == 0 {
		return nil
	}
	return w.put(ctx, file, part)
}

// renderFragment adds a fragment to a part, some records at a time, and puts the part as soon as it is large enough:
// a record takes more room in the file than in the fragment, so that memory would not hold a whole one. It returns
// the part that is begun.
func (w *writing) renderFragment(ctx context.Context, file encoder, part []byte, records []Record) ([]byte, error) {
	for {
		next := records[w.state.RenderedRows:]
		next = next[:min(w.limits.piece, len(next))]
		var err error
		if part, err = file.piece(part, next); err != nil {
			return nil, err
		}
		w.state.RenderedRows += len(next)
		whole := w.state.RenderedRows == len(records)
		if whole {
			w.state.Rendered, w.state.RenderedRows = w.state.Rendered+1, 0
		}
		if len(part) >= w.limits.part {
			if err := w.put(ctx, file, part); err != nil {
				return nil, err
			}
			part = part[:0]
			if w.timeUp() {
				return nil, errTimeUp
			}
		}
		if whole {
			return part, nil
		}
	}
}

// put makes a part of the object and a checkpoint after it.
func (w *writing) put(ctx context.Context, file encoder, part []byte) error {
	tag, err := w.objects.UploadPart(ctx, w.job.Key, w.state.Upload, len(w.state.Parts)+1, part)
	if err != nil {
		return err
	}
	w.state.Parts, w.state.Bytes = append(w.state.Parts, tag), w.state.Bytes+int64(len(part))
	if w.state.Encoder, err = file.state(); err != nil {
		return err
	}
	return w.save(ctx)
}

// ahead returns a function that gives the records of the fragments still to be rendered, one fragment after another,
// reading the next while one is at work; and one that ends the reading, so that nothing of a run is at work after it.
func (w *writing) ahead(ctx context.Context) (next func() ([]Record, error), stop func()) {
	type read struct {
		records []Record
		err     error
	}
	ctx, cancel := context.WithCancel(ctx)
	fetch := func(i int) chan read {
		result := make(chan read, 1)
		if i >= len(w.state.Fragments) {
			close(result)
			return result
		}
		go func() {
			records, err := w.records(ctx, w.state.Fragments[i])
			result <- read{records, err}
		}()
		return result
	}
	i := w.state.Rendered
	waiting := fetch(i)
	next = func() ([]Record, error) {
		got := <-waiting
		i++
		waiting = fetch(i)
		return got.records, got.err
	}
	stop = func() {
		cancel()
		<-waiting
	}
	return next, stop
}

// records are those of a fragment, less what was given again later.
func (w *writing) records(ctx context.Context, from fragment) ([]Record, error) {
	body, err := w.objects.GetWork(ctx, from.Key)
	if err != nil {
		return nil, fmt.Errorf("exporting: read a fragment: %w", err)
	}
	records := make([]Record, 0, from.Rows)
	for line := range bytes.Lines(body) {
		var record Record
		if err := json.Unmarshal(line, &record); err != nil {
			return nil, fmt.Errorf("exporting: read a fragment: %w", err)
		}
		if record.Again == w.state.Again[record.Contact.ID] {
			records = append(records, record)
		}
	}
	return records, nil
}

// finish makes the object of its parts, ends the export, and removes what was needed on the way.
func (w *writing) finish(ctx context.Context) error {
	err := w.objects.CompleteUpload(ctx, w.job.Key, w.state.Upload, w.state.Parts)
	if errors.Is(err, ErrNoUpload) { // a run before did it, and died
		size, sizeErr := w.objects.Size(ctx, w.job.Key)
		if errors.Is(sizeErr, ErrNoObject) || sizeErr == nil && size != w.state.Bytes {
			return w.fail(
				ctx,
				w.job,
				"internal_error",
				"The parts of the file were removed before it was complete. Start the export again.",
			)
		}
		err = sizeErr
	}
	if err != nil {
		return err
	}
	w.job.Status, w.job.Bytes, w.job.FinishedAt, w.job.Checkpoint = Completed, w.state.Bytes, w.instant(), ""
	w.job.forgetSearch()
	if w.job, err = w.store.UpdateExport(ctx, w.job); err != nil {
		return err
	}
	return w.clear(ctx)
}

// clear removes the work objects, those of runs that were overtaken too. What it leaves, the bucket's lifecycle rule
// removes.
func (w *writing) clear(ctx context.Context) error {
	keys, err := w.objects.ListWork(ctx, workPrefix(w.job.Ref()))
	if err != nil {
		return err
	}
	return w.objects.DeleteWork(ctx, keys)
}
