package channel

import (
	"time"

	"github.com/occ/contacts/pkg/contact"
)

// late reports whether an event comes too late for the claim.
func (g Gone) late(e Event) bool {
	if e.soonOfSecond() && !g.WholeUntil.IsZero() && e.ReceivedAt.After(g.At) {
		return !e.At.After(g.WholeUntil)
	}
	return !e.At.After(g.At)
}

// maxUnderway is how long a provider usually needs for an event. One that took longer is likely a repetition.
const maxUnderway = 10 * time.Second

// soonOfSecond reports whether an event says only its second, and reached us without delay.
func (e Event) soonOfSecond() bool { return e.WholeSecond && e.ReceivedAt.Sub(e.At) <= maxUnderway }

// Allows reports whether a claim that was given up so may be taken.
func (g Guard) Allows(gone Gone) bool {
	ofSecond := !gone.WholeUntil.IsZero() && gone.WholeUntil.Before(g.Second) && gone.At.Before(g.Received)
	return gone.At.Before(g.Since) || ofSecond
}

// guard is that of the claims of a sighting, by its earliest event: where this one is not too late, none of the
// others is. It has to take exactly the events that past takes. One that past takes and the guard refuses would be
// decided again and again.
func (s *sighting) guard(known Known) Guard {
	f := s.first()
	strict := Guard{Since: f.At}
	if s.identifies(known) {
		return strict
	}
	g := Guard{Since: f.At, Second: f.At, Received: f.ReceivedAt}
	for _, one := range s.glimpses {
		switch {
		case !one.At.Equal(f.At):
		case !one.soonOfSecond():
			return strict
		default:
			g.Received = earliest(g.Received, one.ReceivedAt)
		}
	}
	return g
}

// guard has the claims guarded that an event may take. What led to an address or phone before is no reason to refuse
// it.
func (d *decision) guard(by Guard, addresses []address, phone, email string, phoneFollowed time.Time) {
	d.Guards = map[Claim]Guard{}
	guard := func(claim Claim, followed time.Time) {
		if d.known.free(claim) {
			one := by
			one.Since = latest(by.Since, followed.Add(time.Millisecond))
			d.Guards[claim] = one
		}
	}
	for _, a := range addresses {
		for _, claim := range a.claims() {
			guard(claim, a.followed)
		}
	}
	if phone != "" && d.after.Phone == phone {
		guard(Claim{Phone: phone}, phoneFollowed)
	}
	if email != "" && d.after.Email == email {
		guard(Claim{Email: contact.EmailKey(email)}, time.Time{})
	}
}
