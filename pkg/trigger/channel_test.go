package trigger_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
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
	fails   map[string]error
	swept   int
	err     error
}

func (t *town) Apply(_ context.Context, batches []channel.Batch) []error {
	t.batches = batches
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

func failures(ids ...string) *events.SQSEventResponse {
	response := &events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{}}
	for _, id := range ids {
		response.BatchItemFailures = append(response.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: id})
	}
	return response
}

// The second message of the sample is a letter, which holds no events.
func TestEventsOfChannels(t *testing.T) {
	w := &town{}
	got, err := trigger.ChannelEvents(w, w, quiet)(t.Context(), sample(t, "channel-events-messages"))
	if diff := cmp.Diff(failures("m-2"), got); diff != "" || err != nil {
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
	got, err = trigger.ChannelEvents(w, w, quiet)(t.Context(), sample(t, "channel-events-messages"))
	if diff := cmp.Diff(failures("m-1", "m-2"), got); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestTheSweepOfWaitingEvents(t *testing.T) {
	w := &town{}
	if got, err := trigger.ChannelEvents(w, w, quiet)(t.Context(), sample(t, "channel-events-sweep")); got != nil || err != nil || w.swept != 1 {
		t.Error(got, err, w.swept)
	}
	w.err = errors.New("busy")
	if _, err := trigger.ChannelEvents(w, w, quiet)(t.Context(), sample(t, "channel-events-sweep")); err == nil {
		t.Error("Lambda does not hear of a sweep that failed")
	}
}

// TestTheLineOfAFailedMessage: an attribute of the name of the sentence would take its place.
func TestTheLineOfAFailedMessage(t *testing.T) {
	var text bytes.Buffer
	w := &town{fails: map[string]error{"demo": errors.New("busy")}}
	log := slog.New(slog.NewJSONHandler(&text, &slog.HandlerOptions{ReplaceAttr: lambdacontext.ReplaceAttr}))
	if _, err := trigger.ChannelEvents(w, w, log)(t.Context(), sample(t, "channel-events-messages")); err != nil {
		t.Fatal(err)
	}
	var line map[string]any
	if err := json.NewDecoder(&text).Decode(&line); err != nil || line["message"] != "events could not be applied yet" || line["messageId"] != "m-1" {
		t.Errorf("%v, %v", line, err)
	}
}
