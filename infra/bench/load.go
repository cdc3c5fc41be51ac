package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// loader is a transport that makes writing a crowd cheap: of a transaction it writes the contacts and their notes alone, which are all
// that an export reads, in batches without conditions. What else there is of contacts (claims, facets, chunks' records) is left out.
type loader struct{}

// batchItems is how many items a batch holds. https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
const batchItems = 25

type putRequest struct{ PutRequest struct{ Item json.RawMessage } }

// RoundTrip implements http.RoundTripper.
func (loader) RoundTrip(r *http.Request) (*http.Response, error) {
	if action(r) != "TransactWriteItems" {
		return http.DefaultTransport.RoundTrip(r)
	}
	table, puts, err := contactsOf(r.Body)
	if err != nil {
		return nil, err
	}
	for len(puts) > 0 {
		n := min(len(puts), batchItems)
		if err := writeBatch(r, table, puts[:n]); err != nil {
			return nil, err
		}
		puts = puts[n:]
	}
	return &http.Response{StatusCode: http.StatusOK, Request: r, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("{}"))}, nil
}

// contactsOf are the items of a transaction that lie in contacts' own partitions, and their table.
func contactsOf(transaction io.Reader) (table string, puts []putRequest, err error) {
	var body struct {
		TransactItems []struct {
			Put struct {
				TableName string
				Item      json.RawMessage
			}
		}
	}
	if err := json.NewDecoder(transaction).Decode(&body); err != nil {
		return "", nil, err
	}
	for _, write := range body.TransactItems {
		var key struct{ PK struct{ S string } }
		if len(write.Put.Item) == 0 || json.Unmarshal(write.Put.Item, &key) != nil || !strings.Contains(key.PK.S, "#C#") {
			continue
		}
		var put putRequest
		put.PutRequest.Item, table = write.Put.Item, write.Put.TableName
		puts = append(puts, put)
	}
	return table, puts, nil
}

// writeBatch sends some items the way of the request that they came with.
func writeBatch(r *http.Request, table string, puts []putRequest) error {
	body, err := json.Marshal(map[string]any{"RequestItems": map[string]any{table: puts}})
	if err != nil {
		return err
	}
	r = r.Clone(r.Context())
	r.Header.Set("X-Amz-Target", "DynamoDB_20120810.BatchWriteItem")
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return err
	}
	defer response.Body.Close() //nolint:errcheck // read whole below
	answer, err := io.ReadAll(response.Body)
	var left struct{ UnprocessedItems map[string]any }
	if err == nil {
		err = json.Unmarshal(answer, &left)
	}
	if err == nil && (response.StatusCode != http.StatusOK || len(left.UnprocessedItems) > 0) {
		err = fmt.Errorf("a batch of contacts was refused: %s: %s", response.Status, answer)
	}
	return err
}
