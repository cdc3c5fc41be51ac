package dynamo

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/contact"
)

var _ channel.Store = (*Store)(nil)

// Write implements channel.Store. What only moves the latest times of what is there needs no transaction: the conversations first, so that
// a contact that says to have been seen tells of a conversation that does too.
func (s *Store) Write(ctx context.Context, w channel.Write) error {
	if w.Quiet() {
		return s.writeQuietly(ctx, w)
	}
	for _, c := range w.Contacts {
		if c.Before.ID == "" {
			if err := s.RegisterWorkspace(ctx, w.Workspace); err != nil {
				return err
			}
		}
	}
	labels := givenLabels{} // a join gives them to a contact of another shard
	for _, c := range w.Contacts {
		labels.add(c.Before, c.After)
	}
	if err := s.registerLabels(ctx, w.Workspace, labels); err != nil {
		return err
	}
	writeID := newWriteID()
	parts, err := s.applied(ctx, w, writeID)
	if err != nil {
		return err
	}
	parts, later, err := s.fitted(w.Workspace, parts, writeID)
	switch {
	case err != nil:
		return err
	case s.checkParts(parts) != nil:
		return channel.ErrTooLarge
	case namesTwice(parts):
		return channel.ErrConflict // what was read in two rounds does not fit together
	}
	err = s.transact(ctx, writeID, parts, maxTries)
	if inConflict(err) { // others are at work on the same contact: it has to be decided again
		return channel.ErrConflict
	}
	if r, refused := errors.AsType[*refusal](err); refused {
		if !r.mine(writeID) {
			return channel.ErrConflict
		}
		err = nil
	}
	if err != nil {
		return fmt.Errorf("dynamo: apply events: %w", err)
	}
	s.afterwards(ctx, w.Workspace, later, labels)
	return nil
}

