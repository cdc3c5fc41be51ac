package channel

import (
	"maps"
	"slices"

	"github.com/occ/contacts/pkg/contact"
)

// converse says which conversations a sighting's messages are of: those that the platform names, and the one of the identity.
func (a *Applier) converse(d *decision, s *sighting) {
	f := s.first()
	theirs := d.together(f.Event, f.addresses)
	talks := s.talks()
	t, spoke := talks[""]
	named := map[string]talk{} // by the names of the platform, of which two may stand for one conversation: its own and ours
	names := map[string]string{}
	for _, external := range slices.Sorted(maps.Keys(talks)) {
		one, id := talks[external], d.known.External[external]
		switch {
		case external == "":
		case d.notNamed(id, f.Event, theirs):
			t, spoke = t.with(one), true
		case names[id] == "":
			names[id], named[external] = external, one
		default:
			named[names[id]] = named[names[id]].with(one)
		}
	}
	for _, external := range slices.Sorted(maps.Keys(named)) {
		d.named(external, named[external])
	}
	d.ofIdentities(a, theirs, t, spoke)
	d.everywhere(a, f.Event)
}

// notNamed reports whether messages are of the identity's conversation although they name another one. An account
// that may touch only what is its own names a conversation of another account in vain. A conversation that the
// platform did not name is that of its identities alone: who names our id of it, and is somebody else, has none of
// it.
func (d *decision) notNamed(id string, e Event, theirs func(contact.Identity) bool) bool {
	c, there := d.known.Conversations[id]
	switch {
	case !there:
		return false
	case e.Bound && (c.Channel != e.Channel || c.AccountID != e.AccountID):
		return true
	case c.ExternalID != "":
		return false
	}
	owner, held := d.owner(c)
	_, spoken := d.spoken(theirs)
	return held && owner.ID != d.after.ID || len(d.Joined) > 0 || slices.ContainsFunc(spoken, func(other Conversation) bool { return other.ID == id })
}

// together are the identities that have one conversation: on WhatsApp all that the contact has on the account, elsewhere each its own.
func (d *decision) together(e Event, addresses []address) func(contact.Identity) bool {
	if e.Channel == contact.WhatsApp {
		return func(i contact.Identity) bool { return i.Channel == e.Channel && i.AccountID == e.AccountID }
	}
	return func(i contact.Identity) bool {
		return slices.ContainsFunc(addresses, func(a address) bool { return a.is(i) && !d.who.taken[a.key] })
	}
}

// everywhere brings the conversations of contacts that were joined together on each account but that of the event, where it was done.
func (d *decision) everywhere(a *Applier, said Event) {
	if len(d.Joined) == 0 {
		return
	}
	done := map[string]bool{}
	if said.Channel == contact.WhatsApp {
		done[said.AccountID] = true
	}
	for _, i := range d.after.Identities {
		if i.Channel == contact.WhatsApp && !done[i.AccountID] {
			done[i.AccountID] = true
			d.ofIdentities(a, d.together(Event{Channel: i.Channel, AccountID: i.AccountID}, nil), talk{}, false)
		}
	}
}

