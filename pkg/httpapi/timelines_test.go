package httpapi_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/identity"
	"github.com/occ/contacts/pkg/problem"
)

// history has two of each of contact "mona" of workspace "demo": one with all there is, one with as little as possible.
type history struct {
	limit int
	after string
	err   error
}

func (h *history) asked(workspace, contactID string, limit int, after string) error {
	h.limit, h.after = limit, after
	if workspace != "demo" || contactID != "mona" {
		return problem.New(problem.NotFound, "There is no such contact.")
	}
	return h.err
}

func talk() channel.NamedConversation {
	return channel.NamedConversation{Conversation: channel.Conversation{
		Workspace: "demo", ID: "v-1", ExternalID: "c-1", Channel: contact.WhatsApp, AccountID: "1", ContactID: "mona", StartedAt: noon, LastMessageAt: noon,
	}, CustomerName: "Mona Adel"}
}

func (h *history) Conversations(_ context.Context, workspace, contactID string, limit int, after string) ([]channel.NamedConversation, string, error) {
	bare := talk()
	bare.ExternalID = ""
	return []channel.NamedConversation{talk(), bare}, "more", h.asked(workspace, contactID, limit, after)
}

func (h *history) Requests(_ context.Context, workspace, contactID string, limit int, after string) ([]channel.Request, string, error) {
	return []channel.Request{
		{ID: "r-1", ConversationID: "v-1", ContactID: "mona", Subject: "Help", Status: "open", Action: channel.Opened, OpenedAt: noon, UpdatedAt: noon},
		{ID: "r-2", ContactID: "mona", OpenedAt: noon, UpdatedAt: noon},
	}, "", h.asked(workspace, contactID, limit, after)
}

func (h *history) Feedback(_ context.Context, workspace, contactID string, limit int, after string) ([]channel.Feedback, string, error) {
	return []channel.Feedback{
		{ID: "s-1", RequestID: "r-1", ConversationID: "v-1", ContactID: "mona", Score: 4.5, MaxScore: 5, Comment: "Thanks", SubmittedAt: noon},
		{ID: "s-2", ContactID: "mona", SubmittedAt: noon},
	}, "more", h.asked(workspace, contactID, limit, after)
}

func (h *history) Conversation(_ context.Context, workspace, id string) (channel.NamedConversation, error) {
	if workspace != "demo" || id != "v-1" && id != "c 1" {
		return channel.NamedConversation{}, problem.New(problem.NotFound, "There is no such conversation.")
	}
	one := talk()
	one.ContactID, one.CustomerName = "", channel.DeletedName
	return one, h.err
}

func TestTimelinesAreAnswered(t *testing.T) {
	at := contact.FormatTime(noon)
	shown := map[string]any{
		"id": "v-1", "externalId": "c-1", "channel": "whatsapp", "accountId": "1", "customerName": "Mona Adel", "startedAt": at, "lastMessageAt": at,
	}
	bare := map[string]any{"id": "v-1", "externalId": nil, "channel": "whatsapp", "accountId": "1", "customerName": "Mona Adel", "startedAt": at, "lastMessageAt": at}
	for path, want := range map[string][]any{
		"conversations": {shown, bare},
		"requests": {
			map[string]any{"id": "r-1", "conversationId": "v-1", "subject": "Help", "status": "open", "openedAt": at, "updatedAt": at},
			map[string]any{"id": "r-2", "conversationId": nil, "subject": nil, "status": nil, "openedAt": at, "updatedAt": at},
		},
		"feedback": {
			map[string]any{"id": "s-1", "requestId": "r-1", "conversationId": "v-1", "score": 4.5, "maxScore": 5.0, "comment": "Thanks", "submittedAt": at},
			map[string]any{"id": "s-2", "requestId": nil, "conversationId": nil, "score": 0.0, "maxScore": 0.0, "comment": nil, "submittedAt": at},
		},
	} {
		t.Run(path, func(t *testing.T) {
			s := serve(t, identity.Agent)
			list := s.call(http.MethodGet, "/v1/contacts/mona/"+path+"?limit=7", "").is(http.StatusOK).object()
			cursor, more := list["nextCursor"].(string)
			if diff := cmp.Diff(want, list["items"]); diff != "" || s.history.limit != 7 || s.history.after != "" || more != (path != "requests") {
				t.Errorf("%s %d %v", diff, s.history.limit, list)
			}
			if more {
				s.call(http.MethodGet, "/v1/contacts/mona/"+path+"?cursor="+cursor, "").is(http.StatusOK)
				if s.history.after != "more" || s.history.limit != 25 {
					t.Errorf("read on after %q", s.history.after)
				}
				s.call(http.MethodGet, "/v1/contacts/other/"+path+"?cursor="+cursor, "").refused(http.StatusBadRequest, problem.InvalidCursor)
			}
			s.call(http.MethodGet, "/v1/contacts/nobody/"+path, "").refused(http.StatusNotFound, problem.NotFound)
			s.call(http.MethodGet, "/v1/contacts/mona/"+path+"?limit=101", "").refused(http.StatusUnprocessableEntity, problem.ValidationFailed, "query.limit")
			s.call(http.MethodGet, "/v1/contacts/mona/"+path+"?sort=name", "").refused(http.StatusUnprocessableEntity, problem.ValidationFailed, "query.sort")
		})
	}
}

func TestAConversation(t *testing.T) {
	s := serve(t, identity.Agent)
	for _, id := range []string{"v-1", "c 1"} {
		got := s.call(http.MethodGet, "/v1/conversations/"+id, "").is(http.StatusOK).object()
		if got["customerName"] != "Deleted User" || got["id"] != "v-1" || len(got) != 7 {
			t.Errorf("%v", got)
		}
	}
	for _, id := range []string{"v-2", strings.Repeat("é", 200), strings.Repeat("x", 513), "\xff"} {
		s.call(http.MethodGet, "/v1/conversations/"+id, "").refused(http.StatusNotFound, problem.NotFound)
	}
	s.caller.Workspace = "other"
	s.call(http.MethodGet, "/v1/conversations/v-1", "").refused(http.StatusNotFound, problem.NotFound)
}
