package dynamo

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/importing"
)

// finishedImport is an import that can be undone.
type finishedImport struct {
	ref  importing.Ref
	made []string // contacts
}

// importRows imports a few rows as import-write does, whose messages come again while they fail.
func (h *life) importRows() {
	h.made++
	ref := importing.Ref{Workspace: ws, ID: fmt.Sprint("import-", h.name, "-", h.made)}
	rows := h.rows()
	mode := []importing.OnDuplicate{importing.UpdateKnown, importing.UpdateKnown, importing.SkipKnown}[h.dice.IntN(3)]
	at := h.files.at
	job := importing.Import{
		Workspace:   ws,
		ID:          ref.ID,
		Status:      importing.Processing,
		Source:      importing.FromBucket,
		Format:      "csv",
		OnDuplicate: mode,
		Columns:     []string{"name"},
		CreatedBy:   "bucket",
		CreatedAt:   at,
		StartedAt:   at,
		ProgressAt:  at,
		Totals:      importing.Totals{Rows: len(rows)},
	}
	if err := h.s.CreateImport(ctx, job, nil); !h.must(err) {
		return
	}
	for _, row := range rows {
		h.say(
			"%s row %d: %q %q %s labels %q notes %q ids %d",
			ref.ID,
			row.Number,
			row.Name,
			row.Email,
			row.Phone,
			row.Labels,
			row.Notes,
			len(row.Identities),
		)
	}
	body, _ := json.Marshal(
		importing.Chunk{Schema: 1, Workspace: ws, Import: ref.ID, OnDuplicate: mode, CreatedAt: at, Rows: rows},
	)
	h.must(h.writeChunk(body))
	job, err := h.s.Import(ctx, ref)
	h.say("%s %s: %+v %v", ref.ID, job.Status, job.Totals, err)
	report := string(h.files.work[importing.ReportKey(ref)])
	if job.Status != importing.Completed || strings.Contains(report, "internal_error") {
		h.t.Errorf("life %s: %s ended as %s: %+v\n%s", h.name, ref.ID, job.Status, job.Totals, report)
		return
	}
	done := finishedImport{ref: ref}
	for _, row := range rows {
		if id := importing.ContactID(ref.ID, row.Number); h.isKnown(id) {
			done.made = append(done.made, id)
			h.keep(id, "imported")
		}
	}
	if len(done.made) != job.Totals.Created {
		h.t.Errorf(
			"life %s: %s made %d contacts, and %d of them are known",
			h.name,
			ref.ID,
			job.Totals.Created,
			len(done.made),
		)
	}
	h.imports = append(h.imports, done)
}

func (h *life) rows() []importing.Row {
	var rows []importing.Row
	taken := map[string]bool{}
	for n := range 1 + h.dice.IntN(4) {
		row := importing.Row{
			Number:  n + 2,
			Name:    fmt.Sprint("Imported Row ", h.dice.IntN(9)),
			Cells:   []string{"x"},
			Email:   maybe(h, 2, h.email),
			Labels:  maybe(h, 3, func() []string { return []string{h.label()} }),
			Company: maybe(h, 3, func() string { return "Acme" }),
			Notes:   maybe(h, 3, func() []string { return []string{fmt.Sprint("imported ", h.dice.IntN(3))} }),
			Identities: maybe(h, 3, func() []contact.Identity {
				return []contact.Identity{{Channel: contact.WhatsApp, AccountID: "line-1", ExternalID: h.userID()}}
			}),
		}
		if row.Email == "" || h.chance(2) {
			row.Phone = "+" + h.number()
		}
		names := []string{row.Email, row.Phone}
		for _, i := range row.Identities {
			names = append(names, i.ExternalID)
		}
		names = slices.DeleteFunc(names, func(name string) bool { return name == "" })
		if slices.ContainsFunc(names, func(name string) bool { return taken[name] }) {
			continue // the parser judges rows of one file that name the same
		}
		for _, name := range names {
			taken[name] = true
		}
		rows = append(rows, row)
	}
	return rows
}

// writeChunk delivers a message of import-write until it is done; after three times from the dead letters.
func (h *life) writeChunk(body []byte) error {
	_, writer := h.files.on(nil)
	for delivery := 1; ; delivery++ {
		_, err := writer.Handle(ctx, importing.Delivery{Body: body, Receives: delivery, Dead: delivery > 3})
		if err == nil || delivery == maxDeliveries || h.alone {
			return err
		}
		h.say("  delivery %d: %.200v", delivery, err)
	}
}

func (h *life) undoImport() {
	if len(h.imports) == 0 {
		return
	}
	n := h.dice.IntN(len(h.imports))
	undone := h.imports[n]
	h.imports = slices.Delete(h.imports, n, n+1)
	h.kept.Lock()
	for _, id := range undone.made { // those that were edited since stay, and nobody promised it
		delete(h.kept.contacts, id)
	}
	h.kept.Unlock()
	h.undone = undone.ref.ID
	for _, message := range h.files.begun(undone.ref) {
		h.must(h.writeChunk(message))
	}
	job, err := h.s.Import(ctx, undone.ref)
	h.say("undo %s: %+v %v", undone.ref.ID, job.Undo, err)
	if job.Status != importing.Undone {
		h.t.Errorf("life %s: the undo of %s ended as %s", h.name, undone.ref.ID, job.Status)
	}
}

func (h *life) importOne(row importing.Row) error {
	ref := importing.Ref{Workspace: ws, ID: fmt.Sprint("duel-", h.name, "-", h.made)}
	at := h.clock.now().Truncate(time.Millisecond)
	job := importing.Import{
		Workspace:   ws,
		ID:          ref.ID,
		Status:      importing.Processing,
		Source:      importing.FromBucket,
		Format:      "csv",
		OnDuplicate: importing.UpdateKnown,
		Columns: []string{
			"name",
		},
		CreatedBy:  "bucket",
		CreatedAt:  at,
		StartedAt:  at,
		ProgressAt: at,
		Totals:     importing.Totals{Rows: 1},
	}
	if err := h.s.CreateImport(ctx, job, nil); err != nil {
		return err
	}
	body, err := json.Marshal(
		importing.Chunk{
			Schema:      1,
			Workspace:   ws,
			Import:      ref.ID,
			OnDuplicate: importing.UpdateKnown,
			CreatedAt:   at,
			Rows:        []importing.Row{row},
		},
	)
	if err != nil {
		return err
	}
	return h.writeChunk(body)
}
