package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/dynamo"
)

// The replay asks what a partition would have to take if 3,000 contacts a second were created with phones and e-mails in
// order, as files have them. No server is needed: the requests themselves say which key gets how much.
const (
	replayRate    = 3_000 // creations a second
	replaySeconds = 10
	partitionMost = 500 // write units a second: half of what DynamoDB gives a partition
)

// hotKeys answers every write and counts its units by partition key and second, those of index entries too.
type hotKeys struct {
	mu    sync.Mutex
	units map[string]float64 // of this second
	most  float64
	where string
}

// RoundTrip implements http.RoundTripper.
func (h *hotKeys) RoundTrip(r *http.Request) (*http.Response, error) {
	var body struct {
		TransactItems []struct {
			Put struct {
				TableName string
				Item      map[string]map[string]any
			}
		}
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, write := range body.TransactItems {
		h.add(write.Put.TableName, write.Put.Item)
	}
	return &http.Response{StatusCode: http.StatusOK, Request: r, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("{}"))}, nil
}

// add counts an item: two units a begun kilobyte in a transaction, and one for each index entry, which holds keys alone.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
func (h *hotKeys) add(table string, item map[string]map[string]any) {
	text := func(attribute string) string { value, _ := item[attribute]["S"].(string); return value }
	bytes := 0
	for name, value := range item {
		for _, part := range value {
			bytes += len(name) + len(fmt.Sprint(part))
		}
	}
	h.count(table+" "+text("pk"), 2*math.Ceil(float64(bytes)/1024))
	for _, index := range []string{"created", "name", "word", "spoken"} {
		if shard := text(index + "Shard"); shard != "" {
			h.count(table+" index "+index+" "+shard, 1)
		}
	}
}

func (h *hotKeys) count(key string, units float64) {
	if h.units[key] += units; h.units[key] > h.most {
		h.most, h.where = h.units[key], key
	}
}

// next begins another second.
func (h *hotKeys) next() { h.units = map[string]float64{} }

// replay prints the most write units a second that one partition key gets.
func (b *bench) replay(ctx context.Context) error {
	hot := &hotKeys{}
	store := dynamo.Open(dynamodb.New(dynamodb.Options{
		Region: "us-east-1", BaseEndpoint: aws.String("http://127.0.0.1:1"), HTTPClient: &http.Client{Transport: hot},
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	}), dynamo.Tables{Contacts: "contacts", Timeline: "timeline", Jobs: "jobs"})
	for second := range replaySeconds {
		hot.next()
		for i := range replayRate {
			if err := store.Create(ctx, someone("replay", second*replayRate+i), nil); err != nil {
				return fmt.Errorf("replay: %w", err)
			}
		}
	}
	fmt.Printf("%d creations a second, phones and e-mails in order: %s, %q\n",
		replayRate, b.atMost("replay", hot.most, partitionMost, "write units a second on the busiest partition key"), hot.where)
	return nil
}

// someone is a usual contact: two words, an e-mail and a phone, both in order.
func someone(workspace string, n int) contact.Contact {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(n) * time.Millisecond)
	return contact.Contact{
		Workspace: workspace, ID: idOf(workspace, n), Name: nameOf(n), Email: fmt.Sprintf("user%07d@example.com", n), Phone: fmt.Sprintf("+2010%08d", n),
		Channel: contact.API, CreatedAt: at, UpdatedAt: at, Version: 1, CreatedBy: contact.Actor{Type: contact.ByUser, ID: "bench"}, NamedBy: contact.ByUser,
	}
}
