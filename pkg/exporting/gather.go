package exporting

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
)

// gathering are the records that no checkpoint knows yet.
type gathering struct {
	*writing
	lines   bytes.Buffer // of records that are in no object
	lineOf  *json.Encoder
	rows    int        // in lines
	written []fragment // objects
	fresh   int        // records that are further rows of the file, and do not replace one
}

// gather walks the contacts and keeps them as fragments, because the columns of the file are known only when all were
// seen.
func (w *writing) gather(ctx context.Context) error {
	g := gathering{writing: w}
	g.lineOf = json.NewEncoder(&g.lines)
	g.lineOf.SetEscapeHTML(false)
	last := w.state.Position
	err := w.contacts.Walk(
		ctx,
		w.job.Workspace,
		w.job.Selection,
		w.state.Position,
		func(batch []Record, position string) error {
			for _, record := range batch {
				if err := g.add(ctx, record); err != nil {
					return err
				}
			}
			if position == "" {
				return nil
			}
			last = position
			late := w.timeUp()
			if g.lines.Len() < w.limits.fragment && len(g.written) == 0 && !late && !w.due() {
				return nil
			}
			if err := g.keep(ctx, position); err != nil || !late {
				return err
			}
			return errTimeUp
		},
	)
	if err != nil {
		return err
	}
	w.state.Gathered = true
	return g.keep(ctx, last)
}

// add takes a record in. A batch mostly ends before a fragment is twice full; of one that holds more, memory has no
// more than that.
func (g *gathering) add(ctx context.Context, record Record) error {
	g.note(&record)
	if record.Again == 0 {
		g.fresh++
	}
	if err := g.lineOf.Encode(record); err != nil {
		return err
	}
	if g.rows++; g.lines.Len() < 2*g.limits.fragment {
		return nil
	}
	return g.write(ctx)
}

// write makes an object of the lines. It counts only with the next checkpoint.
func (g *gathering) write(ctx context.Context) error {
	if g.rows == 0 {
		return nil
	}
	made := fragment{workKey(g.job.Ref(), "ndjson"), g.rows}
	if err := g.objects.PutWork(ctx, made.Key, g.lines.Bytes()); err != nil {
		return err
	}
	g.written = append(g.written, made)
	g.lines.Reset()
	g.rows = 0
	return nil
}

// keep makes a checkpoint of all records so far.
func (g *gathering) keep(ctx context.Context, position string) error {
	if err := g.write(ctx); err != nil {
		return err
	}
	g.job.Rows, g.fresh = g.job.Rows+g.fresh, 0
	g.state.Fragments, g.written = append(g.state.Fragments, g.written...), nil
	g.state.Position = position
	return g.save(ctx)
}

// note takes in what the columns of the file depend on, and which contacts are given again.
func (w *writing) note(record *Record) {
	if id := record.Contact.ID; record.Again > 0 {
		w.state.Again[id]++
		record.Again = w.state.Again[id]
	}
	isTable := w.job.Format != JSON
	if isTable && len(w.job.Selection.Fields) == 0 {
		w.noteAttributes(record.Contact.Attributes)
	}
	if w.job.Format == XLSX && len(record.Notes) > 1 {
		w.state.NoteCells = max(w.state.NoteCells, len(grouped(record.Notes, noteUnits)))
	}
}

// noteAttributes gives keys a column, as long as there are any left: what most contacts have is met early. All
// further ones share a column.
func (w *writing) noteAttributes(attributes map[string]any) {
	var unknown []string
	for key := range attributes {
		if _, known := w.state.Keys[key]; !known {
			unknown = append(unknown, key)
		}
	}
	if len(unknown) == 0 {
		return
	}
	slices.Sort(unknown) // so that a run that begins again chooses the same
	free := max(0, maxAttributeColumns-len(w.state.Keys))
	for _, key := range unknown[:min(free, len(unknown))] {
		w.state.Keys[key] = struct{}{}
	}
	if len(unknown) <= free {
		return
	}
	w.state.OtherCells = max(w.state.OtherCells, 1)
	if members, err := others(attributes, w.state.Keys); w.job.Format == XLSX && err == nil { // else row says so
		w.state.OtherCells = max(w.state.OtherCells, len(grouped(members, memberUnits)))
	}
}
