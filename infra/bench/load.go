package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
)

// loader is a transport that makes writing a crowd cheap. Of the transactions that pass it writes the contacts and their notes alone, which
// are all that an export reads, in transactions as large as there are. What else there is of contacts (claims, facets, the chunks'
// records) is left out.
type loader struct {
	mu      sync.Mutex
	waiting []json.RawMessage // puts
	last    *http.Request     // a transaction's
}

// loadItems is how many items a transaction holds.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
const loadItems = 100

// RoundTrip implements http.RoundTripper.
func (l *loader) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".TransactWriteItems") {
		return http.DefaultTransport.RoundTrip(r)
	}
	puts, err := contactPuts(r.Body)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting, l.last = append(l.waiting, puts...), r
	for len(l.waiting) >= loadItems {
		if err := l.write(r.Context(), loadItems); err != nil {
			return nil, err
		}
	}
	return &http.Response{StatusCode: http.StatusOK, Request: r, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("{}"))}, nil
}

// flush writes what still waits.
func (l *loader) flush(ctx context.Context) error {
	if len(l.waiting) == 0 {
		return nil
	}
	return l.write(ctx, len(l.waiting))
}

// write sends the first n puts as one transaction.
func (l *loader) write(ctx context.Context, n int) error {
	body, err := json.Marshal(map[string]any{"TransactItems": l.waiting[:n]})
	if err != nil {
		return err
	}
	l.waiting = l.waiting[n:]
	r := l.last.Clone(ctx)
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return err
	}
	defer response.Body.Close() //nolint:errcheck // read whole below
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("contacts were refused: %s: %s", response.Status, answer)
	}
	return err
}

// contactPuts are those of a transaction that write into contacts' own partitions, without their conditions: the workspace is new.
func contactPuts(transaction io.Reader) ([]json.RawMessage, error) {
	type put struct {
		TableName string
		Item      json.RawMessage
	}
	var body struct{ TransactItems []struct{ Put put } }
	if err := json.NewDecoder(transaction).Decode(&body); err != nil {
		return nil, err
	}
	var puts []json.RawMessage
	for _, write := range body.TransactItems {
		var key struct{ PK struct{ S string } }
		if len(write.Put.Item) == 0 || json.Unmarshal(write.Put.Item, &key) != nil || !strings.Contains(key.PK.S, "#C#") {
			continue
		}
		text, err := json.Marshal(map[string]put{"Put": write.Put})
		if err != nil {
			return nil, err
		}
		puts = append(puts, text)
	}
	return puts, nil
}
