package dynamo

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
)

func action(r *http.Request) string {
	_, name, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	return name
}

// rewritten replaces fields of a request's body; nothing checks the signature here.
func rewritten(r *http.Request, edit func(body map[string]any)) (*http.Request, error) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	var body map[string]any
	if err := json.Unmarshal(raw, &body); err != nil {
		return nil, err
	}
	edit(body)
	if raw, err = json.Marshal(body); err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(raw)), int64(len(raw))
	return r, nil
}

// reread lets edit change an answer.
func reread(answer *http.Response, edit func(body map[string]any)) (*http.Response, error) {
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	var body map[string]any
	if err := json.Unmarshal(raw, &body); err != nil {
		return nil, err
	}
	edit(body)
	if raw, err = json.Marshal(body); err != nil {
		return nil, err
	}
	answer.Header.Del("X-Amz-Crc32")
	answer.Body, answer.ContentLength = io.NopCloser(bytes.NewReader(raw)), int64(len(raw))
	return answer, nil
}

// meter asks every request what it consumed and adds it up.
type meter struct {
	mu      sync.Mutex
	units   float64
	indexes float64
	calls   map[string]int
}

func (m *meter) RoundTrip(r *http.Request) (*http.Response, error) {
	name := action(r)
	r, err := rewritten(r, func(body map[string]any) { body["ReturnConsumedCapacity"] = "INDEXES" })
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	return reread(answer, func(body map[string]any) {
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.calls == nil {
			m.calls = map[string]int{}
		}
		m.calls[name]++
		switch consumed := body["ConsumedCapacity"].(type) {
		case map[string]any:
			m.add(consumed)
		case []any:
			for _, one := range consumed {
				m.add(one.(map[string]any))
			}
		}
	})
}

func (m *meter) add(consumed map[string]any) {
	m.units += consumed["CapacityUnits"].(float64)
	indexes, _ := consumed["GlobalSecondaryIndexes"].(map[string]any)
	for _, index := range indexes {
		m.indexes += index.(map[string]any)["CapacityUnits"].(float64)
	}
}

var errLost = errors.New("the connection was reset")

// lossy does what it is asked and loses the answer, for the first so many calls of an action. The server forgets what it
// was asked too: the token that would let it recognise a repetition is taken out.
type lossy struct {
	mu     sync.Mutex
	action string
	losses int
	lost   int
}

func (l *lossy) RoundTrip(r *http.Request) (*http.Response, error) {
	if action(r) != l.action {
		return http.DefaultTransport.RoundTrip(r)
	}
	r, err := rewritten(r, func(body map[string]any) { delete(body, "ClientRequestToken") })
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultTransport.RoundTrip(r)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil || l.lost >= l.losses {
		return answer, err
	}
	l.lost++
	_ = answer.Body.Close()
	return nil, errLost
}

// refusing answers the first so many calls of an action itself, as DynamoDB does when it is busy.
type refusing struct {
	mu     sync.Mutex
	action string
	times  int
	body   string // the error, as JSON

	after   func() bool // whether it refuses yet
	atLeast int         // only transactions of so many items
}

func (f *refusing) RoundTrip(r *http.Request) (*http.Response, error) {
	f.mu.Lock()
	refuse := action(r) == f.action && f.times > 0
	if refuse && f.atLeast > 0 {
		r, _ = rewritten(r, func(body map[string]any) { refuse = len(body["TransactItems"].([]any)) >= f.atLeast })
	}
	if refuse && f.after != nil {
		refuse = f.after()
	}
	if refuse {
		f.times--
	}
	f.mu.Unlock()
	if !refuse {
		return http.DefaultTransport.RoundTrip(r)
	}
	return &http.Response{
		StatusCode: http.StatusBadRequest, Request: r, Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}},
		Body: io.NopCloser(strings.NewReader(f.body)),
	}, nil
}

const (
	throttled = `{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException","message":"busy"}`
	conflict  = `{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","message":"conflict",` +
		`"CancellationReasons":[{"Code":"TransactionConflict"},{"Code":"None"},{"Code":"None"}]}`
)
