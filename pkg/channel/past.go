package channel

import (
	"slices"
	"strings"
	"time"

	"github.com/occ/contacts/pkg/contact"
)

// past leaves out of a sighting the events that come too late, because whoever they were of was deleted since, and sends on those of
// somebody whose number or id changed since. moved is false when nothing of the sighting is concerned.
func (s *sighting) past(gone map[Claim]Gone, known Known) (left []*sighting, moved bool) {
	identified := s.identifies(known)
	var kept []glimpse
	for _, g := range s.glimpses {
		now, stays := g.past(gone, identified)
		moved = moved || !stays || now.signature() != g.signature()
		if stays {
			kept = append(kept, now)
		}
	}
	return together(kept), moved
}

// identifies reports whether somebody known has an address of the sighting.
func (s *sighting) identifies(known Known) bool {
	return slices.ContainsFunc(s.first().addresses, func(a address) bool {
		_, found := known.holder(a)
		return found
	})
}

// past is the glimpse as it is to be taken; stays is false when it is to be ignored.
func (g glimpse) past(gone map[Claim]Gone, identified bool) (now glimpse, stays bool) {
	now = g
	now.addresses = slices.Clone(g.addresses)
	e := g.Event
	e.WholeSecond = e.WholeSecond && !identified // who is known anyway may have been heard of in the second of another's deletion
	for i, a := range g.addresses {
		late, found := lateFor(e, a.followed, gone, a.claims()...)
		switch {
		case !found:
		case late.To == nil:
			return g, false
		default:
			now.addresses[i] = late.led(a)
			now = now.phoned(late)
		}
	}
	if late, found := lateFor(e, g.phoneFollowed, gone, Claim{Phone: g.phone}); found && now.phone == g.phone && g.phone != "" {
		switch {
		case late.To != nil:
			now = now.phoned(late)
		case !identified:
			return g, false
		default:
			now.phone, now.matches = "", nil
		}
	}
	if _, found := lateFor(e, time.Time{}, gone, Claim{Email: contact.EmailKey(g.email)}); found && g.email != "" {
		if !identified {
			return g, false
		}
		now.email = ""
	}
	return now, true
}

// lateFor is what became of the first of claims for which an event comes too late, whatever changes led to them.
func lateFor(e Event, followed time.Time, gone map[Claim]Gone, claims ...Claim) (Gone, bool) {
	for _, claim := range claims {
		if late, found := gone[claim]; found && late.late(e) && late.At.After(followed) {
			return late, true
		}
	}
	return Gone{}, false
}

func (a address) claims() []Claim {
	var claims []Claim
	for _, key := range a.keys() {
		claims = append(claims, Claim{Identity: key})
	}
	return claims
}

// led is where an address's earlier events go. Changes keep the kind of an id.
func (g Gone) led(from address) address {
	to := address{key: g.To.Identity, every: from.every, followed: g.At}
	if to.key.AccountID == contact.EveryAccount {
		to.key.AccountID = from.key.AccountID
	}
	return to
}

// phoned is a glimpse whose person has another phone now, where a number changed. The former one still tells who it was.
func (g glimpse) phoned(late Gone) glimpse {
	if g.phone != "" && late.To.Phone != "" {
		g.matches = append(slices.Clone(g.matches), g.phone)
		g.phone, g.phoneSaid, g.phoneFollowed = late.To.Phone, late.To.Said, late.At
	}
	return g
}

// sameNumber says that a phone is one of several spellings of a number.
func sameNumber(phone string, spellings []string) bool {
	return phone != "" && slices.ContainsFunc(spellings, func(s string) bool { return strings.TrimPrefix(s, "+") == strings.TrimPrefix(phone, "+") })
}
