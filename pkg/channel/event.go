// Package channel is the domain of what channels and the platform tell us: who wrote, over which account, in which conversation, and what
// became of requests and surveys. It turns those events into contacts, conversations, requests and feedback, each event once in effect,
// in whatever order they come.
package channel

import (
	"time"

	"github.com/occ/contacts/pkg/contact"
)

// EventSchema is the version of Event's layout; readers accept the one before.
const EventSchema = 1

// Kind says what happened.
type Kind string

// The kinds of events. What providers send besides (statuses, edits, unknown types) becomes no event.
const (
	// Message is a message to or from a person: text, media, a shared contact, whatever. It creates contacts.
	Message Kind = "message"
	// CampaignMessage is one that a campaign sent. It creates contacts, of channel campaign.
	CampaignMessage Kind = "campaign_message"
	// Interaction is a reaction or a postback: it moves lastInteractionAt as a message does, and creates contacts as one does.
	Interaction Kind = "interaction"
	// NumberChanged says that a WhatsApp user's number is another now: Person is who they are, Former who they were.
	NumberChanged Kind = "number_changed"
	// UserIDChanged says that a WhatsApp user's business-scoped id is another now: Person is who they are, Former who they were.
	UserIDChanged Kind = "user_id_changed"
	// PhoneShared is a person's own contact card (Telegram): it fills an empty phone.
	PhoneShared Kind = "phone_shared"
	// RequestChanged is a support request that was opened, updated, closed or deleted. It creates no contact.
	RequestChanged Kind = "request_changed"
	// SurveySubmitted is a survey's answer. It creates no contact.
	SurveySubmitted Kind = "survey_submitted"
)

// Direction of a message.
type Direction string

// The directions. The person of an outbound message is its recipient.
const (
	Inbound  Direction = "inbound"
	Outbound Direction = "outbound"
)

// Event is one thing that happened, as it travels from the webhooks to the function channel-events. It holds no message's text.
type Event struct {
	Schema    int             `json:"schema"`
	Workspace string          `json:"workspace"`
	ID        string          `json:"id"` // the same for the same event however often it comes: a hash, never a provider's id (a wamid holds the phone)
	Kind      Kind            `json:"kind"`
	Channel   contact.Channel `json:"channel"` // of the account; of a request or survey it may be empty
	AccountID string          `json:"accountId,omitempty"`

	At         time.Time `json:"at"` // when it happened; ReceivedAt when nobody says, or when it is said to lie more than 5 minutes ahead of that
	ReceivedAt time.Time `json:"receivedAt"`
	Untimed    bool      `json:"untimed,omitempty"` // At is the arrival, and another one each time: a repetition is known by ID alone (Twilio)
	// WholeSecond reports whether At is cut to its second: the event happened at some moment of it (WhatsApp, Telegram).
	// Readers set it on what creates contacts, and not on a change of a number or id: what follows from its order
	// stays strict.
	WholeSecond bool `json:"wholeSecond,omitempty"`

	Direction    Direction `json:"direction,omitempty"`    // of messages
	Conversation string    `json:"conversation,omitempty"` // the platform's conversationId; empty: that of the identity
	Person       Person    `json:"person"`
	Former       *Person   `json:"former,omitempty"`  // of NumberChanged and UserIDChanged
	Request      *Request  `json:"request,omitempty"` // of RequestChanged, as this event says
	Survey       *Feedback `json:"survey,omitempty"`  // of SurveySubmitted
	ContactID    string    `json:"contactId,omitempty"`

	// Bound reports whether the event came with the secret of an account that is not the platform's: by id it may
	// touch only contacts, conversations and requests of its own account.
	Bound bool `json:"bound,omitempty"`
	// Refused is why a bound event was refused once. It is never applied later.
	Refused string `json:"refused,omitempty"`
}

// account is the account that the event is of.
func (e Event) account() AccountKey { return AccountKey{e.Channel, e.AccountID} }

// Person is what an event says of somebody. Everything may be absent, but somebody without any address is nobody.
type Person struct {
	Addresses   []Address `json:"addresses,omitempty"`
	Phone       string    `json:"phone,omitempty"` // E.164
	Email       string    `json:"email,omitempty"` // normalised
	Name        string    `json:"name,omitempty"`  // as the platform knows it: a name that an agent may have written
	ProfileName string    `json:"profileName,omitempty"`
	Username    string    `json:"username,omitempty"`
}

// Address is an external id of a person within the event's channel.
type Address struct {
	ExternalID string `json:"externalId"`
	// EveryAccount says that the id is the person's on every account of the channel in the workspace (a business-scoped user id).
	EveryAccount bool `json:"everyAccount,omitempty"`
	// Spellings are other external ids of the same address, by which it may be known already (Brazilian and Mexican numbers).
	Spellings []string `json:"spellings,omitempty"`
}
