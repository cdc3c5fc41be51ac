package channel

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/occ/contacts/pkg/contact"
)

// Stamp orders what events say: by their time, then by their ids. The later one decides.
func (e Event) Stamp() string { return contact.FormatTime(e.At) + "#" + e.ID[:min(len(e.ID), 16)] }

func inOrder(a, b Event) int { return strings.Compare(a.Stamp()+a.ID, b.Stamp()+b.ID) }

// address is an external id of a person on the account of the event.
type address struct {
	key       contact.IdentityKey
	every     bool
	spellings []contact.IdentityKey
	followed  time.Time // of the latest change that led here from what the event says
}

// keys are all by which the address may be known.
func (a address) keys() []contact.IdentityKey {
	keys := append([]contact.IdentityKey{a.key}, a.spellings...)
	if a.every {
		keys = append(keys, a.key.Everywhere())
	}
	return keys
}

// is says that an identity is this address, be it in another spelling.
func (a address) is(i contact.Identity) bool {
	return i.Key() == a.key || slices.Contains(a.spellings, i.Key())
}

func addressesOf(e Event, p Person) []address {
	list := make([]address, len(p.Addresses))
	for i, one := range p.Addresses {
		list[i] = address{key: contact.IdentityKey{Channel: e.Channel, AccountID: e.AccountID, ExternalID: one.ExternalID}, every: one.EveryAccount}
		for _, spelling := range one.Spellings {
			list[i].spellings = append(list[i].spellings, contact.IdentityKey{Channel: e.Channel, AccountID: e.AccountID, ExternalID: spelling})
		}
	}
	return list
}

// otherPhones are the spellings of a person's phone that follow from those of the addresses.
func otherPhones(p Person) []string {
	var phones []string
	for _, a := range p.Addresses {
		if p.Phone == "" || strings.TrimPrefix(a.ExternalID, "+") != strings.TrimPrefix(p.Phone, "+") {
			continue
		}
		for _, spelling := range a.Spellings {
			phones = append(phones, "+"+strings.TrimPrefix(spelling, "+"))
		}
	}
	return phones
}

// glimpse is one event with the person whom it concerns now: somebody's number may have changed since.
type glimpse struct {
	Event
	addresses        []address
	phone, phoneSaid string
	email            string
	matches          []string  // further phones by which the person may be known, and which they are not given
	phoneFollowed    time.Time // of the latest change that led to the phone
}

func glimpsed(e Event) glimpse {
	return glimpse{Event: e, addresses: addressesOf(e, e.Person), phone: e.Person.Phone, phoneSaid: e.Stamp(), email: e.Person.Email, matches: otherPhones(e.Person)}
}

// signature is the same for glimpses that are decided together.
func (g glimpse) signature() string {
	return fmt.Sprintf("%q %q %v %q %q %q %v %v", g.Channel, g.AccountID, g.addresses, g.phone, g.email, g.matches, g.Kind == PhoneShared, g.Bound)
}

// sighting is what events of one person over one account say together, whatever their number: one decision.
type sighting struct {
	glimpses []glimpse // of one signature, in their order; at least one
}

func (s *sighting) first() glimpse { return s.glimpses[0] }
func (s *sighting) last() glimpse  { return s.glimpses[len(s.glimpses)-1] }

// fills says that the phone is to fill an empty one only.
func (s *sighting) fills() bool { return s.first().Kind == PhoneShared }

// newest is the latest text that events say of the person, and the stamp of its event.
func (s *sighting) newest(of func(Person) string, limit int) (text, said string) {
	for _, g := range slices.Backward(s.glimpses) {
		if text := shortened(of(g.Person), limit); text != "" {
			return text, g.Stamp()
		}
	}
	return "", ""
}

