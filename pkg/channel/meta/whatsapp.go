package meta

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/contact"
)

type value struct {
	Metadata struct {
		PhoneNumberID string `json:"phone_number_id"`
	} `json:"metadata"`
	Contacts []json.RawMessage `json:"contacts"`
	Messages []json.RawMessage `json:"messages"`
	Echoes   []json.RawMessage `json:"message_echoes"`
	Statuses []json.RawMessage `json:"statuses"` // of what we sent; they name people, and create nobody
	Errors   []json.RawMessage `json:"errors"`
}

// profile is a person of contacts[]. From 2026 on wa_id may be absent, and user_id is their business-scoped id.
// https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids
type profile struct {
	WaID    string `json:"wa_id"`
	UserID  string `json:"user_id"`
	Profile struct {
		Name     string `json:"name"`
		Username string `json:"username"`
	} `json:"profile"`
	Username string `json:"username"`
	raw      json.RawMessage
}

type message struct {
	ID         string    `json:"id"`
	From       string    `json:"from"`
	FromUserID string    `json:"from_user_id"`
	To         string    `json:"to"`
	ToUserID   string    `json:"to_user_id"`
	GroupID    string    `json:"group_id"`
	Timestamp  timestamp `json:"timestamp"`
	Type       string    `json:"type"`
	System     *struct {
		Type           string `json:"type"`
		WaID           string `json:"wa_id"`
		NewWaID        string `json:"new_wa_id"`
		UserID         string `json:"user_id"`
		PreviousUserID string `json:"previous_user_id"`
	} `json:"system"`
}

// timestamp is Unix seconds, as a text or a number; zero when absent.
type timestamp struct{ time.Time }

// UnmarshalJSON implements json.Unmarshaler.
func (t *timestamp) UnmarshalJSON(text []byte) error {
	var number json.Number // takes both
	if err := json.Unmarshal(text, &number); err != nil || number == "" {
		return err
	}
	seconds, err := strconv.ParseInt(number.String(), 10, 64)
	t.Time = channel.Unix(seconds)
	return err
}

// spoken are the types of messages that say something, whatever it is; the rest are edits, revocations and what is yet to come.
var spoken = []string{
	"text", "image", "audio", "voice", "video", "document", "sticker", "location", "contacts", "interactive", "button", "order", "unsupported",
}

// whatsApp reads a change of the Cloud API.
func (r *reader) whatsApp(business string, c change) {
	var v value
	if string(c.Value) == "null" || json.Unmarshal(c.Value, &v) != nil { // an absent one is no JSON
		r.Refuse("The value of a change has fields of other types.", r.whole(business, c))
		return
	}
	for range v.Statuses {
		r.Ignore("status")
	}
	for range v.Errors {
		r.Ignore("error")
	}
	if len(v.Messages)+len(v.Echoes) > 0 && v.Metadata.PhoneNumberID == "" {
		r.Refuse("A change names no phone_number_id.", r.whole(business, c))
		return
	}
	w := whatsApp{reader: r, business: business, field: c.Field, account: channel.AccountKey{Channel: contact.WhatsApp, ID: v.Metadata.PhoneNumberID}}
	w.byID = make(map[string]int, 2*len(v.Contacts))
	w.single = len(v.Messages)+len(v.Echoes) == 1
	for _, raw := range v.Contacts {
		var p profile
		if json.Unmarshal(raw, &p) == nil { // without a profile the message still says who wrote
			p.raw = raw
			w.know(&p)
		}
	}
	for _, raw := range v.Messages {
		w.message(raw, "messages", channel.Inbound)
	}
	for _, raw := range v.Echoes {
		w.message(raw, "message_echoes", channel.Outbound)
	}
}

func (r *reader) whole(business string, c change) []byte {
	raw, _ := json.Marshal(c) // it was JSON
	return r.wrapped(list("changes", business, raw))
}

// whatsApp reads the messages of one change.
type whatsApp struct {
	*reader
	business, field string
	account         channel.AccountKey
	contacts        []*profile
	byID            map[string]int // place in contacts, by user id, and by the spelling of a wa_id that WhatsAppAddress gives
	single          bool           // there is one message
}

// know finds a profile again by its ids; of several with one id the first counts.
func (w *whatsApp) know(p *profile) {
	address, _ := channel.WhatsAppAddress(p.WaID)
	for _, id := range []string{userOf(p.UserID), numberOf(address.ExternalID)} {
		if _, known := w.byID[id]; !known && id != "" {
			w.byID[id] = len(w.contacts)
		}
	}
	w.contacts = append(w.contacts, p)
}

func userOf(id string) string   { return marked("user ", id) }
func numberOf(id string) string { return marked("number ", id) }

func marked(kind, id string) string {
	if id == "" {
		return ""
	}
	return kind + id
}

