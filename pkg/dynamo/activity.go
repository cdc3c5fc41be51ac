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
	err := it.setJSON("changes", records)
	for limit := shownText; err == nil && it.size() > maxActivityBytes && limit > 0; limit /= 2 {
		for i := range records {
			records[i].From, records[i].To = beginning(records[i].From, limit), beginning(records[i].To, limit)
		}
		err = it.setJSON("changes", records)
	}
	return it, err
}

const (
	// maxActivityBytes is how large an entry may be before its texts are cut. An entry holds what was there and what
	// came for it, and a contact that others were joined into may have more than the limit of one.
	maxActivityBytes = 280 << 10
	// shownText is how many characters of a text are kept then, as of a note's; fewer when that is still too much.
	shownText = 200
)

// beginning cuts a text to so many characters; other values stay as they are.
func beginning(value any, limit int) any {
	text, isText := value.(string)
	if runes := []rune(text); isText && len(runes) > limit+1 {
		return string(runes[:limit]) + "…"
	}
	return value
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
