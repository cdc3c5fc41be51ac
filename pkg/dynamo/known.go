package dynamo

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/plainjson"
)

// Known implements channel.Store: one round for claims and named conversations, one for the contacts and conversations that those name, and
// seldom one for further conversations of those contacts.
func (s *Store) Known(ctx context.Context, workspace string, asked channel.Keys) (channel.Known, error) {
	k := knowing{store: s, workspace: workspace, Known: channel.Known{
		ByIdentity: map[contact.IdentityKey]string{}, ByPhone: map[string]string{}, ByEmail: map[string]string{},
		Contacts: map[string]contact.Contact{}, Conversations: map[string]channel.Conversation{}, External: map[string]string{},
	}}
	for _, external := range asked.Conversations {
		id, err := s.conversationID(ctx, workspace, external)
		if err != nil {
			return k.Known, err
		}
		k.External[external] = id
		k.conversations = append(k.conversations, id)
		if ownID(external) && !slices.Contains(k.conversations, external) { // events may name a conversation by our id too
			k.conversations = append(k.conversations, external)
		}
	}
	k.claims(asked)
	if err := k.firstRound(ctx); err != nil {
		return k.Known, err
	}
	for external, id := range k.External { // the platform's name comes first
		if _, named := k.Conversations[id]; !named && k.Conversations[external].ID != "" {
			k.External[external] = external
		}
	}
	if err := k.secondRound(ctx); err != nil {
		return k.Known, err
	}
	_, err := k.readConversations(ctx, k.unread(asked.Identities))
	return k.Known, err
}

// ownID reports whether a text may be an id of ours: the name of a conversation that the platform chose, or a random
// one.
func ownID(text string) bool {
	return len(text) <= maxOwnID && strings.Trim(text, "0123456789abcdef-") == "" && len(text) >= shortestOwnID
}

// shortestOwnID is the length of the shortest ids of ours: UUIDs.
const shortestOwnID = 36

// unread are conversations that may be brought together with those that were read: of other identities of the contact on the accounts that
// were asked for, and where several contacts were found, all of theirs. Mostly there are none.
func (k *knowing) unread(asked []contact.IdentityKey) []string {
	people := map[string]bool{}
	for _, c := range k.Contacts {
		people[c.ID] = true
	}
	var ids []string
	for _, c := range k.Contacts {
		for _, i := range c.Identities {
			sameAccount := slices.ContainsFunc(asked, func(key contact.IdentityKey) bool { return key.Channel == i.Channel && key.AccountID == i.AccountID })
			if _, read := k.Conversations[i.ConversationID]; !read && i.ConversationID != "" && (sameAccount || len(people) > 1) {
				ids = append(ids, i.ConversationID)
			}
		}
	}
	return sortedOnce(ids)
}

// knowing is a Known at work.
type knowing struct {
	channel.Known
	store         *Store
	workspace     string
	holders       map[key]func(id string) // claim -> how its holder is told
	conversations []string                // to be read, by our own ids
	contacts      []string                // to be read
}

func (k *knowing) claims(asked channel.Keys) {
	k.holders = map[key]func(string){}
	for _, identity := range asked.Identities {
		k.holders[identityClaimKey(k.workspace, identity)] = func(id string) { k.ByIdentity[identity] = id }
	}
	for _, phone := range asked.Phones {
		k.holders[phoneClaimKey(k.workspace, phone)] = func(id string) { k.ByPhone[phone] = id }
	}
	for _, email := range asked.Emails {
		k.holders[emailClaimKey(k.workspace, email)] = func(id string) { k.ByEmail[email] = id }
	}
}

func (k *knowing) firstRound(ctx context.Context) error {
	keys := make([]key, 0, len(k.holders))
	for claimed := range k.holders {
		keys = append(keys, claimed)
	}
	var spoken []string // conversations that claims name
	var owners []string // contacts that conversations name
	group, grouped := errgroup.WithContext(ctx)
	group.Go(func() error {
		found, err := k.store.readAll(grouped, k.store.tables.Contacts, keys, true)
		for claimed, it := range found {
			k.holders[claimed](it.text(attrContactID))
			k.contacts = append(k.contacts, it.text(attrContactID))
			if id := it.text(attrConversation); id != "" {
				spoken = append(spoken, id)
			}
		}
		return err
	})
	group.Go(func() (err error) {
		owners, err = k.readConversations(grouped, k.conversations)
		return err
	})
	err := group.Wait()
	k.conversations, k.contacts = spoken, append(k.contacts, owners...)
	return err
}

