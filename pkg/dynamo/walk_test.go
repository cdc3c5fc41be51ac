package dynamo

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/channel/channeltest"
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

// Somebody is joined into a contact that the walk has passed: it is given again, with what it got.
func TestAJoinDuringAWalkLosesNobody(t *testing.T) {
	s := fresh(t)
	var bare, full contact.Contact
	for n := 0; ; n++ { // the bare one lies in a later bucket
		number, userID := fmt.Sprintf("2010%08d", n), fmt.Sprintf("EG.user%d", n)
		hears(t, s, said(channel.Message, 2*n+1, channeltest.WhatsApp("", userID)), said(channel.Message, 2*n+2, channeltest.WhatsApp(number, "")))
		all := everybody(t, s)
		bare, full = all[len(all)-2], all[len(all)-1]
		if bucket(bare.ID, contactBuckets) > bucket(full.ID, contactBuckets)+1 {
			break
		}
	}
	if _, err := service(s).AddNote(ctx, ws, bare.ID, user, "the note of who is joined", nil); err != nil {
		t.Fatal(err)
	}
	last, stop, after := map[string]exporting.Record{}, errors.New("enough"), ""
	times := 0
	for {
		err := s.Walk(ctx, ws, exporting.Selection{}, after, func(batch []exporting.Record, position string) error {
			for _, record := range batch {
				if last[record.Contact.ID] = record; record.Contact.ID != full.ID {
					continue
				}
				if times++; times == 1 {
					hears(t, s, said(channel.Message, 500, channeltest.WhatsApp(full.Identities[0].ExternalID, bare.Identities[0].ExternalID)))
				}
			}
			after = position
			return stop
		})
		if err == nil {
			break
		}
		if !errors.Is(err, stop) {
			t.Fatal(err)
		}
	}
	record := last[full.ID]
	if times != 2 || record.Again == 0 || len(record.Contact.Identities) != 2 || !slices.Contains(record.Notes, "the note of who is joined") {
		t.Errorf("given %d times, at last %+v", times, record)
	}
	if _, there := last[bare.ID]; there {
		t.Error("who was joined is given too")
	}
	next := map[string]int{} // a later walk gives everybody once
	if err := s.Walk(ctx, ws, exporting.Selection{}, "1#~#"+stamp(time.Now().Add(time.Hour)), func(batch []exporting.Record, _ string) error {
		for _, record := range batch {
			next[record.Contact.ID]++
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for id, n := range next {
		if n > 1 {
			t.Errorf("%s is given %d times", id, n)
		}
	}
}

// A batch ends where its notes are many, in everything and in a selection.
func TestBatchesAreBoundedByTheirNotes(t *testing.T) {
	s := fresh(t)
	b := &breaker{t, s}
	for n := range 3 {
		c := person(n)
		c.Labels = []string{"VIP"}
		create(t, s, c)
		for k := range 10 { // 3.5 MB
			it := noteItem(c, contact.Note{ID: fmt.Sprint("note", k), Text: strings.Repeat("x", 350_000), CreatedAt: epoch, UpdatedAt: epoch}, "w")
			b.write(s.tables.Contacts, it.key(), func(stored item) { maps.Copy(stored, it) })
		}
	}
	for _, selection := range []exporting.Selection{{}, {Filter: contact.Filter{Label: "vip"}}} {
		notes := 0
		if err := s.Walk(ctx, ws, selection, "", func(batch []exporting.Record, _ string) error {
			bytes := 0
			for _, record := range batch {
				notes += len(record.Notes)
				for _, note := range record.Notes {
					bytes += len(note)
				}
			}
			if bytes > walkBytes+3_500_000 {
				t.Errorf("a batch has %d bytes of notes", bytes)
			}
			return nil
		}); err != nil || notes != 30 {
			t.Errorf("%d notes, %v", notes, err)
		}
	}
}
