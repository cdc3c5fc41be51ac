package dynamo

import (
	"context"
	"time"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/problem"
)

// onceLife is how long a key is kept (pkg/httpapi/README.md, "Idempotency keys").
const onceLife = 24 * time.Hour

// Kept implements contact.Keeper. The pointer names the contact beside which the answer lies; an answer that belongs to no contact
// lies in the pointer. DynamoDB deletes late, so the time is looked at here too.
func (s *Store) Kept(ctx context.Context, workspace string, once *contact.Once) ([]byte, error) {
	pointer, err := s.read(ctx, s.tables.Jobs, onceKey(workspace, *once))
	if err != nil || pointer == nil {
		return nil, err
	}
	once.Replaces = pointer.text(attrWriteID)
	if int64(pointer.number(attrExpires)) < s.now().Unix() {
		return nil, nil
	}
	contactID, kept := pointer.text(attrContactID), pointer
	if contactID != "" {
		kept, err = s.read(ctx, s.tables.Contacts, keptKey(workspace, contactID, *once))
		if err != nil || kept.text(attrWriteID) != once.Replaces {
			return nil, err // the contact was deleted
		}
	}
	if pointer.text("body") != once.Body {
		return nil, problem.New(problem.IdempotencyKeyReused, "This Idempotency-Key was used with another body within 24 hours; choose another key.")
	}
	return []byte(kept.text("answer")), nil
}

// onceParts are the pointer and the answer that a creation puts for its key; contactID is empty when no contact is concerned.
func (s *Store) onceParts(workspace, contactID string, once *contact.Once, writeID string) []part {
	if once == nil {
		return nil
	}
	expires := number(int(s.now().Add(onceLife).Unix()))
	pointer := newItem(onceKey(workspace, *once), writeID, 4)
	pointer["body"], pointer[attrExpires] = text(once.Body), expires
	free := condition{text: "attribute_not_exists(pk) OR expiresAt < :now", values: item{":now": number(int(s.now().Unix()))}}
	if once.Replaces != "" {
		free.text += " OR writeId = :replaces"
		free.values[":replaces"] = text(once.Replaces)
	}
	if contactID == "" {
		pointer["answer"] = text(string(once.Answer))
		return []part{onceGuard(put(s.tables.Jobs, pointer, free))}
	}
	pointer[attrContactID] = text(contactID)
	kept := newItem(keptKey(workspace, contactID, *once), writeID, 2)
	kept["answer"], kept[attrExpires] = text(string(once.Answer)), expires
	return []part{onceGuard(put(s.tables.Jobs, pointer, free)), put(s.tables.Contacts, kept, condition{})}
}

func onceGuard(p part) part {
	p.once = true
	return p
}

// keyTaken says that a transaction was refused because its key was taken.
func keyTaken(r *refusal, parts []part) bool {
	for i, p := range parts {
		if p.once && r.failed[i] {
			return true
		}
	}
	return false
}
