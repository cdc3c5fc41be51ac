package dynamo

import (
	"context"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/contact"
)

// maxJoins bounds how far a reader follows what was joined into something else, which may have been joined in its turn.
const maxJoins = 40

// conversationItem is a conversation as it is stored; without a contact it stands in no contact's list.
func conversationItem(c channel.Conversation, writeID string) item {
	it := newItem(conversationKey(c.Workspace, c.ID), writeID, 10)
	it["workspace"], it["id"] = text(c.Workspace), text(c.ID)
	it.setText("externalId", c.ExternalID)
	it.setText("channel", string(c.Channel))
	it.setText("accountId", c.AccountID)
	it.setText(attrContactID, c.ContactID)
	it.setTime("startedAt", c.StartedAt)
	it.setTime("lastMessageAt", c.LastMessageAt)
	if c.ContactID != "" {
		it["ownerShard"], it["ownerKey"] = text(conversationsOwned(c.Workspace, c.ContactID)), text(timeSort(stamp(c.LastMessageAt), c.ID))
	}
	return it
}

func conversationOf(it item) channel.Conversation {
	return channel.Conversation{
		Workspace: it.text("workspace"), ID: it.text("id"), ExternalID: it.text("externalId"), Channel: contact.Channel(it.text("channel")),
		AccountID: it.text("accountId"), ContactID: it.text(attrContactID), StartedAt: it.time("startedAt"), LastMessageAt: it.time("lastMessageAt"),
		WriteID: it.text(attrWriteID),
	}
}

// becameItem is what stands where something stood that was joined into another of its kind.
func becameItem(k key, workspace, id, into, writeID string) item {
	it := newItem(k, writeID, 6)
	it["workspace"], it["id"], it[attrBecame] = text(workspace), text(id), text(into)
	return it
}

// became says that an item only tells what became of it.
func (it item) became() bool { return it[attrBecame] != nil }

// readJoined reads an item strongly, or that which it became; nil when there is none.
func (s *Store) readJoined(ctx context.Context, table string, id string, at func(id string) key) (item, error) {
	for range maxJoins {
		it, err := s.read(ctx, table, at(id))
		if err != nil || !it.became() {
			return it, err
		}
		id = it.text(attrBecame)
	}
	return nil, nil //nolint:nilnil // no chain is that long
}

// conversationID is our own id of a conversation that the platform names. It follows from the platform's, and tells nothing of it.
func (s *Store) conversationID(ctx context.Context, workspace, externalID string) (string, error) {
	return s.blind(ctx, "conversation"+sep+workspace+sep+externalID)
}
