package channel

import (
	"context"
	"slices"
	"time"

	"github.com/occ/contacts/pkg/contact"
)

// renaming is a change of somebody's number or id: who they were, and who they are.
type renaming struct {
	Event
	pairs     []pair
	now       []address
	phone     string   // that they have now
	oldPhones []string // that they had, in all spellings

	phoneFollowed time.Time // of the latest change that led to the phone
}

// pair is an address and what it is now.
type pair struct{ former, now address }

func renamed(e Event) renaming {
	r := renaming{Event: e, now: addressesOf(e, e.Person), phone: e.Person.Phone, oldPhones: append([]string{e.Former.Phone}, otherPhones(*e.Former)...)}
	for _, former := range addressesOf(e, *e.Former) {
		at := slices.IndexFunc(r.now, func(a address) bool { return a.every == former.every })
		if at >= 0 && r.now[at].key != former.key {
			r.pairs = append(r.pairs, pair{former, r.now[at]})
		}
	}
	return r
}

func (r renaming) keys() Keys {
	var keys Keys
	for _, p := range r.pairs {
		keys.Identities = append(keys.Identities, p.former.keys()...)
	}
	for _, a := range r.now {
		keys.Identities = append(keys.Identities, a.keys()...)
	}
	for _, phone := range append([]string{r.phone}, r.oldPhones...) {
		if phone != "" {
			keys.Phones = append(keys.Phones, phone)
		}
	}
	return keys
}

// change applies an event of kind NumberChanged or UserIDChanged. It creates nobody; what it says is kept for the person's earlier messages,
// which may come later.
func (a *Applier) change(ctx context.Context, e Event) error {
	r := renamed(e)
	return a.decided(ctx, func(apart bool) (Write, error) {
		current, gone, stays, err := a.upToDate(ctx, r)
		if err != nil || !stays {
			return Write{}, err
		}
		if len(current.pairs) == 0 && len(r.pairs) > 0 {
			return Write{}, nil // this change, or a later one, was applied before
		}
		for keys := current.keys(); ; {
			known, err := a.readKnown(ctx, e.Workspace, keys)
			if err != nil {
				return Write{}, err
			}
			w, unasked := a.rename(current, known, gone, keys, apart)
			if len(unasked) == 0 {
				return w, nil
			}
			keys = keys.with(unasked) // of the person's identities on other accounts
		}
	})
}

// rename is what a change makes of what is known, and what it would give that keys do not name.
func (a *Applier) rename(r renaming, known Known, gone map[Claim]Gone, keys Keys, apart bool) (w Write, unasked []Claim) {
	if person, found := r.person(known); found {
		w, unasked = a.renamePerson(r, known, person, keys, apart)
	}
	w.Workspace = r.Workspace
	w.Forwards = r.forwards(gone)
	for claim := range w.Forwards {
		if known.free(claim) { // nor may somebody come to it meanwhile: they would not be led on
			w.Free = append(w.Free, claim)
		}
	}
	return w, unasked
}

// free says that nobody holds a claim.
func (k Known) free(claim Claim) bool {
	switch {
	case claim.Phone != "":
		return k.ByPhone[claim.Phone] == ""
	case claim.Email != "":
		return k.ByEmail[claim.Email] == ""
	default:
		return k.ByIdentity[claim.Identity] == ""
	}
}

// person is who changed: by the former identities, unless somebody else has them since, then by the former phone.
func (r renaming) person(known Known) (contact.Contact, bool) {
	for _, p := range r.pairs {
		for _, key := range p.former.keys() {
			c, found := known.Contacts[known.ByIdentity[key]]
			if found && slices.ContainsFunc(c.Identities, func(i contact.Identity) bool { return r.moves(p, i) }) {
				return c, true
			}
		}
	}
	return known.phoneHolder(r.oldPhones...)
}

// moves says that an identity is the former one of a pair, and was so before the change.
func (r renaming) moves(p pair, i contact.Identity) bool {
	everywhere := p.former.every && i.Key().Everywhere() == p.former.key.Everywhere()
	return (everywhere || p.former.is(i)) && !i.FirstSeenAt.After(r.At)
}

