package dynamo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/contact"
)

var _ channel.CaseStore = (*Store)(nil)

// seenLife is how long an event is remembered that nothing else would tell from its repetition: longer than any queue keeps it.
const seenLife = 30 * 24 * time.Hour

// StoredRequest implements channel.CaseStore.
func (s *Store) StoredRequest(ctx context.Context, workspace, id string) (channel.StoredRequest, error) {
	it, err := s.read(ctx, s.tables.Timeline, requestKey(workspace, id))
	if err != nil || it == nil {
		return channel.StoredRequest{}, err
	}
	return requestOf(it), nil
}

// PutRequest implements channel.CaseStore. Opening a request writes the same item as deleting its contact, which decides between both.
func (s *Store) PutRequest(ctx context.Context, before, after channel.StoredRequest, once string) error {
	writeID := newWriteID()
	allowed := ifAbsent
	if before.WriteID != "" {
		allowed = condition{text: "writeId = :read", values: item{":read": text(before.WriteID)}}
	}
	owner, err := s.counting(ctx, before, after, writeID)
	if err != nil {
		return err
	}
	if before.Live() && after.Action == channel.Deleted && owner == nil { // its contact is not there: nothing counted it
		after.ContactID, after.Gone = "", true
	}
	parts := append([]part{put(s.tables.Timeline, requestItem(after, writeID), allowed)}, owner...)
	if once != "" {
		seen := newItem(seenEventKey(after.Workspace, once), writeID, 1)
		seen[attrExpires] = number(int(s.now().Add(seenLife).Unix()))
		parts = append(parts, put(s.tables.Jobs, seen, ifAbsent))
	}
	err = s.transact(ctx, writeID, parts, maxTries)
	r, refused := errors.AsType[*refusal](err)
	switch {
	case refused && (r.mine(writeID) || once != "" && r.failed[len(parts)-1]):
		return nil
	case refused:
		return channel.ErrConflict
	case err != nil:
		return fmt.Errorf("dynamo: write request: %w", err)
	}
	return nil
}

// counting is what a change of a request does to its contact: it counts when it begins to live, and no longer when it
// ends. The contact is marked as one with feedback is: also a deleted request leaves a tombstone that names it, which
// whoever removes the contact has to release.
func (s *Store) counting(ctx context.Context, before, after channel.StoredRequest, writeID string) ([]part, error) {
	lives := after.Action != channel.Deleted && after.ContactID != ""
	switch {
	case lives && !before.Live():
		return []part{s.onContact(after.Workspace, after.ContactID, "requestCount = if_not_exists(requestCount, :none) + :one, hasFeedback = :true", writeID,
			condition{values: item{":none": number(0), ":one": number(1), ":true": flag(true)}})}, nil
	case before.Live() && !lives:
		party, err := s.Party(ctx, before.Workspace, before.ContactID) // it may have been joined into another
		if err != nil || party.ContactID == "" {
			return nil, err
		}
		return []part{s.onContact(after.Workspace, party.ContactID, "requestCount = requestCount - :one", writeID,
			condition{text: " AND requestCount >= :one", values: item{":one": number(1)}})}, nil
	case after.ContactID != "" && before.ContactID == "":
		return []part{s.onContact(after.Workspace, after.ContactID, "hasFeedback = :true", writeID, condition{values: item{":true": flag(true)}})}, nil
	}
	return nil, nil
}

// onContact changes what moves without the contact's version, on the condition that the contact is there.
func (s *Store) onContact(workspace, contactID, set, writeID string, c condition) part {
	c.text = "attribute_exists(createdShard)" + c.text
	c.values[":writeId"] = text(writeID)
	update := "SET writeId = :writeId"
	if set != "" {
		update += ", " + set
	}
	return change(s.tables.Contacts, contactKey(workspace, contactID), update, c)
}

// requestItem is a request as it is stored. A deleted one stands apart in the index: no list shows it, and the deletion of its contact
// finds it.
func requestItem(r channel.StoredRequest, writeID string) item {
	it := newItem(requestKey(r.Workspace, r.ID), writeID, 16)
	it[attrWorkspace], it["id"], it["action"] = text(r.Workspace), text(r.ID), text(string(r.Action))
	if r.ContactID != "" {
		it[attrContactID] = text(r.ContactID)
		it[attrOwnerShard] = text(requestsOwned(r.Workspace, r.ContactID))
		if r.Action == channel.Deleted {
			it[attrOwnerShard] = text(tombstonesOwned(r.Workspace, r.ContactID))
		}
		it[attrOwnerKey] = text(timeSort(stamp(r.OpenedAt), r.ID))
	}
	it.setText("conversationId", r.ConversationID)
	it.setFlag("conversationSeen", r.ConversationSeen)
	it.setFlag("gone", r.Gone)
	it.setText("subject", r.Subject)
	it.setText("status", r.Status)
	it.setTime("openedAt", r.OpenedAt)
	it.setFlag("wasOpened", r.WasOpened)
	it.setTime("updatedAt", r.UpdatedAt)
	it.setText("latest", string(r.Latest))
	it.setText("subjectBy", string(r.SubjectBy))
	it.setText("statusBy", string(r.StatusBy))
	it.setText("originChannel", string(r.Origin.Channel))
	it.setText("originAccount", r.Origin.ID)
	return it
}

func requestOf(it item) channel.StoredRequest {
	return channel.StoredRequest{
		Workspace: it.text(attrWorkspace),
		Request: channel.Request{
			ID: it.text("id"), ConversationID: it.text("conversationId"), ContactID: it.text(attrContactID), Subject: it.text("subject"),
			Status: it.text("status"), Action: channel.RequestAction(it.text("action")), OpenedAt: it.time("openedAt"), UpdatedAt: it.time("updatedAt"),
		},
		ConversationSeen: it.flag("conversationSeen"), Gone: it.flag("gone"), WasOpened: it.flag("wasOpened"),
		Latest: channel.Mark(it.text("latest")), SubjectBy: channel.Mark(it.text("subjectBy")), StatusBy: channel.Mark(it.text("statusBy")),
		Origin:  channel.AccountKey{Channel: contact.Channel(it.text("originChannel")), ID: it.text("originAccount")},
		WriteID: it.text(attrWriteID),
	}
}

// RequestsOf implements channel.TimelineStore.
func (s *Store) RequestsOf(ctx context.Context, workspace string, owners []string, limit int, after string) ([]channel.Request, string, error) {
	items, next, err := s.owned(ctx, ownedKind{requestsOwned, requestKey}, workspace, owners, limit, after)
	if err != nil {
		return nil, "", err
	}
	page := make([]channel.Request, len(items))
	for i, it := range items {
		page[i] = requestOf(it).Request
	}
	unseen, err := s.unseen(ctx, workspace, items)
	for i := range page {
		if unseen[page[i].ConversationID] {
			page[i].ConversationID = ""
		}
	}
	return page, next, err
}

// unseen are the conversations that items name, but that are not there yet.
func (s *Store) unseen(ctx context.Context, workspace string, items []item) (map[string]bool, error) {
	missing := map[string]bool{}
	var keys []key
	for _, it := range items {
		if id := it.text("conversationId"); id != "" && !it.flag("conversationSeen") && !missing[id] {
			missing[id], keys = true, append(keys, conversationKey(workspace, id))
		}
	}
	found, err := s.readAll(ctx, s.tables.Timeline, keys, false)
	for _, it := range found {
		delete(missing, it.text("id"))
	}
	return missing, err
}
