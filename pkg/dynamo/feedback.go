package dynamo

import (
	"context"
	"errors"
	"fmt"

	"github.com/occ/contacts/pkg/channel"
)

// HasFeedback implements channel.CaseStore.
func (s *Store) HasFeedback(ctx context.Context, workspace, id string) (bool, error) {
	it, err := s.read(ctx, s.tables.Timeline, feedbackKey(workspace, id))
	return it != nil, err
}

// PutFeedback implements channel.CaseStore. The contact is marked, so that whoever deletes it knows that something hangs on it; it moves
// its write, so that a deletion that has read it before looks again.
func (s *Store) PutFeedback(ctx context.Context, f channel.StoredFeedback) error {
	writeID := newWriteID()
	it, err := feedbackItem(f, writeID)
	if err != nil {
		return err
	}
	parts := []part{put(s.tables.Timeline, it, ifAbsent)}
	if f.ContactID != "" {
		parts = append(parts, s.onContact(f.Workspace, f.ContactID, "hasFeedback = :true", writeID, condition{values: item{":true": flag(true)}}))
	}
	err = s.transact(ctx, writeID, parts, maxTries)
	r, refused := errors.AsType[*refusal](err)
	switch {
	case refused && r.failed[0]:
		return nil // it is there, by this very write or by a repetition of the event
	case refused:
		return channel.ErrConflict
	case err != nil:
		return fmt.Errorf("dynamo: write feedback: %w", err)
	}
	return nil
}

// feedbackItem is feedback as it is stored. Scores are JSON: DynamoDB's numbers are smaller than those.
func feedbackItem(f channel.StoredFeedback, writeID string) (item, error) {
	it := newItem(feedbackKey(f.Workspace, f.ID), writeID, 12)
	it[attrWorkspace], it["id"] = text(f.Workspace), text(f.ID)
	if f.ContactID != "" {
		it[attrContactID] = text(f.ContactID)
		it[attrOwnerShard], it[attrOwnerKey] = text(feedbackOwned(f.Workspace, f.ContactID)), text(timeSort(stamp(f.SubmittedAt), f.ID))
	}
	it.setText("requestId", f.RequestID)
	it.setText("conversationId", f.ConversationID)
	it.setFlag("conversationSeen", f.ConversationSeen)
	it.setText("comment", f.Comment)
	it.setTime("submittedAt", f.SubmittedAt)
	return it, errors.Join(it.setJSON("score", f.Score), it.setJSON("maxScore", f.MaxScore))
}

func storedFeedbackOf(it item) (channel.StoredFeedback, error) {
	f := channel.StoredFeedback{
		Workspace: it.text(attrWorkspace), ConversationSeen: it.flag("conversationSeen"),
		Feedback: channel.Feedback{
			ID: it.text("id"), RequestID: it.text("requestId"), ConversationID: it.text("conversationId"), ContactID: it.text(attrContactID),
			Comment: it.text("comment"), SubmittedAt: it.time("submittedAt"),
		},
	}
	return f, errors.Join(it.json("score", &f.Score), it.json("maxScore", &f.MaxScore))
}

// FeedbackOf implements channel.TimelineStore.
func (s *Store) FeedbackOf(ctx context.Context, workspace string, owners []string, limit int, after string) ([]channel.Feedback, string, error) {
	items, next, err := s.owned(ctx, ownedKind{feedbackOwned, feedbackKey}, workspace, owners, limit, after)
	if err == nil {
		err = s.borrowConversations(ctx, workspace, items)
	}
	if err != nil {
		return nil, "", err
	}
	unseen, err := s.unseen(ctx, workspace, items)
	if err != nil {
		return nil, "", err
	}
	page := make([]channel.Feedback, len(items))
	for i, it := range items {
		f, err := storedFeedbackOf(it)
		if err != nil {
			return nil, "", err
		}
		page[i] = f.Feedback
		if unseen[page[i].ConversationID] {
			page[i].ConversationID = ""
		}
	}
	return page, next, nil
}

// borrowConversations gives feedback that names no conversation that of its request. The request may have come later, so it is looked up
// when the feedback is read.
func (s *Store) borrowConversations(ctx context.Context, workspace string, items []item) error {
	var keys []key
	asked := map[key]bool{}
	for _, it := range items {
		k := requestKey(workspace, it.text("requestId"))
		if it.text("requestId") != "" && it.text("conversationId") == "" && !asked[k] {
			asked[k], keys = true, append(keys, k)
		}
	}
	requests, err := s.readAll(ctx, s.tables.Timeline, keys, false)
	for _, it := range items {
		if request := requests[requestKey(workspace, it.text("requestId"))]; request != nil && it.text("conversationId") == "" {
			it.setText("conversationId", request.text("conversationId"))
			it.setFlag("conversationSeen", request.flag("conversationSeen"))
		}
	}
	return err
}