// message reads a message from a person, or the echo of one to a person, by what the list is called.
func (w *whatsApp) message(raw json.RawMessage, listed string, direction channel.Direction) {
	var m message
	if json.Unmarshal(raw, &m) != nil {
		w.refuse("A message has fields of other types.", listed, raw, nil)
		return
	}
	kind := channel.Message
	switch {
	case m.GroupID != "":
		w.Ignore("group")
		return
	case m.Type == "system":
		w.system(m, listed, raw)
		return
	case m.Type == "reaction":
		kind = channel.Interaction
	case !slices.Contains(spoken, m.Type):
		w.Ignore(m.Type)
		return
	}
	number, userID := m.From, m.FromUserID
	if direction == channel.Outbound {
		number, userID = m.To, m.ToUserID
	}
	known := w.profileOf(number, userID)
	person := personOf(number, userID, known)
	switch {
	case m.ID == "":
		w.refuse("A message has no id.", listed, raw, known)
	case !named(person):
		w.refuse("A message says of nobody who wrote it, or in an id that cannot be kept.", listed, raw, known)
	default:
		event := w.NewEvent(provider, kind, w.account, m.Timestamp.Time, m.ID)
		event.Direction, event.Person, event.WholeSecond = direction, person, !event.Untimed
		w.add(event)
	}
}

// refuse keeps a message with the profile of its person.
func (w *whatsApp) refuse(reason, listed string, raw json.RawMessage, known *profile) {
	single := map[string]any{"metadata": map[string]string{"phone_number_id": w.account.ID}, listed: []json.RawMessage{raw}}
	if known != nil && len(known.raw) <= maxProfile {
		single["contacts"] = []json.RawMessage{known.raw}
	}
	text, _ := json.Marshal(single) // it was JSON
	w.Refuse(reason, w.whole(w.business, change{Field: w.field, Value: text}))
}

// profileOf finds a message's person among contacts: by an id, or because there is nobody else and the message is the only one. A wa_id and the
// number beside it need not be the same.
func (w *whatsApp) profileOf(number, userID string) *profile {
	address, _ := channel.WhatsAppAddress(number)
	first := -1
	for _, id := range []string{userOf(userID), numberOf(address.ExternalID)} {
		if place, known := w.byID[id]; known && (first < 0 || place < first) {
			first = place
		}
	}
	if first >= 0 {
		return w.contacts[first]
	}
	if w.single && len(w.contacts) == 1 && (userID == "" || w.contacts[0].UserID == "") {
		return w.contacts[0]
	}
	return nil
}

// personOf is the person of a message: one address for the wa_id, or the number where there is none, and one for each business-scoped id.
func personOf(number, userID string, known *profile) channel.Person {
	if known == nil {
		known = &profile{}
	}
	address, phone := channel.WhatsAppAddress(cmp.Or(known.WaID, number))
	if spelling, dialled := channel.WhatsAppAddress(number); number != "" && spelling.ExternalID != address.ExternalID {
		address.Spellings, phone = append(address.Spellings, spelling.ExternalID), cmp.Or(dialled, phone)
	}
	person := channel.Person{
		Phone: phone, ProfileName: channel.CleanName(known.Profile.Name), Username: cmp.Or(channel.CleanName(known.Profile.Username), channel.CleanName(known.Username)),
	}
	person.AddAddress(address)
	person.AddWhatsApp(userID)
	person.AddWhatsApp(known.UserID)
	if len(person.Addresses) == 0 && person.Username != "" {
		person.AddAddress(channel.Address{ExternalID: "@" + person.Username})
	}
	return person
}

// named says that somebody has addresses, and such as can be kept.
func named(person channel.Person) bool {
	unfit := func(a channel.Address) bool { return !channel.CheckID(a.ExternalID) }
	return len(person.Addresses) > 0 && !slices.ContainsFunc(person.Addresses, unfit)
}

// system reads what WhatsApp says of a person's ids, of whom it shows no profile.
// https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/system
func (w *whatsApp) system(m message, listed string, raw json.RawMessage) {
	if m.System == nil {
		w.refuse("A system message says nothing.", listed, raw, nil)
		return
	}
	kind := channel.NumberChanged
	switch m.System.Type {
	case "user_changed_number", "customer_changed_number":
	case "user_changed_user_id":
		kind = channel.UserIDChanged
	default:
		w.Ignore("system." + m.System.Type)
		return
	}
	var now, former channel.Person
	for _, id := range []string{m.System.WaID, m.System.NewWaID, m.System.UserID} {
		now.AddWhatsApp(id)
	}
	former.AddWhatsApp(m.From)
	former.AddWhatsApp(m.System.PreviousUserID)
	if m.FromUserID != m.System.UserID {
		former.AddWhatsApp(m.FromUserID)
	}
	if m.ID == "" || !named(now) || !named(former) {
		w.refuse("A system message does not say who somebody was and is.", listed, raw, nil)
		return
	}
	event := w.NewEvent(provider, kind, w.account, m.Timestamp.Time, m.ID)
	event.Person, event.Former = now, &former
	w.add(event)
}
