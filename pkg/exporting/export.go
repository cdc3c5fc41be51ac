// Package exporting is the domain of exports: which contacts and columns one holds, how its file is written piece by piece, so that
// another invocation can go on where one ended or died, and the schedules that start exports by themselves.
package exporting

import (
	"time"

	"github.com/occ/contacts/pkg/contact"
)

// Status is a state of an export (pkg/httpapi/README.md, "Exports").
type Status string

// The states of an export.
const (
	Queued    Status = "queued"
	Running   Status = "running"
	Completed Status = "completed"
	Failed    Status = "failed"
)

// Open says that the export still has work to come, so that the sweep looks after it.
func (s Status) Open() bool { return s == Queued || s == Running }

// Source says who asked for an export.
type Source string

// The sources of an export.
const (
	FromAPI      Source = "api"
	FromSchedule Source = "schedule"
)

// Format is a format of files.
type Format string

// The formats of an export.
const (
	CSV  Format = "csv"
	XLSX Format = "xlsx"
	JSON Format = "json"
)

// Formats are all of them.
var Formats = []Format{CSV, XLSX, JSON}

// Ref names an export, or a schedule.
type Ref struct {
	Workspace string
	ID        string
}

// Selection says which contacts an export holds, and what of them. The texts are as they were asked for: a schedule shows them again.
type Selection struct {
	Q       string `json:"q,omitempty"`
	Channel string `json:"channel,omitempty"`
	Label   string `json:"label,omitempty"`
	Company string `json:"company,omitempty"`
	After   string `json:"createdAfter,omitempty"`
	Before  string `json:"createdBefore,omitempty"`

	Fields []string `json:"fields,omitempty"` // columns; empty: all

	// What the texts mean.
	Search *contact.Search `json:"search,omitempty"`
	Filter contact.Filter  `json:"filter,omitzero"`
}

// All says that every contact is selected.
func (s Selection) All() bool { return s.Search == nil && s.Filter == contact.Filter{} }

// Export is one export job.
type Export struct {
	Workspace string
	ID        string
	Status    Status
	Source    Source
	Schedule  string // id of the schedule that asked for it; empty for others, and for the nightly backup
	Format    Format
	Selection Selection

	Rows  int    // contacts written so far
	Bytes int64  // of the finished object
	Key   string // of the object, in the exports bucket
	Error *Fault

	CreatedBy  string // the token's subject; "schedule"
	CreatedAt  time.Time
	StartedAt  time.Time
	FinishedAt time.Time

	// How far it is.
	Checkpoint string    // key of the work object that another run goes on from; empty: from the beginning
	Attempts   int       // runs begun since the last progress
	ProgressAt time.Time // when a run began or wrote its last checkpoint; zero when the run left the rest to the next
	Version    int       // +1 with every write: every write is conditional on the one read
}

// Fault is why an export failed.
type Fault struct {
	Code   string
	Detail string
}

// forgetSearch drops what was searched for, often somebody's e-mail or phone: an export that has ended needs it no
// more, and nothing else would remove it when that person is deleted.
func (e *Export) forgetSearch() { e.Selection.Q, e.Selection.Search = "", nil }

// Ref names the export.
func (e Export) Ref() Ref { return Ref{e.Workspace, e.ID} }

// Record is a contact as it is exported. Notes are its texts, oldest first.
type Record struct {
	Contact contact.Contact `json:"c"`
	Notes   []string        `json:"n,omitempty"`
	// Again is not 0 for a contact that is given once more, as another one was joined into it meanwhile: it replaces
	// what was given before.
	Again int `json:"again,omitempty"`
}
