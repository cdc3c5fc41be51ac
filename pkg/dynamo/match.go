package dynamo

import (
	"context"
	"maps"
	"slices"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/importing"
	"github.com/occ/contacts/pkg/problem"
)

// Match implements importing.ChunkStore: one round for the claims and for the contacts asked by id, one for the contacts that the claims name.
func (s *Store) Match(ctx context.Context, workspace string, asked importing.Keys) (importing.Matches, error) {
	matches := importing.Matches{
		ByIdentity: map[contact.IdentityKey]string{}, ByEmail: map[string]string{}, ByPhone: map[string]string{}, ByID: map[string]contact.Contact{},
	}
	claimed := make(map[key]func(id string)) // claim -> how its holder is told
	for _, identity := range asked.Identities {
		claimed[identityClaimKey(workspace, identity)] = func(id string) { matches.ByIdentity[identity] = id }
	}
	for _, email := range asked.Emails {
		claimed[emailClaimKey(workspace, email)] = func(id string) { matches.ByEmail[email] = id }
	}
	for _, phone := range asked.Phones {
		claimed[phoneClaimKey(workspace, phone)] = func(id string) { matches.ByPhone[phone] = id }
	}
	keys := make([]key, 0, len(claimed)+len(asked.IDs))
	for k := range claimed {
		keys = append(keys, k)
	}
	named := sortedOnce(asked.IDs)
	for _, id := range named {
		keys = append(keys, contactKey(workspace, id))
	}
	found, err := s.readAll(ctx, s.tables.Contacts, keys, true)
	if err != nil {
		return matches, err
	}
	for _, id := range named {
		k := contactKey(workspace, id)
		if it := found[k]; it != nil {
			if matches.ByID[id], err = s.joinedInto(ctx, it); err != nil {
				return matches, err
			}
			delete(found, k)
		}
	}
	for id, c := range matches.ByID { // one that was joined into another is known by both ids
		if matches.ByID[c.ID] = c; c.ID == "" {
			delete(matches.ByID, id)
		}
	}
	delete(matches.ByID, "")
	return matches, s.holders(ctx, workspace, matches, found, claimed)
}

// joinedInto is the contact of an item, or that which it was joined into; the zero value when that is gone.
func (s *Store) joinedInto(ctx context.Context, it item) (contact.Contact, error) {
	if !it.became() {
		return contactOf(it)
	}
	c, err := s.Get(ctx, it.text("workspace"), it.text(attrBecame))
	if problem.CodeOf(err) == problem.NotFound {
		return contact.Contact{}, nil
	}
	return c, err
}

// holders tells whom the claims found name, and reads those contacts that are not read yet.
func (s *Store) holders(ctx context.Context, workspace string, matches importing.Matches, found map[key]item, claimed map[key]func(id string)) error {
	var unread []string
	for _, it := range found {
		if id := it.text(attrContactID); !there(matches, id) {
			unread = append(unread, id)
		}
	}
	read, err := s.hydrate(ctx, workspace, sortedOnce(unread), true)
	if err != nil {
		return err
	}
	maps.Copy(matches.ByID, read)
	for k, it := range found {
		if id := it.text(attrContactID); there(matches, id) { // not deleted between the two readings
			claimed[k](id)
		}
	}
	return nil
}

func there(matches importing.Matches, id string) bool {
	_, found := matches.ByID[id]
	return found
}

func sortedOnce(ids []string) []string { return slices.Compact(slices.Sorted(slices.Values(ids))) }

// NoteTexts implements importing.ChunkStore.
func (s *Store) NoteTexts(ctx context.Context, workspace, contactID string) (map[string]int, error) {
	texts := make(map[string]int)
	err := s.eachOf(ctx, s.tables.Contacts, contactPartition(workspace, contactID), contactID+notePrefix, func(it item) error {
		texts[it.text("text")]++
		return nil
	})
	return texts, err
}
