// Package consumption counts what work costs on DynamoDB: requests, read units and write units, as the server says
// them. The benchmark and the table of costs use the same counts.
package consumption

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"strings"
	"sync"
)

// Meter is a transport that asks every request to DynamoDB what it consumed, and adds that up.
type Meter struct {
	mu     sync.Mutex
	reads  float64
	writes float64
	calls  map[string]int
}

// RoundTrip implements http.RoundTripper.
func (m *Meter) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	metered := bytes.Replace(body, []byte("{"), []byte(`{"ReturnConsumedCapacity":"TOTAL",`), 1)
	r = r.Clone(r.Context())
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(metered)), int64(len(metered))
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	response.Body = io.NopCloser(bytes.NewReader(answer))
	_, action, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	m.count(action, consumed(answer))
	return response, nil
}

// readers are the actions whose units are read units. A condition on an item in a transaction that writes costs write
// units.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
var readers = map[string]bool{"GetItem": true, "BatchGetItem": true, "Query": true, "Scan": true, "TransactGetItems": true}

func (m *Meter) count(action string, units float64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.calls == nil {
		m.calls = map[string]int{}
	}
	m.calls[action]++
	if readers[action] {
		m.reads += units
	} else {
		m.writes += units
	}
}

// Units returns the read units and write units since the last Reset.
func (m *Meter) Units() (reads, writes float64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.reads, m.writes
}

// All returns all units, of both kinds.
func (m *Meter) All() float64 {
	reads, writes := m.Units()
	return reads + writes
}

// Calls returns how many requests there were, by action.
func (m *Meter) Calls() map[string]int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.calls)
}

// Reset begins to count from nothing.
func (m *Meter) Reset() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reads, m.writes, m.calls = 0, 0, nil
}

// consumed sums the capacity of an answer: one table's, or a list of them.
func consumed(answer []byte) float64 {
	type capacity struct{ CapacityUnits float64 }
	var one struct{ ConsumedCapacity capacity }
	if json.Unmarshal(answer, &one) == nil {
		return one.ConsumedCapacity.CapacityUnits
	}
	var several struct{ ConsumedCapacity []capacity }
	_ = json.Unmarshal(answer, &several) // an error consumed nothing that we count
	sum := 0.0
	for _, table := range several.ConsumedCapacity {
		sum += table.CapacityUnits
	}
	return sum
}
