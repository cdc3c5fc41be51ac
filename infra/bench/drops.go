package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/occ/contacts/infra/local/stack"
)

const (
	dropRows      = 1_000_000
	dropChunkRows = 100 // of a chunk of such rows
	dropMost      = 256 // MB resident
)

// drop is a large file for the bucket.
type drop struct {
	format  string
	columns int
	write   writePeople
}

// largeDrops come by what they take, because a process keeps some of its memory from one to the next.
var largeDrops = []drop{{"xlsx", fewColumns, peopleXLSX}, {"csv", allColumns, peopleCSV}}

// drops measures how long import-parse takes with the largest files that the bucket takes, until every chunk is sent, and what it holds
// meanwhile. Nobody writes the chunks: import-write no longer gets any, so this comes last.
func (b *bench) drops(ctx context.Context) error {
	if err := b.setDelivery(ctx, "import-write", false); err != nil {
		return err
	}
	for _, d := range largeDrops {
		if err := b.dropOnce(ctx, d); err != nil {
			return fmt.Errorf("%s: %w", d.format, err)
		}
	}
	return nil
}

func (b *bench) dropOnce(ctx context.Context, d drop) error {
	path, err := peopleFile(b.home, d.format, d.write, d.columns, dropRows)
	if err != nil {
		return err
	}
	defer os.Remove(path) //nolint:errcheck // temporary
	watched, stop := context.WithCancel(ctx)
	defer stop()
	peak := make(chan float64, 1)
	go func() { peak <- b.watchPeak(watched, "contacts-import-parse") }()
	workspace := "drop" + d.format
	size, err := b.upload(ctx, path, workspace+"/drop/people."+d.format)
	if err != nil {
		return err
	}
	took, err := b.allSent(ctx, workspace)
	if err != nil {
		return err
	}
	stop()
	figure := b.atMost("import-parse of a large "+d.format, <-peak, dropMost, "MB resident")
	fmt.Printf("import-parse of %d rows of %d columns as %s (%.0f MB), begun to the last chunk sent: %.1f s, %.0f rows/s, %s\n",
		dropRows, d.columns, d.format, float64(size)/1e6, took.Seconds(), dropRows/took.Seconds(), figure)
	return nil
}

// upload puts a file into the uploads bucket and returns its size.
func (b *bench) upload(ctx context.Context, path, key string) (int64, error) {
	file, err := os.Open(path) //nolint:gosec // our own
	if err != nil {
		return 0, err
	}
	defer file.Close() //nolint:errcheck // only read
	info, err := file.Stat()
	if err != nil {
		return 0, err
	}
	client := s3.NewFromConfig(stack.Config(b.local.EmulatorURL), func(o *s3.Options) { o.UsePathStyle = true })
	_, err = client.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String(b.local.Outputs["UploadsBucket"]), Key: &key, Body: file})
	return info.Size(), err
}

// allSent waits until the chunks of a workspace's import lie in their queue, throws them away, and returns how long they took since the
// import began.
func (b *bench) allSent(ctx context.Context, workspace string) (time.Duration, error) {
	token, err := b.local.Token(ctx, workspace, "admin", "")
	if err != nil {
		return 0, err
	}
	queues := sqs.NewFromConfig(stack.Config(b.local.EmulatorURL))
	queue, err := queues.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String(stack.Name + "-import-write-queue")})
	if err != nil {
		return 0, err
	}
	for began := time.Now(); time.Since(began) < 5*time.Minute; time.Sleep(200 * time.Millisecond) {
		waiting, _, err := stack.InQueue(ctx, queues, queue.QueueUrl)
		if err != nil {
			return 0, err
		}
		ended := time.Now()
		job, err := latestImport(ctx, b.local.APIURL, token)
		if err != nil {
			return 0, err
		}
		if job.Status == "failed" {
			return 0, fmt.Errorf("the import ended as %+v", job)
		}
		if waiting >= dropRows/dropChunkRows {
			_, err := queues.PurgeQueue(ctx, &sqs.PurgeQueueInput{QueueUrl: queue.QueueUrl})
			return ended.Sub(job.StartedAt), err
		}
	}
	return 0, errors.New("not all chunks are sent after 5 minutes")
}
