package dynamo

import (
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
