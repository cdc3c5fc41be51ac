// Package contact is the domain at the centre of the service: what a contact is, which values it may hold, how they are
// normalised, and what creating, changing and finding one means. It knows neither AWS nor HTTP.
package contact

import (
	"slices"
	"time"

	"github.com/occ/contacts/pkg/fold"
)

// Channel names where somebody first contacted the team.
type Channel string

// The channels of pkg/httpapi/README.md, "Fields of a contact".
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
	// NamedBy, PhoneBy and EmailBy say who wrote the value; a channel changes only what a channel wrote. Empty where there is no value.
	NamedBy, PhoneBy, EmailBy ActorType
	Said                      Said

	MergedFrom []string // ids of the contacts that were joined into this one: they answer with it, and what hangs on them is its own
	Disputed   []string // what channels gave to this contact and another, as the activity of both says; each is said once

	// HasFeedback reports whether feedback was given, that there is or was a request, or that a dispute with who was
	// deleted stays in the activity: they hang on the contact without moving its version.
	HasFeedback bool

	// WriteID is unique to the write that left the stored item as it is. A write whose answer was lost finds it there.
	WriteID string
	// Shard is where storage keeps the contact's index entries since its creation; opaque to everybody else.
	Shard int
}

// Owners are the ids under which what belongs to the contact is kept: its own, and those of contacts that were joined into it.
func (c Contact) Owners() []string { return append([]string{c.ID}, c.MergedFrom...) }

// Said tells which event gave what a channel wrote (channel.Stamp), so that the newest decides in whatever order they come.
type Said struct{ Name, Phone, Email string }

// Identity is an address by which a channel knows a contact.
type Identity struct {
	Channel     Channel
	AccountID   string
	ExternalID  string
	Username    string
	ProfileName string
	FirstSeenAt time.Time
	LastSeenAt  time.Time

	EveryAccount   bool   // it is the person's on every account of the channel in the workspace
	ConversationID string // of the messages with it; empty before the first
	ProfileSaid    string // which event gave the profile name (channel.Stamp)
	UsernameSaid   string
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
	// ContactID is whose it was when it was written: the contact may have been joined into another since. Empty: that of the contact at hand.
	ContactID string `json:"-"`
}

// Activity is one entry of a contact's history.
type Activity struct {
	At      time.Time
	Actor   Actor
	Action  string // "created", "updated", "note_added", "note_changed", "note_deleted", "import_undone", "joined", "disputed"
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
// phone, e-mail and external id. Of several profile names and usernames the newest counts.
func (c Contact) DisplayName() string {
	if c.Name != "" {
		return c.Name
	}
	profile := newest(c.Identities, func(i Identity) (string, string) { return i.ProfileName, i.ProfileSaid })
	username := newest(c.Identities, func(i Identity) (string, string) { return i.Username, i.UsernameSaid })
	names := []string{profile, username, c.Phone, c.Email}
	for _, identity := range c.Identities {
		names = append(names, identity.ExternalID)
	}
	for _, name := range names {
		if !fold.Blank(name) {
			return name
		}
	}
	return ""
}

// newest is the text said last; the first of those of which nobody knows when.
func newest(identities []Identity, of func(Identity) (text, said string)) string {
	var found, when string
	for _, identity := range identities {
		if text, said := of(identity); !fold.Blank(text) && (found == "" || said > when) {
			found, when = text, said
		}
	}
	return found
}

// UsernameWords are the folded words of its usernames that a search looks at besides those of the name: the first 8.
func (c Contact) UsernameWords() []string {
	var words []string
	seen := []string{"", c.DisplayName()}
	for _, identity := range c.Identities {
		if !slices.Contains(seen, identity.Username) {
			seen = append(seen, identity.Username)
			words = append(words, NameWords(identity.Username)...)
		}
	}
	return words[:min(len(words), maxSearchedWords)]
}
