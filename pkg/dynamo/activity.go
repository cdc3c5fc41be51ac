package dynamo

import (
	"context"

	"github.com/occ/contacts/pkg/contact"
)

// changeRecord spells a contact.Change inside the activity's JSON attribute.
type changeRecord struct {
	Field string `json:"field"`
	From  any    `json:"from"`
	To    any    `json:"to"`
}

// activityItem is an entry of a contact's history. Its key follows from the write, so that repeating a write repeats
// the same entry.
func activityItem(c contact.Contact, a contact.Activity, writeID string) (item, error) {
	it := newItem(activityKey(c.Workspace, c.ID, stamp(a.At), writeID), writeID, 6)
	it.setTime("at", a.At)
	it.setText("actorType", string(a.Actor.Type))
	it.setText("actorId", a.Actor.ID)
	it.setText("action", a.Action)
	records := make([]changeRecord, len(a.Changes))
	for i, change := range a.Changes {
		records[i] = changeRecord(change)
	}
	return it, it.setJSON("changes", records)
}

func activityOf(it item) (contact.Activity, error) {
	a := contact.Activity{
		At: it.time("at"), Actor: contact.Actor{Type: contact.ActorType(it.text("actorType")), ID: it.text("actorId")}, Action: it.text("action"),
	}
	var records []changeRecord
	if err := it.json("changes", &records); err != nil {
		return a, err
	}
	for _, record := range records {
		a.Changes = append(a.Changes, contact.Change(record))
	}
	return a, nil
}

// Activities implements contact.Store.
func (s *Store) Activities(ctx context.Context, workspace string, owners []string, limit int, after string) ([]contact.Activity, string, error) {
	items, next, err := s.newestOf(ctx, s.tables.Timeline, owners, limit, after, func(owner string) (partition, prefix string) {
		return activityPartition(workspace, owner), ""
	})
	if err != nil {
		return nil, "", err
	}
	page := make([]contact.Activity, len(items))
	for i, it := range items {
		if page[i], err = activityOf(it); err != nil {
			return nil, "", err
		}
	}
	return page, next, nil
}
