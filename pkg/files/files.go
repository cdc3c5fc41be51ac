// Package files keeps objects in S3: uploaded files, the bodies of chunks that do not fit a message, reports, and presigned links
// to them. Uploads and what we write ourselves lie in different buckets, so that a report starts no import.
package files

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/occ/contacts/pkg/importing"
	"github.com/occ/contacts/pkg/problem"
)

// partBytes is how much of a streamed object is held at once: 10,000 parts of it, S3's most, make 80 GB.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
const partBytes = 8 << 20

// Store is the objects of the two buckets. It may be used by many goroutines at once.
type Store struct {
	client  *s3.Client
	presign *s3.PresignClient
	uploads string
	exports string
}

var (
	_ importing.FileStore = (*Store)(nil)
	_ importing.Links     = (*Store)(nil)
)

// New makes a Store on the bucket that files are uploaded to and the one that we write to.
func New(client *s3.Client, uploadsBucket, exportsBucket string) *Store {
	return &Store{client, s3.NewPresignClient(client), uploadsBucket, exportsBucket}
}

// Head implements importing.FileStore. Without a bucket it is the uploads bucket, without a version the latest one.
func (s *Store) Head(ctx context.Context, bucket, key, version string) (importing.Object, error) {
	out, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: s.bucket(bucket), Key: &key, VersionId: orNil(version)})
	if err != nil {
		return importing.Object{}, found("head", key, err)
	}
	object := importing.Object{Size: aws.ToInt64(out.ContentLength), Version: aws.ToString(out.VersionId), Metadata: make(map[string]string, len(out.Metadata))}
	for name, value := range out.Metadata {
		object.Metadata[strings.ToLower(name)] = value
	}
	return object, nil
}

// Download implements importing.FileStore. A connection that breaks off is resumed where it broke.
func (s *Store) Download(ctx context.Context, bucket, key, version string, w io.Writer) error {
	const tries = 5
	var read int64
	for try := 1; ; try++ {
		n, err := s.downloadFrom(ctx, read, &s3.GetObjectInput{Bucket: s.bucket(bucket), Key: &key, VersionId: orNil(version)}, w)
		read += n
		if err == nil || errors.Is(err, importing.ErrNoObject) || errors.Is(err, syscall.ENOSPC) || try == tries || ctx.Err() != nil {
			return err
		}
	}
}

func (s *Store) downloadFrom(ctx context.Context, offset int64, input *s3.GetObjectInput, w io.Writer) (int64, error) {
	if offset > 0 {
		input.Range = aws.String(fmt.Sprintf("bytes=%d-", offset))
	}
	out, err := s.client.GetObject(ctx, input)
	if err != nil {
		return 0, found("read", *input.Key, err)
	}
	defer out.Body.Close() //nolint:errcheck // only read
	n, err := io.Copy(w, out.Body)
	if err != nil {
		return n, failed("read", *input.Key, err)
	}
	return n, nil
}

// PutWork implements importing.FileStore.
func (s *Store) PutWork(ctx context.Context, key string, body []byte) error {
	_, err := s.client.PutObject(ctx, &s3.PutObjectInput{Bucket: &s.exports, Key: &key, Body: bytes.NewReader(body)})
	if err != nil {
		return failed("write", key, err)
	}
	return nil
}

// GetWork implements importing.FileStore.
func (s *Store) GetWork(ctx context.Context, key string) ([]byte, error) {
	var body bytes.Buffer
	if err := s.Download(ctx, s.exports, key, "", &body); err != nil {
		return nil, err
	}
	return body.Bytes(), nil
}

// ListWork implements importing.FileStore; S3 lists keys in order.
func (s *Store) ListWork(ctx context.Context, prefix string) ([]string, error) {
	var keys []string
	pages := s3.NewListObjectsV2Paginator(s.client, &s3.ListObjectsV2Input{Bucket: &s.exports, Prefix: &prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, failed("list", prefix, err)
		}
		for _, object := range page.Contents {
			keys = append(keys, aws.ToString(object.Key))
		}
	}
	return keys, nil
}

// WriteWork implements importing.FileStore, holding two parts at once.
func (s *Store) WriteWork(ctx context.Context, key, contentType string, body io.Reader) error {
	manager := transfermanager.New(s.client, func(o *transfermanager.Options) { o.PartSizeBytes, o.Concurrency = partBytes, 1 })
	_, err := manager.UploadObject(ctx, &transfermanager.UploadObjectInput{Bucket: &s.exports, Key: &key, ContentType: &contentType, Body: body})
	if err != nil {
		return failed("write", key, err)
	}
	return nil
}

func (s *Store) bucket(name string) *string {
	if name == "" {
		return &s.uploads
	}
	return &name
}

func orNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// found turns "no such object" into importing.ErrNoObject. A deleted object answers 405 to a request for its marker, and a HEAD has no
// body to say more than 404. https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeleteMarker.html
func found(action, key string, err error) error {
	_, noKey := errors.AsType[*types.NoSuchKey](err)
	_, notFound := errors.AsType[*types.NotFound](err)
	if response, ok := errors.AsType[interface {
		error
		HTTPStatusCode() int
	}](err); ok {
		notFound = notFound || response.HTTPStatusCode() == 404 || response.HTTPStatusCode() == 405
	}
	if noKey || notFound {
		return fmt.Errorf("files: %s %s: %w", action, key, importing.ErrNoObject)
	}
	return failed(action, key, err)
}

// failed says what failed. What passes by itself is problem.Unavailable.
func failed(action, key string, err error) error {
	return fmt.Errorf("files: %s %s: %w", action, key, problem.Busy(err, "The file store is busy. Try again in a moment."))
}
