// Package twilio reads the webhooks of Twilio's messages: SMS, and WhatsApp through Twilio.
//
// https://www.twilio.com/docs/messaging/guides/webhook-request
package twilio

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // the signature that Twilio makes
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/contact"
)

const provider = "twilio"

// Empty is the answer that Twilio does nothing more upon. https://www.twilio.com/docs/messaging/twiml
const Empty = `<?xml version="1.0" encoding="UTF-8"?><Response/>`

// SignatureHeader is the header that a signature stands in.
const SignatureHeader = "X-Twilio-Signature"

// Sign is the signature of a body that is sent to an address: the HMAC-SHA-1, in base64, of the address as it is called and the names and
// values of the form, sorted by name. A body that is no form is signed by its hash in the query; false when it is neither.
// https://www.twilio.com/docs/usage/webhooks/webhooks-security
func Sign(address string, body []byte, authToken string) (signature string, ok bool) {
	text, ok := signedText(address, body)
	mac := hmac.New(sha1.New, []byte(authToken))
	mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil)), ok
}

// Verify says whether a body was signed with the account's token.
func Verify(request channel.SignedRequest, authToken string) bool {
	for _, address := range request.URLs {
		signature, ok := Sign(address, request.Body, authToken)
		if ok && hmac.Equal([]byte(request.Header(SignatureHeader)), []byte(signature)) {
			return true
		}
	}
	return false
}

func signedText(address string, body []byte) (text string, ok bool) {
	if _, query, found := strings.Cut(address, "?"); found {
		values, _ := url.ParseQuery(query) // what can be read of it
		if hash := values.Get("bodySHA256"); hash != "" {
			sum := sha256.Sum256(body)
			given, err := hex.DecodeString(hash)
			return address, err == nil && hmac.Equal(given, sum[:])
		}
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return "", false
	}
	text = address
	for _, name := range slices.Sorted(maps.Keys(form)) {
		values := slices.Clone(form[name])
		slices.Sort(values)
		for _, value := range slices.Compact(values) {
			text += name + value
		}
	}
	return text, true
}

// Parse reads a form. Its event is of the number that the message was sent to; that of a WhatsApp sender is of channel whatsapp, and its
// account is the number all the same.
func Parse(d channel.Delivery) channel.Reading {
	var r channel.Reading
	form, err := url.ParseQuery(string(d.Body))
	if err != nil {
		r.Refuse("The body is no form.", d.Body)
		return r
	}
	id := form.Get("MessageSid")
	if id == "" {
		id = form.Get("SmsSid")
	}
	status := form.Get("MessageStatus")
	if status == "" {
		status = form.Get("SmsStatus")
	}
	if status != "" && status != "received" { // of a message that we sent
		r.Ignore("status")
		return r
	}
	account, person, known := parties(d.Account, form)
	switch {
	case !known:
		r.Ignore("sender")
	case len(person.Addresses) == 0 || !channel.CheckID(person.Addresses[0].ExternalID):
		r.Refuse("A message does not say who it is from.", d.Body)
	case id == "":
		r.Refuse("A message has no MessageSid.", d.Body)
	default:
		event := d.NewEvent(provider, channel.Message, account, time.Time{}, id)
		event.Direction, event.Person = channel.Inbound, person
		r.Events = append(r.Events, event)
	}
	return r
}

// parties reads whom a message is to and from; known is false for senders of channels that Twilio has and we have not.
func parties(account channel.AccountKey, form url.Values) (to channel.AccountKey, from channel.Person, known bool) {
	kind, id, marked := strings.Cut(form.Get("From"), ":")
	if !marked {
		kind, id = "", kind
	}
	if _, number, marked := strings.Cut(form.Get("To"), ":"); marked {
		account.ID = number
	} else if number := form.Get("To"); number != "" {
		account.ID = number
	}
	switch kind {
	case "":
		from.AddAddress(channel.Address{ExternalID: strings.TrimSpace(id)})
		if _, phone := channel.WhatsAppAddress(id); strings.HasPrefix(id, "+") && phone != "" {
			from.Phone = phone
		}
	case "whatsapp":
		account.Channel = contact.WhatsApp
		address, phone := channel.WhatsAppAddress(strings.TrimSpace(id))
		if number := form.Get("WaId"); number != "" && phone != "" {
			address, _ = channel.WhatsAppAddress(number)
		}
		from = channel.Person{Phone: phone, ProfileName: channel.CleanName(form.Get("ProfileName"))}
		from.AddAddress(address)
	default:
		return account, from, false
	}
	return account, from, true
}
