package meta_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/channel/channeltest"
	"github.com/occ/contacts/pkg/channel/meta"
	"github.com/occ/contacts/pkg/contact"
)

// joined are n texts, with commas between them.
func joined(n int, text func(i int) string) string {
	all := make([]string, n)
	for i := range all {
		all[i] = text(i)
	}
	return strings.Join(all, ",")
}

func parsed(body string) channel.Reading {
	return meta.Parse(channeltest.Delivery(contact.WhatsApp, "1", body))
}

// The work grows with contacts and messages, and not with each pair of them. Allocations stand for it: they are the
// same however busy the machine is.
func TestProfilesAreFoundWithoutASearch(t *testing.T) {
	work := func(n int) float64 {
		body := wa("messages", fmt.Sprintf(`"contacts":[%s],"messages":[%s]`,
			joined(n, func(i int) string { return fmt.Sprintf(`{"wa_id":"2010%08d","user_id":"EG.u%d"}`, i, i) }),
			joined(n, func(i int) string { return fmt.Sprintf(`{"id":"%d","type":"text","from":"2011%08d"}`, i, i) })))
		return testing.AllocsPerRun(1, func() { parsed(body) })
	}
	small, large := work(250), work(1000)
	if large > 6*small {
		t.Errorf("%.0f allocations for 250 of both, %.0f for 1,000", small, large)
	}
}

// A message that cannot be used is kept with its profile, unless that is large.
func TestLettersHoldNoCopiesOfALargeProfile(t *testing.T) {
	message := `{"type":"text","from":"201001234567"}` // it has no id
	for padding, kept := range map[int]bool{10: true, 1_000_000: false} {
		profile := fmt.Sprintf(`{"wa_id":"201001234567","x":%q}`, strings.Repeat("x", padding))
		reading := parsed(wa("messages", `"contacts":[`+profile+`],"messages":[`+joined(50, func(int) string { return message })+`]`))
		held := 0
		for _, u := range reading.Unusable {
			held += len(u.Body)
		}
		if len(reading.Unusable) != 50 || held > 50*1000 || strings.Contains(string(reading.Unusable[0].Body), `"x"`) != kept {
			t.Errorf("a profile of %d bytes: %d letters of %d bytes", padding, len(reading.Unusable), held)
		}
	}
}

// Beyond a hundred parts that cannot be used the whole body is one letter more, and nothing is lost.
func TestABodyOfNothingUsable(t *testing.T) {
	body := wa("messages", `"messages":[`+joined(500, func(int) string { return `{"type":"text","from":"201001234567"}` })+`,
		{"id":"good","type":"text","from":"201001234567"}]`)
	reading := parsed(body)
	last := reading.Unusable[len(reading.Unusable)-1]
	if len(reading.Unusable) != 101 || string(last.Body) != body || !strings.HasPrefix(last.Reason, "400 more parts") || len(reading.Events) != 1 {
		t.Errorf("%d letters, the last %q, %d events", len(reading.Unusable), last.Reason, len(reading.Events))
	}
}

// A body that names more accounts than any of Meta's has the first thousand looked up.
func TestABodyOfTooManyAccounts(t *testing.T) {
	body := `{"object":"page","entry":[` + joined(3000, func(i int) string {
		return fmt.Sprintf(`{"id":"page-%d","messaging":[{"sender":{"id":"7"},"recipient":{"id":"page-%d"},"timestamp":1795608000000,"message":{"mid":"m%d"}}]}`, i, i, i)
	}) + `]}`
	reading := meta.Parse(channeltest.Delivery(contact.Messenger, "page-1", body))
	if len(reading.Events) != 1000 || len(reading.Unusable) != 1 || string(reading.Unusable[0].Body) != body {
		t.Errorf("%d events, %d letters", len(reading.Events), len(reading.Unusable))
	}
}

// A profile whose name nobody can see has no name: the username is taken, and where that cannot be seen either, the
// phone.
func TestNamesThatCannotBeSeen(t *testing.T) {
	for username, want := range map[string]string{"mona_a": "mona_a", "\u200b": ""} {
		reading := parsed(wa("messages", `"contacts":[{"wa_id":"201001234567","profile":{"name":"\u3164\u2800","username":"`+username+`"}}],`+
			`"messages":[{"id":"w1","type":"text","from":"201001234567"}]`))
		if p := reading.Events[0].Person; p.ProfileName != "" || p.Username != want || p.Phone != "+201001234567" {
			t.Errorf("%+v", p)
		}
	}
}
