package importing

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/occ/contacts/pkg/plainjson"
)

// Limits of what is sent.
const (
	chunkSchema = 1
	// maxBody is how many bytes a message may have; larger bodies lie in S3. SQS takes 256 KiB.
	maxBody = 200 << 10

	batchMessages = 10
	batchBytes    = 240 << 10
	sendersAtOnce = 4
)

// send reads the rows and sends them in chunks, those that are closed apart. An import that was given up is accounted for instead.
func (p *Parser) send(ctx context.Context, job Import, file File, done *Parsed) error {
	closed := map[int]bool{}
	var err error
	if job.Attempts > 0 { // not the run that surveyed the file
		if closed, err = p.Chunks.ClosedChunks(ctx, Ref{job.Workspace, job.ID}, job.Totals.Rows); err != nil {
			return err
		}
	}
	err = p.dispatch(ctx, job, func(out *outbox) error {
		return p.chunks(out.ctx, job, file, func(chunk Chunk) error {
			if closed[chunk.Number] {
				return nil
			}
			done.Sent++
			return out.add(chunk)
		})
	})
	if err != nil {
		return err
	}
	_, err = p.Finisher.Check(ctx, job)
	return err
}

// dispatch sends what fill adds to the outbox.
func (p *Parser) dispatch(ctx context.Context, job Import, fill func(out *outbox) error) error {
	senders, sending := errgroup.WithContext(ctx)
	senders.SetLimit(sendersAtOnce)
	out := &outbox{parser: p, job: job, senders: senders, ctx: sending, giveUp: job.Attempts > maxAbandons}
	err := fill(out)
	if err == nil {
		err = out.flush()
	}
	if waited := senders.Wait(); waited != nil {
		err = waited
	}
	if err != nil {
		return fmt.Errorf("importing: send chunks: %w", err)
	}
	return nil
}

// outbox gathers messages and sends several batches at once, while the next rows are read.
type outbox struct {
	parser  *Parser
	job     Import
	senders *errgroup.Group
	ctx     context.Context //nolint:containedctx // of the senders, which end with the outbox
	giveUp  bool

	batch [][]byte
	bytes int
}

func (o *outbox) add(chunk Chunk) error {
	if o.giveUp {
		if chunk.Undo {
			return o.parser.Writer.abandonUndo(o.ctx, chunk, o.job)
		}
		return o.parser.Writer.Abandon(o.ctx, chunk, o.job)
	}
	body, err := encode(chunk)
	if err != nil {
		return err
	}
	if len(body) > maxBody {
		if body, err = o.store(chunk, body); err != nil {
			return err
		}
	}
	if len(o.batch) == batchMessages || o.bytes+len(body) > batchBytes {
		if err := o.flush(); err != nil {
			return err
		}
	}
	o.batch, o.bytes = append(o.batch, body), o.bytes+len(body)
	return nil
}

// store puts a body into S3 and returns the message that names it.
func (o *outbox) store(chunk Chunk, body []byte) ([]byte, error) {
	key := bodyKey(Ref{chunk.Workspace, chunk.Import}, chunk.Number)
	if err := o.parser.Files.PutWork(o.ctx, key, body); err != nil {
		return nil, err
	}
	chunk.Rows, chunk.BodyKey = nil, key
	return encode(chunk)
}

func (o *outbox) flush() error {
	if len(o.batch) == 0 {
		return o.ctx.Err()
	}
	batch := o.batch
	o.batch, o.bytes = nil, 0
	o.senders.Go(func() error { return o.parser.Queue.Send(o.ctx, batch) })
	return o.ctx.Err()
}

// encode writes a chunk as JSON, without the escapes that only HTML needs.
func encode(chunk Chunk) ([]byte, error) {
	body, err := plainjson.Marshal(chunk)
	if err != nil {
		return nil, fmt.Errorf("importing: encode a chunk: %w", err)
	}
	return body, nil
}
