package channel

import (
	"context"
	"errors"
	"time"

	"github.com/occ/contacts/pkg/contact"
)

// ErrConflict says that something was changed since it was read: read again and decide anew.
var ErrConflict = errors.New("channel: others changed the same contacts, conversations or requests meanwhile")

// ErrTooLarge says that a Write holds more than one transaction takes.
var ErrTooLarge = errors.New("channel: more changes than one transaction takes")

// Store is what the application of events needs of storage. Package dynamo implements it.
type Store interface {
	// Known reads strongly whom and what keys name. Contacts that were joined into others are told as those.
	Known(ctx context.Context, workspace string, keys Keys) (Known, error)
	// Gone reads what became of claims that nobody holds any more, as far as something did within the last 30 days.
	Gone(ctx context.Context, workspace string, claims []Claim) (map[Claim]Gone, error)
	// Write does all that it says or nothing; ErrConflict, ErrTooLarge.
	Write(ctx context.Context, w Write) error
	// FirstSeen remembers when events came first, by their ids, and returns that time for each: of those that came before, the former one.
	FirstSeen(ctx context.Context, workspace string, at map[string]time.Time) (map[string]time.Time, error)
}

// CaseApplier applies what the platform says of requests and surveys.
type CaseApplier interface {
	// ApplyRequest applies an event of kind RequestChanged.
	ApplyRequest(ctx context.Context, e Event) error
	// ApplySurvey applies an event of kind SurveySubmitted.
	ApplySurvey(ctx context.Context, e Event) error
}

// Keys are what may name contacts and conversations.
type Keys struct {
	Identities    []contact.IdentityKey // with contact.EveryAccount for those of every account
	Phones        []string              // E.164
	Emails        []string              // as contact.EmailKey writes them
	Conversations []string              // as the platform names them
}

// Known is what Keys named.
type Known struct {
	ByIdentity map[contact.IdentityKey]string // -> contact id
	ByPhone    map[string]string
	ByEmail    map[string]string
	Contacts   map[string]contact.Contact // by id; those of conversations too
	// Conversations are those that the platform names, and those of the identities, by our own id.
	Conversations map[string]Conversation
	External      map[string]string // our own id of each conversation that the platform names, whether it is there or not
}

// Claim is an identity, a phone or an e-mail: one of them is set.
type Claim struct {
	Identity contact.IdentityKey
	Phone    string
	Email    string
}

// Gone is what became of a claim. Events up to At are too late for it: its contact was deleted, or they concern To.
type Gone struct {
	At time.Time
	To *Forward
	// WholeUntil is set on a deletion in a second of which the store had heard nothing from the contact. Events that
	// say only their second, and reached us soon and after the deletion, are too late up to then: its second is free
	// for who writes again.
	WholeUntil time.Time
}

// Guard is what a write demands of a claim that it takes: that the claim was not given up at Since or later. For an
// event that says only its second, it is enough that the claim's WholeUntil is before Second and that the claim was
// given up before Received.
type Guard struct {
	Since            time.Time
	Second, Received time.Time // zero for an event that says its milliseconds
}

// Forward is whom a claim's earlier events concern since somebody's number or id changed.
type Forward struct {
	Identity contact.IdentityKey `json:"identity"`
	Phone    string              `json:"phone,omitempty"` // that goes with it, E.164
	Said     string              `json:"said"`            // stamp of the event that changed it
}

// Write is what one decision writes, whole or not at all.
type Write struct {
	Workspace     string
	Contacts      []ContactChange
	Joined        []Joined
	Conversations []ConversationChange
	Merged        []MergedConversation
	// Unchanged are contacts that the decision went by and that stay exactly as they were read.
	Unchanged []contact.Contact
	Forwards  map[Claim]Gone
	// Free are claims that nobody may hold: what is written goes by that.
	Free []Claim
	// Guards are claims that are taken, none of which may have been given up at its time or later: an old event brings nobody back, and
	// takes nothing that concerns somebody else since.
	Guards map[Claim]Guard
}

// ContactChange is a contact before and after. One that is new has no ID before. Activities say what happened, and may be none.
type ContactChange struct {
	Before, After contact.Contact
	Activities    []contact.Activity
}

// Joined is a contact that becomes another: what it held is in the other's change.
type Joined struct {
	Gone contact.Contact
	Into string
}

// ConversationChange is a conversation before and after; a new one has no ID before.
type ConversationChange struct{ Before, After Conversation }

// MergedConversation is a conversation that becomes another, which has taken its times.
type MergedConversation struct {
	Gone Conversation
	Into string
}

// Quiet says that a write only moves the latest times of what is there: nothing else hangs on them, so it need not happen at one moment.
func (w Write) Quiet() bool {
	if len(w.Contacts) > 1 || len(w.Joined)+len(w.Merged)+len(w.Forwards) > 0 {
		return false
	}
	for _, c := range w.Contacts {
		before, after := c.Before, c.After
		if before.ID == "" || len(c.Activities) > 0 || after.Version != before.Version || after.ConversationCount != before.ConversationCount ||
			before.LastInteractionAt.IsZero() || !sameClaims(before, after) || len(after.Disputed) != len(before.Disputed) {
			return false
		}
	}
	for _, c := range w.Conversations {
		if c.Before.ID == "" || c.Before.ContactID != c.After.ContactID || !c.Before.StartedAt.Equal(c.After.StartedAt) {
			return false
		}
	}
	return true
}

// Empty says that there is nothing to write.
func (w Write) Empty() bool {
	return len(w.Contacts)+len(w.Joined)+len(w.Conversations)+len(w.Merged)+len(w.Forwards) == 0
}

// sameClaims says that the identities differ in nothing that stands elsewhere too; the version tells of the rest.
func sameClaims(before, after contact.Contact) bool {
	if len(before.Identities) != len(after.Identities) {
		return false
	}
	for i, one := range before.Identities {
		if other := after.Identities[i]; one.Key() != other.Key() || one.ConversationID != other.ConversationID {
			return false
		}
	}
	return true
}
