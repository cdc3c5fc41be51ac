package channel

import (
	"context"
	"maps"
	"slices"

	"github.com/occ/contacts/pkg/contact"
)

// readKnown reads whom and what keys name. Claims and contacts are read one after the other, so an agent may have
// taken a phone off a contact in between. Every contact that a decision goes by is a condition of its write, and no
// claim is: so what the contacts hold counts, and a claim that its contact does not bear out counts as free. The
// write then puts it on the condition that it is absent.
func (a *Applier) readKnown(ctx context.Context, workspace string, keys Keys) (Known, error) {
	known, err := a.store.Known(ctx, workspace, keys)
	if err != nil {
		return known, err
	}
	for _, key := range keys.Identities {
		known.setHolder(known.ByIdentity[key], func(c contact.Contact) bool { return c.HasIdentity(key) },
			func(id string) { known.ByIdentity[key] = id }, func() { delete(known.ByIdentity, key) })
	}
	for _, phone := range keys.Phones {
		known.setHolder(known.ByPhone[phone], func(c contact.Contact) bool { return c.HasPhone(phone) },
			func(id string) { known.ByPhone[phone] = id }, func() { delete(known.ByPhone, phone) })
	}
	for _, email := range keys.Emails {
		known.setHolder(known.ByEmail[email], func(c contact.Contact) bool { return c.HasEmail(email) },
			func(id string) { known.ByEmail[email] = id }, func() { delete(known.ByEmail, email) })
	}
	return known, nil
}

// setHolder has a claim be that of the contact that holds its value as it was read: the one that the claim names,
// else any other one.
func (k Known) setHolder(claimed string, holds func(contact.Contact) bool, set func(id string), free func()) {
	if c, read := k.Contacts[claimed]; read && holds(c) {
		return
	}
	for _, id := range slices.Sorted(maps.Keys(k.Contacts)) {
		if holds(k.Contacts[id]) {
			set(id)
			return
		}
	}
	if claimed != "" {
		free()
	}
}

// holderOf is the contact that holds a claim.
func (k Known) holderOf(claim Claim) (contact.Contact, bool) {
	id := k.ByIdentity[claim.Identity]
	switch {
	case claim.Phone != "":
		id = k.ByPhone[claim.Phone]
	case claim.Email != "":
		id = k.ByEmail[claim.Email]
	}
	c, found := k.Contacts[id]
	return c, found && id != ""
}

// claimsOf are the claims that follow from a contact.
func claimsOf(c contact.Contact) []Claim {
	var claims []Claim
	for _, i := range c.Identities {
		claims = append(claims, Claim{Identity: i.Key()})
		if i.EveryAccount {
			claims = append(claims, Claim{Identity: i.Key().Everywhere()})
		}
	}
	if c.Phone != "" {
		claims = append(claims, Claim{Phone: c.Phone})
	}
	if c.Email != "" {
		claims = append(claims, Claim{Email: contact.EmailKey(c.Email)})
	}
	return claims
}

// with are keys and the claims among them.
func (k Keys) with(claims []Claim) Keys {
	k.Identities, k.Phones, k.Emails = slices.Clone(k.Identities), slices.Clone(k.Phones), slices.Clone(k.Emails)
	for _, claim := range claims {
		switch {
		case claim.Phone != "":
			k.Phones = append(k.Phones, claim.Phone)
		case claim.Email != "":
			k.Emails = append(k.Emails, claim.Email)
		default:
			k.Identities = append(k.Identities, claim.Identity)
		}
	}
	return k
}

// asks reports whether a claim is among keys.
func (k Keys) asks(claim Claim) bool {
	switch {
	case claim.Phone != "":
		return slices.Contains(k.Phones, claim.Phone)
	case claim.Email != "":
		return slices.Contains(k.Emails, claim.Email)
	default:
		return slices.Contains(k.Identities, claim.Identity)
	}
}
