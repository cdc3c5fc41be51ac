package dynamo

import (
	"context"
	"slices"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/problem"
)

// maxOwnID is longer than any id of ours, in bytes: what is longer is not looked up as one.
const maxOwnID = 128

// Party implements channel.CaseStore. That a contact was deleted, and not only never there, its tombstone says, for as long as it lasts.
func (s *Store) Party(ctx context.Context, workspace, contactID string) (channel.Party, error) {
	if len(contactID) > maxOwnID {
		return channel.Party{}, nil
	}
	c, err := s.Get(ctx, workspace, contactID)
	if err == nil {
		return channel.Party{ContactID: c.ID, Accounts: accountsOf(c)}, nil
	}
	if problem.CodeOf(err) != problem.NotFound {
		return channel.Party{}, err
	}
	stones, err := s.buried(ctx, workspace, []key{contactKey(workspace, contactID)})
	return channel.Party{Gone: len(stones) > 0}, err
}

// accountsOf are the accounts by which a contact is known, each once.
func accountsOf(c contact.Contact) (accounts []channel.AccountKey) {
	for _, i := range c.Identities {
		if one := (channel.AccountKey{Channel: i.Channel, ID: i.AccountID}); !slices.Contains(accounts, one) {
			accounts = append(accounts, one)
		}
	}
	return accounts
}

// buried reads the tombstones of contacts that held these claims, and were deleted.
func (s *Store) buried(ctx context.Context, workspace string, claimed []key) ([]item, error) {
	keys := make([]key, len(claimed))
	for i, k := range claimed {
		mac, err := s.blindClaim(ctx, k)
		if err != nil {
			return nil, err
		}
		keys[i] = tombstoneKey(workspace, mac)
	}
	found, err := s.readAll(ctx, s.tables.Jobs, keys, true)
	if err != nil {
		return nil, err
	}
	var stones []item
	for _, it := range found {
		if !s.expired(it) && it[attrTo] == nil { // one that says where a claim went is of somebody who is there
			stones = append(stones, it)
		}
	}
	return stones, nil
}

// ConversationRef implements channel.CaseStore.
func (s *Store) ConversationRef(ctx context.Context, workspace, id string) (channel.ConversationRef, error) {
	it, own, err := s.findConversation(ctx, workspace, id)
	if err != nil || it == nil {
		return channel.ConversationRef{ID: own}, err
	}
	ref := channel.ConversationRef{ID: it.text("id"), Seen: true, Party: channel.Party{Gone: true}}
	ref.Account = channel.AccountKey{Channel: contact.Channel(it.text("channel")), ID: it.text("accountId")}
	if owner := it.text(attrContactID); owner != "" {
		party, err := s.Party(ctx, workspace, owner)
		if err != nil {
			return ref, err
		}
		ref.Party.ContactID, ref.Party.Gone = party.ContactID, party.ContactID == ""
	}
	return ref, nil
}

// findConversation reads a conversation strongly by the platform's id or by ours, and says which id of ours follows from the platform's.
func (s *Store) findConversation(ctx context.Context, workspace, id string) (it item, own string, err error) {
	if own, err = s.conversationID(ctx, workspace, id); err != nil {
		return nil, "", err
	}
	keys := []key{conversationKey(workspace, own)}
	if len(id) <= maxOwnID && id != own {
		keys = append(keys, conversationKey(workspace, id))
	}
	found, err := s.readAll(ctx, s.tables.Timeline, keys, true)
	for _, k := range keys {
		if it = found[k]; err != nil || it != nil {
			break
		}
	}
	if err == nil && it.became() {
		it, err = s.readJoined(ctx, s.tables.Timeline, it.text(attrBecame), func(id string) key { return conversationKey(workspace, id) })
	}
	return it, own, err
}

// PersonParty implements channel.CaseStore: identity, then phone, then e-mail.
func (s *Store) PersonParty(ctx context.Context, e channel.Event) (channel.Party, error) {
	named := claimsNaming(e)
	if len(named) == 0 {
		return channel.Party{}, nil
	}
	found, err := s.readAll(ctx, s.tables.Contacts, named, true)
	if err != nil {
		return channel.Party{}, err
	}
	for _, k := range named {
		if found[k] == nil {
			continue
		}
		party, err := s.Party(ctx, e.Workspace, found[k].text(attrContactID))
		if err != nil || party.ContactID != "" {
			return party, err
		}
	}
	stones, err := s.buried(ctx, e.Workspace, named)
	if err != nil {
		return channel.Party{}, err
	}
	for _, stone := range stones {
		if !e.At.After(stone.time(attrDeletedAt)) {
			return channel.Party{Gone: true}, nil
		}
	}
	return channel.Party{}, nil
}

// claimsNaming are the claims by which the person of an event may be known, in order, each once.
func claimsNaming(e channel.Event) []key {
	var keys []key
	taken := map[key]bool{}
	add := func(k key) {
		if !taken[k] {
			taken[k], keys = true, append(keys, k)
		}
	}
	for _, address := range e.Person.Addresses {
		for _, spelling := range append([]string{address.ExternalID}, address.Spellings...) {
			one := contact.Identity{Channel: e.Channel, AccountID: e.AccountID, ExternalID: spelling}
			if contact.CheckIdentity(one) != nil {
				continue
			}
			add(identityClaimKey(e.Workspace, one.Key()))
			if address.EveryAccount || contact.BusinessScoped(e.Channel, spelling) {
				add(identityClaimKey(e.Workspace, one.Key().Everywhere()))
			}
		}
	}
	if e.Person.Phone != "" {
		add(phoneClaimKey(e.Workspace, e.Person.Phone))
	}
	if e.Person.Email != "" {
		add(emailClaimKey(e.Workspace, contact.EmailKey(e.Person.Email)))
	}
	return keys
}
