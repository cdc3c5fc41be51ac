package dynamo

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/importing"
	"github.com/occ/contacts/pkg/plainjson"
)

// Attributes of a before-image.
const (
	attrImage    = "image"           // the contact before the import's first change; absent from the mark of a creation
	attrLeft     = "leftVersion"     // the version that the import's latest change left
	attrChanges  = "changes"         // how many versions lie between both that are none of anybody else's
	attrNotes    = "notes"           // whether the import added some
	attrAdded    = "addedIdentities" // JSON, one a member
	attrRestored = "restored"        // it was used; only notes are left to remove
	attrImport   = "importId"        // of a note
)

// imagePart keeps what a contact was before the import's first change, and the version that its latest change leaves.
func (s *Store) imagePart(ref importing.Ref, w *importing.Write, writeID string) (part, error) {
	u := w.Update
	image := make(item, contactAttributes)
	if err := image.setContact(u.Before); err != nil {
		return part{}, err
	}
	delete(image, "disputed") // ids of others, which no undo brings back
	update := "SET #schema = :schema, writeId = :writeId, #image = if_not_exists(#image, :image), leftVersion = :left, expiresAt = :expires, " +
		"changes = if_not_exists(changes, :zero) + :one"
	c := condition{
		names: map[string]string{"#schema": attrSchema, "#image": attrImage},
		values: item{
			":schema": number(schema), ":writeId": text(writeID), ":image": mapOf(image), ":left": number(u.After.Version),
			":expires": s.undoExpiry(), ":zero": number(0), ":one": number(1),
		},
	}
	if len(w.Notes) > 0 {
		update += ", notes = :true"
		c.values[":true"] = flag(true)
	}
	added, err := addedIdentities(u.Before, u.After)
	if err != nil {
		return part{}, err
	}
	if len(added) > 0 {
		update += ", addedIdentities = list_append(if_not_exists(addedIdentities, :none), :added)"
		c.values[":none"], c.values[":added"] = texts(nil), texts(added)
	}
	return change(s.tables.Contacts, beforeImageKey(u.After.Workspace, u.After.ID, ref.ID), update, c), nil
}

// addedIdentities are those of after that before has not.
func addedIdentities(before, after contact.Contact) (added []string, err error) {
	for _, one := range after.Identities {
		if slices.ContainsFunc(before.Identities, func(old contact.Identity) bool { return importing.SameIdentity(old, one) }) {
			continue
		}
		body, err := plainjson.Marshal(identityRecord(one))
		if err != nil {
			return nil, fmt.Errorf("dynamo: an identity of contact %s: %w", after.ID, err)
		}
		added = append(added, string(body))
	}
	return added, nil
}

// importedNote is a note that an import adds. It says so until somebody changes it.
func importedNote(ref importing.ChunkRef, c contact.Contact, note contact.Note, writeID string) item {
	it := noteItem(c, note, writeID)
	it[attrImport] = text(ref.ID)
	return it
}

// touched puts together a contact and its before-image, nil when there is none.
func touched(stored, image item) (importing.Touched, error) {
	c, err := contactOf(stored)
	t := importing.Touched{Contact: c, Left: image.number(attrLeft), Notes: image.flag(attrNotes), Restored: image.flag(attrRestored)}
	if err != nil {
		return t, err
	}
	if before := image.members(attrImage); before != nil {
		was, err := contactOf(before)
		if err != nil {
			return t, err
		}
		t.Before = &was
		t.Mixed = image[attrChanges] != nil && was.Version+image.number(attrChanges) != t.Left // images of before have none
	}
	for _, body := range image.texts(attrAdded) {
		var record identityRecord
		if err := json.Unmarshal([]byte(body), &record); err != nil {
			return t, fmt.Errorf("dynamo: an identity in a before-image of contact %s: %w", c.ID, err)
		}
		t.Identities = append(t.Identities, contact.Identity(record))
	}
	return t, nil
}
