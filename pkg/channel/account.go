package channel

import (
	"time"

	"github.com/occ/contacts/pkg/contact"
)

// Account is an account of a channel: where webhooks come from, and whose workspace they belong to. An account belongs to one workspace.
type Account struct {
	Workspace string
	Channel   contact.Channel // one of AccountChannels
	ID        string          // WhatsApp phone_number_id, Instagram or page id, bot id, Twilio number (E.164), or a name of the workspace's own
	Name      string
	// Sealed are the secrets, encrypted; nothing but webhook verification opens them.
	Sealed []byte

	CreatedAt time.Time
	UpdatedAt time.Time
	Version   int
}

// AccountChannels are the channels that have accounts.
var AccountChannels = []contact.Channel{
	contact.WhatsApp, contact.Instagram, contact.Messenger, contact.Telegram, contact.SMS, contact.Widget, contact.Email, contact.Platform,
}

// Secrets are an account's secrets by name (pkg/httpapi/README.md, "Channel accounts"): appSecret and verifyToken of
// Meta's channels, secretToken of telegram, authToken of sms, signingSecret of the others.
type Secrets struct {
	AppSecret     string `json:"appSecret,omitempty"`
	VerifyToken   string `json:"verifyToken,omitempty"`
	SecretToken   string `json:"secretToken,omitempty"`
	AuthToken     string `json:"authToken,omitempty"`
	SigningSecret string `json:"signingSecret,omitempty"`
	// Previous is the signing secret before this one; it is valid until PreviousUntil.
	Previous      string    `json:"previous,omitempty"`
	PreviousUntil time.Time `json:"previousUntil,omitzero"`
}
