// Package provider knows which provider's webhooks an account gets: how large they may be, how they are signed, and what they say.
package provider

import (
	"encoding/json"
	"strings"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/channel/meta"
	"github.com/occ/contacts/pkg/channel/standard"
	"github.com/occ/contacts/pkg/channel/telegram"
	"github.com/occ/contacts/pkg/channel/twilio"
	"github.com/occ/contacts/pkg/contact"
)

// Largest bodies, in bytes (pkg/httpapi/README.md, "Webhooks"). Meta's hold up to 1,000 updates.
const (
	maxBody     = 262_144
	maxMetaBody = 3_145_728
)

func isMeta(c contact.Channel) bool {
	return c == contact.WhatsApp || c == contact.Instagram || c == contact.Messenger
}

// Methods are the methods of HTTP that the webhooks of a channel take, as the header Allow names them.
func Methods(c contact.Channel) string {
	if isMeta(c) {
		return "GET, POST"
	}
	return "POST"
}

// MaxBody is the largest body of a channel, in bytes.
func MaxBody(c contact.Channel) int {
	if isMeta(c) {
		return maxMetaBody
	}
	return maxBody
}

// Verify says whether an account's provider signed a request.
func Verify(c contact.Channel, request channel.SignedRequest, secrets channel.Secrets) bool {
	switch {
	case isMeta(c):
		return meta.Verify(request, secrets.AppSecret)
	case c == contact.Telegram:
		return telegram.Verify(request, secrets.SecretToken)
	case c == contact.SMS:
		return twilio.Verify(request, secrets.AuthToken)
	default:
		return standard.Verify(request, secrets)
	}
}

// Readable says whether a body is what the provider sends: JSON, or a form where it is Twilio.
func Readable(c contact.Channel, body []byte) bool { return c == contact.SMS || json.Valid(body) }

// Parse reads a body that is Readable. Its events may be of other accounts than the one that the address named, also of other workspaces'.
func Parse(d channel.Delivery) channel.Reading {
	switch c := d.Account.Channel; {
	case isMeta(c):
		return meta.Parse(d)
	case c == contact.Telegram:
		return telegram.Parse(d)
	case c == contact.SMS:
		return twilio.Parse(d)
	default:
		return standard.Parse(d)
	}
}

// Accounts are the accounts of which any has to be the workspace's for an event of a delivery to count; none when the event names none. WhatsApp
// senders of Twilio are of its accounts, which are of channel sms.
func Accounts(event channel.Event) []channel.AccountKey {
	if event.AccountID == "" {
		return nil
	}
	accounts := []channel.AccountKey{{Channel: event.Channel, ID: event.AccountID}}
	if event.Channel == contact.WhatsApp && strings.HasPrefix(event.AccountID, "+") {
		accounts = append(accounts, channel.AccountKey{Channel: contact.SMS, ID: event.AccountID})
	}
	return accounts
}

// Challenge answers a provider's verification of an address, of whose query get returns the parameters. verifies is false when the provider
// of the channel has none, ok when the token is another one.
func Challenge(c contact.Channel, get func(name string) string, secrets channel.Secrets) (answer string, verifies, ok bool) {
	if !isMeta(c) {
		return "", false, false
	}
	answer, ok = meta.Challenge(get, secrets.VerifyToken)
	return answer, true, ok
}

// Acknowledgement is the body, and its media type, by which a provider knows that an event is taken; an empty one where the status says it.
func Acknowledgement(c contact.Channel) (body, media string) {
	if c == contact.SMS {
		return twilio.Empty, "text/xml; charset=utf-8"
	}
	return "", "text/plain; charset=utf-8" // the gateway would say JSON, which an empty body is not
}
