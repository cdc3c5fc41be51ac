package provider_test

import (
	"testing"
	"time"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/channel/provider"
	"github.com/occ/contacts/pkg/contact"
)

// TestWhatIsSignedIsVerified plays every provider; that the signatures are the providers' own is tested where each is made.
func TestWhatIsSignedIsVerified(t *testing.T) {
	secrets := channel.Secrets{AppSecret: "a", SecretToken: "b", AuthToken: "c", SigningSecret: "whsec_c2VjcmV0"}
	others := channel.Secrets{AppSecret: "w", SecretToken: "x", AuthToken: "y", SigningSecret: "whsec_b3RoZXI="}
	const address = "https://api.example/v1/webhooks/x/y"
	at, body := time.Unix(1_795_608_000, 0), []byte("Body=x&From=%2B201001234567")
	for _, c := range channel.AccountChannels {
		verified := func(signed map[string]string, body string, by channel.Secrets, at time.Time, address string) bool {
			request := channel.SignedRequest{Body: []byte(body), Header: func(name string) string { return signed[name] }, URLs: []string{address}, At: at}
			return provider.Verify(c, request, by)
		}
		signed := provider.Sign(c, address, body, secrets, at)
		if !verified(signed, string(body), secrets, at, address) {
			t.Errorf("%s refuses its own signature %v", c, signed)
		}
		if verified(signed, string(body), others, at, address) {
			t.Errorf("%s takes another secret's signature", c)
		}
		if c != contact.Telegram && verified(signed, string(body)+"&A=1", secrets, at, address) {
			t.Errorf("%s takes the signature of another body", c)
		}
		if got := verified(signed, string(body), secrets, at, address+"z"); got != (c != contact.SMS) {
			t.Errorf("%s at another address: %v", c, got)
		}
		if got := verified(signed, string(body), secrets, at.Add(time.Hour), address); got == channel.Signs(c) {
			t.Errorf("%s an hour later: %v", c, got)
		}
	}
	if signature := provider.Sign(contact.SMS, address, []byte("%zz"), secrets, at); provider.Verify(contact.SMS, channel.SignedRequest{
		Body: []byte("%zz"), Header: func(name string) string { return signature[name] }, URLs: []string{address}, At: at,
	}, secrets) {
		t.Error("Twilio signs what is no form")
	}
}
