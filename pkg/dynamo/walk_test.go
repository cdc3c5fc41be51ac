package dynamo

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/exporting"
)

// torn answers queries with a page that ends within a contact, and fails the next page.
type torn struct{ page string }

func (t torn) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	status, answer := http.StatusOK, t.page
	if bytes.Contains(body, []byte("ExclusiveStartKey")) {
		status, answer = http.StatusBadRequest, `{"__type":"com.amazon.coral.validate#ValidationException","message":"torn"}`
	}
	return &http.Response{StatusCode: status, Request: r, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(answer)), ContentLength: int64(len(answer))}, nil
}

// tornPage is a contact as DynamoDB answers it, when more of its notes may follow.
func tornPage(t *testing.T) string {
	t.Helper()
	it, err := contactItem(person(1), "w-1")
	if err != nil {
		t.Fatal(err)
	}
	wire := map[string]any{}
	for name, value := range it {
		switch {
		case it.text(name) != "":
			wire[name] = map[string]any{"S": it.text(name)}
		case value != nil:
			wire[name] = map[string]any{"N": "1"}
		}
	}
	key := map[string]any{"pk": wire["pk"], "sk": wire["sk"]}
	page, err := json.Marshal(map[string]any{"Items": []any{wire}, "Count": 1, "ScannedCount": 1, "LastEvaluatedKey": key})
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

// A contact of whose notes some could not be read is not given out, or an export that goes on after it would lack them.
func TestAWalkThatBreaksOffGivesNoContactWithoutItsNotes(t *testing.T) {
	s := fresh(t).through(torn{tornPage(t)})
	for range 2_000 {
		given := 0
		err := s.Walk(ctx, ws, exporting.Selection{}, "", func(batch []exporting.Record, _ string) error {
			given += len(batch)
			return nil
		})
		if err == nil || given != 0 {
			t.Fatalf("%d contacts were given, %v", given, err)
		}
	}
}

// The error of a damaged position goes to the log; a position in a list may hold a name or an e-mail.
func TestAPositionThatCannotBeReadIsNotRepeated(t *testing.T) {
	selection := exporting.Selection{Search: &contact.Search{Words: []string{"mona"}}}
	err := fresh(t).Walk(ctx, ws, selection, `{"value":"mona adel`, func([]exporting.Record, string) error { return nil })
	if err == nil || strings.Contains(err.Error(), "mona") {
		t.Error(err)
	}
}
