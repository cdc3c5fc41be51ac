package importing

import "github.com/occ/contacts/pkg/contact"

// rowKey is what no two rows of a file may share.
type rowKey struct {
	text string // its kind's letter and the value
	what string // for a message
}

// keysOf are the keys of a row. Ids of another product are no keys: they are malformed (identify) or name nobody.
func keysOf(row Row) []rowKey {
	keys := make([]rowKey, 0, 3+len(row.Identities))
	if row.ID != "" {
		keys = append(keys, rowKey{"i" + row.ID, "id"})
	}
	for _, identity := range row.Identities {
		// NUL is no character of an identity (contact.CheckIdentity).
		keys = append(keys, rowKey{"c" + string(identity.Channel) + "\x00" + identity.AccountID + "\x00" + identity.ExternalID, "identity"})
	}
	if row.Email != "" {
		keys = append(keys, rowKey{"e" + contact.EmailKey(row.Email), "e-mail"})
	}
	if row.Phone != "" {
		keys = append(keys, rowKey{"p" + row.Phone, "phone"})
	}
	return keys
}

// claim refuses a row one of whose keys an earlier row took, and takes those of this one. A row in doubt takes none: it
// may not be used, and then it is no reason to skip another one.
func (r *rowReader) claim(row Row) error {
	keys := keysOf(row)
	hashes := make([]uint64, len(keys))
	for i, key := range keys {
		hashes[i] = hashOf(key.text)
		if r.taken.has(hashes[i]) {
			return faulty(DuplicateInFile, "The %s stood in an earlier row of this file, which was used. Merge the two rows.", key.what)
		}
	}
	for _, hash := range hashes {
		if row.Doubt != nil {
			break
		}
		r.taken.add(hash)
	}
	return nil
}