// renamePerson moves identities and the phone that a channel gave. Others may have the new number or id already,
// because they wrote from it before the change came. They are joined where one of both then has neither phone nor
// e-mail of their own; else both keep what they have, and are told. It returns what the person would gain that keys
// do not name.
func (a *Applier) renamePerson(r renaming, known Known, c contact.Contact, keys Keys, apart bool) (Write, []Claim) {
	d := a.begun(r.Workspace, whose{taken: map[contact.IdentityKey]bool{}}, known, actorOf(r.Event))
	base, lost := r.moved(c)
	d.lost = lost
	stale := c.PhoneBy == contact.ByChannel && sameNumber(c.Phone, r.oldPhones) && c.Said.Phone <= r.Stamp()
	if stale && r.phone != "" {
		base.Phone, base.PhoneBy, base.Said.Phone = "", "", ""
	}
	before := c
	d.after = base
	others := r.holdersNow(known, c.ID)
	if heir := heirOf(base, others); heir != nil && !apart {
		before, d.after = *heir, *heir
		d.join(base)
		d.Joined[0].Gone = c
	}
	for _, other := range others {
		named := slices.ContainsFunc(r.now, func(a address) bool { return slices.ContainsFunc(a.keys(), other.HasIdentity) })
		switch {
		case other.ID == d.after.ID:
		case named && !apart && r.onlyNumber(other) && takesIn(d.after, other):
			d.join(other)
		case !named:
			d.who.disputes = append(d.who.disputes, dispute{"phone", r.phone, other})
		}
	}
	if holder, held := known.phoneHolder(r.phone); r.phone != "" && (!held || holder.ID == d.after.ID || slices.Contains(d.after.MergedFrom, holder.ID)) {
		givePhone(&d.after, r.phone, r.Stamp())
	}
	unasked := d.giveBack(before, keys)
	d.guard(Guard{Since: r.At}, r.now, r.phone, "", r.phoneFollowed)
	d.ofIdentities(a, d.together(r.Event, r.now), talk{}, false)
	d.everywhere(a, r.Event)
	d.dispute()
	return a.ended(d, before), unasked
}

// heirOf is the contact that takes in somebody who has neither phone nor e-mail left: the first of others with one of
// their own, or the first of all.
func heirOf(base contact.Contact, others []contact.Contact) *contact.Contact {
	var heir *contact.Contact
	for i, other := range others {
		if bare(base) && takesIn(other, base) && (heir == nil || bare(*heir) && !bare(other)) {
			heir = &others[i]
		}
	}
	return heir
}

// moved is a contact with the identities that it has now, and the conversations that none of them names any more.
func (r renaming) moved(c contact.Contact) (after contact.Contact, lost []string) {
	var identities []contact.Identity
	for _, one := range c.Identities {
		for _, p := range r.pairs {
			if r.moves(p, one) {
				one.ExternalID, one.EveryAccount = p.now.key.ExternalID, p.now.every
				break
			}
		}
		identities, lost = adding(identities, one, lost)
	}
	for _, a := range r.now {
		paired := slices.ContainsFunc(r.pairs, func(p pair) bool { return p.now.key == a.key })
		if !paired && !slices.ContainsFunc(identities, a.is) {
			identities = append(identities, contact.Identity{
				Channel: a.key.Channel, AccountID: a.key.AccountID, ExternalID: a.key.ExternalID, EveryAccount: a.every, FirstSeenAt: r.At, LastSeenAt: r.At,
			})
		}
	}
	c.Identities = ordered(c.Identities, identities)
	return c, lost
}

// holdersNow are the other contacts that have one of the new identities, or the new phone, each once.
func (r renaming) holdersNow(known Known, id string) (others []contact.Contact) {
	add := func(c contact.Contact, found bool) {
		if found && c.ID != id && !slices.ContainsFunc(others, func(other contact.Contact) bool { return other.ID == c.ID }) {
			others = append(others, c)
		}
	}
	for _, a := range r.now {
		for _, key := range a.keys() {
			add(known.holderOf(Claim{Identity: key}))
		}
	}
	add(known.phoneHolder(r.phone))
	return others
}

// onlyNumber says that a contact is known by the new number alone.
func (r renaming) onlyNumber(c contact.Contact) bool {
	return c.Email == "" && (c.Phone == "" || c.PhoneBy == contact.ByChannel && c.Phone == r.phone)
}

// forwards are where events of the former addresses and phones go, up to the change.
func (r renaming) forwards(gone map[Claim]Gone) map[Claim]Gone {
	list := map[Claim]Gone{}
	enter := func(claim Claim, to contact.IdentityKey) {
		if old, found := gone[claim]; !found || old.At.Before(r.At) {
			list[claim] = Gone{At: r.At, To: &Forward{Identity: to, Phone: r.phone, Said: r.Stamp()}}
		}
	}
	for _, p := range r.pairs {
		for _, key := range p.former.keys() {
			to := p.now.key
			if key.AccountID == contact.EveryAccount {
				to = to.Everywhere()
			}
			enter(Claim{Identity: key}, to)
		}
		if !p.former.every && r.phone != "" {
			for _, phone := range r.oldPhones {
				if phone != "" && phone != r.phone { // it may be the old one again
					enter(Claim{Phone: phone}, p.now.key)
				}
			}
		}
	}
	return list
}
