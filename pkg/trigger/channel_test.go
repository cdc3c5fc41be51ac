package trigger_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/google/go-cmp/cmp"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/trigger"
)

// town remembers the batches that it was given, and fails those of the workspaces that it is told.
type town struct {
	batches []channel.Batch
	sizes   []int // of the batches at once
	fails   map[string]error
	swept   int
	err     error
	buried  []string // reasons
	done    []string // receipts
	full    error    // what the dead letters answer
	back    returns
}

func (t *town) PutBack(ctx context.Context, body, attribute string, times int, delay time.Duration) error {
	return t.back.PutBack(ctx, body, attribute, times, delay)
}

// eventOf is the event of some messages.
func eventOf(t *testing.T, messages ...events.SQSMessage) json.RawMessage {
	t.Helper()
	body, err := json.Marshal(events.SQSEvent{Records: messages})
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func (t *town) Apply(_ context.Context, batches []channel.Batch) []error {
	t.batches = batches
	t.sizes = append(t.sizes, len(batches))
	failed := make([]error, len(batches))
	for i, batch := range batches {
		failed[i] = t.fails[batch.Workspace]
	}
	return failed
}

func (t *town) Sweep(context.Context) (channel.CasesSwept, error) {
	t.swept++
	return channel.CasesSwept{Waiting: 1}, t.err
}

func (t *town) Delete(_ context.Context, receipt string) error {
	t.done = append(t.done, receipt)
	return t.full
}

func (t *town) Bury(_ context.Context, _, reason string) error {
	if t.full == nil {
		t.buried = append(t.buried, reason)
	}
	return t.full
}

func failures(ids ...string) *events.SQSEventResponse {
	response := &events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{}}
	for _, id := range ids {
		response.BatchItemFailures = append(response.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: id})
	}
	return response
}

