package channel

import (
	"slices"

	"github.com/occ/contacts/pkg/contact"
)

// maxMerged is how many contacts may be joined into one: readers of its notes and timeline look at each.
const maxMerged = 20

// whose is whom a sighting concerns (pkg/httpapi/README.md, "Who is it"): identity, then phone, then e-mail.
type whose struct {
	person   *contact.Contact // nil when it is nobody known
	joins    []contact.Contact
	disputes []dispute
	taken    map[contact.IdentityKey]bool // addresses that stay another's
	apart    bool                         // nobody may be joined
}

// dispute is something that a channel gave to one contact and that another one holds.
type dispute struct {
	field string // "identities", "phone" or "email"
	value string
	other contact.Contact
}

// bare says that a contact has neither phone nor e-mail: only such a one is joined into another.
func bare(c contact.Contact) bool { return c.Phone == "" && c.Email == "" }

// holder is the contact that an address names.
func (k Known) holder(a address) (contact.Contact, bool) {
	for _, key := range a.keys() {
		if c, found := k.Contacts[k.ByIdentity[key]]; found {
			return c, true
		}
	}
	return contact.Contact{}, false
}

// phoneHolder is the contact that has one of several spellings of a phone.
func (k Known) phoneHolder(phones ...string) (contact.Contact, bool) {
	for _, phone := range phones {
		if c, found := k.Contacts[k.ByPhone[phone]]; phone != "" && found {
			return c, true
		}
	}
	return contact.Contact{}, false
}

func (k Known) emailHolder(email string) (contact.Contact, bool) {
	c, found := k.Contacts[k.ByEmail[contact.EmailKey(email)]]
	return c, found && email != ""
}

func (s *sighting) whose(known Known, apart bool) whose {
	w := whose{taken: map[contact.IdentityKey]bool{}, apart: apart}
	f := s.first()
	w.byIdentity(f.addresses, known)
	if c, found := known.phoneHolder(append([]string{f.phone}, f.matches...)...); found {
		w.byValue("phone", f.phone, c)
	}
	if c, found := known.emailHolder(f.email); found {
		w.byValue("email", f.email, c)
	}
	return w
}

// byIdentity takes the first holder who has a phone or an e-mail, or the oldest of those who have none. The bare ones among the others
// are joined into the person.
func (w *whose) byIdentity(addresses []address, known Known) {
	var holders []contact.Contact
	for _, a := range addresses {
		if c, found := known.holder(a); found && !slices.ContainsFunc(holders, func(h contact.Contact) bool { return h.ID == c.ID }) {
			holders = append(holders, c)
		}
	}
	if len(holders) == 0 {
		return
	}
	person := slices.MinFunc(holders, older)
	if i := slices.IndexFunc(holders, func(c contact.Contact) bool { return !bare(c) }); i >= 0 {
		person = holders[i]
	}
	w.person = &person
	for _, a := range addresses {
		if c, found := known.holder(a); found && c.ID != person.ID && !w.joinable(c) {
			w.taken[a.key] = true
			w.disputes = append(w.disputes, dispute{"identities", string(a.key.Channel) + " " + a.key.ExternalID, c})
		}
	}
}

// joinable joins a contact into the person if it may be, and says whether it is.
func (w *whose) joinable(c contact.Contact) bool {
	if slices.ContainsFunc(w.joins, func(joined contact.Contact) bool { return joined.ID == c.ID }) {
		return true
	}
	person := *w.person
	for _, gone := range w.joins {
		person, _ = joined(person, gone)
	}
	if !bare(c) || w.apart || !takesIn(person, c) {
		return false
	}
	w.joins = append(w.joins, c)
	return true
}

// takesIn reports whether a contact can take in all of another one.
func takesIn(c, gone contact.Contact) bool {
	united, _ := joined(c, gone)
	return len(united.MergedFrom) <= maxMerged && contact.Weight(united) <= contact.MaxWeight
}

// byValue takes the holder of a phone or e-mail in account.
func (w *whose) byValue(field, value string, holder contact.Contact) {
	switch {
	case w.person == nil:
		w.person = &holder
	case w.person.ID == holder.ID || slices.ContainsFunc(w.joins, func(c contact.Contact) bool { return c.ID == holder.ID }):
	default:
		before := *w.person
		if bare(before) { // it becomes the holder, and what was to be joined into it does too
			w.person = &holder
			if w.joinable(before) {
				return
			}
			w.person = &before
		}
		w.disputes = append(w.disputes, dispute{field, value, holder})
	}
}

// disputes says that the person is not given a value of a field, as it is another's.
func (w *whose) disputed(field string) bool {
	return slices.ContainsFunc(w.disputes, func(d dispute) bool { return d.field == field })
}

// older orders contacts by their creation.
func older(a, b contact.Contact) int {
	switch {
	case a.CreatedAt.Before(b.CreatedAt), a.CreatedAt.Equal(b.CreatedAt) && a.ID < b.ID:
		return -1
	case a.ID == b.ID:
		return 0
	default:
		return 1
	}
}
