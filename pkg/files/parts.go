package files

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"github.com/occ/contacts/pkg/exporting"
	"github.com/occ/contacts/pkg/importing"
)

var _ exporting.Objects = (*Store)(nil)

// maxDelete is how many objects one call deletes. https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
const maxDelete = 1000

// BeginUpload implements exporting.Objects.
func (s *Store) BeginUpload(ctx context.Context, key, contentType string) (string, error) {
	out, err := s.client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: &s.exports, Key: &key, ContentType: &contentType})
	if err != nil {
		return "", failed("begin", key, err)
	}
	return aws.ToString(out.UploadId), nil
}

// UploadPart implements exporting.Objects.
func (s *Store) UploadPart(ctx context.Context, key, upload string, number int, body []byte) (string, error) {
	out, err := s.client.UploadPart(ctx, &s3.UploadPartInput{
		Bucket: &s.exports, Key: &key, UploadId: &upload, PartNumber: aws.Int32(int32(number)), Body: bytes.NewReader(body), //nolint:gosec // at most 10,000
	})
	if err != nil {
		return "", failed(fmt.Sprintf("write part %d of", number), key, err)
	}
	return aws.ToString(out.ETag), nil
}

// CompleteUpload implements exporting.Objects. The tags are compared by S3, so that no other run's part slips in.
func (s *Store) CompleteUpload(ctx context.Context, key, upload string, tags []string) error {
	parts := make([]types.CompletedPart, len(tags))
	for i := range tags {
		parts[i] = types.CompletedPart{ETag: &tags[i], PartNumber: aws.Int32(int32(i + 1))}
	}
	_, err := s.client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
		Bucket: &s.exports, Key: &key, UploadId: &upload, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
	})
	if api, ok := errors.AsType[smithy.APIError](err); ok && api.ErrorCode() == "NoSuchUpload" {
		return exporting.ErrNoUpload
	}
	if err != nil {
		return failed("complete", key, err)
	}
	return nil
}

// Size implements exporting.Objects.
func (s *Store) Size(ctx context.Context, key string) (int64, error) {
	object, err := s.Head(ctx, s.exports, key, "")
	if errors.Is(err, importing.ErrNoObject) {
		return 0, exporting.ErrNoObject
	}
	return object.Size, err
}

// DeleteWork implements exporting.Objects; objects that are not there are no error.
func (s *Store) DeleteWork(ctx context.Context, keys []string) error {
	for len(keys) > 0 {
		n := min(len(keys), maxDelete)
		objects := make([]types.ObjectIdentifier, n)
		for i := range objects {
			objects[i].Key = &keys[i]
		}
		out, err := s.client.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: &s.exports, Delete: &types.Delete{Objects: objects, Quiet: aws.Bool(true)}})
		if err != nil {
			return failed(fmt.Sprintf("delete %d objects from", n), keys[0], err)
		}
		if len(out.Errors) > 0 {
			return fmt.Errorf("files: delete %s: %s", aws.ToString(out.Errors[0].Key), aws.ToString(out.Errors[0].Code))
		}
		keys = keys[n:]
	}
	return nil
}
