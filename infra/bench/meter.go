package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
)

// meter is a transport that asks every request to DynamoDB what it consumed, and adds that up.
type meter struct {
	mu    sync.Mutex
	units float64
	calls map[string]int // by action
}

// RoundTrip implements http.RoundTripper.
func (m *meter) RoundTrip(r *http.Request) (*http.Response, error) {
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
	m.count(action(r), consumed(answer))
	return response, nil
}

func (m *meter) count(action string, units float64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.calls == nil {
		m.calls = map[string]int{}
	}
	m.calls[action]++
	m.units += units
}

// all is how many requests there were.
func (m *meter) all() int {
	sum := 0
	for _, n := range m.calls {
		sum += n
	}
	return sum
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

func action(r *http.Request) string {
	_, name, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	return name
}
