package importing

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/problem"
	"github.com/occ/contacts/pkg/sheet/cell"
)

// ErrExists says that an import of that id is there already: the event that started it came twice.
var ErrExists = errors.New("importing: the import exists already")

// ErrStale says that the record was changed since it was read: read again and decide again.
var ErrStale = errors.New("importing: the record was changed meanwhile")

// Ref names an import.
type Ref struct {
	Workspace string
	ID        string
}

// ImportStore keeps imports. Package dynamo implements it.
type ImportStore interface {
	// CreateImport stores a new import and enters it among the open ones; ErrExists when its id is taken. once is the idempotency key
	// of a request, or nil; contact.ErrKeyTaken when it is taken.
	CreateImport(ctx context.Context, job Import, once *contact.Once) error
	// Import reads strongly; problem.NotFound when the workspace has none of that id.
	Import(ctx context.Context, ref Ref) (Import, error)
	// UpdateImport writes job if the stored version is job.Version, as version + 1, and takes it out of the open ones when its
	// status is final, or enters it again for an undo; ErrStale otherwise. It returns what is now stored.
	UpdateImport(ctx context.Context, job Import) (Import, error)
	// Counted sums what the closed chunks have counted (Rows is not among it).
	Counted(ctx context.Context, ref Ref) (Totals, error)
	// UndoCounted sums what the chunks have counted that were undone.
	UndoCounted(ctx context.Context, ref Ref) (UndoTotals, error)
	// OpenImports names every import that is not finished, of all workspaces.
	OpenImports(ctx context.Context) ([]Ref, error)
}

// ChunkRef names a chunk.
type ChunkRef struct {
	Ref
	Number int // from 0
	Rows   int // how many it has
}

// Write is what is to be done about one row of a chunk. Exactly one of Create and Update is set for rows that change
// something; neither for Unchanged, Skipped and Rejected ones, and for none of a dry run.
type Write struct {
	Index   int // of the row in its chunk
	Row     int // its number in the file
	Outcome Outcome
	Verdict *Verdict // why, for Skipped and Rejected
	Create  *contact.Contact
	Update  *Update
	Notes   []contact.Note // written with the contact
}

// Update is a change of a known contact. Before is kept as the before-image, for undo.
type Update struct {
	Before   contact.Contact
	After    contact.Contact
	Activity contact.Activity
}

// Keys are what rows name contacts by.
type Keys struct {
	IDs        []string // of contacts
	Identities []contact.IdentityKey
	Emails     []string // canonical (contact.EmailKey)
	Phones     []string // E.164
}

// Matches are the contacts that keys name, each read strongly.
type Matches struct {
	ByIdentity map[contact.IdentityKey]string // identity -> contact id
	ByEmail    map[string]string              // canonical e-mail (contact.EmailKey) -> contact id
	ByPhone    map[string]string              // E.164 -> contact id
	ByID       map[string]contact.Contact     // those found by the others, and those asked by id that there are
}

// ChunkStore keeps the records of chunks and writes their rows. Package dynamo implements it.
type ChunkStore interface {
	UndoStore
	// Chunk reads a chunk's record strongly; the zero state when nothing was recorded.
	Chunk(ctx context.Context, ref ChunkRef) (ChunkState, error)
	// ClosedChunks says which of the first n chunks of an import are closed.
	ClosedChunks(ctx context.Context, ref Ref, n int) (map[int]bool, error)
	// Match looks keys up together, strongly.
	Match(ctx context.Context, workspace string, asked Keys) (Matches, error)
	// NoteTexts reads the texts of a contact's notes, and how many notes have each.
	NoteTexts(ctx context.Context, workspace, contactID string) (map[string]int, error)
	// Commit does the writes in as few transactions as their size allows, each with its rows' outcomes in the chunk's record. Writes that
	// touch the same contact or claim go to different transactions, in order. It returns the record as it then is, and
	// the indexes of the rows whose conditions failed (somebody else changed the contact or took the claim): those are to be
	// decided again. ErrStale when another delivery of the chunk is at work.
	Commit(ctx context.Context, ref ChunkRef, state ChunkState, writes []Write) (ChunkState, []int, error)
	// FinishNotes writes the notes that the record says are left, in as many transactions as they need, each with the
	// record; notes are all of their row. Those of a contact that was deleted meanwhile are dropped. ErrStale when
	// another delivery of the chunk is at work.
	FinishNotes(ctx context.Context, ref ChunkRef, state ChunkState, notes []contact.Note) (ChunkState, error)
	// MarkTrying records that the row of that index is now written alone.
	MarkTrying(ctx context.Context, ref ChunkRef, state ChunkState, index int) (ChunkState, error)
	// Close counts tally into the import's totals, once: a second Close changes nothing.
	Close(ctx context.Context, ref ChunkRef, state ChunkState, tally Totals) error
}