func (s *sighting) keys() Keys {
	f := s.first()
	var keys Keys
	for _, a := range f.addresses {
		keys.Identities = append(keys.Identities, a.keys()...)
	}
	if f.phone != "" {
		keys.Phones = append(keys.Phones, f.phone)
	}
	keys.Phones = append(keys.Phones, f.matches...)
	if f.email != "" {
		keys.Emails = append(keys.Emails, contact.EmailKey(f.email))
	}
	for _, g := range s.glimpses {
		if g.Conversation != "" && g.Kind == Message && !slices.Contains(keys.Conversations, g.Conversation) {
			keys.Conversations = append(keys.Conversations, g.Conversation)
		}
	}
	return keys
}

// claims are what the sighting may give to a contact, and what it may be known by.
func (s *sighting) claims() []Claim {
	var claims []Claim
	keys := s.keys()
	for _, key := range keys.Identities {
		claims = append(claims, Claim{Identity: key})
	}
	for _, phone := range keys.Phones {
		claims = append(claims, Claim{Phone: phone})
	}
	for _, email := range keys.Emails {
		claims = append(claims, Claim{Email: email})
	}
	return claims
}

// step is a piece of a person's events: a sighting, or a change of a number or id.
type step struct {
	*sighting
	change *Event
}

func (s step) events() []Event {
	if s.change != nil {
		return []Event{*s.change}
	}
	events := make([]Event, len(s.glimpses))
	for i, g := range s.glimpses {
		events[i] = g.Event
	}
	return events
}

// steps puts events into as few decisions as they need, the earliest first.
func steps(events []Event) []step {
	var list []step
	var glimpses []glimpse
	for _, e := range events {
		if e.Kind == NumberChanged || e.Kind == UserIDChanged {
			list = append(list, step{change: &e})
		} else {
			glimpses = append(glimpses, glimpsed(e))
		}
	}
	for _, s := range together(glimpses) {
		list = append(list, step{sighting: s})
	}
	slices.SortStableFunc(list, func(a, b step) int { return inOrder(a.events()[0], b.events()[0]) })
	return list
}

// together makes sightings of glimpses.
func together(glimpses []glimpse) []*sighting {
	slices.SortStableFunc(glimpses, func(a, b glimpse) int { return inOrder(a.Event, b.Event) })
	var list []*sighting
	at := map[string]int{}
	for _, g := range glimpses {
		n, there := at[g.signature()]
		if !there {
			n = len(list)
			at[g.signature()], list = n, append(list, &sighting{})
		}
		list[n].glimpses = append(list[n].glimpses, g)
	}
	return list
}

// origin is where a contact came from: its earliest message.
type origin struct {
	at      time.Time
	channel contact.Channel
	by      contact.Actor
}

// before orders origins; those of one millisecond too, so that all who compare them agree.
func (o origin) before(other origin) bool {
	return cmp.Or(o.at.Compare(other.at), cmp.Compare(o.channel, other.channel), cmp.Compare(o.by.ID, other.by.ID)) < 0
}

func (s *sighting) origin() origin {
	var found origin
	for i, g := range s.glimpses {
		one := origin{g.At, g.Channel, actorOf(g.Event)}
		if g.Kind == CampaignMessage {
			one.channel = contact.Campaign
		}
		if i == 0 || one.before(found) {
			found = one
		}
	}
	return found
}

// talk is the time that messages of one conversation span.
type talk struct {
	from, to time.Time
	first    glimpse
}

// talks are the spans of the messages by the conversation that the platform names; empty where the identity's is meant.
func (s *sighting) talks() map[string]talk {
	talks := map[string]talk{}
	for _, g := range s.glimpses {
		if g.Kind != Message {
			continue
		}
		t, there := talks[g.Conversation]
		if !there {
			t = talk{from: g.At, first: g}
		}
		t.to = g.At
		talks[g.Conversation] = t
	}
	return talks
}

// with is the span of two talks.
func (t talk) with(other talk) talk {
	if t.from.IsZero() || !other.from.IsZero() && other.from.Before(t.from) {
		t, other = other, t
	}
	t.to = latest(t.to, other.to)
	return t
}
