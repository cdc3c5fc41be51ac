package channel

import (
	"regexp"
	"strings"
)

// respellings are of mobile numbers that WhatsApp knows with a digit more or less than they are dialled with today: Brazil's without the 9
// after the area code, Mexico's with a 1 after the country code. today is how they are stored, former the other spelling.
var respellings = []struct {
	former, today         *regexp.Regexp
	fromFormer, fromToday string
}{
	{regexp.MustCompile(`^55(\d\d)([6-9]\d{7})$`), regexp.MustCompile(`^55(\d\d)9([6-9]\d{7})$`), "55${1}9$2", "55$1$2"},
	{regexp.MustCompile(`^521(\d{10})$`), regexp.MustCompile(`^52(\d{10})$`), "52$1", "521$1"},
}

var (
	whatsAppNumber = regexp.MustCompile(`^\+?([1-9][0-9]{6,14})$`)
	// businessUserID is of a business-scoped user id: a country, ENT for those shared by portfolios, and up to 128 letters and digits.
	// https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids
	businessUserID = regexp.MustCompile(`^[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}$`)
)

// WhatsAppAddress reads a WhatsApp id: a number, with or without +, by its digits as they are dialled today, or a business-scoped user id,
// which is the person's on every account. phone is the number as E.164; WhatsApp has verified it, so it is not judged again. What is
// neither stays as it is.
func WhatsAppAddress(id string) (address Address, phone string) {
	number := whatsAppNumber.FindStringSubmatch(id)
	if number == nil {
		return Address{ExternalID: id, EveryAccount: businessUserID.MatchString(id)}, ""
	}
	digits := number[1]
	address = Address{ExternalID: digits}
	for _, r := range respellings {
		switch {
		case r.former.MatchString(digits):
			address = Address{ExternalID: r.former.ReplaceAllString(digits, r.fromFormer), Spellings: []string{digits}}
		case r.today.MatchString(digits):
			address.Spellings = []string{r.today.ReplaceAllString(digits, r.fromToday)}
		}
	}
	return address, "+" + address.ExternalID
}

// AddAddress gives a person another address, unless it is there already or there is none.
func (p *Person) AddAddress(address Address) {
	for _, known := range p.Addresses {
		if known.ExternalID == address.ExternalID {
			return
		}
	}
	if address.ExternalID != "" {
		p.Addresses = append(p.Addresses, address)
	}
}

// AddWhatsApp gives a person a WhatsApp id, and its number where there is none yet.
func (p *Person) AddWhatsApp(id string) {
	address, phone := WhatsAppAddress(strings.TrimSpace(id))
	p.AddAddress(address)
	if p.Phone == "" {
		p.Phone = phone
	}
}
