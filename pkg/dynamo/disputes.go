package dynamo

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/occ/contacts/pkg/contact"
)

// A dispute is told in the activity of both contacts, with the value that a channel gave to one and that the other
// holds. When one of them is deleted, the entry of the other one goes on naming the field, and says neither the value
// nor whom it was about.

// removeActivity removes the activity of a deleted contact under one of its ids, after what it says of disputes was
// taken out of that of the others: as long as it is there, whoever repeats this finds them again.
func (s *Store) removeActivity(ctx context.Context, ticket item, owner string) (int, error) {
	workspace := ticket.text(attrWorkspace)
	gone := append([]string{ticket.text(attrContactID)}, ticket.texts("mergedFrom")...)
	var keys []key
	others := map[string]bool{}
	err := s.eachOf(ctx, s.tables.Timeline, activityPartition(workspace, owner), "", func(it item) error {
		keys = append(keys, it.key())
		for _, id := range disputedWith(it) {
			others[id] = true
		}
		return nil
	})
	for _, id := range slices.Sorted(maps.Keys(others)) {
		if err == nil && !slices.Contains(gone, id) {
			err = s.forgetDisputes(ctx, workspace, id, gone)
		}
	}
	if err == nil {
		err = s.removeInBatches(ctx, s.tables.Timeline, keys)
	}
	return len(keys), err
}

// disputedWith are the contacts that an entry of activity says to be in dispute with its own.
func disputedWith(it item) (ids []string) {
	if it.text("action") != "disputed" {
		return nil
	}
	entry, err := activityOf(it)
	for _, change := range entry.Changes {
		if id, is := change.To.(string); err == nil && is && change.Field == "contactId" {
			ids = append(ids, id)
		}
	}
	return ids
}

// forgetDisputes takes the values of disputes with deleted contacts out of another contact's activity, and their ids
// out of that contact.
func (s *Store) forgetDisputes(ctx context.Context, workspace, other string, gone []string) error {
	var told []item
	err := s.eachOf(ctx, s.tables.Timeline, activityPartition(workspace, other), "", func(it item) error {
		if slices.ContainsFunc(disputedWith(it), func(id string) bool { return slices.Contains(gone, id) }) {
			told = append(told, it)
		}
		return nil
	})
	for _, it := range told {
		if err == nil {
			err = s.emptyEntry(ctx, it)
		}
	}
	if err != nil {
		return err
	}
	for try := 1; ; try++ {
		stored, err := s.readJoined(ctx, s.tables.Contacts, other, func(id string) key { return contactKey(workspace, id) })
		if err != nil || stored == nil {
			return err
		}
		c, err := contactOf(stored)
		if err != nil {
			return err
		}
		changed, err := s.forgetMarks(ctx, c, gone)
		if err != nil || !changed {
			return err
		}
		if try == maxTries || !pause(ctx, try) {
			return busy(fmt.Errorf("dynamo: contact %s is being changed by others", other))
		}
	}
}

// emptyEntry leaves of an entry of activity which fields it is about.
func (s *Store) emptyEntry(ctx context.Context, it item) error {
	entry, err := activityOf(it)
	if err != nil {
		return err
	}
	records, writeID := item{}, newWriteID()
	fields := make([]changeRecord, len(entry.Changes))
	for i, change := range entry.Changes {
		fields[i] = changeRecord{Field: change.Field}
	}
	if err := records.setJSON(":changes", fields); err != nil {
		return err
	}
	records[":writeId"] = text(writeID)
	_, err = s.changeOne(ctx, change(s.tables.Timeline, it.key(), "SET writeId = :writeId, #changes = :changes", condition{
		text: "attribute_exists(pk)", names: map[string]string{"#changes": "changes"}, values: records,
	}), writeID)
	return err
}

// forgetMarks takes out of a contact which disputes with deleted contacts it was told of. It reports whether somebody
// else changed the contact meanwhile.
func (s *Store) forgetMarks(ctx context.Context, c contact.Contact, gone []string) (changed bool, err error) {
	left := slices.DeleteFunc(slices.Clone(c.Disputed), func(mark string) bool {
		_, id, _ := strings.Cut(mark, "#")
		return slices.Contains(gone, id)
	})
	if len(left) == len(c.Disputed) {
		return false, nil
	}
	writeID := newWriteID()
	// What is left of the entries hangs on the contact still, which an undo has to know.
	same, update := ifUntouched(c), "SET writeId = :writeId, hasFeedback = :true REMOVE disputed"
	same.values[":writeId"], same.values[":true"] = text(writeID), flag(true)
	if len(left) > 0 {
		same.values[":left"], update = texts(left), "SET writeId = :writeId, hasFeedback = :true, disputed = :left"
	}
	other, err := s.changeOne(ctx, change(s.tables.Contacts, contactKey(c.Workspace, c.ID), update, same), writeID)
	return other != nil, err
}
