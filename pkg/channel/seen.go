package channel

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/occ/contacts/pkg/contact"
)

// What events make of a contact. Everything here gives the same in whatever order the events come: earliest and latest times, and the
// newest of what is said.

// blank is a contact that is not there yet.
func (s *sighting) blank(id string) contact.Contact {
	from := s.origin()
	return contact.Contact{
		Workspace: s.first().Workspace, ID: id, Channel: from.channel, CreatedAt: from.at, CreatedBy: from.by,
	}
}

// seen is the contact after a sighting.
func (s *sighting) seen(c contact.Contact, w whose) contact.Contact {
	f := s.first()
	c.Identities = within(c, s.identified(c.Identities, w.taken))
	if text, said := s.newest(func(p Person) string { return p.Name }, contact.MaxName); c.NamedBy != contact.ByUser && c.NamedBy != contact.ByImport && said > c.Said.Name {
		c.Name, c.NamedBy, c.Said.Name = text, contact.ByChannel, said
	}
	said := f.phoneSaid
	if said == f.Stamp() {
		said = s.last().Stamp()
	}
	if f.phone != "" && !w.disputed("phone") && !slices.Contains(f.matches, c.Phone) && (!s.fills() || c.Phone == "") {
		givePhone(&c, f.phone, said)
	}
	if f.email != "" && !w.disputed("email") {
		give(&c.Email, &c.EmailBy, &c.Said.Email, f.email, s.last().Stamp())
	}
	c.LastInteractionAt = latest(c.LastInteractionAt, s.last().At)
	comeFrom(&c, s.origin())
	return c
}

// within leaves out identities that a contact gains beyond what storage takes. Whoever uses them is still known by
// phone or e-mail.
func within(c contact.Contact, identities []contact.Identity) []contact.Identity {
	before := c
	c.Identities = identities
	if len(identities) <= contact.MaxIdentities || contact.Weight(c) <= contact.MaxWeight {
		return identities
	}
	return slices.DeleteFunc(identities, func(i contact.Identity) bool { return !before.HasIdentity(i.Key()) })
}

func givePhone(c *contact.Contact, phone, said string) {
	give(&c.Phone, &c.PhoneBy, &c.Said.Phone, phone, said)
}

// give writes a value where there is none, or an older one that a channel gave.
func give(value *string, by *contact.ActorType, when *string, given, said string) {
	if *value == "" || *by == contact.ByChannel && said > *when {
		*value, *by, *when = given, contact.ByChannel, said
	}
}

// comeFrom moves the creation of a contact that a message made to an earlier message.
func comeFrom(c *contact.Contact, from origin) {
	if c.CreatedBy.Type == contact.ByChannel && from.before(origin{c.CreatedAt, c.Channel, c.CreatedBy}) {
		c.CreatedAt, c.Channel, c.CreatedBy = from.at, from.channel, from.by
	}
}

// identified are the identities after a sighting.
func (s *sighting) identified(before []contact.Identity, taken map[contact.IdentityKey]bool) []contact.Identity {
	profile, profileSaid := s.newest(func(p Person) string { return p.ProfileName }, contact.MaxProfile)
	username, usernameSaid := s.newest(func(p Person) string { return p.Username }, contact.MaxProfile)
	after := slices.Clone(before)
	for _, a := range s.first().addresses {
		if taken[a.key] {
			continue
		}
		one := contact.Identity{
			Channel: a.key.Channel, AccountID: a.key.AccountID, ExternalID: a.key.ExternalID, EveryAccount: a.every,
			FirstSeenAt: s.first().At, LastSeenAt: s.last().At, ProfileName: profile, ProfileSaid: profileSaid, Username: username, UsernameSaid: usernameSaid,
		}
		if i := slices.IndexFunc(after, a.is); i >= 0 {
			after[i] = united(after[i], one)
		} else {
			after = append(after, one)
		}
	}
	return ordered(before, after)
}