// FileStore keeps uploaded files, chunk bodies and reports. Package files implements it on S3.
type FileStore interface {
	// Download copies one version of an uploaded object to w; ErrNoObject when it is gone.
	Download(ctx context.Context, bucket, key, version string, w io.Writer) error
	// Head returns the size and user metadata of an object version; ErrNoObject when it is gone.
	Head(ctx context.Context, bucket, key, version string) (Object, error)
	// PutWork and GetWork keep chunk bodies and report fragments, in the exports bucket.
	PutWork(ctx context.Context, key string, body []byte) error
	GetWork(ctx context.Context, key string) ([]byte, error)
	// ListWork names the keys below a prefix, sorted.
	ListWork(ctx context.Context, prefix string) ([]string, error)
	// WriteWork streams an object of unknown length.
	WriteWork(ctx context.Context, key, contentType string, body io.Reader) error
}

// ErrNoObject says that there is no such object or version.
var ErrNoObject = errors.New("importing: no such object")

// Object is what is known of an uploaded object without reading it.
type Object struct {
	Size     int64 // bytes
	Version  string
	Metadata map[string]string // user metadata, lower-case keys
}

// ChunkQueue carries chunks to import-write. Package queue implements it on SQS.
type ChunkQueue interface {
	// Send sends messages, at least once each; an error says that some may not have been sent.
	Send(ctx context.Context, messages [][]byte) error
}

// FailedCall is a call of import-parse that failed for good, as it lies in the failure destination.
type FailedCall struct {
	Body    []byte
	Receipt string // to delete it by
}

// FailedCalls is the failure destination of import-parse's asynchronous calls. Package queue implements it on SQS.
type FailedCalls interface {
	// Receive returns some that wait, none when none do. They come again later unless they are deleted.
	Receive(ctx context.Context) ([]FailedCall, error)
	Delete(ctx context.Context, receipt string) error
	// Release lets one come again soon.
	Release(ctx context.Context, receipt string) error
}

// Links makes presigned links. Package files implements it on S3.
type Links interface {
	// PresignUpload makes a link that takes a body of exactly size bytes, until the time given.
	PresignUpload(ctx context.Context, key string, size int64, until time.Time) (UploadLink, error)
	// PresignDownload makes a link to an object of the exports bucket, saved under a name.
	PresignDownload(ctx context.Context, key, fileName string, life time.Duration) (string, error)
}

// UploadLink is how a client uploads its file.
type UploadLink struct {
	Method    string
	URL       string
	Headers   map[string]string // that the client has to send
	ExpiresAt time.Time
}

// Records reads the records of a file, the header first. Package sheet implements it. Records that are an io.Closer too are
// closed when no more of them are read.
type Records interface {
	// Next reads a record; false at the end, or when reading failed (Err).
	Next() bool
	// Number is the record's number, the header being 1. Records of only empty cells count.
	Number() int
	// Cells are the record's; the slice holds until the next call of Next.
	Cells() []string
	// Kinds are those of the cells, in formats that have types; nil of a format whose cells are all text as a spreadsheet holds it. The
	// slice holds until the next call of Next.
	Kinds() []cell.Kind
	// Fault is why the record cannot be used, with the code of a row; nil when it can.
	Fault() *problem.Error
	Err() error
}

// Format is how files of one format are read.
type Format struct {
	// Check reads a file whole before it is opened; a problem.Error with the code of a file when it cannot be read. Nil when
	// opening and reading say all of that.
	Check func(file io.Reader) error
	// Open reads the records of a file that passed Check. What it returns, and Err of the records, may be such a problem too.
	Open func(file File) (Records, error)
}

// File is a file on temporary disk.
type File struct {
	io.ReaderAt
	Size        int64 // bytes
	MaxInflated int64 // bytes that a compressed file may become: the contract's multiple of its byte limit
}