func (s *Store) writeQuietly(ctx context.Context, w channel.Write) error {
	for _, c := range w.Conversations {
		if err := s.putUnchanged(ctx, s.tables.Timeline, conversationItem(c.After, newWriteID()), ifWrittenBy(c.Before.WriteID)); err != nil {
			return err
		}
	}
	for _, c := range w.Contacts {
		it, err := contactItem(c.After, newWriteID())
		if err == nil {
			err = s.putUnchanged(ctx, s.tables.Contacts, it, ifUntouched(c.Before))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) putUnchanged(ctx context.Context, table string, it item, unchanged condition) error {
	other, err := s.putOne(ctx, table, it, unchanged)
	if err == nil && other != nil {
		return channel.ErrConflict
	}
	return err
}

// ifWrittenBy holds while an item is as that write left it.
func ifWrittenBy(writeID string) condition {
	return condition{text: "writeId = :read", values: item{":read": text(writeID)}}
}

// applied are the parts of a Write; the first contact, where there is one, comes first.
func (s *Store) applied(ctx context.Context, w channel.Write, writeID string) ([]part, error) {
	var parts []part
	before, after := held{}, held{}
	for _, c := range w.Contacts {
		part, err := s.contactPart(&c, writeID)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
		before.add(c.Before)
		after.add(c.After)
	}
	for _, j := range w.Joined {
		parts = append(parts, s.joinedPart(j, writeID))
		before.add(j.Gone)
	}
	for _, c := range w.Unchanged {
		parts = append(parts, require(s.tables.Contacts, contactKey(c.Workspace, c.ID), ifUntouched(c)))
	}
	parts = append(parts, s.claimParts(before, after, writeID)...)
	parts = append(parts, s.extraParts(before, after, writeID)...)
	for _, c := range w.Contacts {
		for n, activity := range c.Activities {
			entry, err := activityItem(c.After, activity, fmt.Sprintf("%s-%d", writeID, n))
			if err != nil {
				return nil, err
			}
			parts = append(parts, put(s.tables.Timeline, entry, condition{}))
		}
	}
	parts = append(parts, s.conversationParts(w, writeID)...)
	for _, claim := range slices.SortedFunc(maps.Keys(w.Forwards), byClaim) {
		p, err := s.forwardPart(ctx, w.Workspace, claim, w.Forwards[claim], writeID)
		if err != nil {
			return nil, err
		}
		parts = append(parts, p)
	}
	for _, claim := range w.Free {
		parts = append(parts, require(s.tables.Contacts, claimKey(w.Workspace, claim), ifAbsent))
	}
	for _, claim := range slices.SortedFunc(maps.Keys(w.Guards), byClaim) {
		p, err := s.guardPart(ctx, w.Workspace, claim, w.Guards[claim])
		if err != nil {
			return nil, err
		}
		parts = append(parts, p)
	}
	return parts, nil
}

// namesTwice reports whether parts name an item twice, which no transaction may.
func namesTwice(parts []part) bool {
	named := make(map[string]bool, len(parts))
	for _, p := range parts {
		name := p.name()
		if named[name] {
			return true
		}
		named[name] = true
	}
	return false
}

func byClaim(a, b channel.Claim) int {
	one, other := claimKey("", a), claimKey("", b)
	return slices.Compare([]string{one.pk, one.sk}, []string{other.pk, other.sk})
}

// contactPart puts a contact, new or exactly as it was read before; it settles the shard.
func (s *Store) contactPart(c *channel.ContactChange, writeID string) (part, error) {
	allowed := ifAbsent
	c.After.Shard = shardOf(c.After.ID)
	if c.Before.ID != "" {
		c.After.Shard, allowed = c.Before.Shard, ifUntouched(c.Before)
	}
	it, err := contactItem(c.After, writeID)
	return put(s.tables.Contacts, it, allowed), err
}

// joinedPart leaves at a contact's place which one it became.
func (s *Store) joinedPart(j channel.Joined, writeID string) part {
	it := becameItem(contactKey(j.Gone.Workspace, j.Gone.ID), j.Gone.Workspace, j.Gone.ID, j.Into, writeID)
	it.setText("createdByType", string(j.Gone.CreatedBy.Type)) // an undo of the import that made it knows it again
	it.setText("createdById", j.Gone.CreatedBy.ID)
	it.setTime(attrJoinedAt, s.now())
	return put(s.tables.Contacts, it, ifUntouched(j.Gone))
}

// held is what follows from contacts, as it is before or after a write.
type held struct {
	claims []heldClaim
	extras []extra
}

type heldClaim struct {
	claim
	by string
}

func (h *held) add(c contact.Contact) {
	if c.ID == "" {
		return
	}
	for _, one := range claims(c) {
		h.claims = append(h.claims, heldClaim{one, c.ID})
	}
	h.extras = append(h.extras, extras(c)...)
}

// claimParts take, move and give back claims. Whose each was is a condition, so that none is taken from anybody else.
func (s *Store) claimParts(before, after held, writeID string) []part {
	was := make(map[key]heldClaim, len(before.claims))
	for _, c := range before.claims {
		was[c.key] = c
	}
	var parts []part
	for _, c := range after.claims {
		old, had := was[c.key]
		delete(was, c.key)
		switch {
		case !had:
			parts = append(parts, put(s.tables.Contacts, c.item(c.by, writeID), ifAbsent))
		case old != c:
			parts = append(parts, put(s.tables.Contacts, c.item(c.by, writeID), ifHeldBy(old.by)))
		}
	}
	for _, c := range before.claims {
		if _, left := was[c.key]; left {
			parts = append(parts, remove(s.tables.Contacts, c.key, ifHeldBy(c.by)))
		}
	}
	return parts
}

func ifHeldBy(contactID string) condition {
	return condition{text: "contactId = :holder", values: item{":holder": text(contactID)}}
}

func (s *Store) extraParts(before, after held, writeID string) []part {
	was := make(map[key]string, len(before.extras))
	for _, e := range before.extras {
		was[e.key] = e.content
	}
	var parts []part
	for _, e := range after.extras {
		if content, had := was[e.key]; !had || content != e.content {
			parts = append(parts, put(s.tables.Contacts, e.item(writeID), condition{}).following(e.owner))
		}
		delete(was, e.key)
	}
	for _, e := range before.extras {
		if _, left := was[e.key]; left {
			parts = append(parts, remove(s.tables.Contacts, e.key, condition{}).following(e.owner))
		}
	}
	return parts
}

func (s *Store) conversationParts(w channel.Write, writeID string) []part {
	var parts []part
	for _, c := range w.Conversations {
		allowed := ifAbsent
		if c.Before.ID != "" {
			allowed = ifWrittenBy(c.Before.WriteID)
		}
		parts = append(parts, put(s.tables.Timeline, conversationItem(c.After, writeID), allowed))
	}
	for _, m := range w.Merged {
		it := becameItem(conversationKey(w.Workspace, m.Gone.ID), w.Workspace, m.Gone.ID, m.Into, writeID)
		parts = append(parts, put(s.tables.Timeline, it, ifWrittenBy(m.Gone.WriteID)))
	}
	return parts
}

// guardPart demands of a claim what channel.Guard says.
func (s *Store) guardPart(ctx context.Context, workspace string, claim channel.Claim, guard channel.Guard) (part, error) {
	mac, err := s.blindClaim(ctx, claimKey(workspace, claim))
	c := condition{text: "attribute_not_exists(pk) OR deletedAt < :since", values: item{":since": text(stamp(guard.Since))}}
	if !guard.Second.IsZero() {
		c.text += " OR wholeUntil < :second AND deletedAt < :received"
		c.values[":second"], c.values[":received"] = text(stamp(guard.Second)), text(stamp(guard.Received))
	}
	return require(s.tables.Jobs, tombstoneKey(workspace, mac), c), err
}
