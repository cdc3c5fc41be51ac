package dynamo

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/occ/contacts/pkg/contact"
)

// tombstoneLife is how long a tombstone keeps an old event from bringing back who was deleted: longer than any provider or queue repeats.
const tombstoneLife = 30 * 24 * time.Hour

// Attributes of a tombstone.
const (
	attrDeletedAt = "deletedAt" // events up to then are too late
	// attrWholeUntil is there if nothing was heard from the contact in the second of its deletion: events that say only
	// their second, and reached us soon and after the deletion, are too late up to then.
	attrWholeUntil = "wholeUntil"
	attrTo         = "to" // sealed: where the claim went; absent when its contact was deleted
)

// tombstone says that a claim was given up at a time, without naming it. It lies in table jobs.
func (s *Store) tombstone(ctx context.Context, workspace string, claimed key, at time.Time, writeID string) (item, error) {
	mac, err := s.blindClaim(ctx, claimed)
	if err != nil {
		return nil, err
	}
	it := newItem(tombstoneKey(workspace, mac), writeID, 4)
	it[attrDeletedAt], it[attrExpires] = text(stamp(at)), s.expiry(tombstoneLife)
	return it, nil
}

// deletionTime is when a contact is deleted, as far as events are concerned.
type deletionTime struct {
	at time.Time
	// wholeUntil is the end of the second before; zero when the contact, or a claim of it, may have been heard of in
	// the second of the deletion. An event of that second may then be one that came before.
	wholeUntil time.Time
}

// timeOfDeletion is the time of a deletion that happens now. It is never before what the contact was heard by, which
// may say a time ahead of our clock: the same event, when it comes again, is too late.
func timeOfDeletion(c contact.Contact, now time.Time) deletionTime {
	d := deletionTime{at: now}
	if c.LastInteractionAt.After(now) {
		d.at = c.LastInteractionAt
	}
	if second := d.at.Truncate(time.Second); c.LastInteractionAt.Before(second) {
		d.wholeUntil = second.Add(-time.Millisecond)
	}
	return d
}

// strict treats events that say only their second as those that say their milliseconds.
func (d deletionTime) strict() deletionTime { return deletionTime{at: d.at} }

// heardUntil is until when the contact may have been heard, for the deletion to go.
func (d deletionTime) heardUntil() time.Time {
	if d.wholeUntil.IsZero() {
		return d.at
	}
	return d.wholeUntil
}

// tombstonePart puts the tombstone of a claim. One that leaves the second of the deletion free does not replace one
// that does not.
func (s *Store) tombstonePart(
	ctx context.Context, workspace string, claimed key, d deletionTime, writeID string,
) (part, error) {
	it, err := s.tombstone(ctx, workspace, claimed, d.at, writeID)
	if err != nil || d.wholeUntil.IsZero() {
		return put(s.tables.Jobs, it, condition{}), err
	}
	it.setTime(attrWholeUntil, d.wholeUntil)
	return put(s.tables.Jobs, it, condition{
		text:   "attribute_not_exists(pk) OR deletedAt <= :whole OR wholeUntil <= :whole",
		values: item{":whole": text(stamp(d.wholeUntil))},
	}), nil
}

func (s *Store) expiry(life time.Duration) types.AttributeValue {
	return number(int(s.now().Add(life).Unix()))
}

// expired says that an item's time is over: DynamoDB deletes it some days later.
func (s *Store) expired(it item) bool {
	return it[attrExpires] != nil && int64(it.number(attrExpires)) <= s.now().Unix()
}
