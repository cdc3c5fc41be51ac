// Package importing is the domain of imports: the job and its states, how a file's columns and rows become contacts, and
// how chunks of rows are written exactly once although everything that calls us is at least once.
package importing

import (
	"fmt"
	"time"

	"github.com/occ/contacts/pkg/contact"
)

// Status is a state of an import.
type Status string

// The states of pkg/httpapi/README.md, "States of an import". Finalizing is ours: all rows are counted and the report
// is being put together; it is shown as processing.
const (
	AwaitingUpload  Status = "awaiting_upload"
	Parsing         Status = "parsing"
	AwaitingMapping Status = "awaiting_mapping"
	Processing      Status = "processing"
	Finalizing      Status = "finalizing"
	Completed       Status = "completed"
	Failed          Status = "failed"
	Cancelled       Status = "cancelled"
	Undoing         Status = "undoing"
	Undone          Status = "undone"
)

// Open says that the import still has work to come, so that the sweep looks after it.
func (s Status) Open() bool {
	switch s {
	case Completed, Failed, Cancelled, Undone:
		return false
	default:
		return true
	}
}

// Shown is the state as the contract names it.
func (s Status) Shown() Status {
	if s == Finalizing {
		return Processing
	}
	return s
}

// Source says how the file came.
type Source string

// The sources of an import.
const (
	FromAPI    Source = "api"
	FromBucket Source = "bucket"
)

// OnDuplicate says what happens to a row whose id, identity, e-mail or phone a contact of the workspace already has.
type OnDuplicate string

// The ways to treat a known contact.
const (
	UpdateKnown OnDuplicate = "update"
	SkipKnown   OnDuplicate = "skip"
	RejectKnown OnDuplicate = "reject"
)

// Totals counts rows. At the end Created + Updated + Skipped + Failed = Rows = Processed.
type Totals struct {
	Rows      int // rows of the file, known once it was read whole
	Processed int
	Created   int
	Updated   int
	Skipped   int
	Failed    int
}

// Import is one import job.
type Import struct {
	Workspace     string
	ID            string
	Status        Status
	Source        Source
	FileName      string
	Format        string // "csv", "json"
	Size          int64  // bytes; as declared, then as stored
	OnDuplicate   OnDuplicate
	DryRun        bool // judged but not written
	DefaultRegion string
	Labels        []string // for every created and updated contact

	Bucket, Key, ObjectVersion string // the S3 object; ObjectVersion is empty until the upload came

	Totals     Totals            // Rows while processing; all of it once finished
	Columns    []string          // the header as the file has it
	Mapping    map[string]string // column -> field; unmapped columns are absent. While a mapping is awaited, what is suggested
	Given      map[string]string // column -> field as somebody mapped it, empty for a column that is not used
	Guessed    map[string]string // column -> email or phone, where the values say so and the header nothing
	SampleRows [][]string        // while a mapping is awaited
	Error      *FileError        // why the whole file failed
	HasReport  bool
	Cancelling bool // somebody cancelled it while processing: the rows not yet written are being counted as skipped

	CreatedBy  string // the token's subject; "bucket" for dropped files
	CreatedAt  time.Time
	StartedAt  time.Time
	FinishedAt time.Time
	ExpiresAt  time.Time // of the upload link, while awaiting_upload: the link's 1 h; the import waits 24 h

	UndoChunks int        // how many chunks wrote something that an undo looks at; known once its first run began
	Undo       UndoTotals // as last seen while undoing; all of it once undone

	// What the sweep goes by.
	Attempts   int       // parses begun since the last progress
	ProgressAt time.Time // when a parse began, the file was read, or the totals were last seen to move; zero: an undo that no run began yet
	Version    int       // +1 with every write: every write is conditional on the one read
}

// FileError is why a file could not be imported at all.
type FileError struct {
	Code   Code
	Detail string // what is wrong and what to do, with the place in the file
}

// Error implements error.
func (e *FileError) Error() string { return string(e.Code) + ": " + e.Detail }

// Code is the code of a failed file or of a failed row; the words are the contract's.
type Code string

// Codes of a file that could not be read at all.
const (
	NotUTF8           Code = "not_utf8"
	FileTooLarge      Code = "file_too_large"
	TooManyRows       Code = "too_many_rows"
	UnsupportedFormat Code = "unsupported_format"
	CorruptFile       Code = "corrupt_file"
	NoHeader          Code = "no_header"
	MissingColumns    Code = "missing_columns"
	TooManyColumns    Code = "too_many_columns"
	EmptyFile         Code = "empty_file"
	InvalidOptions    Code = "invalid_options"
	InternalError     Code = "internal_error"
)

