package contact

import "github.com/occ/contacts/pkg/plainjson"

// MaxWeight bounds, in bytes as they are stored, what joins, identities and imports of our own exports make of a
// contact: an item has at most 400 KB, and an agent's edits, counts and profiles need some of it.
const MaxWeight = 350_000

// Weight is about how many bytes a contact has as it is stored.
func Weight(c Contact) int {
	const item, identity = 1_000, 300 // names, times and the keys of indexes
	total := item + 4*len(c.Name) + len(c.Company) + len(c.Email)
	for _, i := range c.Identities {
		total += identity + len(i.AccountID) + len(i.ExternalID) + len(i.ConversationID)
		total += 2 * (len(i.ProfileName) + len(i.Username))
	}
	for _, list := range [][]string{c.Labels, c.MergedFrom, c.Disputed} {
		for _, text := range list {
			total += len(text) + 3
		}
	}
	attributes, _ := plainjson.Marshal(c.Attributes) // they were read from JSON
	return total + len(attributes)
}