// ofIdentities gives identities the conversation that they have together. Where they had several, of before they were known to be one
// person's, the oldest goes on.
func (d *decision) ofIdentities(a *Applier, theirs func(contact.Identity) bool, t talk, spoke bool) {
	at, conversations := d.spoken(theirs)
	switch {
	case len(at) == 0:
		return
	case len(conversations) == 0 && !spoke:
		return
	case len(conversations) == 0:
		f := d.after.Identities[at[0]]
		made := Conversation{
			Workspace: d.Workspace, ID: a.newID(), Channel: f.Channel, AccountID: f.AccountID, ContactID: d.after.ID, StartedAt: t.from, LastMessageAt: t.to,
		}
		d.after.ConversationCount++
		d.Conversations = append(d.Conversations, ConversationChange{After: made})
		d.speak(at, "", made.ID)
		return
	}
	kept := slices.MinFunc(conversations, func(a, b Conversation) int {
		return older(contact.Contact{ID: a.ID, CreatedAt: a.StartedAt}, contact.Contact{ID: b.ID, CreatedAt: b.StartedAt})
	})
	after := kept
	for _, one := range conversations {
		if one.ID == kept.ID {
			continue
		}
		after = after.spanning(talk{from: one.StartedAt, to: one.LastMessageAt})
		d.after.ConversationCount--
		d.Merged = append(d.Merged, MergedConversation{one, kept.ID})
		d.speak(nil, one.ID, kept.ID)
	}
	if spoke {
		after = after.spanning(t)
	}
	if after != kept {
		d.Conversations = append(d.Conversations, ConversationChange{kept, after})
	}
	d.speak(at, "", kept.ID)
}

// spoken are the places of some identities, and the conversations that those have.
func (d *decision) spoken(theirs func(contact.Identity) bool) (at []int, conversations []Conversation) {
	for i, identity := range d.after.Identities {
		if !theirs(identity) {
			continue
		}
		at = append(at, i)
		conversations = d.adding(conversations, identity.ConversationID)
		for _, id := range d.lost {
			if c := d.known.Conversations[id]; c.Channel == identity.Channel && c.AccountID == identity.AccountID {
				conversations = d.adding(conversations, id)
			}
		}
	}
	return at, conversations
}

// adding adds a conversation that is there, once.
func (d *decision) adding(conversations []Conversation, id string) []Conversation {
	c, there := d.known.Conversations[id]
	if !there || slices.ContainsFunc(conversations, func(other Conversation) bool { return other.ID == id }) {
		return conversations
	}
	return append(conversations, c)
}

// speak gives identities a conversation: those at some places, and those that had another one.
func (d *decision) speak(at []int, had, id string) {
	identities := slices.Clone(d.after.Identities)
	for i := range identities {
		if slices.Contains(at, i) || had != "" && identities[i].ConversationID == had {
			identities[i].ConversationID = id
		}
	}
	d.after.Identities = identities
}

// spanning is a conversation with messages of a time.
func (c Conversation) spanning(t talk) Conversation {
	c.StartedAt, c.LastMessageAt = earliest(c.StartedAt, t.from), latest(c.LastMessageAt, t.to)
	return c
}

// named is a conversation that the platform names. It is the contact's to whom its earliest message was; one whose contact was deleted
// becomes that of who writes on in it.
func (d *decision) named(external string, t talk) {
	id := d.known.External[external]
	before, there := d.known.Conversations[id]
	if !there {
		d.after.ConversationCount++
		d.Conversations = append(d.Conversations, ConversationChange{After: Conversation{
			Workspace: d.Workspace, ID: id, ExternalID: external, Channel: t.first.Channel, AccountID: t.first.AccountID, ContactID: d.after.ID,
			StartedAt: t.from, LastMessageAt: t.to,
		}})
		return
	}
	after := before.spanning(t)
	if t.from.Before(before.StartedAt) {
		after.Channel, after.AccountID = t.first.Channel, t.first.AccountID
	}
	owner, held := d.owner(before)
	switch {
	case held && owner.ID == d.after.ID:
	case !held, t.from.Before(before.StartedAt):
		after.ContactID = d.after.ID
		d.after.ConversationCount++
		if held {
			other := d.other(owner)
			other.After.ConversationCount--
			d.others[owner.ID] = other
		}
	}
	if after != before {
		d.Conversations = append(d.Conversations, ConversationChange{before, after})
	}
}

// owner is the contact of a conversation, as it will be.
func (d *decision) owner(c Conversation) (contact.Contact, bool) {
	if c.ContactID == d.after.ID || slices.Contains(d.after.MergedFrom, c.ContactID) {
		return d.after, true
	}
	owner, there := d.known.Contacts[c.ContactID]
	return owner, there
}
