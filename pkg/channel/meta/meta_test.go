package meta_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/channel/channeltest"
	"github.com/occ/contacts/pkg/channel/meta"
	"github.com/occ/contacts/pkg/contact"
)

// wa is a body of the Cloud API whose change has a value with these members.
func wa(field, members string) string {
	return fmt.Sprintf(`{"object":"whatsapp_business_account","entry":[{"id":"9","changes":[{"field":%q,"value":{"messaging_product":"whatsapp",
		"metadata":{"display_phone_number":"1555","phone_number_id":"77"},%s}}]}]}`, field, members)
}

// inbox is a body of a page or an Instagram account, 55, with one event.
func inbox(object, event string) string {
	return fmt.Sprintf(`{"object":%q,"entry":[{"id":"55","time":1795608000311,"messaging":[%s]}]}`, object, event)
}

const (
	monaProfile = `"contacts":[{"profile":{"name":"Mona"},"wa_id":"201001234567"}]`
	nobody      = "unusable: A message says of nobody who wrote it, or in an id that cannot be kept."
	types       = "unusable: A message has fields of other types."
)

var bodies = []struct {
	name, body string
	want       []string
}{
	{"text", wa("messages", monaProfile+`,"messages":[{"from":"201001234567","id":"w1","timestamp":"1795608000","type":"text","text":{"body":"x"}}]`),
		[]string{"message whatsapp 77 inbound 201001234567|+201001234567|||Mona|"}},
	{"a number as time", wa("messages", monaProfile+`,"messages":[{"from":"201001234567","id":"w1","timestamp":1795608000,"type":"image"}]`),
		[]string{"message whatsapp 77 inbound 201001234567|+201001234567|||Mona|"}},
	{"without contacts", wa("messages", `"messages":[{"from":"201001234567","id":"w1","timestamp":"1795608000","type":"text"}]`),
		[]string{"message whatsapp 77 inbound 201001234567|+201001234567||||"}},
	{"another person's profile", wa("messages", monaProfile+`,"messages":[{"from":"201009999999","id":"w1","type":"text"},{"from":"201008888888","id":"w2","type":"text"}]`),
		[]string{"message whatsapp 77 inbound 201008888888|+201008888888||||", "message whatsapp 77 inbound 201009999999|+201009999999||||"}},
	{"wa_id and number differ", wa("messages", `"contacts":[{"profile":{"name":"Ana"},"wa_id":"5491112345678"}],"messages":[{"from":"541112345678","id":"w1","type":"text"}]`),
		[]string{"message whatsapp 77 inbound 5491112345678=541112345678|+541112345678|||Ana|"}},
	{"Brazil, an old wa_id", wa("messages", `"contacts":[{"profile":{"name":"Ana"},"wa_id":"551187654321"}],"messages":[{"from":"5511987654321","id":"w1","type":"text"}]`),
		[]string{"message whatsapp 77 inbound 5511987654321=551187654321|+5511987654321|||Ana|"}},
	{"two of two", wa("messages", `"contacts":[{"profile":{"name":"A"},"wa_id":"201001234567"},{"profile":{"name":"B"},"user_id":"EG.2"}],"messages":[
		{"from_user_id":"EG.2","id":"w1","type":"text"},{"from":"201001234567","id":"w2","type":"text"}]`),
		[]string{"message whatsapp 77 inbound 201001234567|+201001234567|||A|", "message whatsapp 77 inbound EG.2*||||B|"}},
	{"the user id in contacts alone", wa("messages", `"contacts":[{"profile":{"name":"B","username":"b.b"},"user_id":"EG.2"}],"messages":[{"id":"w1","timestamp":"1","type":"contacts"}]`),
		[]string{"message whatsapp 77 inbound EG.2*||||B|b.b"}},
	{"a username alone", wa("messages", `"contacts":[{"profile":{"username":"b.b"}}],"messages":[{"id":"w1","type":"text"}]`),
		[]string{"message whatsapp 77 inbound @b.b|||||b.b"}},
	{"reaction, edit, revoke, unknown, group", wa("messages", monaProfile+`,"messages":[{"from":"201001234567","id":"w1","type":"reaction"},
		{"from":"201001234567","id":"w2","type":"edit"},{"from":"201001234567","id":"w3","type":"revoke"},{"from":"201001234567","id":"w4","type":"hologram"},
		{"from":"201001234567","id":"w5","type":"text","group_id":"g"}]`),
		[]string{"ignored edit", "ignored group", "ignored hologram", "ignored revoke", "interaction whatsapp 77 inbound 201001234567|+201001234567|||Mona|"}},
	{"statuses and errors", wa("messages", monaProfile+`,"statuses":[{"id":"w","status":"read","recipient_id":"201001234567"}],"errors":[{"code":1}]`), []string{"ignored error", "ignored status"}},
	{"other fields", wa("account_update", `"event":"x"`), []string{"ignored account_update"}},
	{"echo to a user id", wa("smb_message_echoes", `"message_echoes":[{"from":"1555","to_user_id":"EG.2","id":"w1","type":"text"}]`), []string{"message whatsapp 77 outbound EG.2*|||||"}},
	{"number changed, the old names", wa("messages", `"messages":[{"from":"551187654321","id":"w1","type":"system","system":{"type":"customer_changed_number","new_wa_id":"201001234567"}}]`),
		[]string{"number_changed whatsapp 77  201001234567|+201001234567|||| was 5511987654321=551187654321|+5511987654321||||"}},
	{"another system message", wa("messages", `"messages":[{"from":"201001234567","id":"w1","type":"system","system":{"type":"user_identity_changed"}}]`), []string{"ignored system.user_identity_changed"}},
	{"a change without a before", wa("messages", `"messages":[{"id":"w1","type":"system","system":{"type":"user_changed_user_id","user_id":"EG.2"}}]`),
		[]string{"unusable: A system message does not say who somebody was and is."}},
	{"a system message of nothing", wa("messages", `"messages":[{"id":"w1","type":"system"}]`), []string{"unusable: A system message says nothing."}},
	{"no sender", wa("messages", `"messages":[{"id":"w1","type":"text"}]`), []string{nobody}},
	{"a sender that cannot be kept", wa("messages", `"messages":[{"id":"w1","type":"text","from":"`+strings.Repeat("x", 257)+`"}]`), []string{nobody}},
	{"no id", wa("messages", `"messages":[{"from":"201001234567","type":"text"}]`), []string{"unusable: A message has no id."}},
	{"a sender of another type", wa("messages", `"messages":[{"from":201001234567,"id":"w1","type":"text"}]`), []string{types}},
	{"a time that is none", wa("messages", `"messages":[{"from":"201001234567","id":"w1","type":"text","timestamp":"soon"}]`), []string{types}},
	{"one bad, one good", wa("messages", `"messages":[1,{"from":"201001234567","id":"w1","type":"text"}]`), []string{"message whatsapp 77 inbound 201001234567|+201001234567||||", types}},
	{"a bad profile", wa("messages", `"contacts":[7,{"wa_id":5}],"messages":[{"from":"201001234567","id":"w1","type":"text"}]`), []string{"message whatsapp 77 inbound 201001234567|+201001234567||||"}},
	{"no account", `{"object":"whatsapp_business_account","entry":[{"id":"9","changes":[{"field":"messages","value":{"messages":[{"from":"201001234567","id":"w1","type":"text"}]}}]}]}`,
		[]string{"unusable: A change names no phone_number_id."}},
	{"messages of another type", wa("messages", `"messages":{}`), []string{"unusable: The value of a change has fields of other types."}},
	{"no value", `{"object":"whatsapp_business_account","entry":[{"id":"9","changes":[{"field":"messages"}]}]}`, []string{"unusable: The value of a change has fields of other types."}},
	{"a change of another type", `{"object":"whatsapp_business_account","entry":[{"id":"9","changes":["x"]}]}`, []string{"unusable: A change has fields of other types."}},
	{"an entry of another type", `{"object":"page","entry":[[]]}`, []string{"unusable: An entry has fields of other types."}},
	{"a list", `[]`, []string{"unusable: The body is no notification of Meta: object and entry have other types."}},
	{"another object", `{"object":"user","entry":[{}]}`, []string{"ignored user"}},
	{"nothing", `{}`, []string{"ignored other"}},

	{"Messenger", inbox("page", `{"sender":{"id":"1"},"recipient":{"id":"55"},"timestamp":1795608000000,"message":{"mid":"m1","text":"x"}}`), []string{"message messenger 55 inbound 1|||||"}},
	{"Instagram echo", inbox("instagram", `{"sender":{"id":"55"},"recipient":{"id":"1"},"timestamp":1795608000000,"message":{"mid":"m1","is_echo":true}}`), []string{"message instagram 55 outbound 1|||||"}},
	{"an echo that says so by its sender", inbox("page", `{"sender":{"id":"55"},"recipient":{"id":"1"},"timestamp":1,"reaction":{"mid":"m1","action":"react"}}`), []string{"interaction messenger 55 outbound 1|||||"}},
	{"to oneself", inbox("instagram", `{"sender":{"id":"55"},"recipient":{"id":"55"},"timestamp":1,"message":{"mid":"m1","is_self":true}}`), []string{"ignored own"}},
	{"deleted", inbox("instagram", `{"sender":{"id":"1"},"recipient":{"id":"55"},"timestamp":1,"message":{"mid":"m1","is_deleted":true}}`), []string{"ignored message"}},
	{"read and delivery", inbox("page", `{"sender":{"id":"1"},"recipient":{"id":"55"},"timestamp":1,"read":{"watermark":1}},{"sender":{"id":"1"},"delivery":{"mids":[]}}`), []string{"ignored delivery", "ignored read"}},
	{"postback without mid", inbox("page", `{"sender":{"id":"1"},"recipient":{"id":"55"},"timestamp":9,"postback":{"payload":"x"}}`), []string{"interaction messenger 55 inbound 1|||||"}},
	{"neither id nor time", inbox("page", `{"sender":{"id":"1"},"recipient":{"id":"55"},"postback":{"payload":"x"}}`), []string{"unusable: A messaging event has neither an id nor a time."}},
	{"standby", `{"object":"page","entry":[{"id":"55","standby":[{"sender":{"id":"1"},"recipient":{"id":"55"},"timestamp":1,"message":{"mid":"m1"}}]}]}`, []string{"message messenger 55 inbound 1|||||"}},
	{"comments", `{"object":"instagram","entry":[{"id":"55","changes":[{"field":"comments","value":{"id":"1"}}]}]}`, []string{"ignored comments"}},
	{"nobody", inbox("page", `{"recipient":{"id":"55"},"timestamp":1,"message":{"mid":"m1"}}`), []string{"unusable: A messaging event does not say who the person is."}},
	{"no page", `{"object":"page","entry":[{"messaging":[{"sender":{"id":"1"},"timestamp":1,"message":{"mid":"m1"}}]}]}`, []string{"unusable: An entry names no account."}},
	{"a sender that is no object", inbox("page", `{"sender":"1","message":{"mid":"m1"}}`), []string{"unusable: A messaging event has fields of other types."}},
}

