package importing

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/fold"
)

// identityCell is an identity in a cell, as the API answers it (contact.IdentityView); its times may be absent.
type identityCell struct {
	Channel     contact.Channel `json:"channel"`
	AccountID   string          `json:"accountId"`
	ExternalID  string          `json:"externalId"`
	Username    string          `json:"username"`
	ProfileName string          `json:"profileName"`
	FirstSeenAt *string         `json:"firstSeenAt"`
	LastSeenAt  *string         `json:"lastSeenAt"`
}

var errIdentities = errors.New(`Write the identities as a JSON array of objects such as [{"channel":"whatsapp","accountId":"…","externalId":"…"}], or leave the cell empty.`) //nolint:staticcheck // a sentence for people

// readIdentities reads a cell of identities: a JSON array, each identity once. Their texts stay as they are.
func readIdentities(text string) ([]contact.Identity, error) {
	if fold.Blank(text) {
		return nil, nil
	}
	var cells []*identityCell
	if json.Unmarshal([]byte(text), &cells) != nil {
		return nil, errIdentities
	}
	var identities []contact.Identity
	for n, one := range cells {
		identity, err := one.identity()
		if err != nil {
			return nil, fmt.Errorf("identity %d: %w", n+1, err)
		}
		identities = append(identities, identity)
	}
	return contact.AddIdentities(nil, identities...), nil
}

func (c *identityCell) identity() (contact.Identity, error) {
	if c == nil {
		return contact.Identity{}, errIdentities
	}
	identity := contact.Identity{Channel: c.Channel, AccountID: c.AccountID, ExternalID: c.ExternalID, Username: c.Username, ProfileName: c.ProfileName}
	if err := contact.CheckIdentity(identity); err != nil {
		return identity, err
	}
	var err error
	if identity.FirstSeenAt, err = seenAt(c.FirstSeenAt); err == nil {
		identity.LastSeenAt, err = seenAt(c.LastSeenAt)
	}
	return identity, err
}

var errSeenAt = errors.New("Write firstSeenAt and lastSeenAt as 2026-01-31T09:30:00Z, or leave them out.") //nolint:staticcheck // a sentence for people

// seenAt reads RFC 3339; zero for absent.
func seenAt(text *string) (time.Time, error) {
	if text == nil {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339Nano, *text)
	if err != nil || at.UTC().Year() < 1 || at.UTC().Year() > 9999 {
		return time.Time{}, errSeenAt
	}
	return at.UTC().Truncate(time.Millisecond), nil
}

// seenFrom fills absent times in, as an identity is known since its contact is, and says which ids hold for every account.
func seenFrom(identities []contact.Identity, at time.Time) []contact.Identity {
	var filled []contact.Identity
	for _, identity := range identities {
		if identity.FirstSeenAt.IsZero() {
			identity.FirstSeenAt = at
		}
		if identity.LastSeenAt.IsZero() {
			identity.LastSeenAt = identity.FirstSeenAt
		}
		identity.EveryAccount = contact.BusinessScoped(identity.Channel, identity.ExternalID)
		filled = append(filled, identity)
	}
	return filled
}
