package channel

import (
	"context"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/problem"
)

// DeletedName is what a conversation calls somebody whose contact was deleted (pkg/httpapi/README.md, "Conversations,
// requests and feedback").
const DeletedName = "Deleted User"

// ContactReader reads contacts. contact.Store does.
type ContactReader interface {
	// Get reads a contact strongly, or the one that it was joined into; problem.NotFound when the workspace has none of that id.
	Get(ctx context.Context, workspace, id string) (contact.Contact, error)
}

// TimelineStore lists what hangs on contacts, each newest first. owners are the ids of one contact: its own and those that were joined
// into it. after and next are positions in that order, empty at the beginning and at the end; lists may trail a write by some seconds.
// Package dynamo implements it.
type TimelineStore interface {
	// ConversationsOf lists by LastMessageAt.
	ConversationsOf(ctx context.Context, workspace string, owners []string, limit int, after string) (page []Conversation, next string, err error)
	// RequestsOf lists by OpenedAt. A conversation that was not seen is left out of them, and of feedback.
	RequestsOf(ctx context.Context, workspace string, owners []string, limit int, after string) (page []Request, next string, err error)
	// FeedbackOf lists by SubmittedAt. What names no conversation has that of its request.
	FeedbackOf(ctx context.Context, workspace string, owners []string, limit int, after string) (page []Feedback, next string, err error)
	// FindConversation reads strongly, by our id or the platform's; problem.NotFound when the workspace has none such.
	FindConversation(ctx context.Context, workspace, id string) (Conversation, error)
}

// NamedConversation is a conversation with the name of whom it is with.
type NamedConversation struct {
	Conversation
	CustomerName string
}

// History is what agents read of conversations, requests and feedback.
type History struct {
	contacts ContactReader
	store    TimelineStore
}

// NewHistory makes a History.
func NewHistory(contacts ContactReader, store TimelineStore) *History {
	return &History{contacts, store}
}

// Conversations reads a page of a contact's, newest first; problem.NotFound when there is no such contact.
func (h *History) Conversations(ctx context.Context, workspace, contactID string, limit int, after string) ([]NamedConversation, string, error) {
	c, err := h.contacts.Get(ctx, workspace, contactID)
	if err != nil {
		return nil, "", err
	}
	page, next, err := h.store.ConversationsOf(ctx, workspace, c.Owners(), limit, after)
	named := make([]NamedConversation, len(page))
	for i, conversation := range page {
		named[i] = NamedConversation{conversation, c.DisplayName()}
	}
	return named, next, err
}

// Requests reads a page of a contact's, as Conversations does.
func (h *History) Requests(ctx context.Context, workspace, contactID string, limit int, after string) ([]Request, string, error) {
	c, err := h.contacts.Get(ctx, workspace, contactID)
	if err != nil {
		return nil, "", err
	}
	return h.store.RequestsOf(ctx, workspace, c.Owners(), limit, after)
}

// Feedback reads a page of a contact's, as Conversations does.
func (h *History) Feedback(ctx context.Context, workspace, contactID string, limit int, after string) ([]Feedback, string, error) {
	c, err := h.contacts.Get(ctx, workspace, contactID)
	if err != nil {
		return nil, "", err
	}
	return h.store.FeedbackOf(ctx, workspace, c.Owners(), limit, after)
}

// Conversation reads one by our id or the platform's, also when its contact was deleted; problem.NotFound when there is none such.
func (h *History) Conversation(ctx context.Context, workspace, id string) (NamedConversation, error) {
	conversation, err := h.store.FindConversation(ctx, workspace, id)
	if err != nil {
		return NamedConversation{}, err
	}
	named := NamedConversation{conversation, DeletedName}
	if conversation.ContactID == "" {
		return named, nil
	}
	c, err := h.contacts.Get(ctx, workspace, conversation.ContactID)
	switch {
	case problem.CodeOf(err) == problem.NotFound: // deleted a moment ago
		return named, nil
	case err != nil:
		return NamedConversation{}, err
	}
	named.CustomerName = c.DisplayName()
	return named, nil
}