// The second message of the sample is a letter, which holds no events: it goes back with its reason.
func TestEventsOfChannels(t *testing.T) {
	w := &town{}
	got, err := trigger.ChannelEvents(w, w, w, nil, quiet)(t.Context(), sample(t, "channel-events-messages"))
	if diff := cmp.Diff(failures(), got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	want := []channel.Batch{{Schema: 1, Workspace: "demo", Events: []channel.Event{{
		Schema: 1, Workspace: "demo", ID: "3f1c", Kind: channel.Message, Channel: contact.WhatsApp, AccountID: "106540352242922", Direction: channel.Inbound,
		At: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC), ReceivedAt: time.Date(2026, 11, 25, 12, 0, 1, 0, time.UTC),
		Person: channel.Person{Addresses: []channel.Address{{ExternalID: "201001234567"}}, Phone: "+201001234567", ProfileName: "Mona"},
	}}}}
	if diff := cmp.Diff(want, w.batches); diff != "" {
		t.Error(diff)
	}
	w.fails = map[string]error{"demo": errors.New("busy")}
	got, err = trigger.ChannelEvents(w, w, w, nil, quiet)(t.Context(), sample(t, "channel-events-messages"))
	if diff := cmp.Diff(failures("m-1"), got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if diff := cmp.Diff([]string{"the message has no sender", "the message has no sender"}, w.buried); diff != "" {
		t.Error(diff)
	}
}

// A message that fails again and again, or can never be read, goes to the dead letters as it is, and leaves the queue when it is there.
func TestMessagesThatAreGivenUp(t *testing.T) {
	const good = `{"schema":1,"workspace":"demo","events":[{"schema":1,"workspace":"demo","id":"3f1c","kind":"message"}]}`
	for name, c := range map[string]struct {
		body, receives string
		full           error
		reason         string
		comes          bool
	}{
		"first try":            {good, "1", nil, "", true},
		"last but one":         {good, "11", nil, "", true},
		"last try":             {good, "12", nil, "busy", false},
		"after deaths":         {good, "16", nil, "busy", false},
		"deaths":               {good, "17", nil, "the function ended, or its time, while it was at work on these events", false},
		"no room for the dead": {good, "12", errors.New("full"), "", true},
		"not JSON":             {"{", "1", nil, "it is not JSON, or of another form than a batch", false},
		"no events":            {`{"schema":1,"workspace":"demo"}`, "1", nil, "it holds no events", false},
		"no schema":            {`{"workspace":"demo","events":[{"id":"3f1c"}]}`, "1", nil, "it says no schema", false},
		"no batch":             {`{"events":"three"}`, "1", nil, "it is not JSON, or of another form than a batch", false},
	} {
		w := &town{fails: map[string]error{"demo": errors.New("busy")}, full: c.full}
		event, err := json.Marshal(events.SQSEvent{Records: []events.SQSMessage{{MessageId: "m", Body: c.body, Attributes: map[string]string{"ApproximateReceiveCount": c.receives}}}})
		if err != nil {
			t.Fatal(err)
		}
		got, err := trigger.ChannelEvents(w, w, w, nil, quiet)(t.Context(), event)
		if reason := strings.Join(w.buried, "|"); err != nil || reason != c.reason || len(got.BatchItemFailures) == 1 != c.comes {
			t.Errorf("%s: %q, %v, %v", name, reason, got, err)
		}
	}
}

// What came several times is applied alone and after the rest, and each message is done with before the next begins.
func TestMessagesThatCameSeveralTimes(t *testing.T) {
	w := &town{fails: map[string]error{"ill": errors.New("busy")}}
	var records []events.SQSMessage
	for i, receives := range []string{"1", "3", "2", "4"} {
		workspace := []string{"demo", "ill", "demo", "demo"}[i]
		records = append(records, events.SQSMessage{
			MessageId: fmt.Sprint("m-", i), ReceiptHandle: fmt.Sprint("r-", i), Attributes: map[string]string{"ApproximateReceiveCount": receives},
			Body: `{"schema":1,"workspace":"` + workspace + `","events":[{"schema":1,"workspace":"demo","id":"3f1c","kind":"message"}]}`,
		})
	}
	event, err := json.Marshal(events.SQSEvent{Records: records})
	if err != nil {
		t.Fatal(err)
	}
	got, err := trigger.ChannelEvents(w, w, w, nil, quiet)(t.Context(), event)
	if diff := cmp.Diff(failures("m-1"), got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if diff := cmp.Diff([]string{"r-0", "r-2", "r-3"}, w.done); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]int{2, 1, 1}, w.sizes); diff != "" {
		t.Error(diff)
	}
}

func TestTheSweepOfWaitingEvents(t *testing.T) {
	w := &town{}
	if got, err := trigger.ChannelEvents(w, w, w, nil, quiet)(t.Context(), sample(t, "channel-events-sweep")); got != nil || err != nil || w.swept != 1 {
		t.Error(got, err, w.swept)
	}
	w.err = errors.New("busy")
	if _, err := trigger.ChannelEvents(w, w, w, nil, quiet)(t.Context(), sample(t, "channel-events-sweep")); err == nil {
		t.Error("Lambda does not hear of a sweep that failed")
	}
}

// TestTheLineOfAFailedMessage: an attribute of the name of the sentence would take its place.
func TestTheLineOfAFailedMessage(t *testing.T) {
	var text bytes.Buffer
	w := &town{fails: map[string]error{"demo": errors.New("busy")}}
	log := slog.New(slog.NewJSONHandler(&text, &slog.HandlerOptions{ReplaceAttr: lambdacontext.ReplaceAttr}))
	if _, err := trigger.ChannelEvents(w, w, w, nil, log)(t.Context(), sample(t, "channel-events-messages")); err != nil {
		t.Fatal(err)
	}
	var line map[string]any
	if err := json.NewDecoder(&text).Decode(&line); err != nil || line["message"] != "events could not be applied yet" || line["messageId"] != "m-1" {
		t.Errorf("%v, %v", line, err)
	}
}
