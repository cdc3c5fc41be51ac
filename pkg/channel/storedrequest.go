package channel

import (
	"strings"
	"time"

	"github.com/occ/contacts/pkg/contact"
)

// StoredRequest is a request as it is kept: what the events that came so far say together, the same in whatever order they came.
type StoredRequest struct {
	Workspace string
	Request   // ConversationID is ours, and UpdatedAt of the latest action
	// ConversationSeen says that the conversation is known to be there. Until then whoever reads the request has to look.
	ConversationSeen bool
	// Gone says that the contact was deleted: the request will never have one.
	Gone bool
	// WasOpened says that OpenedAt is of an action opened; before one comes, it is the earliest time of all.
	WasOpened bool
	// Marks of the events that Action, Subject and Status are of.
	Latest, SubjectBy, StatusBy Mark

	// Origin is the account whose secret the request was made with, where that may touch only what is its own.
	Origin AccountKey

	WriteID string // of the write that left it so; empty: it is not stored
}

// StoredFeedback is feedback as it is kept.
type StoredFeedback struct {
	Workspace string
	Feedback
	ConversationSeen bool
}

// Mark orders the events of a request: by time, then by action, then by the event's id, so that two of one millisecond are taken in
// the same order everywhere. The zero Mark comes before all.
type Mark string

// markOf is the mark of an event that changed a request.
func markOf(e Event) Mark {
	rank := map[RequestAction]string{Opened: "0", Updated: "1", Closed: "2", Deleted: "3"}[e.Request.Action]
	return Mark(strings.Join([]string{contact.FormatTime(e.At), rank, e.ID}, " "))
}

// Live says that a request counts with its contact.
func (r StoredRequest) Live() bool {
	return r.WriteID != "" && r.Action != Deleted && r.ContactID != ""
}

// settled says that nothing of what a request is about is left to be found out.
func (r StoredRequest) settled() bool { return r.Gone || r.ContactID != "" }

// about gives a request its contact and its conversation, unless it has them: a request never moves to another.
func (r StoredRequest) about(party Party, conversation ConversationRef) StoredRequest {
	if !r.settled() {
		r.ContactID, r.Gone = party.ContactID, party.Gone
	}
	if r.ConversationID == "" || r.ConversationID == conversation.ID {
		r.ConversationID = conversation.ID
		r.ConversationSeen = r.ConversationSeen || conversation.Seen
	}
	return r
}

// with is the request after an event; what the event does not say stays.
func (r StoredRequest) with(e Event) StoredRequest {
	if r.Action == Deleted || e.Request.Action == Deleted {
		return r.tombstone(e)
	}
	r.Workspace, r.ID = e.Workspace, e.Request.ID
	r.open(e.At, e.Request.Action == Opened)
	by := markOf(e)
	if by > r.Latest {
		r.Latest, r.Action, r.UpdatedAt = by, e.Request.Action, e.At
	}
	if e.Request.Subject != "" && by > r.SubjectBy {
		r.SubjectBy, r.Subject = by, e.Request.Subject
	}
	if e.Request.Status != "" && by > r.StatusBy {
		r.StatusBy, r.Status = by, e.Request.Status
	}
	return r
}

func (r *StoredRequest) open(at time.Time, opened bool) {
	switch {
	case opened == r.WasOpened && (r.OpenedAt.IsZero() || at.Before(r.OpenedAt)), opened && !r.WasOpened:
		r.OpenedAt, r.WasOpened = at, opened
	}
}

// tombstone is what stays of a deleted request: that it was, and whose.
func (r StoredRequest) tombstone(e Event) StoredRequest {
	return StoredRequest{
		Workspace: e.Workspace, Request: Request{ID: e.Request.ID, Action: Deleted, ContactID: r.ContactID, ConversationID: r.ConversationID},
		ConversationSeen: r.ConversationSeen, Gone: r.Gone, Origin: r.Origin, WriteID: r.WriteID,
	}
}
