package channel

import (
	"time"

	"github.com/occ/contacts/pkg/contact"
)

// Conversation is a thread of messages with a contact. Its id is ours and tells nothing of the person; it stays when the contact is
// deleted, and names nobody then.
type Conversation struct {
	Workspace  string
	ID         string
	ExternalID string // the platform's conversationId; empty for those of providers
	Channel    contact.Channel
	AccountID  string
	ContactID  string // empty when the contact was deleted; one that was joined into another stays

	StartedAt     time.Time // of its earliest message
	LastMessageAt time.Time

	WriteID string // unique to the write that left the stored item as it is
}

// RequestAction is what happened to a request.
type RequestAction string

// The actions on a request; Deleted is final.
const (
	Opened  RequestAction = "opened"
	Updated RequestAction = "updated"
	Closed  RequestAction = "closed"
	Deleted RequestAction = "deleted"
)

// Request is a support case on a conversation. The latest At decides what it is; one that was deleted is a tombstone, which keeps a late
// event from bringing it back.
type Request struct {
	ID             string        `json:"id"`                       // the platform's requestId, unique in the workspace
	ConversationID string        `json:"conversationId,omitempty"` // of an event: the platform's; of a stored request: ours
	ContactID      string        `json:"contactId,omitempty"`
	Subject        string        `json:"subject,omitempty"`
	Status         string        `json:"status,omitempty"` // the platform's word
	Action         RequestAction `json:"action"`           // the latest
	OpenedAt       time.Time     `json:"openedAt,omitzero"`
	UpdatedAt      time.Time     `json:"updatedAt,omitzero"` // of the latest action
}

// Feedback is a survey's answer.
type Feedback struct {
	ID             string    `json:"id"` // the platform's surveyId, of this one answer
	RequestID      string    `json:"requestId,omitempty"`
	ConversationID string    `json:"conversationId,omitempty"` // of an event: the platform's; of stored feedback: ours
	ContactID      string    `json:"contactId,omitempty"`
	Score          float64   `json:"score"`
	MaxScore       float64   `json:"maxScore"`
	Comment        string    `json:"comment,omitempty"`
	SubmittedAt    time.Time `json:"submittedAt"`
}
