package channel

import (
	"context"
	"time"
)

// Party is whom something is about, as far as it is known: a contact that is there, one that was deleted, or, the zero value, nobody who
// has been seen yet.
type Party struct {
	ContactID string
	Gone      bool
	Accounts  []AccountKey // by which the contact is known
}

func (p Party) known() bool { return p.Gone || p.ContactID != "" }

// ConversationRef is a conversation as an event names it.
type ConversationRef struct {
	ID    string // our own; it follows from the platform's, so that it is known before the conversation is
	Seen  bool
	Party Party // whose it is; of one that was not seen, nobody
	// Account is that of the conversation, once it was seen.
	Account AccountKey
}

// Waiting is an event about somebody who has not been seen yet.
type Waiting struct {
	Event Event
	Since time.Time
}

// CaseStore keeps requests, feedback and the events that wait. Package dynamo implements it.
type CaseStore interface {
	// Party reads what became of a contact by its id. The id of one that was joined into another gives the other.
	Party(ctx context.Context, workspace, contactID string) (Party, error)
	// ConversationRef finds a conversation by the platform's id or ours.
	ConversationRef(ctx context.Context, workspace, id string) (ConversationRef, error)
	// PersonParty finds the person of an event: by identity, then phone, then e-mail. Somebody whose contact was deleted since the event
	// happened is gone.
	PersonParty(ctx context.Context, e Event) (Party, error)

	// StoredRequest reads a request strongly; the zero value when there is none.
	StoredRequest(ctx context.Context, workspace, id string) (StoredRequest, error)
	// PutRequest replaces before by after and moves the contact's requestCount with it, whole or not at all; ErrConflict when the stored one
	// is no longer before, or the contact no longer there. once is the id of an event that is to count only once, or empty: when that
	// event was seen before, nothing happens.
	PutRequest(ctx context.Context, before, after StoredRequest, once string) error

	// HasFeedback says that there is feedback of an id.
	HasFeedback(ctx context.Context, workspace, id string) (bool, error)
	// PutFeedback keeps feedback unless there is one of its id; ErrConflict when its contact is no longer there.
	PutFeedback(ctx context.Context, f StoredFeedback) error

	// Wait keeps an event that cannot be applied yet; one that waits already keeps its time.
	Wait(ctx context.Context, w Waiting) error
	// EachWaiting visits the events that wait, of all workspaces in turn and from another place each time, until
	// visit fails.
	EachWaiting(ctx context.Context, visit func(Waiting) error) error
	// EndWait forgets an event that waited.
	EndWait(ctx context.Context, w Waiting) error
}

// DeadLetters takes events that can never be applied. Package queue implements it.
type DeadLetters interface {
	Send(ctx context.Context, e Event, reason string) error
}
