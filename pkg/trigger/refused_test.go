package trigger_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/trigger"
)

// Send keeps an event among the dead letters.
func (t *town) Send(_ context.Context, e channel.Event, reason string) error {
	return t.Bury(context.Background(), "", e.ID+": "+reason)
}

// An event that can never be applied goes to the dead letters at its first delivery. What failed beside it goes on
// without it.
func TestRefusedEventsAreDeadLettersAtOnce(t *testing.T) {
	var batch channel.Batch
	for _, id := range []string{"bad", "good"} {
		batch.Events = append(batch.Events, channel.Event{Schema: 1, Workspace: "demo", ID: id, Kind: channel.SurveySubmitted})
	}
	batch.Schema, batch.Workspace = 1, "demo"
	body, err := json.Marshal(batch)
	if err != nil {
		t.Fatal(err)
	}
	refusals := []channel.Refusal{{Event: batch.Events[0], Reason: "of another account"}}
	for name, c := range map[string]struct {
		failure  error // of the other event
		full     error
		closed   error // what the queue answers
		buried   []string
		putBacks int
		comes    bool
	}{
		"the rest is applied": {nil, nil, nil, []string{"bad: of another account"}, 0, false},
		"the rest failed":     {errors.New("busy"), nil, nil, []string{"bad: of another account"}, 1, false},
		"no room":             {nil, errors.New("full"), nil, nil, 0, true},
		"no way back":         {errors.New("busy"), nil, errors.New("closed"), nil, 0, true},
	} {
		w := &town{full: c.full, back: returns{err: c.closed}}
		w.fails = map[string]error{"demo": &channel.RefusedEvents{Refusals: refusals, Rest: batch.Events[1:], Err: c.failure}}
		message := events.SQSMessage{MessageId: "m", Body: string(body)}
		message.Attributes = map[string]string{"ApproximateReceiveCount": "1"}
		event := eventOf(t, message)
		got, err := trigger.ChannelEvents(w, w, w, nil, quiet)(t.Context(), event)
		comes := err == nil && len(got.BatchItemFailures) == 1
		if err != nil || comes != c.comes || !cmp.Equal(w.buried, c.buried) || len(w.back.messages) != c.putBacks {
			t.Errorf("%s: %v, %v, %v, %d put back", name, got, err, w.buried, len(w.back.messages))
			continue
		}
		var rest channel.Batch
		if c.putBacks == 1 {
			err := json.Unmarshal([]byte(w.back.messages[0].Body), &rest)
			if err != nil || len(rest.Events) != 1 || rest.Events[0].ID != "good" || rest.Schema != 1 {
				t.Errorf("%s: %+v, %v", name, rest, err)
			}
		}
	}
}