// Codes of a row.
const (
	MissingName         Code = "missing_name"
	MissingEmailOrPhone Code = "missing_email_or_phone"
	InvalidEmail        Code = "invalid_email"
	InvalidPhone        Code = "invalid_phone"
	DuplicateInFile     Code = "duplicate_in_file"
	DuplicateContact    Code = "duplicate_contact"
	ValueTooLong        Code = "value_too_long"
	InvalidValue        Code = "invalid_value"
	MalformedRow        Code = "malformed_row"
	RowCancelled        Code = "cancelled"
	EditedSince         Code = "edited_since" // of an undo
)

// Outcome is what became of a row; one character each in a chunk's record.
type Outcome byte

// The outcomes. Pending rows are still to be written.
const (
	Pending   Outcome = '.'
	Created   Outcome = 'c'
	Updated   Outcome = 'u'
	Unchanged Outcome = 'n' // known and nothing new in the row: counts as updated
	Skipped   Outcome = 's'
	Rejected  Outcome = 'f'
)

// MarshalText writes the outcome as its character, in messages and records.
func (o Outcome) MarshalText() ([]byte, error) { return []byte{byte(o)}, nil }

// UnmarshalText reads what MarshalText wrote.
func (o *Outcome) UnmarshalText(text []byte) error {
	if len(text) != 1 {
		return fmt.Errorf("importing: outcome %q", text)
	}
	*o = Outcome(text[0])
	return nil
}

// Verdict is why a row was not written.
type Verdict struct {
	Outcome Outcome `json:"outcome"` // Skipped or Rejected
	Code    Code    `json:"code"`
	Message string  `json:"message"`
}

// Chunk is the message from import-parse to import-write: up to 100 consecutive rows and 200 KB. Its content follows from the file
// and the import alone, so that sending it again is harmless.
type Chunk struct {
	Schema      int         `json:"schema"` // 1; readers accept the version before
	Workspace   string      `json:"workspace"`
	Import      string      `json:"import"`
	Number      int         `json:"number"` // from 0
	OnDuplicate OnDuplicate `json:"onDuplicate"`
	DryRun      bool        `json:"dryRun,omitempty"`    // nothing of the rows is written
	OwnExport   bool        `json:"ownExport,omitempty"` // limits of requests are none of its rows'
	Labels      []string    `json:"labels,omitempty"`
	CreatedAt   time.Time   `json:"createdAt"`      // the import's: of contacts whose row has none
	Undo        bool        `json:"undo,omitempty"` // what its rows did is to be taken back; they carry number and cells alone, or are absent
	Rows        []Row       `json:"rows,omitempty"`
	BodyKey     string      `json:"bodyKey,omitempty"` // S3 key in the exports bucket of a Chunk whose rows do not fit a message
}

// Row is one data row, normalised and judged by the parser. A row with a Verdict is only accounted for and reported.
type Row struct {
	Number     int                `json:"row"`          // record number in the file, the header being 1
	ID         string             `json:"id,omitempty"` // what the file says that the contact's is
	Name       string             `json:"name,omitempty"`
	Email      string             `json:"email,omitempty"`
	Phone      string             `json:"phone,omitempty"` // E.164
	Identities []contact.Identity `json:"identities,omitempty"`
	Company    string             `json:"company,omitempty"`
	Channel    contact.Channel    `json:"channel,omitempty"`
	CreatedAt  *time.Time         `json:"createdAt,omitempty"`
	Labels     []string           `json:"labels,omitempty"`
	Notes      []string           `json:"notes,omitempty"`
	Attributes map[string]any     `json:"attributes,omitempty"`
	Cells      []string           `json:"cells"` // the original columns, for the report
	Verdict    *Verdict           `json:"verdict,omitempty"`
	Doubt      *Verdict           `json:"doubt,omitempty"` // counts unless the row's contact has as much already
}

// ChunkState is a chunk's record: what was already done about it.
type ChunkState struct {
	Version  int    // 0: nothing recorded yet
	Outcomes string // one Outcome a row; empty while nothing was recorded
	Closed   bool   // counted in the import's totals
	Trying   int    // row index + 1 being written alone on a careful delivery; 0: none
	Tries    int    // how often that row was begun alone
	// Verdicts of rows decided by the writer, by row index: what the report says of them.
	Verdicts map[int]Verdict
	// NotesLeft are notes of a row that found no room in its transaction. They are to be written before any other row.
	NotesLeft NotesLeft
}

// Mark is the state in which the row of that index is begun alone, once more if it was before; noRow takes a mark back.
func (s ChunkState) Mark(index int) ChunkState {
	switch index + 1 {
	case 0:
		s.Tries = 0
	case s.Trying:
		s.Tries++
	default:
		s.Tries = 1
	}
	s.Trying = index + 1
	return s
}
