package awsclient

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go"

	"github.com/occ/contacts/pkg/metrics"
	"github.com/occ/contacts/pkg/problem"
)

// throttling is a server that refuses every request, in no time.
type throttling struct{ requests atomic.Int64 }

func (s *throttling) Do(*http.Request) (*http.Response, error) {
	s.requests.Add(1)
	const body = `{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"busy"}`
	return &http.Response{
		StatusCode: http.StatusBadRequest, Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}}, Body: io.NopCloser(strings.NewReader(body)),
	}, nil
}

func clientOf(server *throttling, recorder *metrics.Recorder) *dynamodb.Client {
	return DynamoDB(aws.Config{
		Region: "eu-central-1", Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""), HTTPClient: server,
		Retryer: func() aws.Retryer { return NewRetryer(recorder) },
	})
}

func read(ctx context.Context, client *dynamodb.Client) error {
	_, err := client.Query(ctx, &dynamodb.QueryInput{TableName: aws.String("contacts")})
	return err
}

func TestPausesAreShortAndDiffer(t *testing.T) {
	var sum time.Duration
	for attempt := 1; attempt < maxAttempts; attempt++ {
		sum += longestPause(attempt)
		pauses := map[time.Duration]bool{}
		for range 50 {
			pause, err := NewRetryer(nil).RetryDelay(attempt, errors.New("busy"))
			if pauses[pause] = true; err != nil || pause >= longestPause(attempt) {
				t.Errorf("attempt %d: %s, %v", attempt, pause, err)
			}
		}
		if len(pauses) < 10 {
			t.Errorf("attempt %d: %d of 50 pauses differ", attempt, len(pauses))
		}
	}
	if sum > 2500*time.Millisecond {
		t.Errorf("the pauses of one call may be %s together", sum)
	}
}

func TestACallIsSentSoOftenAndThenItsFailureIsTold(t *testing.T) {
	var out bytes.Buffer
	server, recorder := &throttling{}, metrics.New("api", "contacts-api", &out, time.Now)
	err := read(t.Context(), clientOf(server, recorder))
	if !problem.Passing(err) || server.requests.Load() != maxAttempts {
		t.Errorf("%d requests, %v", server.requests.Load(), err)
	}
	if recorder.Flush(); !strings.Contains(out.String(), `"Retries":7,"Throttles":8`) {
		t.Errorf("told %s", out.String())
	}
}

// What has no time for another attempt says at once why the last one failed.
func TestNoRepetitionBeginsThatTheDeadlineWouldCutOff(t *testing.T) {
	ctx, stop := context.WithTimeout(t.Context(), longPause)
	defer stop()
	server := &throttling{}
	err := read(ctx, clientOf(server, nil))
	if api, ok := errors.AsType[smithy.APIError](err); !ok || api.ErrorCode() != "ProvisionedThroughputExceededException" || !problem.Passing(err) || server.requests.Load() != 1 {
		t.Errorf("%d requests, %v", server.requests.Load(), err)
	}
}

// Many calls at once use up what a client may repeat; then each is told after its first attempt.
func TestRepetitionsAreBoundedOverAllCalls(t *testing.T) {
	server := &throttling{}
	client := clientOf(server, nil)
	var calls sync.WaitGroup
	for range 40 {
		calls.Go(func() {
			if err := read(t.Context(), client); !problem.Passing(err) {
				t.Error(err)
			}
		})
	}
	calls.Wait()
	if n := server.requests.Load(); n > 40+100 {
		t.Errorf("%d requests for 40 calls", n)
	}
}
