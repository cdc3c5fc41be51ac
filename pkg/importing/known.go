package importing

import (
	"context"
	"maps"

	"github.com/occ/contacts/pkg/contact"
)

// match looks the keys of rows up together.
func (c *chunkWork) match(ctx context.Context, indexes, open []int) (Matches, error) {
	var asked Keys
	for _, i := range open {
		row := c.chunk.Rows[indexes[i]]
		if row.ID != "" {
			asked.IDs = append(asked.IDs, row.ID)
		}
		for _, identity := range row.Identities {
			asked.Identities = append(asked.Identities, knownAs(identity)...)
		}
		if row.Email != "" {
			asked.Emails = append(asked.Emails, contact.EmailKey(row.Email))
		}
		if row.Phone != "" {
			asked.Phones = append(asked.Phones, row.Phone)
		}
	}
	matches, err := c.chunks.Match(ctx, c.chunk.Workspace, asked)
	matches.dropFormer()
	return matches, err
}

// dropFormer leaves out claims whose contact does not hold their value as it was read: claims are read first, and
// somebody may have changed the contact since. Each contact that a row changes is a condition of its write, and no
// claim is, so what the contact says counts.
func (m Matches) dropFormer() {
	maps.DeleteFunc(m.ByIdentity, func(key contact.IdentityKey, id string) bool { return !m.ByID[id].HasIdentity(key) })
	maps.DeleteFunc(m.ByPhone, func(phone, id string) bool { return !m.ByID[id].HasPhone(phone) })
	maps.DeleteFunc(m.ByEmail, func(email, id string) bool { return !m.ByID[id].HasEmail(email) })
}

// naming is a contact that a row names, and by what.
type naming struct{ id, what string }

// namedBy are the contacts that a row names by its id, its identities, its phone and its e-mail, in this order
// (pkg/httpapi/README.md, "Who is it").
func namedBy(row Row, matches Matches) []naming {
	var named []naming
	add := func(id, what string) {
		if id != "" {
			named = append(named, naming{id, what})
		}
	}
	if _, there := matches.ByID[row.ID]; there {
		add(matches.ByID[row.ID].ID, "id") // another one's, when it was joined into that
	}
	for _, identity := range row.Identities {
		for _, key := range knownAs(identity) {
			add(matches.ByIdentity[key], "identity")
		}
	}
	if row.Phone != "" {
		add(matches.ByPhone[row.Phone], "phone")
	}
	if row.Email != "" {
		add(matches.ByEmail[contact.EmailKey(row.Email)], "e-mail")
	}
	return named
}

// maxClaims is how many claims of a new contact one transaction of storage holds, beside the contact, the chunk's
// record and the ticket of the rest. A dry run tells of it too.
const maxClaims = 97

// claims is how many the contact of a row would have.
func claims(row Row) int {
	count := len(present([]string{row.Email, row.Phone}))
	for _, identity := range row.Identities {
		count += len(knownAs(identity))
	}
	return count
}

// knownAs are the keys by which an identity may be known already.
func knownAs(identity contact.Identity) []contact.IdentityKey {
	keys := []contact.IdentityKey{identity.Key()}
	if contact.BusinessScoped(identity.Channel, identity.ExternalID) {
		keys = append(keys, identity.Key().Everywhere())
	}
	return keys
}
