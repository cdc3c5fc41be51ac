package faults_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/occ/contacts/infra/faults"
	"github.com/occ/contacts/pkg/exporting"
)

// throttled is for how many seconds the tables refuse every call.
var throttled = setting("FAULT_THROTTLE", 6)

// An import, an export and webhooks are on their way when the tables refuse everything. The API says so in time, and
// when that is over all of it completes: nothing is lost, and nothing was given up.
func TestThrottledCompletely(t *testing.T) {
	eachSeed(t, func(t *testing.T, _ uint64, workspace string) {
		hide(t, time.Minute)
		inbox, source := workspace+"i", workspace+"e"
		register(t, inbox)
		people, known, want := people(rows)
		prepare(t, workspace, known)
		prepare(t, source, few())

		var before, later []line
		for n := range webhooks {
			one := whatsapp(fmt.Sprintf("2011%08d", n), "", fmt.Sprintf("Writer%d Tester", n), fmt.Sprint("m", n), began)
			if n < webhooks/2 {
				before = append(before, one)
			} else {
				later = append(later, one)
			}
		}
		send(t, inbox, before)
		export := start(t, source, map[string]any{"format": "csv"}, "")
		drop(t, workspace, people)
		eventually(t, "the file is being imported", func() bool {
			jobs, _, err := store.ListImports(t.Context(), workspace, 1, "")
			return err == nil && len(jobs) == 1
		})

		earlier := proxy.Injected()["throttled"]
		over := time.Now().Add(time.Duration(throttled) * time.Second)
		proxy.Set(faults.Odds{Throttle: 1})
		defer proxy.Set(faults.Odds{})
		var posting sync.WaitGroup
		posting.Go(func() { send(t, inbox, later) })
		refused := 0
		for time.Now().Before(over) {
			asked := time.Now()
			status, answer := ask(t, tokenOf(t, source), http.MethodGet, "/v1/contacts", nil, nil)
			if answer["code"] != "temporarily_unavailable" || status != http.StatusServiceUnavailable || time.Since(asked) > 10*time.Second {
				t.Errorf("answered %d %v after %s", status, answer, time.Since(asked))
			}
			refused++
		}
		proxy.Set(faults.Odds{})
		posting.Wait()
		t.Logf("%d requests were refused, and %d calls of the tables", refused, proxy.Injected()["throttled"]-earlier)

		compare(t, workspace, ended(t, workspace), want)
		if job, _ := exported(t, export); job.Status != exporting.Completed || job.Rows != len(few()) {
			t.Errorf("the export is %s with %d rows: %v", job.Status, job.Rows, job.Error)
		}
		eventually(t, "all events are applied", func() bool { return depth(t, "ChannelEventsQueueUrl") == 0 && len(contents(t, inbox)) == webhooks })
		for _, queue := range []string{"ImportWriteDlqUrl", "ChannelEventsDlqUrl"} {
			if n := depth(t, queue); n != 0 {
				t.Errorf("%d messages are in %s", n, queue)
			}
		}
		sound(t)
	})
}

// send delivers webhooks, several at once.
func send(t *testing.T, workspace string, lines []line) {
	t.Helper()
	waiting := make(chan line)
	var posting sync.WaitGroup
	for range 8 {
		posting.Go(func() {
			for one := range waiting {
				deliver(t, workspace, one)
			}
		})
	}
	for _, one := range lines {
		waiting <- one
	}
	close(waiting)
	posting.Wait()
}

// hide has the work queues hide what was taken for so long, as on AWS, where it may not be less than the function's
// time-out. With the few seconds of the other tests a message would come again while a throttled delivery of it is
// still at work, and both would put it back: of each there would be two, and twice as many after each delivery.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
func hide(t *testing.T, visibility time.Duration) {
	t.Helper()
	for _, output := range []string{"ImportWriteQueueUrl", "ImportWriteDlqUrl", "ChannelEventsQueueUrl"} {
		url := aws.String(local.Outputs[output])
		const attribute = string(types.QueueAttributeNameVisibilityTimeout)
		set := func(seconds string) error {
			_, err := queues().SetQueueAttributes(context.WithoutCancel(t.Context()), &sqs.SetQueueAttributesInput{
				QueueUrl: url, Attributes: map[string]string{attribute: seconds},
			})
			return err
		}
		was, err := queues().GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{
			QueueUrl: url, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameVisibilityTimeout},
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := set(was.Attributes[attribute]); err != nil {
				t.Error(err)
			}
		})
		if err := set(fmt.Sprint(int(visibility.Seconds()))); err != nil {
			t.Fatal(err)
		}
	}
}
