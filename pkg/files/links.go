package files

import (
	"context"
	"fmt"
	"mime"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/occ/contacts/pkg/importing"
)

// PresignUpload implements importing.Links. The size is signed, so that the bucket itself refuses another one. Headers are only those that
// a client would not send by itself.
func (s *Store) PresignUpload(ctx context.Context, key string, size int64, until time.Time) (importing.UploadLink, error) {
	signed, err := s.presign.PresignPutObject(ctx, &s3.PutObjectInput{Bucket: &s.uploads, Key: &key, ContentLength: &size}, s3.WithPresignExpires(time.Until(until)))
	if err != nil {
		return importing.UploadLink{}, fmt.Errorf("files: sign an upload: %w", err)
	}
	return importing.UploadLink{Method: signed.Method, URL: signed.URL, Headers: map[string]string{}, ExpiresAt: until}, nil
}

// PresignDownload implements importing.Links.
func (s *Store) PresignDownload(ctx context.Context, key, fileName string, life time.Duration) (string, error) {
	disposition := mime.FormatMediaType("attachment", map[string]string{"filename": fileName})
	signed, err := s.presign.PresignGetObject(ctx, &s3.GetObjectInput{Bucket: &s.exports, Key: &key, ResponseContentDisposition: &disposition}, s3.WithPresignExpires(life))
	if err != nil {
		return "", fmt.Errorf("files: sign a download: %w", err)
	}
	return signed.URL, nil
}