func TestParse(t *testing.T) {
	for _, c := range bodies {
		t.Run(c.name, func(t *testing.T) {
			d := channeltest.Delivery(contact.WhatsApp, "1", c.body)
			reading := meta.Parse(d)
			if diff := cmp.Diff(c.want, channeltest.Summary(reading)); diff != "" {
				t.Error(diff)
			}
			channeltest.Check(t, d, reading, meta.Parse)
		})
	}
}

func TestTimes(t *testing.T) {
	said := func(stamp string) channel.Event {
		return meta.Parse(channeltest.Delivery(contact.WhatsApp, "1", wa("messages", `"messages":[{"from":"201001234567","id":"w1","type":"text"`+stamp+`}]`))).Events[0]
	}
	if e := said(`,"timestamp":"1795608000"`); !e.At.Equal(time.Unix(1795608000, 0)) || e.Untimed || !e.WholeSecond {
		t.Errorf("%+v", e)
	}
	for _, none := range []string{"", `,"timestamp":null`, `,"timestamp":"0"`, `,"timestamp":"1795608306"`, `,"timestamp":"9223372036854775807"`, `,"timestamp":"-9"`} {
		if e := said(none); !e.At.Equal(channeltest.Received) || !e.Untimed || e.WholeSecond {
			t.Errorf("%s: %+v", none, e)
		}
	}
}

