package channel

import (
	"context"
	"slices"
)

// upToDate is a change less what later ones have said, and leading to where those lead; stays is false when the person was deleted since.
func (a *Applier) upToDate(ctx context.Context, r renaming) (current renaming, gone map[Claim]Gone, stays bool, err error) {
	var claims []Claim
	for _, p := range r.pairs {
		claims = append(claims, p.former.claims()...)
	}
	for _, phone := range r.oldPhones {
		if phone != "" {
			claims = append(claims, Claim{Phone: phone})
		}
	}
	if gone, err = a.store.Gone(ctx, r.Workspace, claims); err != nil {
		return r, nil, false, err
	}
	current = r
	current.pairs, current.now = nil, slices.Clone(r.now)
	if err := a.followPhone(ctx, &current); err != nil {
		return r, nil, false, err
	}
	for i, now := range r.now {
		if current.now[i], stays, err = a.follow(ctx, r.Event, now); err != nil || !stays {
			return r, gone, false, err
		}
		for _, p := range r.pairs {
			late, found := lateFor(r.Event, p.former.followed, gone, p.former.claims()...)
			if found && late.To == nil {
				return r, gone, false, nil
			}
			back := slices.Contains(p.former.keys(), current.now[i].key) // it was changed back since: nothing moves
			if p.now.key == now.key && !found && !back {
				current.pairs = append(current.pairs, pair{p.former, current.now[i]})
			}
		}
	}
	return current, gone, true, nil
}

// follow goes on to what an address has become since the event.
func (a *Applier) follow(ctx context.Context, e Event, at address) (now address, stays bool, err error) {
	for range maxFollowed {
		gone, err := a.store.Gone(ctx, e.Workspace, at.claims())
		if err != nil {
			return at, false, err
		}
		late, found := lateFor(e, at.followed, gone, at.claims()...)
		if !found || late.To == nil {
			return at, !found, nil
		}
		at = late.led(at)
	}
	return at, true, nil
}

// followPhone goes on to what the phone has become since; there is none where its contact was deleted.
func (a *Applier) followPhone(ctx context.Context, r *renaming) error {
	for n := 0; n < maxFollowed && r.phone != ""; n++ {
		claim := Claim{Phone: r.phone}
		gone, err := a.store.Gone(ctx, r.Workspace, []Claim{claim})
		late, found := lateFor(r.Event, r.phoneFollowed, gone, claim)
		switch {
		case err != nil || !found:
			return err
		case late.To == nil:
			r.phone = ""
		default:
			r.phone, r.phoneFollowed = late.To.Phone, late.At
		}
	}
	return nil
}
