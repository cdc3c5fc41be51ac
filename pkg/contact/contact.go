// Package contact is the domain at the centre of the service: what a contact is, which values it may hold, how they are
// normalised, and what creating, changing and finding one means. It knows neither AWS nor HTTP.
package contact

import "time"

// Channel names where somebody first contacted the team.
type Channel string

// The channels of CONTRACT.md, "Contacts".
const (
	WhatsApp  Channel = "whatsapp"
	Instagram Channel = "instagram"
	Messenger Channel = "messenger"
	Telegram  Channel = "telegram"
	SMS       Channel = "sms"
	Email     Channel = "email"
	Widget    Channel = "widget"
	Platform  Channel = "platform"
	Campaign  Channel = "campaign"
	Import    Channel = "import"
	API       Channel = "api"
)

// Channels are all of them, in the order of the contract.
var Channels = []Channel{WhatsApp, Instagram, Messenger, Telegram, SMS, Email, Widget, Platform, Campaign, Import, API}

// ChannelNames are all of them for a sentence.
func ChannelNames() string { return joined(Channels) }

// Contact is one person of a workspace. Text is trimmed and in NFC; an empty string means absent. Times are UTC with
// milliseconds; a zero LastInteractionAt means never.
type Contact struct {
	Workspace string
	ID        string
	Name      string // as written; empty only for a contact known by an identity alone
	Email     string // trimmed, the domain in lower case
	Phone     string // E.164
	Company   string
	Channel   Channel

	Identities []Identity
	Labels     []string       // in the order given, each in its first spelling
	Attributes map[string]any // string, float64 or bool

	ConversationCount int
	RequestCount      int
	LastInteractionAt time.Time

	CreatedAt time.Time
	UpdatedAt time.Time
	Version   int   // 1 when created, +1 with every change that the ETag shows
	CreatedBy Actor // from which the "created" activity is derived: none is stored
	NamedBy   ActorType

	MergedFrom []string // ids of contacts that were joined into this one, at most 20
	// HasFeedback says that feedback was given: it hangs on the contact without moving anything else of it.
	HasFeedback bool

	// WriteID is unique to the write that left the stored item as it is. A write whose answer was lost finds it there.
	WriteID string
	// Shard is where storage keeps the contact's index entries since its creation; opaque to everybody else.
	Shard int
}

// Owners are the ids under which what belongs to the contact is kept: its own, and those of contacts that were joined into it.
func (c Contact) Owners() []string { return append([]string{c.ID}, c.MergedFrom...) }

// Identity is an address by which a channel knows a contact.
type Identity struct {
	Channel     Channel
	AccountID   string
	ExternalID  string
	Username    string
	ProfileName string
	FirstSeenAt time.Time
	LastSeenAt  time.Time
}

// ActorType says what kind of thing made a change.
type ActorType string

// The kinds of actors in an activity.
const (
	ByUser    ActorType = "user"
	ByImport  ActorType = "import"
	ByChannel ActorType = "channel"
	BySystem  ActorType = "system"
)

// Actor is who made a change: a user by the token's subject, an import by its id, a channel by its account.
type Actor struct {
	Type ActorType
	ID   string
}

// Note is a text that an agent or an import attached to a contact.
type Note struct {
	ID        string // a UUID of version 7: it begins with the time of creation
	Text      string
	Author    string // the subject of the token, or the actor of the import
	CreatedAt time.Time
	UpdatedAt time.Time
	Version   int // 1 when written, +1 with every change
}

// Activity is one entry of a contact's history.
type Activity struct {
	At      time.Time
	Actor   Actor
	Action  string // "created", "updated", "note_added", "note_changed", "note_deleted", "import_undone"
	Changes []Change
}

// Change is one field's change within an Activity; nil stands for absent. Attributes are "attr.<key>", a label is one
// Change of field "labels" with from or to absent, an identity one of "identities".
type Change struct {
	Field string
	From  any
	To    any
}

// DisplayName is the name, or for somebody known by an identity alone the first there is of profile name, username,
// phone, e-mail and external id.
func (c Contact) DisplayName() string {
	names := []string{c.Name}
	for _, identity := range c.Identities {
		names = append(names, identity.ProfileName, identity.Username)
	}
	names = append(names, c.Phone, c.Email)
	for _, identity := range c.Identities {
		names = append(names, identity.ExternalID)
	}
	for _, name := range names {
		if name != "" {
			return name
		}
	}
	return ""
}
