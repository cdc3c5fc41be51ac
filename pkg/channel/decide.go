package channel

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"time"

	"github.com/occ/contacts/pkg/contact"
)

// maxFollowed bounds how often a sighting is decided for others than it names, because numbers and ids changed since.
const maxFollowed = 10

// see applies a sighting. What is decided by has to hold when it is written; otherwise it is decided anew.
func (a *Applier) see(ctx context.Context, s *sighting, followed int) error {
	if followed > maxFollowed {
		return errors.New("channel: the changes of somebody's numbers and ids lead nowhere")
	}
	workspace := s.first().Workspace
	return a.decided(ctx, func(apart bool) (Write, error) {
		known, err := a.readKnown(ctx, workspace, s.keys())
		if err != nil {
			return Write{}, err
		}
		w := a.decide(s, known, apart)
		if w.Empty() || w.Quiet() {
			return w, nil
		}
		gone, err := a.store.Gone(ctx, workspace, s.claims())
		if err != nil || len(gone) == 0 {
			return w, err
		}
		left, moved := s.past(gone, known)
		if !moved {
			return w, nil
		}
		for _, one := range left {
			err = errors.Join(err, a.see(ctx, one, followed+1))
		}
		return Write{}, err
	})
}

// decided writes what decide says, again when others changed the same meanwhile. A join that no transaction takes is
// decided again with both contacts staying apart.
func (a *Applier) decided(ctx context.Context, decide func(apart bool) (Write, error)) error {
	apart := false
	for try := 1; ; try++ {
		w, err := decide(apart)
		if err != nil || w.Empty() {
			return err
		}
		err = a.store.Write(ctx, w)
		if errors.Is(err, ErrTooLarge) && len(w.Joined) > 0 && !apart {
			apart = true
			continue
		}
		if !errors.Is(err, ErrConflict) || try == maxApplyTries {
			return err
		}
		if err := shortly(ctx, try); err != nil {
			return err
		}
	}
}

// shortly waits a random time that grows with the tries, so that those who collide get out of each other's way.
func shortly(ctx context.Context, try int) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(rand.N(time.Duration(min(try, 20)) * 5 * time.Millisecond)): //nolint:gosec // no secret
		return nil
	}
}

// decision is a Write being made.
type decision struct {
	Write
	who    whose
	known  Known
	after  contact.Contact
	others map[string]ContactChange // other contacts that change, by id
	said   []contact.Activity       // of the person, besides what changes
	lost   []string                 // conversations that no identity names any more
	actor  contact.Actor
	at     time.Time
}

func (a *Applier) begun(workspace string, who whose, known Known, actor contact.Actor) *decision {
	return &decision{
		Write: Write{Workspace: workspace}, who: who, known: known, others: map[string]ContactChange{}, actor: actor,
		at: a.now().UTC().Truncate(time.Millisecond),
	}
}

// decide is what a sighting makes of what is known; with apart it joins nobody.
func (a *Applier) decide(s *sighting, known Known, apart bool) Write {
	d := a.begun(s.first().Workspace, s.whose(known, apart), known, actorOf(s.last().Event))
	var before contact.Contact
	if d.who.person != nil {
		before = *d.who.person
		d.after = before
	} else {
		d.after = s.blank(a.newID())
	}
	for _, gone := range d.who.joins {
		d.join(gone)
	}
	d.after = s.seen(d.after, d.who)
	d.giveBack(before, s.keys())
	f := s.first()
	d.guard(s.guard(known), f.addresses, f.phone, f.email, f.phoneFollowed)
	a.converse(d, s)
	d.dispute()
	return a.ended(d, before)
}

// giveBack takes off the person again what the decision gave and another contact holds, and has both told: no write
// could give it. It returns what the person gains that was not asked for; whose that is nobody knows yet.
func (d *decision) giveBack(before contact.Contact, asked Keys) (unasked []Claim) {
	had := claimsOf(before)
	for _, joined := range d.Joined {
		had = append(had, claimsOf(joined.Gone)...)
	}
	for _, claim := range claimsOf(d.after) {
		if slices.Contains(had, claim) {
			continue
		}
		holder, held := d.known.holderOf(claim)
		if held && holder.ID != d.after.ID && !slices.ContainsFunc(d.Joined, func(j Joined) bool { return j.Gone.ID == holder.ID }) {
			d.takeOff(claim, before, holder)
		}
	}
	for _, claim := range claimsOf(d.after) {
		if !slices.Contains(had, claim) && !asked.asks(claim) {
			unasked = append(unasked, claim)
		}
	}
	return unasked
}

