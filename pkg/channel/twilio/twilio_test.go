package twilio_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/channel/channeltest"
	"github.com/occ/contacts/pkg/channel/twilio"
	"github.com/occ/contacts/pkg/contact"
)

const number = "+15551234567"

var forms = []struct {
	name, body string
	want       []string
}{
	{"SMS", "MessageSid=SM1&From=%2B201001234567&To=%2B15551234567&Body=x&SmsStatus=received", []string{"message sms " + number + " inbound +201001234567|+201001234567||||"}},
	{"an old SmsSid", "SmsSid=SM1&From=%2B201001234567&To=%2B15551234567", []string{"message sms " + number + " inbound +201001234567|+201001234567||||"}},
	{"a short code", "MessageSid=SM1&From=12345&To=%2B15551234567", []string{"message sms " + number + " inbound 12345|||||"}},
	{"a name", "MessageSid=SM1&From=ACME&To=%2B15551234567", []string{"message sms " + number + " inbound ACME|||||"}},
	{"another number", "MessageSid=SM1&From=%2B201001234567&To=%2B15557654321", []string{"message sms +15557654321 inbound +201001234567|+201001234567||||"}},
	{"WhatsApp", "MessageSid=SM1&From=whatsapp%3A%2B551187654321&WaId=551187654321&To=whatsapp%3A%2B15551234567&ProfileName=Ana",
		[]string{"message whatsapp " + number + " inbound 5511987654321=551187654321|+5511987654321|||Ana|"}},
	{"WhatsApp, a user id", "MessageSid=SM1&From=whatsapp%3AEG.1a2b&To=whatsapp%3A%2B15551234567", []string{"message whatsapp " + number + " inbound EG.1a2b*|||||"}},
	{"another channel", "MessageSid=SM1&From=rcs%3Aagent&To=%2B15551234567", []string{"ignored sender"}},
	{"a status", "MessageSid=SM1&From=%2B15551234567&To=%2B201001234567&MessageStatus=delivered", []string{"ignored status"}},
	{"no sender", "MessageSid=SM1&To=%2B15551234567", []string{"unusable: A message does not say who it is from."}},
	{"no id", "From=%2B201001234567&To=%2B15551234567", []string{"unusable: A message has no MessageSid."}},
	{"nothing", "", []string{"unusable: A message does not say who it is from."}},
	{"no form", "%zz", []string{"unusable: The body is no form."}},
}

func TestParse(t *testing.T) {
	for _, c := range forms {
		t.Run(c.name, func(t *testing.T) {
			d := channeltest.Delivery(contact.SMS, number, c.body)
			reading := twilio.Parse(d)
			if diff := cmp.Diff(c.want, channeltest.Summary(reading)); diff != "" {
				t.Error(diff)
			}
			channeltest.Check(t, d, reading, twilio.Parse)
			for _, e := range reading.Events {
				if !e.Untimed || !e.At.Equal(channeltest.Received) {
					t.Errorf("%+v", e)
				}
			}
		})
	}
}

// TestVerify has Twilio's own example. https://www.twilio.com/docs/usage/security#validating-requests
func TestVerify(t *testing.T) {
	const (
		address = "https://mycompany.com/myapp.php?foo=1&bar=2"
		body    = "CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212"
		right   = "RSOYDt4T1cUTdK1PDd93/VVr8B8="
	)
	for _, c := range []struct {
		signature, token, body string
		addresses              []string
		want                   bool
	}{
		{right, "12345", body, []string{address}, true},
		{right, "12345", body, []string{"https://other.example/", address}, true},
		{right, "12345", "To=%2B18005551212&From=%2B14158675309&Digits=1234&Caller=%2B14158675309&CallSid=CA1234567890ABCDE", []string{address}, true},
		{right, "12346", body, []string{address}, false}, {right, "12345", body + "&A=", []string{address}, false},
		{right, "12345", body, []string{"https://mycompany.com/myapp.php?foo=1"}, false}, {right, "12345", body, nil, false},
		{"", "12345", body, []string{address}, false}, {"?", "12345", body, []string{address}, false}, {right, "12345", "%zz", []string{address}, false},
		{right[:8], "12345", body, []string{address}, false},
	} {
		request := channel.SignedRequest{Body: []byte(c.body), URLs: c.addresses, Header: func(string) string { return c.signature }}
		if twilio.Verify(request, c.token) != c.want {
			t.Errorf("%+v", c)
		}
	}
}

func TestABodyThatIsNoFormIsSignedByItsHash(t *testing.T) {
	body := []byte(`{"a":1}`)
	sum := sha256.Sum256(body)
	address := "https://api.example/v1/webhooks/sms/x?bodySHA256=" + hex.EncodeToString(sum[:])
	mac := hmac.New(sha1.New, []byte("token"))
	mac.Write([]byte(address))
	request := channel.SignedRequest{Body: body, URLs: []string{address}, Header: func(string) string { return base64.StdEncoding.EncodeToString(mac.Sum(nil)) }}
	if !twilio.Verify(request, "token") {
		t.Error("refused")
	}
	request.Body = []byte(`{"a":2}`)
	if twilio.Verify(request, "token") {
		t.Error("another body is taken")
	}
}

func FuzzParse(f *testing.F) {
	for _, c := range forms {
		f.Add(c.body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		d := channeltest.Delivery(contact.SMS, number, body)
		channeltest.Check(t, d, twilio.Parse(d), twilio.Parse)
		twilio.Verify(channel.SignedRequest{Body: []byte(body), URLs: []string{"https://a/?" + body}, Header: func(string) string { return "AAAA" }}, "token")
	})
}
