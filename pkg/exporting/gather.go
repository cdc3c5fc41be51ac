package exporting

import (
	"bytes"
	"context"
	"encoding/json"
)

// gather walks the contacts and keeps them as fragments, because the columns of the file are known only when all were seen.
func (w *writing) gather(ctx context.Context) error {
	var lines bytes.Buffer
	lineOf := json.NewEncoder(&lines)
	lineOf.SetEscapeHTML(false)
	rows := 0
	keep := func(position string) error {
		if rows > 0 {
			kept := fragment{workKey(w.job.Ref(), "ndjson"), rows}
			if err := w.objects.PutWork(ctx, kept.Key, lines.Bytes()); err != nil {
				return err
			}
			w.state.Fragments = append(w.state.Fragments, kept)
			w.job.Rows += rows
		}
		w.state.Position = position
		lines.Reset()
		rows = 0
		return w.save(ctx)
	}
	last := w.state.Position
	err := w.contacts.Walk(ctx, w.job.Workspace, w.job.Selection, w.state.Position, func(batch []Record, position string) error {
		for _, record := range batch {
			w.note(record)
			if err := lineOf.Encode(record); err != nil {
				return err
			}
		}
		rows, last = rows+len(batch), position
		late := w.timeUp()
		if lines.Len() < w.limits.fragment && !late && !w.due() {
			return nil
		}
		if err := keep(position); err != nil || !late {
			return err
		}
		return errTimeUp
	})
	if err != nil {
		return err
	}
	w.state.Gathered = true
	return keep(last)
}

// note takes in what the columns of the file depend on.
func (w *writing) note(record Record) {
	for key := range record.Contact.Attributes {
		if _, known := w.state.Keys[key]; !known {
			w.state.Keys[key] = struct{}{}
		}
	}
	if w.job.Format == XLSX && len(record.Notes) > 1 {
		w.state.NoteCells = max(w.state.NoteCells, len(noteGroups(record.Notes)))
	}
}
