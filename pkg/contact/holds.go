package contact

import (
	"slices"
	"strings"
)

// HasIdentity reports whether the contact holds the identity of a key. A key with EveryAccount names an identity that
// holds on every account of its channel.
func (c Contact) HasIdentity(key IdentityKey) bool {
	return slices.ContainsFunc(c.Identities, func(i Identity) bool {
		return i.Key() == key || i.EveryAccount && i.Key().Everywhere() == key
	})
}

// HasPhone reports whether the contact's phone is that E.164 number.
func (c Contact) HasPhone(phone string) bool {
	return c.Phone != "" && strings.TrimPrefix(c.Phone, "+") == strings.TrimPrefix(phone, "+")
}

// HasEmail reports whether the contact has the e-mail of a key (EmailKey).
func (c Contact) HasEmail(key string) bool { return c.Email != "" && EmailKey(c.Email) == key }
