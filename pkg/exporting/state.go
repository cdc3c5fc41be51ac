package exporting

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// state is how far an export is. It is kept in an object of its own, which the export's record names: a run writes what
// it did under fresh names, then the state under another, and then moves the record, on the condition that no other
// run did.
type state struct {
	Position     string              `json:"position"` // of the walk
	Fragments    []fragment          `json:"fragments"`
	Keys         map[string]struct{} `json:"keys"`         // of custom attributes that have a column
	OtherCells   int                 `json:"otherCells"`   // that the other attributes of a contact take at most
	Again        map[string]int      `json:"again"`        // by id: how often a contact was given again; only the last one counts
	NoteCells    int                 `json:"noteCells"`    // that a contact's notes take at most
	Gathered     bool                `json:"gathered"`     // all fragments are there
	Upload       string              `json:"upload"`       // of the object; empty before it is begun
	Parts        []string            `json:"parts"`        // their tags
	Rendered     int                 `json:"rendered"`     // fragments that are in parts whole
	RenderedRows int                 `json:"renderedRows"` // of the next fragment, rows that are in parts
	Bytes        int64               `json:"bytes"`        // of all parts
	Encoder      json.RawMessage     `json:"encoder"`      // its state
	Whole        bool                `json:"whole"`        // all of the file is in parts
}

// fragment is some records, one a line, in an object.
type fragment struct {
	Key  string `json:"key"`
	Rows int    `json:"rows"`
}

// workPrefix begins the keys of an export's work objects.
func workPrefix(ref Ref) string { return ref.Workspace + "/export-work/" + ref.ID + "/" }

// workKey is a fresh key.
func workKey(ref Ref, kind string) string { return workPrefix(ref) + uuid.NewString() + "." + kind }

// load reads the state that the export's record names.
func (w *writing) load(ctx context.Context) error {
	w.saved = time.Now()
	w.state.Keys, w.state.Again = map[string]struct{}{}, map[string]int{}
	if w.job.Checkpoint == "" {
		return nil
	}
	body, err := w.objects.GetWork(ctx, w.job.Checkpoint)
	if err != nil {
		return fmt.Errorf("exporting: read the checkpoint: %w", err)
	}
	if err := json.Unmarshal(body, &w.state); err != nil {
		return fmt.Errorf("exporting: read the checkpoint: %w", err)
	}
	return nil
}

// save makes a checkpoint; ErrStale when another run made one.
func (w *writing) save(ctx context.Context) error {
	body, err := json.Marshal(w.state)
	if err != nil {
		return fmt.Errorf("exporting: write a checkpoint: %w", err)
	}
	job := w.job
	job.Checkpoint = workKey(job.Ref(), "json")
	if err := w.objects.PutWork(ctx, job.Checkpoint, body); err != nil {
		return err
	}
	job.Attempts, job.ProgressAt = 0, w.instant()
	if w.job, err = w.store.UpdateExport(ctx, job); err != nil {
		return err
	}
	w.saved = time.Now()
	return nil
}
