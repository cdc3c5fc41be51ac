package dynamo

import (
	"context"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/importing"
)

// Match implements importing.ChunkStore: one round for the claims, one for the contacts that they name.
func (s *Store) Match(ctx context.Context, workspace string, emails, phones []string) (importing.Matches, error) {
	matches := importing.Matches{ByEmail: map[string]string{}, ByPhone: map[string]string{}, ByID: map[string]contact.Contact{}}
	emailOf, phoneOf := make(map[key]string, len(emails)), make(map[key]string, len(phones))
	keys := make([]key, 0, len(emails)+len(phones))
	gather := func(k key, value string, of map[key]string) {
		if _, asked := of[k]; !asked {
			of[k] = value
			keys = append(keys, k)
		}
	}
	for _, email := range emails {
		gather(emailClaimKey(workspace, email), email, emailOf)
	}
	for _, phone := range phones {
		gather(phoneClaimKey(workspace, phone), phone, phoneOf)
	}
	found, err := s.readAll(ctx, s.tables.Contacts, keys, true)
	if err != nil || len(found) == 0 {
		return matches, err
	}
	var holders []entry
	for _, it := range found {
		holders = append(holders, entry{id: it.text(attrContactID)})
	}
	if matches.ByID, err = s.hydrate(ctx, workspace, distinct(holders), true); err != nil {
		return matches, err
	}
	for k, it := range found {
		id := it.text(attrContactID)
		if _, there := matches.ByID[id]; !there {
			continue // deleted between the two readings
		}
		if email, ok := emailOf[k]; ok {
			matches.ByEmail[email] = id
		} else {
			matches.ByPhone[phoneOf[k]] = id
		}
	}
	return matches, nil
}

// NoteTexts implements importing.ChunkStore.
func (s *Store) NoteTexts(ctx context.Context, workspace, contactID string) (map[string]bool, error) {
	texts := make(map[string]bool)
	err := s.eachOf(ctx, s.tables.Contacts, contactPartition(workspace, contactID), contactID+notePrefix, func(it item) error {
		texts[it.text("text")] = true
		return nil
	})
	return texts, err
}
