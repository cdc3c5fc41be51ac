package dynamo

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/importing"
	"github.com/occ/contacts/pkg/problem"
)

// undoExpiry is when what an undo needs may go.
func (s *Store) undoExpiry() types.AttributeValue { return number(int(s.now().Add(chunkLife).Unix())) }

// Touched implements importing.UndoStore: contacts and before-images in one round.
func (s *Store) Touched(ctx context.Context, ref importing.Ref, contactIDs []string) (map[string]importing.Touched, error) {
	keys := make([]key, 0, 2*len(contactIDs))
	for _, id := range contactIDs {
		keys = append(keys, contactKey(ref.Workspace, id), beforeImageKey(ref.Workspace, id, ref.ID))
	}
	items, err := s.readAll(ctx, s.tables.Contacts, keys, true)
	if err != nil {
		return nil, err
	}
	found := make(map[string]importing.Touched, len(contactIDs))
	for _, id := range contactIDs {
		stored := items[contactKey(ref.Workspace, id)]
		if stored == nil {
			continue
		}
		if found[id], err = touched(stored, items[beforeImageKey(ref.Workspace, id, ref.ID)]); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// RemoveImported implements importing.UndoStore. It is Delete, on the condition that the contact is exactly the one that was read. On
// the first version of a contact nothing hangs but the notes of its creation and feedback: without those there is nothing to clean up.
// It leaves no tombstones: nobody asked to be forgotten, and who wrote before the undo is to be known.
func (s *Store) RemoveImported(ctx context.Context, made contact.Contact, notes bool) error {
	writeID := newWriteID()
	bare := made.Version == 1 && !notes && !made.HasFeedback && len(made.Disputed) == 0
	var ticket item
	if !bare {
		ticket = s.ticket(made, writeID, s.now())
	}
	parts, err := s.deletion(made, ifUntouched(made), ticket, nil)
	if err != nil {
		return err
	}
	err = s.transact(ctx, writeID, parts, maxTries)
	if r, refused := errors.AsType[*refusal](err); refused && r.failed[0] {
		if r.old[0] != nil {
			return importing.ErrStale
		}
		err = nil // it is gone, by this very write or by another
	}
	switch {
	case err != nil:
		return fmt.Errorf("dynamo: delete contact %s: %w", made.ID, err)
	case bare:
		return nil
	}
	_, err = s.cleanUp(ctx, ticket)
	return err
}

// ImportedNotes implements importing.UndoStore.
func (s *Store) ImportedNotes(ctx context.Context, ref importing.Ref, contactID string) ([]contact.Note, error) {
	var notes []contact.Note
	err := s.eachOf(ctx, s.tables.Contacts, contactPartition(ref.Workspace, contactID), contactID+notePrefix, func(it item) error {
		if it.text(attrImport) == ref.ID {
			notes = append(notes, noteOf(it))
		}
		return nil
	})
	return notes, err
}

// RestoreImported implements importing.UndoStore. The before-image goes in the transaction that uses it: whoever comes later finds nothing
// to do. When not all notes fit, it stays until the last of them is gone, marked as used.
func (s *Store) RestoreImported(ctx context.Context, ref importing.Ref, seen importing.Touched, back importing.Update, notes []contact.Note) error {
	labels := given(back.Before, back.After)
	if err := s.registerLabels(ctx, ref.Workspace, labels); err != nil {
		return err
	}
	writeID := newWriteID()
	parts, err := s.changing(back.Before, back.After, back.Activity, writeID)
	if err != nil {
		return err
	}
	earlier, err := s.leftAgain(ctx, ref, seen, back.After.Version, writeID)
	if err != nil {
		return err
	}
	parts = append(parts, earlier...)
	whole := len(parts)+1+len(notes) <= maxTransactionItems
	image := beforeImageKey(ref.Workspace, back.After.ID, ref.ID)
	if whole {
		for _, note := range notes {
			parts = append(parts, remove(s.tables.Contacts, noteKey(ref.Workspace, back.After.ID, note.ID), condition{}))
		}
		parts = append(parts, remove(s.tables.Contacts, image, condition{}))
	} else {
		c := condition{values: item{":true": flag(true), ":writeId": text(writeID)}, names: map[string]string{"#image": attrImage}}
		parts = append(parts, change(s.tables.Contacts, image, "SET restored = :true, writeId = :writeId REMOVE #image", c))
	}
	parts, later, err := s.fitted(ref.Workspace, parts, writeID)
	if err != nil {
		return err
	}
	err = written("restore", s.transact(ctx, writeID, parts, maxTries), back.After, writeID, parts)
	switch code := problem.CodeOf(err); {
	case err != nil && (code == problem.VersionConflict || code == problem.NotFound):
		return importing.ErrStale
	case err != nil:
		return err
	}
	s.afterwards(ctx, ref.Workspace, later, labels)
	if whole {
		return nil
	}
	return s.FinishRestored(ctx, ref, back.After.ID)
}

// FinishRestored implements importing.UndoStore.
func (s *Store) FinishRestored(ctx context.Context, ref importing.Ref, contactID string) error {
	notes, err := s.ImportedNotes(ctx, ref, contactID)
	if err != nil {
		return err
	}
	keys := make([]key, 0, len(notes)+1)
	for _, note := range notes {
		keys = append(keys, noteKey(ref.Workspace, contactID, note.ID))
	}
	for keys = append(keys, beforeImageKey(ref.Workspace, contactID, ref.ID)); len(keys) > 0; {
		n := min(len(keys), maxBatchWrites)
		if err := s.removeKeys(ctx, s.tables.Contacts, keys[:n]); err != nil {
			return err
		}
		keys = keys[n:]
	}
	return nil
}

// leftAgain tells the import that left the contact as it is once restored that it is so again, as another version: that import can then be
// undone too. It may have changed the contact, which its before-image says, or made it.
func (s *Store) leftAgain(ctx context.Context, ref importing.Ref, seen importing.Touched, version int, writeID string) ([]part, error) {
	var parts []part
	c, was := seen.Contact, seen.Before.Version
	tell := func(k key, more int) {
		const update = "SET #schema = :schema, writeId = :writeId, leftVersion = :left, expiresAt = :expires, changes = if_not_exists(changes, :zero) + :more"
		parts = append(parts, change(s.tables.Contacts, k, update, condition{names: map[string]string{"#schema": attrSchema}, values: item{
			":schema": number(schema), ":writeId": text(writeID), ":left": number(version), ":expires": s.undoExpiry(), ":zero": number(0), ":more": number(more),
		}}))
	}
	if maker := c.CreatedBy; was == 1 && maker.Type == contact.ByImport {
		tell(beforeImageKey(c.Workspace, c.ID, maker.ID), version-was)
	}
	err := s.eachOf(ctx, s.tables.Contacts, contactPartition(c.Workspace, c.ID), imagePrefix(c.ID), func(it item) error {
		if it.number(attrLeft) == was && it.key() != beforeImageKey(c.Workspace, c.ID, ref.ID) {
			tell(it.key(), version-was)
		}
		return nil
	})
	return parts, err
}
