package channel_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/contact"
)

func TestWhatsAppAddress(t *testing.T) {
	for id, want := range map[string]struct {
		address channel.Address
		phone   string
	}{
		"201001234567":     {channel.Address{ExternalID: "201001234567"}, "+201001234567"},
		"+201001234567":    {channel.Address{ExternalID: "201001234567"}, "+201001234567"},
		"5511987654321":    {channel.Address{ExternalID: "5511987654321", Spellings: []string{"551187654321"}}, "+5511987654321"},
		"551187654321":     {channel.Address{ExternalID: "5511987654321", Spellings: []string{"551187654321"}}, "+5511987654321"},
		"551133334444":     {channel.Address{ExternalID: "551133334444"}, "+551133334444"}, // a fixed line
		"5215512345678":    {channel.Address{ExternalID: "525512345678", Spellings: []string{"5215512345678"}}, "+525512345678"},
		"525512345678":     {channel.Address{ExternalID: "525512345678", Spellings: []string{"5215512345678"}}, "+525512345678"},
		"EG.1a2b":          {channel.Address{ExternalID: "EG.1a2b", EveryAccount: true}, ""},
		"US.ENT.118157992": {channel.Address{ExternalID: "US.ENT.118157992", EveryAccount: true}, ""},
		"somebody":         {channel.Address{ExternalID: "somebody"}, ""},
		"0123456789":       {channel.Address{ExternalID: "0123456789"}, ""},
		"":                 {},
	} {
		address, phone := channel.WhatsAppAddress(id)
		if diff := cmp.Diff(want.address, address); diff != "" || phone != want.phone {
			t.Errorf("%q: %s, phone %q", id, diff, phone)
		}
	}
}

// TestBothSpellingsAreOneAddress: whichever spelling of a number comes, the address is the same.
func TestBothSpellingsAreOneAddress(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		address, _ := channel.WhatsAppAddress(rapid.StringMatching(`(55|52|521|20)[0-9]{8,11}`).Draw(t, "number"))
		for _, spelling := range append([]string{address.ExternalID}, address.Spellings...) {
			again, phone := channel.WhatsAppAddress(spelling)
			if diff := cmp.Diff(address, again); diff != "" || phone != "+"+address.ExternalID {
				t.Fatalf("%s: %s", spelling, diff)
			}
		}
	})
}

func delivery() channel.Delivery {
	return channel.Delivery{Workspace: "demo", Account: channel.AccountKey{Channel: contact.Telegram, ID: "1"}, ReceivedAt: noon}
}

func TestTimesOfEvents(t *testing.T) {
	for said, want := range map[time.Time]time.Time{
		noon.Add(-time.Hour): noon.Add(-time.Hour), noon.Add(5 * time.Minute): noon.Add(5 * time.Minute), noon.Add(5*time.Minute + time.Millisecond): noon, {}: noon,
		noon.Add(1500 * time.Microsecond).In(time.FixedZone("x", 3600)): noon.Add(time.Millisecond),
	} {
		event := delivery().NewEvent("x", channel.Message, delivery().Account, said, "1")
		if !event.At.Equal(want) || event.At.Location() != time.UTC || event.Untimed != want.Equal(noon) {
			t.Errorf("%v: at %v, untimed %v", said, event.At, event.Untimed)
		}
	}
}

func TestEventIDs(t *testing.T) {
	id := func(account string, kind channel.Kind, parts ...string) string {
		return delivery().NewEvent("x", kind, channel.AccountKey{Channel: contact.Telegram, ID: account}, noon, parts...).ID
	}
	same := id("1", channel.Message, "ab", "c")
	if same != id("1", channel.Message, "ab", "c") || len(same) != 64 {
		t.Error("not the same, or no hash")
	}
	for _, other := range []string{id("1", channel.Message, "a", "bc"), id("1", channel.Message, "abc"), id("2", channel.Message, "ab", "c"), id("1", channel.Interaction, "ab", "c")} {
		if other == same {
			t.Error("two events have one id")
		}
	}
}

func TestCleanName(t *testing.T) {
	for given, want := range map[string]string{
		" Mona  Adel\n": "Mona  Adel", "a\x00b": "a b", "\u200b\u200b": "", "": "", "\u2800": "", "\u3164 \u115f": "", "\uffa0\u0301": "", "\u202a\u202c\u2069": "", "e\u0301": "é", "\xffx": "x",
		strings.Repeat("é", 300): strings.Repeat("é", 200), strings.Repeat("x", 199) + " y": strings.Repeat("x", 199),
	} {
		if got := channel.CleanName(given); got != want {
			t.Errorf("%q gives %q", given, got)
		}
	}
}

