package trigger_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"github.com/occ/contacts/pkg/importing"
	"github.com/occ/contacts/pkg/trigger"
)

var quiet = slog.New(slog.DiscardHandler)

func sample(t *testing.T, name string) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("..", "..", "events", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// parser remembers what it was called with.
type parser struct {
	arrived []importing.Arrival
	resumed []importing.Ref
	swept   int
	cleaned int
	err     error
}

func (p *parser) Arrived(_ context.Context, arrival importing.Arrival) (importing.Parsed, error) {
	p.arrived = append(p.arrived, arrival)
	return importing.Parsed{}, p.err
}

func (p *parser) Resume(_ context.Context, ref importing.Ref) (importing.Parsed, error) {
	p.resumed = append(p.resumed, ref)
	return importing.Parsed{}, p.err
}

func (p *parser) Sweep(context.Context) (importing.Swept, error) {
	p.swept++
	return importing.Swept{Failed: []error{errors.New("one import")}}, p.err
}

func (p *parser) CleanUp(context.Context) (int, error) {
	p.cleaned++
	return 1, p.err
}

func TestAnObjectOfTheBucket(t *testing.T) {
	p := &parser{}
	if err := trigger.ImportParse(p, p, p, nil, quiet)(t.Context(), sample(t, "import-parse-object")); err != nil {
		t.Fatal(err)
	}
	want := []importing.Arrival{{Bucket: "contacts-uploads", Key: "demo/drop/People é 1.csv", Version: "096fKKXTRTtl3on89fVO.nfljtsv6qko", Sequencer: "0055AED6DCD90281E5"}}
	if diff := cmp.Diff(want, p.arrived); diff != "" || p.swept != 0 {
		t.Error(diff)
	}
}

func TestAFailedImportIsCalledAgain(t *testing.T) {
	p := &parser{err: errors.New("busy")}
	if err := trigger.ImportParse(p, p, p, nil, quiet)(t.Context(), sample(t, "import-parse-object")); err == nil {
		t.Error("Lambda does not hear of it")
	}
	if err := trigger.ImportParse(p, p, p, nil, quiet)(t.Context(), json.RawMessage(`[]`)); err == nil {
		t.Error("an event that is no object passes")
	}
}

func TestOtherEventsOfTheBucketImportNothing(t *testing.T) {
	p := &parser{}
	event := json.RawMessage(`{"Records":[{"eventName":"ObjectRemoved:Delete","s3":{"bucket":{"name":"b"},"object":{"key":"demo/drop/a.csv"}}}]}`)
	if err := trigger.ImportParse(p, p, p, nil, quiet)(t.Context(), event); err != nil || len(p.arrived) != 0 {
		t.Errorf("%v, %v", p.arrived, err)
	}
}

func TestTheSchedule(t *testing.T) {
	p := &parser{}
	if err := trigger.ImportParse(p, p, p, nil, quiet)(t.Context(), sample(t, "import-parse-sweep")); err != nil || p.swept != 1 || p.cleaned != 1 || len(p.arrived) != 0 {
		t.Errorf("swept %d times, %v", p.swept, err)
	}
}

func TestAnImportThatGoesOn(t *testing.T) {
	p := &parser{}
	err := trigger.ImportParse(p, p, p, nil, quiet)(t.Context(), sample(t, "import-parse-resume"))
	want := []importing.Ref{{Workspace: "demo", ID: "5f0c5a0e-6f0b-8f2e-9d8e-0d6f0c1b2a3c"}}
	if diff := cmp.Diff(want, p.resumed); diff != "" || err != nil || p.swept != 0 || len(p.arrived) != 0 {
		t.Error(diff, err)
	}
	p.err = errors.New("busy")
	if err := trigger.ImportParse(p, p, p, nil, quiet)(t.Context(), sample(t, "import-parse-resume")); err == nil {
		t.Error("Lambda does not hear of a run that failed")
	}
}

func TestAFailedCallNamesItsObjects(t *testing.T) {
	arrivals, err := trigger.FailedArrivals(sample(t, "import-parse-failed"))
	want := []importing.Arrival{{Bucket: "contacts-uploads", Key: "demo/drop/people.csv", Version: "v1", Sequencer: "01"}}
	if diff := cmp.Diff(want, arrivals); diff != "" || err != nil {
		t.Error(diff, err)
	}
	for _, body := range []string{"", "{", "{}", `{"requestPayload":{"action":"sweep"}}`, `{"requestPayload":{"action":"parse","workspace":"demo","id":"i"}}`} {
		if arrivals, err := trigger.FailedArrivals([]byte(body)); len(arrivals) != 0 || err != nil {
			t.Errorf("%q: %v, %v", body, arrivals, err)
		}
	}
}

// writer remembers its deliveries; it fails those that fails says.
type writer struct {
	mu         sync.Mutex
	deliveries []importing.Delivery
	fails      func(importing.Delivery) bool
	returns
}

func (w *writer) Handle(_ context.Context, delivery importing.Delivery) (importing.Written, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.deliveries = append(w.deliveries, delivery)
	if w.fails != nil && w.fails(delivery) {
		return importing.Written{}, errors.New("busy")
	}
	return importing.Written{}, nil
}

const deadLetters = "arn:aws:sqs:us-east-1:123456789012:contacts-import-write-dlq"

func TestChunksAndDeadLetters(t *testing.T) {
	for name, dead := range map[string]bool{"import-write-chunks": false, "import-write-dead": true} {
		var event events.SQSEvent
		if err := json.Unmarshal(sample(t, name), &event); err != nil {
			t.Fatal(err)
		}
		w := &writer{}
		response, err := trigger.ImportWrite(trigger.Chunks{Writer: w, Work: w, Dead: w, DeadLettersARN: deadLetters, Log: quiet})(t.Context(), event)
		if err != nil || len(response.BatchItemFailures) != 0 || len(w.deliveries) != 1 || w.deliveries[0].Dead != dead || w.deliveries[0].Receives != 1 {
			t.Fatalf("%s: %+v, %+v, %v", name, response, w.deliveries, err)
		}
		// The emulator takes null for a failure of the whole batch.
		if answer, err := json.Marshal(response); err != nil || string(answer) != `{"batchItemFailures":[]}` {
			t.Errorf("%s is answered %s, %v", name, answer, err)
		}
		var chunk importing.Chunk
		if err := json.Unmarshal(w.deliveries[0].Body, &chunk); err != nil || len(chunk.Rows) != 2 || chunk.Rows[1].Verdict.Outcome != importing.Rejected {
			t.Errorf("%s: %+v, %v", name, chunk, err)
		}
	}
}

func TestOnlyWhatFailedComesAgain(t *testing.T) {
	event := events.SQSEvent{Records: []events.SQSMessage{
		{MessageId: "a", Body: "1"}, {MessageId: "b", Body: "2", Attributes: map[string]string{"ApproximateReceiveCount": "3"}}, {MessageId: "c", Body: "3"},
	}}
	w := &writer{fails: func(d importing.Delivery) bool { return d.Receives == 3 }}
	response, err := trigger.ImportWrite(trigger.Chunks{Writer: w, Work: w, Dead: w, DeadLettersARN: deadLetters, Log: quiet})(t.Context(), event)
	want := []events.SQSBatchItemFailure{{ItemIdentifier: "b"}}
	if diff := cmp.Diff(want, response.BatchItemFailures); diff != "" || err != nil || len(w.deliveries) != 3 {
		t.Error(diff, err, len(w.deliveries))
	}
}