// takeOff takes a claim off the person that another contact holds.
func (d *decision) takeOff(claim Claim, before, holder contact.Contact) {
	field, value := "identities", string(claim.Identity.Channel)+" "+claim.Identity.ExternalID
	switch {
	case claim.Phone != "":
		field, value = "phone", claim.Phone
		d.after.Phone, d.after.PhoneBy, d.after.Said.Phone = before.Phone, before.PhoneBy, before.Said.Phone
	case claim.Email != "":
		field, value = "email", d.after.Email
		d.after.Email, d.after.EmailBy, d.after.Said.Email = before.Email, before.EmailBy, before.Said.Email
	default:
		var left []contact.Identity
		for _, i := range d.after.Identities {
			everywhere := i.EveryAccount && i.Key().Everywhere() == claim.Identity
			switch {
			case everywhere && before.HasIdentity(i.Key()): // it was known on its own account alone, and stays so
				i.EveryAccount = false
			case everywhere || i.Key() == claim.Identity:
				d.lost = append(d.lost, i.ConversationID)
				continue
			}
			left = append(left, i)
		}
		d.after.Identities = left
	}
	one := dispute{field, value, holder}
	if !slices.ContainsFunc(d.who.disputes, func(other dispute) bool { return other.field == field && other.other.ID == holder.ID }) {
		d.who.disputes = append(d.who.disputes, one)
	}
}

// join takes another contact into the person.
func (d *decision) join(gone contact.Contact) {
	after, lost := joined(d.after, gone)
	d.after, d.lost = after, append(d.lost, lost...)
	d.Joined = append(d.Joined, Joined{gone, d.after.ID})
	changes := []contact.Change{{Field: "contactId", From: gone.ID, To: d.after.ID}}
	if name := gone.DisplayName(); name != "" {
		changes = append(changes, contact.Change{Field: "name", From: name, To: d.after.DisplayName()})
	}
	d.said = append(d.said, contact.Activity{At: d.at, Actor: d.actor, Action: "joined", Changes: changes})
}

// maxDisputed bounds what is remembered of disputes; further ones are not told.
const maxDisputed = 50

// dispute tells both contacts, once, that a channel gave one what the other holds.
func (d *decision) dispute() {
	for _, one := range d.who.disputes {
		told := func(c *contact.Contact, about string) bool {
			mark := one.field + "#" + about
			if slices.Contains(c.Disputed, mark) || len(c.Disputed) >= maxDisputed {
				return true
			}
			c.Disputed = append(slices.Clone(c.Disputed), mark)
			return false
		}
		other := d.other(one.other)
		if told(&d.after, other.After.ID) || told(&other.After, d.after.ID) {
			continue
		}
		says := func(about string) contact.Activity {
			return contact.Activity{At: d.at, Actor: d.actor, Action: "disputed", Changes: []contact.Change{
				{Field: one.field, From: nil, To: one.value}, {Field: "contactId", From: nil, To: about},
			}}
		}
		d.said = append(d.said, says(other.After.ID))
		other.Activities = append(other.Activities, says(d.after.ID))
		d.others[other.After.ID] = other
	}
}

// other is the change of another contact, as far as it is decided.
func (d *decision) other(c contact.Contact) ContactChange {
	if change, begun := d.others[c.ID]; begun {
		return change
	}
	return ContactChange{Before: c, After: c}
}

// ended finishes a decision: versions, activity, and nothing about what stays as it is.
func (a *Applier) ended(d *decision, before contact.Contact) Write {
	if before.ID == "" {
		d.after.Version, d.after.UpdatedAt = 1, latest(d.at, d.after.CreatedAt)
		d.Contacts = append(d.Contacts, ContactChange{After: d.after, Activities: d.said})
	} else if !reflect.DeepEqual(before, d.after) {
		d.Contacts = append(d.Contacts, a.finished(before, d.after, d.actor, d.said))
	}
	for _, id := range slices.Sorted(maps.Keys(d.others)) {
		d.Contacts = append(d.Contacts, d.others[id])
	}
	for _, one := range d.who.disputes { // that both were told of before
		_, changes := d.others[one.other.ID]
		if !changes && !slices.ContainsFunc(d.Unchanged, func(c contact.Contact) bool { return c.ID == one.other.ID }) {
			d.Unchanged = append(d.Unchanged, one.other)
		}
	}
	return d.Write
}

// finished gives a changed contact its version and its activity.
func (a *Applier) finished(before, after contact.Contact, actor contact.Actor, said []contact.Activity) ContactChange {
	change := ContactChange{Before: before, After: after, Activities: said}
	if !contact.Shows(before, after) {
		return change
	}
	at := latest(before.UpdatedAt, a.now().UTC().Truncate(time.Millisecond))
	change.After.Version, change.After.UpdatedAt = before.Version+1, at
	changes := contact.Changes(before, after)
	if from, to := before.DisplayName(), after.DisplayName(); before.Name == after.Name && from != to {
		changes = append(changes, contact.Change{Field: "name", From: from, To: to})
	}
	if len(changes) > 0 {
		change.Activities = append(change.Activities, contact.Activity{At: at, Actor: actor, Action: "updated", Changes: changes})
	}
	return change
}
