package trigger_test

import (
	"bytes"
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"github.com/occ/contacts/pkg/importing"
	"github.com/occ/contacts/pkg/metrics"
	"github.com/occ/contacts/pkg/problem"
	"github.com/occ/contacts/pkg/trigger"
)

var errBusy = problem.New(problem.Unavailable, "The database is busy.")

// returned is a message that was put back.
type returned struct {
	Body  string
	Times int
	delay time.Duration
}

// returns remembers what was put back.
type returns struct {
	messages []returned
	err      error
}

func (r *returns) PutBack(_ context.Context, body, _ string, times int, delay time.Duration) error {
	if r.err == nil {
		r.messages = append(r.messages, returned{body, times, delay})
	}
	return r.err
}

// delivered is a message that came so often, and was put back so often before.
func delivered(id string, receives, putBack int) events.SQSMessage {
	m := events.SQSMessage{
		MessageId: id, ReceiptHandle: id, Body: `{"schema":1,"workspace":"demo","events":[{"id":"` + id + `"}]}`,
		Attributes: map[string]string{"ApproximateReceiveCount": strconv.Itoa(receives)},
	}
	if putBack > 0 {
		said := strconv.Itoa(putBack)
		m.MessageAttributes = map[string]events.SQSMessageAttribute{"putBack": {StringValue: &said, DataType: "Number"}}
	}
	return m
}

// However often a busy service keeps a message from being applied, it is not given up: every time a new message takes
// its place.
func TestAMessageThatWaitsForABusyServiceIsPutBack(t *testing.T) {
	for _, receives := range []int{1, 3, 12, 16} {
		for _, before := range []int{0, 1, 100} {
			w := &town{fails: map[string]error{"demo": errBusy}}
			got, err := trigger.ChannelEvents(w, w, w, nil, quiet)(t.Context(), eventOf(t, delivered("a", receives, before)))
			if err != nil || len(got.BatchItemFailures) > 0 || len(w.buried) > 0 {
				t.Errorf("delivery %d: %+v, %v, buried %v", receives, got, err, w.buried)
			}
			if back := w.back.messages; len(back) != 1 || back[0].Times != before+1 || back[0].delay > time.Minute || !strings.Contains(back[0].Body, `"a"`) {
				t.Errorf("delivery %d: put back %+v", receives, back)
			}
		}
	}
}

// What fails otherwise counts, and so does what cannot be put back, or was for a week.
func TestWhatFailsOtherwiseComesAgain(t *testing.T) {
	for name, test := range map[string]struct {
		failure, queue error
		putBack        int
	}{
		"broken":             {errors.New("broken"), nil, 0},
		"the queue is down":  {errBusy, errors.New("down"), 0},
		"busy for some days": {errBusy, nil, 7 * 24 * 60},
	} {
		w := &town{fails: map[string]error{"demo": test.failure}, back: returns{err: test.queue}}
		got, err := trigger.ChannelEvents(w, w, w, nil, quiet)(t.Context(), eventOf(t, delivered("a", 1, test.putBack)))
		if err != nil || len(got.BatchItemFailures) != 1 || len(w.back.messages) > 0 {
			t.Errorf("%s: %+v, %v, put back %v", name, got, err, w.back.messages)
		}
	}
}

// Messages for which no time is left are not begun, and put back.
func TestNothingIsBegunWithoutTime(t *testing.T) {
	ctx, stop := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer stop()
	w := &town{}
	got, err := trigger.ChannelEvents(w, w, w, nil, quiet)(ctx, eventOf(t, delivered("a", 1, 0), delivered("b", 5, 0)))
	if err != nil || len(got.BatchItemFailures) > 0 || len(w.back.messages) != 2 || len(w.sizes) != 0 {
		t.Errorf("%+v, %v, put back %v, applied %v", got, err, w.back.messages, w.sizes)
	}
}

// busyWriter finds its tables busy.
type busyWriter struct{ deliveries []importing.Delivery }

func (w *busyWriter) Handle(ctx context.Context, delivery importing.Delivery) (importing.Written, error) {
	w.deliveries = append(w.deliveries, delivery)
	if _, ends := ctx.Deadline(); !ends {
		return importing.Written{}, errors.New("the work has no end")
	}
	return importing.Written{}, errBusy
}

func TestChunksGoBackToTheirQueue(t *testing.T) {
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	var work, dead returns
	var out bytes.Buffer
	w := &busyWriter{}
	handle := trigger.ImportWrite(trigger.Chunks{
		Writer: w, Work: &work, Dead: &dead, DeadLettersARN: deadLetters, Log: quiet, Metrics: metrics.New("import-write", "contacts-import-write", &out, time.Now),
	})
	for _, m := range []events.SQSMessage{delivered("first", 1, 0), delivered("third", 3, 0), delivered("again", 1, 4), delivered("dead", 1, 0)} {
		if m.MessageId == "dead" {
			m.EventSourceARN = deadLetters
		}
		if got, err := handle(ctx, events.SQSEvent{Records: []events.SQSMessage{m}}); err != nil || len(got.BatchItemFailures) > 0 {
			t.Errorf("%s: %+v, %v", m.MessageId, got, err)
		}
	}
	if len(work.messages) != 3 || work.messages[2].Times != 5 || len(dead.messages) != 1 {
		t.Errorf("work %+v, dead %+v", work.messages, dead.messages)
	}
	var pardoned []bool
	for _, d := range w.deliveries {
		pardoned = append(pardoned, d.PutBack)
	}
	if diff := cmp.Diff([]bool{false, false, true, false}, pardoned); diff != "" {
		t.Error(diff)
	}
	if told := out.String(); strings.Count(told, `"MessagesPutBack":1`) != 4 || strings.Count(told, `"DeadLetters":1`) != 1 {
		t.Error(told)
	}
}
