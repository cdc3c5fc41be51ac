package telegram_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/channel/channeltest"
	"github.com/occ/contacts/pkg/channel/telegram"
	"github.com/occ/contacts/pkg/contact"
)

const (
	from    = `"from":{"id":5,"is_bot":false,"first_name":"Mona","last_name":"Adel","username":"mona"}`
	private = `"chat":{"id":5,"type":"private"}`
	said    = "telegram 9 inbound 5||||Mona Adel|mona"
)

var updates = []struct {
	name, body string
	want       []string
}{
	{"message", `{"update_id":1,"message":{"message_id":2,` + from + `,` + private + `,"date":1795608000,"text":"x"}}`, []string{"message " + said}},
	{"first name alone", `{"update_id":1,"message":{"message_id":2,"from":{"id":5,"first_name":"Mona"},` + private + `,"date":1}}`, []string{"message telegram 9 inbound 5||||Mona|"}},
	{"own contact", `{"update_id":1,"message":{"message_id":2,` + from + `,` + private + `,"date":1,"contact":{"phone_number":"+201001234567","user_id":5}}}`,
		[]string{"message " + said, "phone_shared telegram 9  5|+201001234567|||Mona Adel|mona"}},
	{"somebody else's contact", `{"update_id":1,"message":{"message_id":2,` + from + `,` + private + `,"date":1,"contact":{"phone_number":"201001234567","user_id":6}}}`, []string{"message " + said}},
	{"a contact without an id", `{"update_id":1,"message":{"message_id":2,` + from + `,` + private + `,"date":1,"contact":{"phone_number":"201001234567"}}}`, []string{"message " + said}},
	{"own contact with no number", `{"update_id":1,"message":{"message_id":2,` + from + `,` + private + `,"date":1,"contact":{"phone_number":"x","user_id":5}}}`, []string{"message " + said}},
	{"edited", `{"update_id":1,"edited_message":{"message_id":2,` + from + `,` + private + `,"date":1}}`, []string{"ignored edited_message"}},
	{"channel post", `{"update_id":1,"channel_post":{"message_id":2,"chat":{"id":-1,"type":"channel"},"date":1}}`, []string{"ignored channel_post"}},
	{"channel", `{"update_id":1,"message":{"message_id":2,"chat":{"id":-1,"type":"channel"},"date":1}}`, []string{"ignored channel"}},
	{"group", `{"update_id":1,"message":{"message_id":2,` + from + `,"chat":{"id":-1,"type":"group"},"date":1}}`, []string{"ignored group"}},
	{"supergroup", `{"update_id":1,"message":{"message_id":2,` + from + `,"chat":{"id":-1,"type":"supergroup"},"date":1}}`, []string{"ignored supergroup"}},
	{"a bot", `{"update_id":1,"message":{"message_id":2,"from":{"id":6,"is_bot":true},` + private + `,"date":1}}`, []string{"ignored bot"}},
	{"callback", `{"update_id":1,"callback_query":{"id":"7",` + from + `,"message":{"message_id":2,` + private + `,"date":1}}}`, []string{"interaction " + said}},
	{"callback in a group", `{"update_id":1,"callback_query":{"id":"7",` + from + `,"message":{"message_id":2,"chat":{"id":-1,"type":"group"}}}}`, []string{"ignored group"}},
	{"inline callback", `{"update_id":1,"callback_query":{"id":"7",` + from + `,"inline_message_id":"x"}}`, []string{"ignored inline"}},
	{"callback without id", `{"update_id":1,"callback_query":{` + from + `,"message":{` + private + `}}}`, []string{"unusable: A callback query has no id."}},
	{"reaction", `{"update_id":1,"message_reaction":{` + private + `,"user":{"id":5},"date":1,"new_reaction":[]}}`, []string{"interaction telegram 9 inbound 5|||||"}},
	{"blocked", `{"update_id":1,"my_chat_member":{}}`, []string{"ignored my_chat_member"}},
	{"nothing", `{"update_id":1}`, []string{"ignored other"}},
	{"no sender", `{"update_id":1,"message":{"message_id":2,` + private + `,"date":1}}`, []string{"unusable: An update does not say who it is from."}},
	{"no chat", `{"update_id":1,"message":{"message_id":2,` + from + `,"date":1}}`, []string{"unusable: An update names no chat."}},
	{"no id", `{"update_id":1,"message":{` + from + `,` + private + `,"date":1}}`, []string{"unusable: A message has no id."}},
	{"an id of another type", `{"update_id":1,"message":{"message_id":2,"from":{"id":"5"},` + private + `}}`, []string{"unusable: The update has fields of other types."}},
	{"a list", `[]`, []string{"unusable: The update has fields of other types."}},
}

func TestParse(t *testing.T) {
	for _, c := range updates {
		t.Run(c.name, func(t *testing.T) {
			d := channeltest.Delivery(contact.Telegram, "9", c.body)
			reading := telegram.Parse(d)
			if diff := cmp.Diff(c.want, channeltest.Summary(reading)); diff != "" {
				t.Error(diff)
			}
			channeltest.Check(t, d, reading, telegram.Parse)
		})
	}
}

func TestTimesAndIDs(t *testing.T) {
	first := telegram.Parse(channeltest.Delivery(contact.Telegram, "9", updates[0].body)).Events[0]
	if !first.At.Equal(time.Unix(1795608000, 0)) || first.Untimed || !first.WholeSecond {
		t.Errorf("%+v", first)
	}
	again := telegram.Parse(channeltest.Delivery(contact.Telegram, "9", strings.Replace(updates[0].body, `"update_id":1`, `"update_id":8`, 1))).Events[0]
	other := telegram.Parse(channeltest.Delivery(contact.Telegram, "9", strings.Replace(updates[0].body, `"message_id":2`, `"message_id":3`, 1))).Events[0]
	if again.ID != first.ID || other.ID == first.ID {
		t.Error("a message is known by its chat and id")
	}
}

func TestVerify(t *testing.T) {
	for header, want := range map[string]bool{"token": true, "tokens": false, "": false, "Token": false} {
		request := channel.SignedRequest{Header: func(name string) string {
			if name != "X-Telegram-Bot-Api-Secret-Token" {
				t.Error(name)
			}
			return header
		}}
		if telegram.Verify(request, "token") != want {
			t.Errorf("%q", header)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, c := range updates {
		f.Add(c.body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		if !json.Valid([]byte(body)) {
			t.Skip()
		}
		d := channeltest.Delivery(contact.Telegram, "9", body)
		channeltest.Check(t, d, telegram.Parse(d), telegram.Parse)
	})
}
