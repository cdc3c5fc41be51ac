package dynamo

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/occ/contacts/pkg/contact"
)

// A change of a contact that outgrew the usual limits by joins may touch more items than one transaction takes: 75
// labels replaced by 40 others are 115 facets. The contact, its claims and its activity are then written in one
// transaction as always, so that the change is done whole or not at all, and with them a ticket that names the facets
// and words that found no room. Those follow from the contact, so whoever reads the ticket knows what is to be: the
// writer right after the transaction, or the sweep when the writer died. Until then the lists by those facets trail,
// as an index does.

// followUp names an item that follows from a contact, inside a ticket.
type followUp struct {
	ContactID string `json:"c"`
	PK        string `json:"pk"`
	SK        string `json:"sk"`
}

func (f followUp) key() key { return key{f.PK, f.SK} }

const attrFollowUps = "items" // of a ticket: JSON, the followUps

// fitted leaves as many parts as one transaction takes. The ticket of the rest is among them, and returned; nil when
// all fit.
func (s *Store) fitted(workspace string, parts []part, writeID string) (kept []part, ticket item, err error) {
	return s.fittedTo(maxTransactionItems, workspace, parts, writeID)
}

// fittedTo leaves at most so many parts. The ticket has the name.
func (s *Store) fittedTo(most int, workspace string, parts []part, name string) (kept []part, ticket item, err error) {
	if len(parts) <= most {
		return parts, nil, nil
	}
	over := len(parts) + 1 - most // one is the ticket's
	var later []followUp
	for _, p := range slices.Backward(parts) {
		if p.follows != "" && len(later) < over {
			k := p.key()
			later = append(later, followUp{p.follows, k.pk, k.sk})
		} else {
			kept = append(kept, p)
		}
	}
	slices.Reverse(kept)
	ticket = newItem(followUpKey(workspace, name), name, 2)
	ticket[attrWorkspace] = text(workspace)
	if err := ticket.setJSON(attrFollowUps, later); err != nil {
		return nil, nil, err
	}
	return append(kept, put(s.tables.Jobs, ticket, condition{})), ticket, nil
}

// followUp does what a ticket says, and removes the ticket.
func (s *Store) followUp(ctx context.Context, ticket item) error {
	if ticket == nil {
		return nil
	}
	var items []followUp
	if err := ticket.json(attrFollowUps, &items); err != nil {
		return err
	}
	byContact := map[string][]key{}
	for _, one := range items {
		byContact[one.ContactID] = append(byContact[one.ContactID], one.key())
	}
	for contactID, keys := range byContact {
		for chunk := range slices.Chunk(keys, maxTransactionItems-1) { // one part is the contact's
			if err := s.alignFacets(ctx, ticket.text(attrWorkspace), contactID, chunk); err != nil {
				return err
			}
		}
	}
	return s.removeKeys(ctx, s.tables.Jobs, []key{ticket.key()})
}

// alignTries bounds how often facets are aligned again because their contact changed meanwhile.
const alignTries = 20

// alignFacets puts those of the items that a contact implies as it is now, and deletes the others, on the condition
// that the contact stays as it was read.
func (s *Store) alignFacets(ctx context.Context, workspace, contactID string, keys []key) error {
	for try := 1; ; try++ {
		stored, err := s.read(ctx, s.tables.Contacts, contactKey(workspace, contactID))
		if err != nil {
			return err
		}
		labels := givenLabels{}
		implied, unchanged := map[key]extra{}, condition{text: "attribute_not_exists(createdShard)"} // gone, or joined into another
		if stored != nil && !stored.became() {
			c, err := contactOf(stored)
			if err != nil {
				return err
			}
			labels = given(contact.Contact{Workspace: workspace, ID: c.ID, Shard: c.Shard}, c)
			unchanged = ifUntouched(c)
			implied = byKey(extras(c))
		}
		writeID := newWriteID()
		parts := []part{require(s.tables.Contacts, contactKey(workspace, contactID), unchanged)}
		for _, k := range keys {
			if e, is := implied[k]; is {
				parts = append(parts, put(s.tables.Contacts, e.item(writeID), condition{}))
			} else {
				parts = append(parts, remove(s.tables.Contacts, k, condition{}))
			}
		}
		err = s.transact(ctx, writeID, parts, maxTries)
		if _, changed := errors.AsType[*refusal](err); changed && try < alignTries {
			continue
		}
		if err != nil {
			return fmt.Errorf("dynamo: align facets of contact %s: %w", contactID, err)
		}
		return s.confirmLabels(ctx, workspace, labels)
	}
}

func byKey(list []extra) map[key]extra {
	keyed := make(map[key]extra, len(list))
	for _, e := range list {
		keyed[e.key] = e
	}
	return keyed
}

// followUps does what the tickets of writers that died say, and returns how many there were.
func (s *Store) followUps(ctx context.Context) (done int, err error) {
	for b := range openBuckets {
		err = errors.Join(err, s.eachOf(ctx, s.tables.Jobs, followUpPartition(b), "", func(ticket item) error {
			done++
			return s.followUp(ctx, ticket)
		}))
	}
	return done, err
}
