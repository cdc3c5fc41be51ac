package metrics

import "time"

// Reasons of dead letters.
const (
	Unusable = "unusable" // a webhook that was signed and has a wrong form, or an event that can never be applied
	Failed   = "failed"   // events that failed too often
	Ended    = "ended"    // events that ended the function, or its time, too often
	Unseen   = "unseen"   // events about somebody who was not seen within a day
	Chunk    = "chunk"    // a chunk of an import came as a dead letter
)

func ms(took time.Duration) float64 { return float64(took.Microseconds()) / 1000 }

// Request tells how long a request of the API took. The route is its pattern ("GET /v1/contacts/{id}"), empty for an
// unknown path.
func (r *Recorder) Request(route string, took time.Duration) {
	r.write("Route", route, value{"ApiMilliseconds", milliseconds, ms(took)})
}

// Webhook tells how long a webhook took, and how many events were queued and ignored. The channel is empty for an
// unknown account.
func (r *Recorder) Webhook(channel string, took time.Duration, queued, ignored int) {
	r.write("Channel", channel, value{"WebhookMilliseconds", milliseconds, ms(took)},
		value{"WebhookEvents", count, float64(queued)}, value{"IgnoredEvents", count, float64(ignored)})
}

// Events tells how many messages of events were applied, and how many come again.
func (r *Recorder) Events(applied, failed int) {
	r.write("", "", value{"EventsApplied", count, float64(applied)}, value{"EventsFailed", count, float64(failed)})
}

// PutBack tells that messages were put back because a service was busy.
func (r *Recorder) PutBack(messages int) {
	if messages > 0 {
		r.write("", "", value{"MessagesPutBack", count, float64(messages)})
	}
}

// DeadLetters tells that messages became dead letters. The reason is one of the constants above.
func (r *Recorder) DeadLetters(reason string, letters int) {
	if letters > 0 {
		r.write("Reason", reason, value{"DeadLetters", count, float64(letters)})
	}
}

// ReadFile tells that a file of an import was read, and how many rows it has.
func (r *Recorder) ReadFile(rows int) {
	r.write("", "", value{"FilesRead", count, 1}, value{"RowsRead", count, float64(rows)})
}

// IgnoredObject tells that an object of the uploads bucket imports nothing.
func (r *Recorder) IgnoredObject() { r.write("", "", value{"IgnoredObjects", count, 1}) }

// Rows are what became of the rows of a chunk.
type Rows struct{ Created, Updated, Skipped, Failed int }

// WroteChunk tells what became of a chunk, and how long it took.
func (r *Recorder) WroteChunk(rows Rows, took time.Duration) {
	r.write("", "", value{"ChunkMilliseconds", milliseconds, ms(took)},
		value{"RowsCreated", count, float64(rows.Created)}, value{"RowsUpdated", count, float64(rows.Updated)},
		value{"RowsSkipped", count, float64(rows.Skipped)}, value{"RowsFailed", count, float64(rows.Failed)})
}

// FinishedExport tells that an export ended: "completed" or another of its end states.
func (r *Recorder) FinishedExport(outcome string, rows int, written int64) {
	r.write("Outcome", outcome, value{"ExportsFinished", count, 1},
		value{"ExportRows", count, float64(rows)}, value{"ExportBytes", size, float64(written)})
}

// StartedBackups tells how many exports the nightly backup started; zero too, so that a night without is seen.
func (r *Recorder) StartedBackups(exports int) {
	r.write("", "", value{"BackupsStarted", count, float64(exports)})
}

// Flush tells what the AWS clients met since the last line, when there is anything.
func (r *Recorder) Flush() {
	if r != nil && r.retries.Load()+r.throttles.Load() > 0 {
		r.write("", "")
	}
}
