package standard

import (
	"slices"
	"strings"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/contact"
)

// person is whom an event names.
type person struct {
	ExternalID string `json:"externalId"`
	Name       string `json:"name"`
	Phone      string `json:"phone"`
	Email      string `json:"email"`
	Username   string `json:"username"`
}

// read brings a person into the form of the domain. A phone or an e-mail that is none is left out: the rest of the event counts.
func (p person) read(where contact.Channel, phoneOf func(string) (string, error)) channel.Person {
	who := channel.Person{Name: channel.CleanName(p.Name), Username: channel.CleanName(p.Username)}
	if p.Phone != "" {
		who.Phone, _ = phoneOf(p.Phone)
	}
	if p.Email != "" {
		who.Email, _ = contact.NormalizeEmail(p.Email)
	}
	id := strings.TrimSpace(p.ExternalID)
	if id == "" { // whoever is known otherwise has an address all the same, so that the next message finds them
		id = fallback(who)
	}
	addressed(&who, where, id, phoneOf)
	return who
}

// fallback is the address of somebody without an externalId.
func fallback(who channel.Person) string {
	switch {
	case who.Phone != "":
		return who.Phone
	case who.Email != "":
		return contact.EmailKey(who.Email)
	case who.Username != "":
		return "@" + who.Username
	default:
		return ""
	}
}

// addressed gives a person an address as the channel itself would spell it, and the phone or e-mail that it is.
func addressed(who *channel.Person, where contact.Channel, id string, phoneOf func(string) (string, error)) {
	switch where {
	case contact.WhatsApp:
		who.AddWhatsApp(id)
		return
	case contact.SMS:
		if phone, err := phoneOf(id); err == nil {
			id = phone
			if who.Phone == "" {
				who.Phone = phone
			}
		}
	case contact.Email:
		if email, err := contact.NormalizeEmail(id); err == nil {
			id = contact.EmailKey(email)
			if who.Email == "" {
				who.Email = email
			}
		}
	}
	who.AddAddress(channel.Address{ExternalID: id})
}

// someone demands somebody with addresses that can be kept.
func someone(who channel.Person) error {
	if len(who.Addresses) == 0 || slices.ContainsFunc(who.Addresses, func(a channel.Address) bool { return !channel.CheckID(a.ExternalID) }) {
		return errWho
	}
	return nil
}
