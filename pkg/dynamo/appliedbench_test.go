package dynamo

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/channel/channeltest"
)

const (
	benchEvents   = 1_000
	benchMessages = 10 // of a delivery, as the queue hands them out
	benchWorkers  = 5
)

// BenchmarkEvents applies 1,000 messages, 10 a delivery, five deliveries at once: of as many new senders, of one new sender, and of senders who
// are known; beside the floor, the writes of as many creations alone.
func BenchmarkEvents(b *testing.B) {
	many := func(n int) string { return fmt.Sprintf("2010%08d", n) }
	burst := func(int) string { return "201001234567" }
	b.Run("many", func(b *testing.B) { benchApply(b, many, false) })
	b.Run("burst", func(b *testing.B) { benchApply(b, burst, false) })
	b.Run("known", func(b *testing.B) { benchApply(b, many, true) })
	b.Run("floor", benchFloor)
}

func benchApply(b *testing.B, number func(int) string, known bool) {
	for range b.N {
		b.StopTimer()
		s := fresh(b)
		if known {
			benchRound(b, s, number, 0)
		}
		b.StartTimer()
		benchRound(b, s, number, benchEvents)
	}
	b.ReportMetric(float64(benchEvents*b.N)/b.Elapsed().Seconds(), "events/s")
}

func benchRound(b *testing.B, s *Store, number func(int) string, from int) {
	atOnce(func(n int) {
		var batches []channel.Batch
		for i := n; i < n+benchMessages; i++ {
			batches = append(batches, batchOf(said(channel.Message, from+i, channeltest.WhatsApp(number(i), "")))...)
		}
		for _, err := range applierOn(s).Apply(ctx, batches) {
			if err != nil {
				b.Error(err)
			}
		}
	})
}

// atOnce does the deliveries, by the number of their first event.
func atOnce(deliver func(first int)) {
	var workers sync.WaitGroup
	for worker := range benchWorkers {
		workers.Go(func() {
			for n := worker * benchMessages; n < benchEvents; n += benchWorkers * benchMessages {
				deliver(n)
			}
		})
	}
	workers.Wait()
}

// creationBy is what an applier writes of the first message of a number.
func creationBy(number string, second int) channel.Write {
	written := &recorder{}
	applier := channel.NewApplier(written, nil, time.Now, uuid.NewString)
	applier.Apply(ctx, batchOf(said(channel.Message, second, channeltest.WhatsApp(number, ""))))
	return written.last
}

// recorder is storage in which nobody is known, and which keeps the last write.
type recorder struct{ last channel.Write }

func (*recorder) Known(context.Context, string, channel.Keys) (channel.Known, error) {
	return channel.Known{}, nil
}

func (*recorder) Gone(context.Context, string, []channel.Claim) (map[channel.Claim]channel.Gone, error) {
	return nil, nil //nolint:nilnil // nothing is gone
}

func (r *recorder) Write(_ context.Context, w channel.Write) error {
	r.last = w
	return nil
}

func (*recorder) FirstSeen(_ context.Context, _ string, at map[string]time.Time) (map[string]time.Time, error) {
	return at, nil
}

// benchFloor puts what creations put, each in its transaction, ten at a time a worker: nothing is read or decided.
func benchFloor(b *testing.B) {
	for range b.N {
		b.StopTimer()
		s := fresh(b)
		writes := make([]channel.Write, benchEvents)
		for i := range writes {
			writes[i] = creationBy(fmt.Sprintf("2010%08d", i), i)
		}
		b.StartTimer()
		atOnce(func(n int) {
			var all sync.WaitGroup
			for i := n; i < n+benchMessages; i++ {
				all.Go(func() {
					if err := s.Write(ctx, writes[i]); err != nil {
						b.Error(err)
					}
				})
			}
			all.Wait()
		})
	}
	b.ReportMetric(float64(benchEvents*b.N)/b.Elapsed().Seconds(), "events/s")
}