func TestTypesThatAreNoWordsAreNotLogged(t *testing.T) {
	var r channel.Reading
	for _, what := range []string{"status", "my_chat_member", "Mona Adel", "+201001234567", "", strings.Repeat("x", 41)} {
		r.Ignore(what)
	}
	if diff := cmp.Diff(map[string]int{"status": 1, "my_chat_member": 1, "other": 4}, r.Ignored); diff != "" {
		t.Error(diff)
	}
}

// eventOf is an event of some of the addresses, phones and e-mails that there are.
func eventOf(t *rapid.T, i int) channel.Event {
	event := channel.Event{Schema: 1, Workspace: "demo", ID: fmt.Sprint(i), Kind: channel.Message, Channel: contact.WhatsApp, AccountID: "1"}
	people := rapid.IntRange(0, 30)
	event.Person.AddAddress(channel.Address{ExternalID: fmt.Sprint(people.Draw(t, "address"))})
	if rapid.Bool().Draw(t, "more") {
		event.Person.AddAddress(channel.Address{ExternalID: fmt.Sprint(people.Draw(t, "another"))})
		event.Person.Phone = fmt.Sprint("+", people.Draw(t, "phone"))
	}
	event.Person.Name = strings.Repeat("x", rapid.IntRange(0, 4000).Draw(t, "size"))
	return event
}

func TestBatches(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := make([]channel.Event, rapid.IntRange(0, 120).Draw(t, "events"))
		for i := range events {
			events[i] = eventOf(t, i)
		}
		batches, err := channel.Batches("demo", events)
		if err != nil {
			t.Fatal(err)
		}
		var all []channel.Event
		for _, batch := range batches {
			text, _ := json.Marshal(batch)
			if len(text) > channel.MaxBatchBytes || batch.Schema != channel.BatchSchema || batch.Workspace != "demo" || len(batch.Events) == 0 {
				t.Fatalf("a batch of %d bytes, %d events", len(text), len(batch.Events))
			}
			all = append(all, batch.Events...)
		}
		byID := func(a, b channel.Event) int { return strings.Compare(a.ID, b.ID) }
		if got := slices.SortedFunc(slices.Values(all), byID); len(got) != len(events) || !cmp.Equal(got, slices.SortedFunc(slices.Values(events), byID)) {
			t.Fatalf("%d events of %d", len(got), len(events))
		}
	})
}

// TestAPersonsEventsStayTogether: what shares an address, directly or through others, is in one batch and in order.
func TestAPersonsEventsStayTogether(t *testing.T) {
	var events []channel.Event
	for i := range 300 {
		event := channel.Event{ID: fmt.Sprint(i), Channel: contact.WhatsApp}
		switch {
		case i%3 == 0:
			event.Person.AddAddress(channel.Address{ExternalID: "EG.1", EveryAccount: true})
		case i%3 == 1 && i < 290:
			event.Person.AddAddress(channel.Address{ExternalID: "201001234567"})
		case i%3 == 1: // the last one says that both are the same
			event.Person.AddAddress(channel.Address{ExternalID: "201001234567"})
			event.Person.AddAddress(channel.Address{ExternalID: "EG.1"})
		default:
			event.Person.AddAddress(channel.Address{ExternalID: fmt.Sprint("2010", i)})
		}
		events = append(events, event)
	}
	batches, err := channel.Batches("demo", events)
	if err != nil {
		t.Fatal(err)
	}
	with := 0
	for _, batch := range batches {
		last, count := -1, 0
		for _, event := range batch.Events {
			var n int
			_, _ = fmt.Sscan(event.ID, &n)
			if n%3 == 2 {
				continue
			}
			if count++; n < last {
				t.Errorf("%d after %d", n, last)
			}
			last = n
		}
		if count > 0 {
			with++
		}
		if count != 0 && count != 200 || count == 0 && len(batch.Events) > 50 {
			t.Errorf("%d of 200 events in a batch of %d", count, len(batch.Events))
		}
	}
	if with != 1 || len(batches) != 3 {
		t.Errorf("%d batches, %d with the person", len(batches), with)
	}
}

// TestABurstOfOneIsFewMessages: a thousand messages of one sender, three megabytes at the provider, are few messages of the queue.
func TestABurstOfOneIsFewMessages(t *testing.T) {
	var events []channel.Event
	for i := range 1000 {
		event := delivery().NewEvent("meta", channel.Message, delivery().Account, noon, fmt.Sprint(i))
		event.Person.AddAddress(channel.Address{ExternalID: "201001234567"})
		events = append(events, event)
	}
	batches, err := channel.Batches("demo", events)
	if err != nil || len(batches) > 3 {
		t.Errorf("%d batches, %v", len(batches), err)
	}
}