func (k *knowing) secondRound(ctx context.Context) error {
	group, grouped := errgroup.WithContext(ctx)
	var mu sync.Mutex
	group.Go(func() error {
		keys := make([]key, 0, len(k.contacts))
		for _, id := range sortedOnce(k.contacts) {
			keys = append(keys, contactKey(k.workspace, id))
		}
		found, err := k.store.readAll(grouped, k.store.tables.Contacts, keys, true)
		if err != nil {
			return err
		}
		for _, it := range found {
			c, err := k.store.joinedInto(grouped, it)
			if err != nil {
				return err
			}
			if c.ID != "" {
				mu.Lock()
				k.Contacts[it.text("id")], k.Contacts[c.ID] = c, c
				mu.Unlock()
			}
		}
		return nil
	})
	group.Go(func() error {
		_, err := k.readConversations(grouped, sortedOnce(k.conversations))
		return err
	})
	return group.Wait()
}

// readConversations reads some by our own ids, and says whose they are.
func (k *knowing) readConversations(ctx context.Context, ids []string) (owners []string, err error) {
	keys := make([]key, 0, len(ids))
	for _, id := range ids {
		keys = append(keys, conversationKey(k.workspace, id))
	}
	found, err := k.store.readAll(ctx, k.store.tables.Timeline, keys, true)
	for _, it := range found {
		if it.became() { // an identity's conversation is told anew when it is merged
			continue
		}
		c := conversationOf(it)
		k.Conversations[c.ID] = c
		if c.ContactID != "" {
			owners = append(owners, c.ContactID)
		}
	}
	return owners, err
}

// claimKey is the key of a claim.
func claimKey(workspace string, c channel.Claim) key {
	switch {
	case c.Phone != "":
		return phoneClaimKey(workspace, c.Phone)
	case c.Email != "":
		return emailClaimKey(workspace, c.Email)
	default:
		return identityClaimKey(workspace, c.Identity)
	}
}

// Gone implements channel.Store. A tombstone counts as long as it is there: a transaction's condition would not pass it either.
func (s *Store) Gone(ctx context.Context, workspace string, claims []channel.Claim) (map[channel.Claim]channel.Gone, error) {
	at := make(map[key]channel.Claim, len(claims))
	for _, claim := range claims {
		mac, err := s.blindClaim(ctx, claimKey(workspace, claim))
		if err != nil {
			return nil, err
		}
		at[tombstoneKey(workspace, mac)] = claim
	}
	keys := make([]key, 0, len(at))
	for k := range at {
		keys = append(keys, k)
	}
	found, err := s.readAll(ctx, s.tables.Jobs, keys, true)
	if err != nil {
		return nil, err
	}
	gone := make(map[channel.Claim]channel.Gone, len(found))
	for k, it := range found {
		if gone[at[k]], err = s.goneOf(ctx, it); err != nil {
			return nil, err
		}
	}
	return gone, nil
}

func (s *Store) goneOf(ctx context.Context, it item) (channel.Gone, error) {
	gone := channel.Gone{At: it.time(attrDeletedAt), WholeUntil: it.time(attrWholeUntil)}
	sealed, forwarded := it[attrTo].(*types.AttributeValueMemberB)
	if !forwarded {
		return gone, nil
	}
	body, err := s.unseal(ctx, sealed.Value)
	if err == nil {
		err = json.Unmarshal(body, &gone.To)
	}
	if err != nil {
		return gone, fmt.Errorf("dynamo: a tombstone cannot be read: %w", err)
	}
	return gone, nil
}

// forwardPart leaves a tombstone that says where the claim's events up to a time go.
func (s *Store) forwardPart(ctx context.Context, workspace string, claim channel.Claim, gone channel.Gone, writeID string) (part, error) {
	it, err := s.tombstone(ctx, workspace, claimKey(workspace, claim), gone.At, writeID)
	if err != nil {
		return part{}, err
	}
	body, err := plainjson.Marshal(gone.To)
	if err != nil {
		return part{}, err
	}
	sealed, err := s.seal(ctx, body)
	it[attrTo], it[attrExpires] = &types.AttributeValueMemberB{Value: sealed}, number(int(s.now().Add(tombstoneLife).Unix()))
	return put(s.tables.Jobs, it, condition{
		text: "attribute_not_exists(pk) OR deletedAt < :at", values: item{":at": text(stamp(gone.At))},
	}), err
}

// arrivalLife is how long the first arrival of an event is remembered that says no time: as long as a queue keeps it.
const arrivalLife = 14 * 24 * time.Hour

// FirstSeen implements channel.Store.
func (s *Store) FirstSeen(ctx context.Context, workspace string, at map[string]time.Time) (map[string]time.Time, error) {
	first := make(map[string]time.Time, len(at))
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(arrivalsAtOnce)
	for id, now := range at {
		group.Go(func() error {
			it := newItem(seenEventKey(workspace, id), newWriteID(), 2)
			it[attrExpires] = number(int(s.now().Add(arrivalLife).Unix()))
			it.setTime("at", now)
			former, err := s.putOne(ctx, s.tables.Jobs, it, ifAbsent)
			mu.Lock()
			defer mu.Unlock()
			if first[id] = now; former != nil && !former.time("at").IsZero() {
				first[id] = former.time("at")
			}
			return err
		})
	}
	return first, group.Wait()
}

const arrivalsAtOnce = 16
