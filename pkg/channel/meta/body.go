package meta

import (
	"encoding/json"
	"fmt"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/contact"
)

const provider = "meta"

// objects are the channels that a body's object stands for. An app has one address for each, which may be the same.
var objects = map[string]contact.Channel{
	"whatsapp_business_account": contact.WhatsApp, "page": contact.Messenger, "instagram": contact.Instagram,
}

// Parts of a body are decoded one by one, so that one of a wrong form spoils nothing but itself.
type body struct {
	Object string            `json:"object"`
	Entry  []json.RawMessage `json:"entry"`
}

type entry struct {
	ID        string            `json:"id"`
	Changes   []json.RawMessage `json:"changes"`
	Messaging []json.RawMessage `json:"messaging"`
	Standby   []json.RawMessage `json:"standby"` // as messaging, while another app of the page answers
}

type change struct {
	Field string          `json:"field"`
	Value json.RawMessage `json:"value"`
}

// Bounds of what one body makes us hold and read. Meta sends at most 1,000 updates in a body.
const (
	maxRefused  = 100 // parts kept as bodies of their own
	maxAccounts = 1_000
	maxProfile  = 8 << 10 // bytes of a profile that is kept with each of its messages that cannot be used
)

// reader reads one body.
type reader struct {
	channel.Delivery
	channel.Reading
	object   string
	accounts map[string]bool // that events are of
	beyond   int             // parts that are over the bounds: they are kept together, as the whole body
}

// Refuse keeps a part that cannot be used, as long as it is one of a few.
func (r *reader) Refuse(reason string, body []byte) {
	if len(r.Unusable) == maxRefused {
		r.beyond++
		return
	}
	r.Reading.Refuse(reason, body)
}

// add takes an event, unless its body names more accounts than any of Meta's does.
func (r *reader) add(e channel.Event) {
	if !r.accounts[e.AccountID] && len(r.accounts) == maxAccounts {
		r.beyond++
		return
	}
	r.accounts[e.AccountID] = true
	r.Events = append(r.Events, e)
}

// Parse reads a body, which is known to be JSON. Its events may be of other accounts than the one that the address named.
func Parse(d channel.Delivery) channel.Reading {
	r := &reader{Delivery: d, accounts: map[string]bool{}}
	var b body
	if json.Unmarshal(d.Body, &b) != nil {
		r.Refuse("The body is no notification of Meta: object and entry have other types.", d.Body)
		return r.Reading
	}
	if objects[b.Object] == "" {
		r.Ignore(b.Object)
		return r.Reading
	}
	r.object = b.Object
	for _, raw := range b.Entry {
		r.entry(raw)
	}
	if r.beyond > 0 {
		r.Reading.Refuse(fmt.Sprintf("%d more parts cannot be used: a body may have at most %d such parts and name %d accounts. This is the whole body.",
			r.beyond, maxRefused, maxAccounts), d.Body)
	}
	return r.Reading
}

func (r *reader) entry(raw json.RawMessage) {
	var e entry
	if json.Unmarshal(raw, &e) != nil {
		r.Refuse("An entry has fields of other types.", r.wrapped(raw))
		return
	}
	for _, raw := range e.Changes {
		var c change
		switch err := json.Unmarshal(raw, &c); {
		case err != nil:
			r.Refuse("A change has fields of other types.", r.wrapped(list("changes", e.ID, raw)))
		case objects[r.object] == contact.WhatsApp && (c.Field == "messages" || c.Field == "smb_message_echoes"):
			r.whatsApp(e.ID, c)
		default:
			r.Ignore(c.Field)
		}
	}
	for _, raw := range append(e.Messaging, e.Standby...) {
		r.messaging(e.ID, raw)
	}
}

// wrapped is an entry as a body of its own.
func (r *reader) wrapped(entry json.RawMessage) []byte {
	whole, _ := json.Marshal(map[string]any{"object": r.object, "entry": []json.RawMessage{entry}}) // it was JSON
	return whole
}

// list is an entry of one element.
func list(name, id string, element json.RawMessage) json.RawMessage {
	entry, _ := json.Marshal(map[string]any{"id": id, name: []json.RawMessage{element}}) // it was JSON
	return entry
}
