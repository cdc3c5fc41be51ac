package queue_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/queue"
)

type sent struct {
	ID         string `json:"Id"`
	Body       string `json:"MessageBody"`
	Attributes map[string]struct{ StringValue string }
}

// server takes batches, and refuses one message of the first so many.
type server struct {
	refusals int
	batches  [][]sent
	urls     []string
	taken    []sent
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in struct {
		QueueURL string `json:"QueueUrl"`
		Entries  []struct {
			sent
			MessageAttributes map[string]struct{ StringValue string }
		}
	}
	_ = json.NewDecoder(r.Body).Decode(&in)
	var answer struct{ Successful, Failed []map[string]any }
	var batch []sent
	for i, entry := range in.Entries {
		entry.Attributes = entry.MessageAttributes
		batch = append(batch, entry.sent)
		if i == 0 && s.refusals > 0 {
			s.refusals--
			answer.Failed = append(answer.Failed, map[string]any{"Id": entry.ID, "Code": "InternalError", "Message": "busy", "SenderFault": false})
			continue
		}
		s.taken = append(s.taken, entry.sent)
		answer.Successful = append(answer.Successful, map[string]any{"Id": entry.ID, "MessageId": "m", "MD5OfMessageBody": ""})
	}
	s.batches, s.urls = append(s.batches, batch), append(s.urls, in.QueueURL)
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	_ = json.NewEncoder(w).Encode(answer)
}

func opened(t *testing.T, s *server) (*sqs.Client, string) {
	t.Helper()
	listening := httptest.NewServer(s)
	t.Cleanup(listening.Close)
	return sqs.New(sqs.Options{
		BaseEndpoint: &listening.URL, Region: "eu-central-1", Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""), Retryer: aws.NopRetryer{},
		DisableMessageChecksumValidation: true,
	}), listening.URL
}

func open(t *testing.T, s *server) *queue.Events {
	t.Helper()
	client, url := opened(t, s)
	return queue.NewEvents(client, url+"/work", url+"/dead")
}

func TestMessagesAreBuriedAsTheyAre(t *testing.T) {
	s := &server{}
	client, url := opened(t, s)
	dead := queue.NewInbox(client, url+"/work", url+"/dead")
	for reason, want := range map[string]string{"two\nlines\x00": "two lines ", "": "unknown", strings.Repeat("é", 3000): strings.Repeat("é", 1000), "\xff\uFFFF": "? "} {
		s.taken = nil
		if err := dead.Bury(t.Context(), "{", reason); err != nil || len(s.taken) != 1 || s.taken[0].Body != "{" || !strings.HasSuffix(s.urls[0], "/dead") || s.taken[0].Attributes["reason"].StringValue != want {
			t.Errorf("%q: %+v %v", reason, s.taken, err)
		}
	}
}

func TestEveryBatchIsSentOnce(t *testing.T) {
	s := &server{refusals: 2}
	var batches []channel.Batch
	for range 23 {
		batches = append(batches, channel.Batch{Schema: 1, Workspace: "demo", Events: []channel.Event{{ID: strings.Repeat("x", 190<<10)}}})
	}
	if err := open(t, s).Send(t.Context(), batches); err != nil || len(s.taken) != 23 {
		t.Errorf("%d messages, %v", len(s.taken), err)
	}
	for i, batch := range s.batches {
		size := 0
		ids := map[string]bool{}
		for _, message := range batch {
			size += len(message.Body)
			ids[message.ID] = true
		}
		if size > 1<<20 || len(batch) > 10 || len(ids) != len(batch) || !strings.HasSuffix(s.urls[i], "/work") {
			t.Errorf("%d messages of %d bytes to %s", len(batch), size, s.urls[i])
		}
	}
	s = &server{refusals: 100}
	if err := open(t, s).Send(t.Context(), batches[:1]); err == nil {
		t.Error("a refused batch is acknowledged")
	}
	if err := open(t, &server{}).Send(t.Context(), nil); err != nil {
		t.Error(err)
	}
}

func TestLetters(t *testing.T) {
	s := &server{}
	letters := []channel.Letter{{Schema: 1, Workspace: "demo", Reason: "It is broken.", Body: "{\"a\":\"\uFFFE\uFFFF<\"}"}}
	if err := open(t, s).Bury(t.Context(), letters); err != nil || len(s.taken) != 1 || !strings.HasSuffix(s.urls[0], "/dead") {
		t.Fatal(s.taken, err)
	}
	if s.taken[0].Attributes["reason"].StringValue != "It is broken." || strings.ContainsAny(s.taken[0].Body, "\uFFFE\uFFFF") {
		t.Errorf("%+v", s.taken[0])
	}
	var back channel.Letter
	if err := json.Unmarshal([]byte(s.taken[0].Body), &back); err != nil || back.Body != letters[0].Body {
		t.Errorf("%q %v", back.Body, err)
	}
}
