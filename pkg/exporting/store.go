package exporting

import (
	"context"
	"errors"
	"time"

	"github.com/occ/contacts/pkg/contact"
)

var (
	// ErrExists says that an export of that id is there already: what asked for it came twice.
	ErrExists = errors.New("exporting: the export exists already")
	// ErrStale says that the record was changed since it was read.
	ErrStale = errors.New("exporting: the record was changed meanwhile")
	// ErrNoObject says that there is no such object.
	ErrNoObject = errors.New("exporting: no such object")
	// ErrNoUpload says that there is no such upload in parts: it was completed, or given up.
	ErrNoUpload = errors.New("exporting: no such upload")
)

// Store keeps exports. Package dynamo implements it.
type Store interface {
	contact.Keeper
	// CreateExport stores a new export and enters it among the open ones; ErrExists when its id is taken. once is the idempotency key of
	// a request, or nil; contact.ErrKeyTaken when it is taken.
	CreateExport(ctx context.Context, job Export, once *contact.Once) error
	// Export reads strongly; problem.NotFound when the workspace has none of that id.
	Export(ctx context.Context, ref Ref) (Export, error)
	// UpdateExport writes job if the stored version is job.Version, as version + 1, and takes it out of the open ones when its
	// status is final; ErrStale otherwise. It returns what is now stored.
	UpdateExport(ctx context.Context, job Export) (Export, error)
	// ListExports reads a page of a workspace's exports, newest first; after and next are positions in that order.
	ListExports(ctx context.Context, workspace string, limit int, after string) (jobs []Export, next string, err error)
	// CountOpenExports counts the exports of a workspace that have not ended; a count of most or more says no more
	// than that.
	CountOpenExports(ctx context.Context, workspace string, most int) (int, error)
	// OpenExports names every export that is not finished, of all workspaces.
	OpenExports(ctx context.Context) ([]Ref, error)
}

// Contacts reads the contacts that are exported. Package dynamo implements it.
type Contacts interface {
	// Walk visits the selected contacts, each once but those that are given again (Record.Again), beginning after a
	// position (empty: the beginning). visit gets some, or none, and the position after them, from which a walk can
	// go on, or an empty one when there is none between these and the next; the slice holds until it returns. The
	// walk ends with its error.
	Walk(ctx context.Context, workspace string, selection Selection, after string, visit func(batch []Record, position string) error) error
}

// Objects keeps files in the exports bucket. Package files implements it.
type Objects interface {
	PutWork(ctx context.Context, key string, body []byte) error
	// GetWork reads an object; ErrNoObject, or importing's, when there is none.
	GetWork(ctx context.Context, key string) ([]byte, error)
	ListWork(ctx context.Context, prefix string) ([]string, error)
	DeleteWork(ctx context.Context, keys []string) error

	// BeginUpload begins an object that comes in parts. Nothing of it can be seen before CompleteUpload.
	BeginUpload(ctx context.Context, key, contentType string) (upload string, err error)
	// UploadPart puts a part, from 1, and returns its tag. Parts but the last have at least MinPart bytes.
	UploadPart(ctx context.Context, key, upload string, number int, body []byte) (tag string, err error)
	// CompleteUpload makes the object of its parts; ErrNoUpload when that was done before.
	CompleteUpload(ctx context.Context, key, upload string, tags []string) error
	// Size is the size of an object in bytes; ErrNoObject when there is none.
	Size(ctx context.Context, key string) (int64, error)
}

// MinPart is the least that a part of an upload may have, unless it is the last.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
const MinPart = 5 << 20

// Links makes presigned links. Package files implements it.
type Links interface {
	// PresignDownload makes a link to an object of the exports bucket, saved under a name.
	PresignDownload(ctx context.Context, key, fileName string, life time.Duration) (string, error)
}

// Starter has an export run, in another invocation. Package invoke implements it.
type Starter interface {
	StartExport(ctx context.Context, ref Ref) error
}