// TestAThousandUpdates: three megabytes of a thousand messages of a thousand people are read whole.
func TestAThousandUpdates(t *testing.T) {
	var messages, contacts []string
	for i := range 1000 {
		contacts = append(contacts, fmt.Sprintf(`{"profile":{"name":"P%d"},"wa_id":"2010%08d"}`, i, i))
		messages = append(messages, fmt.Sprintf(`{"from":"2010%08d","id":"w%d","timestamp":"1795608000","type":"text","text":{"body":%q}}`, i, i, strings.Repeat("x", 2900)))
	}
	body := wa("messages", `"contacts":[`+strings.Join(contacts, ",")+`],"messages":[`+strings.Join(messages, ",")+`]`)
	reading := meta.Parse(channeltest.Delivery(contact.WhatsApp, "1", body))
	ids := map[string]bool{}
	for i, e := range reading.Events {
		ids[e.ID] = true
		if e.Person.ProfileName != fmt.Sprintf("P%d", i) {
			t.Fatalf("%d is %+v", i, e.Person)
		}
	}
	if len(ids) != 1000 || len(body) < 3_000_000 || len(body) > 3_145_728 {
		t.Errorf("%d events of %d bytes", len(ids), len(body))
	}
}

func TestVerify(t *testing.T) {
	body := []byte(`{"a":1}`)
	mac := hmac.New(sha256.New, []byte("secret"))
	mac.Write(body)
	right := "sha256=" + hex.EncodeToString(mac.Sum(nil))
	for _, c := range []struct {
		header, body, secret string
		want                 bool
	}{
		{right, string(body), "secret", true},
		{strings.ToUpper(right[7:]), string(body), "secret", false},
		{right, `{"a": 1}`, "secret", false}, {right, string(body), "other", false}, {"", string(body), "secret", false},
		{right[:20], string(body), "secret", false}, {right + "00", string(body), "secret", false}, {"sha256=", "", "", false},
	} {
		request := channel.SignedRequest{Body: []byte(c.body), Header: func(string) string { return c.header }}
		if meta.Verify(request, c.secret) != c.want {
			t.Errorf("%+v", c)
		}
	}
}

func TestChallenge(t *testing.T) {
	for query, want := range map[string]bool{
		"hub.mode=subscribe&hub.verify_token=t&hub.challenge=c": true, "hub.mode=subscribe&hub.verify_token=u&hub.challenge=c": false,
		"hub.mode=x&hub.verify_token=t&hub.challenge=c": false, "hub.mode=subscribe&hub.challenge=c": false, "": false,
	} {
		values, _ := url.ParseQuery(query)
		if answer, ok := meta.Challenge(values.Get, "t"); ok != want || ok && answer != "c" {
			t.Errorf("%s: %q %v", query, answer, ok)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, c := range bodies {
		f.Add(c.body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		if !json.Valid([]byte(body)) {
			t.Skip()
		}
		d := channeltest.Delivery(contact.WhatsApp, "1", body)
		channeltest.Check(t, d, meta.Parse(d), meta.Parse)
	})
}
