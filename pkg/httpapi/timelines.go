package httpapi

import (
	"context"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/identity"
)

// Timelines is what the routes of conversations, requests and feedback need; channel.History implements it.
type Timelines interface {
	Conversations(ctx context.Context, workspace, contactID string, limit int, after string) (page []channel.NamedConversation, next string, err error)
	Requests(ctx context.Context, workspace, contactID string, limit int, after string) (page []channel.Request, next string, err error)
	Feedback(ctx context.Context, workspace, contactID string, limit int, after string) (page []channel.Feedback, next string, err error)
	Conversation(ctx context.Context, workspace, id string) (channel.NamedConversation, error)
}

type conversationView struct {
	ID            string  `json:"id" doc:"Opaque id"`
	ExternalID    *string `json:"externalId" nullable:"true" doc:"The platform's conversationId; null for conversations of providers"`
	Channel       string  `json:"channel"`
	AccountID     string  `json:"accountId"`
	CustomerName  string  `json:"customerName" doc:"The contact's name; Deleted User when it was deleted"`
	StartedAt     string  `json:"startedAt" format:"date-time"`
	LastMessageAt string  `json:"lastMessageAt" format:"date-time"`
}

func viewConversation(c channel.NamedConversation) conversationView {
	return conversationView{
		ID: c.ID, ExternalID: textOrNull(c.ExternalID), Channel: string(c.Channel), AccountID: c.AccountID, CustomerName: c.CustomerName,
		StartedAt: contact.FormatTime(c.StartedAt), LastMessageAt: contact.FormatTime(c.LastMessageAt),
	}
}

type requestView struct {
	ID             string  `json:"id" doc:"The platform's requestId"`
	ConversationID *string `json:"conversationId" nullable:"true" doc:"Our id of it"`
	Subject        *string `json:"subject" nullable:"true"`
	Status         *string `json:"status" nullable:"true" doc:"The platform's word"`
	OpenedAt       string  `json:"openedAt" format:"date-time"`
	UpdatedAt      string  `json:"updatedAt" format:"date-time"`
}

func viewRequest(r channel.Request) requestView {
	return requestView{
		ID: r.ID, ConversationID: textOrNull(r.ConversationID), Subject: textOrNull(r.Subject), Status: textOrNull(r.Status),
		OpenedAt: contact.FormatTime(r.OpenedAt), UpdatedAt: contact.FormatTime(r.UpdatedAt),
	}
}

type feedbackView struct {
	ID             string  `json:"id" doc:"The platform's surveyId, of this one answer"`
	RequestID      *string `json:"requestId" nullable:"true"`
	ConversationID *string `json:"conversationId" nullable:"true" doc:"Our id of it"`
	Score          float64 `json:"score"`
	MaxScore       float64 `json:"maxScore"`
	Comment        *string `json:"comment" nullable:"true"`
	SubmittedAt    string  `json:"submittedAt" format:"date-time"`
}

func viewFeedback(f channel.Feedback) feedbackView {
	return feedbackView{
		ID: f.ID, RequestID: textOrNull(f.RequestID), ConversationID: textOrNull(f.ConversationID), Score: f.Score, MaxScore: f.MaxScore,
		Comment: textOrNull(f.Comment), SubmittedAt: contact.FormatTime(f.SubmittedAt),
	}
}

type conversationList struct {
	Items      []conversationView `json:"items"`
	NextCursor string             `json:"nextCursor,omitempty" doc:"Of the next page; absent at the end"`
}

type requestList struct {
	Items      []requestView `json:"items"`
	NextCursor string        `json:"nextCursor,omitempty" doc:"Of the next page; absent at the end"`
}

type feedbackList struct {
	Items      []feedbackView `json:"items"`
	NextCursor string         `json:"nextCursor,omitempty" doc:"Of the next page; absent at the end"`
}

type (
	conversationListAnswer struct{ Body conversationList }
	requestListAnswer      struct{ Body requestList }
	feedbackListAnswer     struct{ Body feedbackList }
)

type listTimelineInput struct {
	ID string `path:"id"`
	Paging
}

func (s *server) listConversations(ctx context.Context, in *listTimelineInput) (*conversationListAnswer, error) {
	page, err := listing(ctx, s, in.Paging, func(limit int, after string) ([]channel.NamedConversation, string, error) {
		return s.Timelines.Conversations(ctx, identity.From(ctx).Workspace, in.ID, limit, after)
	}, viewConversation)
	return &conversationListAnswer{conversationList{page.Items, page.Cursor}}, err
}

func (s *server) listRequests(ctx context.Context, in *listTimelineInput) (*requestListAnswer, error) {
	page, err := listing(ctx, s, in.Paging, func(limit int, after string) ([]channel.Request, string, error) {
		return s.Timelines.Requests(ctx, identity.From(ctx).Workspace, in.ID, limit, after)
	}, viewRequest)
	return &requestListAnswer{requestList{page.Items, page.Cursor}}, err
}

func (s *server) listFeedback(ctx context.Context, in *listTimelineInput) (*feedbackListAnswer, error) {
	page, err := listing(ctx, s, in.Paging, func(limit int, after string) ([]channel.Feedback, string, error) {
		return s.Timelines.Feedback(ctx, identity.From(ctx).Workspace, in.ID, limit, after)
	}, viewFeedback)
	return &feedbackListAnswer{feedbackList{page.Items, page.Cursor}}, err
}

type getConversationInput struct {
	ID string `path:"id" doc:"Our id, or the platform's"`
	Conditional
}

func (s *server) getConversation(ctx context.Context, in *getConversationInput) (*answered[conversationView], error) {
	conversation, err := s.Timelines.Conversation(ctx, identity.From(ctx).Workspace, in.ID)
	return read(in.Conditional, contact.Revision{ID: conversation.ID}, viewConversation(conversation)), err
}
