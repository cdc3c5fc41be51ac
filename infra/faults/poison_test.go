package faults_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/occ/contacts/infra/faults"
	"github.com/occ/contacts/infra/local/stack"
)

// An event whose writing always kills the worker, one that can never be applied and a body that can never be understood end among the dead
// letters with their reasons, and cost no other; put back when the worker lives, the first is applied and the others return.
func TestPoisonedEvents(t *testing.T) {
	anew(t)
	workspace := fmt.Sprintf("w%d", time.Now().UnixNano())
	register(t, workspace)
	const deadly, first = "201055555555", "201011111110"
	var killer faults.Killer
	heal := killer.Poison(proxy, "+"+deadly)
	deliver(t, workspace, whatsapp(deadly, "", "Deadly", "m", began))
	enqueue(t, fmt.Sprintf(`{"schema":1,"workspace":%[1]q,"events":[{"schema":1,"workspace":%[1]q,"id":"odd","kind":"odd","at":"2026-11-01T08:00:00Z"}]}`, workspace))
	deliver(t, workspace, line{"whatsapp", `{"object":"whatsapp_business_account","entry":[{"changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"%s"},"messages":[{"id":"x","type":"text"}]}}]}]}`})
	for n := range 20 {
		deliver(t, workspace, whatsapp(fmt.Sprint(first, n), "", "Innocent", "m", began))
	}
	eventually(t, "20 contacts and 3 dead letters", func() bool {
		return len(stateOf(t, workspace)) == 20 && depth(t, "ChannelEventsDlqUrl") == 3 && depth(t, "ChannelEventsQueueUrl") == 0
	})
	if killer.Killed() == 0 {
		t.Error("nobody was killed")
	}
	reasons := strings.Join(reasonsOf(t), "\n")
	for _, want := range []string{"the function ended", "unknown kind", "nobody who wrote"} {
		if !strings.Contains(reasons, want) {
			t.Errorf("no letter says %q:\n%s", want, reasons)
		}
	}
	heal()
	var said bytes.Buffer
	if err := stack.Redrive(t.Context(), stack.Config(local.EmulatorURL), local.Outputs, &said); err != nil || !strings.Contains(said.String(), "contacts-channel-events-dlq: 3 back") {
		t.Fatal(said.String(), err)
	}
	eventually(t, "21 contacts and 2 dead letters", func() bool {
		return len(stateOf(t, workspace)) == 21 && depth(t, "ChannelEventsDlqUrl") == 2 && depth(t, "ChannelEventsQueueUrl") == 0
	})
	sound(t)
}

// enqueue puts a message into the queue of channel-events.
func enqueue(t *testing.T, body string) {
	t.Helper()
	if _, err := queues().SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: aws.String(local.Outputs["ChannelEventsQueueUrl"]), MessageBody: &body}); err != nil {
		t.Fatal(err)
	}
}

// reasonsOf are those of the dead letters of channel-events, which stay there.
func reasonsOf(t *testing.T) (reasons []string) {
	t.Helper()
	out, err := queues().ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{
		QueueUrl: aws.String(local.Outputs["ChannelEventsDlqUrl"]), MaxNumberOfMessages: 10, VisibilityTimeout: 1, MessageAttributeNames: []string{"All"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, message := range out.Messages {
		reasons = append(reasons, aws.ToString(message.MessageAttributes["reason"].StringValue))
	}
	slices.Sort(reasons)
	return reasons
}

// eventually waits for something that happens by itself.
func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	for began := time.Now(); !so(); time.Sleep(500 * time.Millisecond) {
		if time.Since(began) > patience {
			t.Fatalf("not so after %s: %s", patience, what)
		}
	}
}
