package importing

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/problem"
)

// fate is what became of a contact: why it stays although the import made it, and why the import's change of it stays. Nil means that
// it does not, or that the import did no such thing.
type fate struct{ made, changed *Verdict }

// of is the fate of a row.
func (f fate) of(outcome Outcome) *Verdict {
	if outcome == Created {
		return f.made
	}
	return f.changed
}

// settle takes back what the import did to a contact, or says why not. What is decided by has to hold when it is done: otherwise it is
// looked at again.
func (u *undoWork) settle(ctx context.Context, id string, seen Touched, there bool) (fate, error) {
	for round := range maxRounds {
		if round > 0 {
			if err := pause(ctx, round); err != nil {
				return fate{}, err
			}
			found, err := u.chunks.Touched(ctx, u.ref.Ref, []string{id})
			if err != nil {
				return fate{}, err
			}
			seen, there = found[id]
		}
		if !there {
			return fate{}, nil
		}
		decided, err := u.settleOnce(ctx, seen)
		if !errors.Is(err, ErrStale) {
			return decided, err
		}
	}
	return fate{}, fmt.Errorf("importing: contact %s is contended for", id)
}

func (u *undoWork) settleOnce(ctx context.Context, seen Touched) (fate, error) {
	seen.Notes = seen.Notes || u.noted(seen.Contact.ID)
	made := seen.Contact.CreatedBy == u.actor()
	edited := u.edited(seen)
	switch {
	case seen.Restored:
		err := u.chunks.FinishRestored(ctx, u.ref.Ref, seen.Contact.ID)
		return fate{made: ifTrue(made, edited)}, err
	case made && seen.onlyImported():
		return u.remove(ctx, seen, edited)
	case seen.Before == nil: // its change was taken back already
		return fate{made: ifTrue(made, edited)}, nil
	case seen.Contact.Version != seen.Left || seen.Mixed:
		return fate{ifTrue(made, edited), edited}, nil
	}
	changed, err := u.restore(ctx, seen)
	return fate{ifTrue(made, edited), changed}, err
}

// noted says that one of the chunk's rows may have added notes to a contact.
func (u *undoWork) noted(contactID string) bool {
	for _, one := range u.state.Contacts {
		if one.ID == contactID && one.Notes {
			return true
		}
	}
	return false
}

// onlyImported says that nobody but the import had written a contact that it made when it last wrote it.
func (t Touched) onlyImported() bool { return t.Before == nil || t.Before.Version == 1 }

// left is the version that the import left of a contact that it made: without a record of a change, that of its creation.
func (t Touched) left() int { return max(t.Left, 1) }

// pending says that a row's work on a contact that is there was not taken back.
func (t Touched) pending(outcome Outcome) bool { return outcome == Created || t.Before != nil }

func ifTrue(holds bool, verdict *Verdict) *Verdict {
	if holds {
		return verdict
	}
	return nil
}

// remove deletes a contact that the import made, unless somebody edited it or spoke with it since.
func (u *undoWork) remove(ctx context.Context, seen Touched, edited *Verdict) (fate, error) {
	var why *Verdict
	switch c := seen.Contact; {
	case c.Version != seen.left() || seen.Mixed:
		why = edited
	case c.RequestCount > 0 || c.ConversationCount > 0 || !c.LastInteractionAt.IsZero():
		why = spokenWith(c.ID)
	}
	if why != nil {
		return fate{why, ifTrue(seen.Before != nil, why)}, nil
	}
	return fate{}, u.chunks.RemoveImported(ctx, seen.Contact, seen.Notes)
}

// restore makes a contact what it was before the import's first change, as a new version.
func (u *undoWork) restore(ctx context.Context, seen Touched) (*Verdict, error) {
	now, before := seen.Contact, *seen.Before
	if len(seen.Identities) > 0 && (now.ConversationCount != before.ConversationCount || !now.LastInteractionAt.Equal(before.LastInteractionAt)) {
		return spokenWith(now.ID), nil // perhaps by an identity that the import gave
	}
	var notes []contact.Note
	if seen.Notes {
		var err error
		if notes, err = u.chunks.ImportedNotes(ctx, u.ref.Ref, now.ID); err != nil {
			return nil, err
		}
	}
	err := u.chunks.RestoreImported(ctx, u.ref.Ref, seen, u.back(seen, notes), notes)
	if taken, ok := errors.AsType[*problem.Error](err); ok && taken.Code == problem.DuplicateContact {
		return keeping(EditedSince, "The %s that contact %s had before the import belongs to contact %s now, so it was kept as it is. Decide whose it is, and correct both by hand.",
			fieldNames[taken.Field], now.ID, taken.ContactID), nil
	}
	return nil, err
}

// fieldNames are how a sentence calls what a claim is of.
var fieldNames = map[string]string{"email": "e-mail", "phone": "phone", "identity": "identity"}

// back is the change that takes an import's changes back. What moves without the version stays as it is: counts, the last interaction,
// channel and time of creation, identities gained since.
func (u *undoWork) back(seen Touched, notes []contact.Note) Update {
	now, before := seen.Contact, *seen.Before
	after := now
	after.BringBack(before)
	after.Company, after.Labels, after.Attributes = before.Company, before.Labels, before.Attributes
	if len(seen.Identities) > 0 {
		after.Identities = slices.DeleteFunc(slices.Clone(now.Identities), func(one contact.Identity) bool {
			return slices.ContainsFunc(seen.Identities, func(added contact.Identity) bool { return SameIdentity(one, added) })
		})
	}
	after.Version++
	if at := instant(u.now); at.After(now.UpdatedAt) { // a clock may be behind
		after.UpdatedAt = at
	}
	changes := contact.Changes(now, after)
	for _, note := range notes {
		changes = append(changes, contact.NoteChange(note.Text, ""))
	}
	return Update{now, after, contact.Activity{At: after.UpdatedAt, Actor: u.actor(), Action: "import_undone", Changes: changes}}
}

// SameIdentity says that two are one address, whatever was seen of it.
func SameIdentity(a, b contact.Identity) bool {
	return a.Channel == b.Channel && a.AccountID == b.AccountID && a.ExternalID == b.ExternalID
}

func (u *undoWork) edited(seen Touched) *Verdict {
	return keeping(EditedSince, "Contact %s was edited after this import wrote it, so it was kept as it is. Delete or correct it by hand if you do not want it.", seen.Contact.ID)
}

func spokenWith(id string) *Verdict {
	return keeping(EditedSince, "Somebody has spoken with contact %s since this import wrote it, so it was kept as it is. Delete or correct it by hand if you do not want it.", id)
}