// united is an identity of which something more was seen. What is not known to be said by an event gives way.
func united(i, more contact.Identity) contact.Identity {
	i.FirstSeenAt, i.LastSeenAt = earliest(i.FirstSeenAt, more.FirstSeenAt), latest(i.LastSeenAt, more.LastSeenAt)
	if more.ProfileName != "" && (i.ProfileName == "" || more.ProfileSaid > i.ProfileSaid) {
		i.ProfileName, i.ProfileSaid = more.ProfileName, more.ProfileSaid
	}
	if more.Username != "" && (i.Username == "" || more.UsernameSaid > i.UsernameSaid) {
		i.Username, i.UsernameSaid = more.Username, more.UsernameSaid
	}
	i.EveryAccount = i.EveryAccount || more.EveryAccount
	i.ConversationID = cmp.Or(i.ConversationID, more.ConversationID)
	return i
}

// ordered sorts identities by when they were seen first, unless nothing moved that decides on it.
func ordered(before, after []contact.Identity) []contact.Identity {
	same := func(a, b contact.Identity) bool { return a.Key() == b.Key() && a.FirstSeenAt.Equal(b.FirstSeenAt) }
	if slices.EqualFunc(before, after, same) {
		return after
	}
	slices.SortStableFunc(after, func(a, b contact.Identity) int {
		return cmp.Or(a.FirstSeenAt.Compare(b.FirstSeenAt), cmp.Compare(a.Channel, b.Channel), cmp.Compare(a.AccountID, b.AccountID), cmp.Compare(a.ExternalID, b.ExternalID))
	})
	return after
}

func earliest(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// adding adds an identity, or what was seen of it when it is there. A conversation that none then names is lost.
func adding(identities []contact.Identity, one contact.Identity, lost []string) (all []contact.Identity, alsoLost []string) {
	i := slices.IndexFunc(identities, func(other contact.Identity) bool { return other.Key() == one.Key() })
	if i < 0 {
		return append(identities, one), lost
	}
	if one.ConversationID != "" {
		lost = append(lost, one.ConversationID)
	}
	identities[i] = united(identities[i], one)
	return identities, lost
}

// joined is a contact with all that another one was. What both have, the first one's stays, unless a channel wrote it and a person the other's.
func joined(c, gone contact.Contact) (after contact.Contact, lost []string) {
	identities := slices.Clone(c.Identities)
	for _, one := range gone.Identities {
		identities, lost = adding(identities, one, lost)
	}
	c.Identities = ordered(c.Identities, identities)
	if better(gone, c) {
		c.Name, c.NamedBy, c.Said.Name = gone.Name, gone.NamedBy, gone.Said.Name
	}
	if c.Phone == "" {
		c.Phone, c.PhoneBy, c.Said.Phone = gone.Phone, gone.PhoneBy, gone.Said.Phone
	}
	if c.Email == "" {
		c.Email, c.EmailBy, c.Said.Email = gone.Email, gone.EmailBy, gone.Said.Email
	}
	c.Company = cmp.Or(c.Company, gone.Company)
	c.Labels = contact.AddLabels(c.Labels, gone.Labels...)
	if len(gone.Attributes) > 0 {
		attributes := maps.Clone(gone.Attributes)
		maps.Copy(attributes, c.Attributes)
		c.Attributes = attributes
	}
	c.ConversationCount += gone.ConversationCount
	c.RequestCount += gone.RequestCount
	c.HasFeedback = c.HasFeedback || gone.HasFeedback
	c.LastInteractionAt = latest(c.LastInteractionAt, gone.LastInteractionAt)
	c.MergedFrom = append(append(slices.Clone(c.MergedFrom), gone.ID), gone.MergedFrom...)
	for _, one := range gone.Disputed {
		if !slices.Contains(c.Disputed, one) {
			c.Disputed = append(slices.Clone(c.Disputed), one)
		}
	}
	if gone.CreatedBy.Type == contact.ByChannel {
		comeFrom(&c, origin{gone.CreatedAt, gone.Channel, gone.CreatedBy})
	}
	return c, lost
}

// better says that a name is to be kept instead of another: one that a person wrote, or the newest that channels gave.
func better(c, than contact.Contact) bool {
	byChannel := func(c contact.Contact) bool { return c.NamedBy == contact.ByChannel }
	switch {
	case c.Name == "" || than.Name == "":
		return c.Name != ""
	case byChannel(c) && byChannel(than):
		return c.Said.Name > than.Said.Name
	default:
		return byChannel(than)
	}
}
