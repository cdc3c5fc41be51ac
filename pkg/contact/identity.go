package contact

import (
	"fmt"
	"slices"
	"strings"

	"github.com/occ/contacts/pkg/fold"
)

// Limits of an identity. Its account and external id stand in a storage key, which holds 2,048 bytes: hence the second limit.
const (
	MaxIdentities    = 20
	MaxIdentityID    = 256 // characters of an account or external id
	maxIdentityBytes = 512 // bytes of one
	MaxProfile       = 200 // characters of a username or profile name
)

// IdentityChannels are the channels that know contacts by identities.
var IdentityChannels = []Channel{WhatsApp, Instagram, Messenger, Telegram, SMS, Email, Widget, Platform}

// IdentityKey is what makes an identity: two with the same key are one, and belong to one contact of a workspace.
type IdentityKey struct {
	Channel    Channel
	AccountID  string
	ExternalID string
}

// EveryAccount stands for the account in the key by which an identity is known on every account of its channel. No account is called so:
// it is a control character.
const EveryAccount = "\x00"

// BusinessScoped says that an external id is one that WhatsApp gives a person towards a business, whatever number of the business they
// write to: a country, a dot, and letters and digits.
// https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids
func BusinessScoped(channel Channel, externalID string) bool {
	if channel != WhatsApp || len(externalID) < 4 || externalID[2] != '.' {
		return false
	}
	country := func(c byte) bool { return c >= 'A' && c <= 'Z' }
	return country(externalID[0]) && country(externalID[1])
}

// Everywhere is the key of an identity on every account of its channel.
func (k IdentityKey) Everywhere() IdentityKey {
	return IdentityKey{k.Channel, EveryAccount, k.ExternalID}
}

// Key returns the identity's key.
func (i Identity) Key() IdentityKey { return IdentityKey{i.Channel, i.AccountID, i.ExternalID} }

// CheckIdentity demands a channel that has identities, an external id, and texts within their limits. Ids and names are a channel's own
// and stay as they are, character by character.
func CheckIdentity(i Identity) error {
	if !slices.Contains(IdentityChannels, i.Channel) {
		return refuse("There are no identities of such a channel; name one of %s.", joined(IdentityChannels))
	}
	if fold.Blank(i.ExternalID) {
		return refuse("An identity needs an externalId.")
	}
	for _, part := range []struct {
		what, text string
		limit      int
	}{
		{"An externalId", i.ExternalID, MaxIdentityID},
		{"An accountId", i.AccountID, MaxIdentityID},
		{"A username", i.Username, MaxProfile},
		{"A profile name", i.ProfileName, MaxProfile},
	} {
		if part.text == "" {
			continue
		}
		if err := checkText(part.what, part.text, part.limit); err != nil {
			return err
		}
		if part.limit == MaxIdentityID && len(part.text) > maxIdentityBytes {
			return &ValueError{Reason: fmt.Sprintf("%s may have at most %d bytes; shorten it.", part.what, maxIdentityBytes), Cause: ErrTooLong}
		}
	}
	return nil
}

// AddIdentities unites identities by their keys; the first of each stays as it is.
func AddIdentities(identities []Identity, more ...Identity) []Identity {
	united, known := slices.Clone(identities), make(map[IdentityKey]bool, len(identities)+len(more))
	for _, identity := range identities {
		known[identity.Key()] = true
	}
	for _, identity := range more {
		if key := identity.Key(); !known[key] {
			united, known[key] = append(united, identity), true
		}
	}
	return united
}

// lacking are the identities whose keys others lack.
func lacking(identities, others []Identity) []Identity {
	return slices.DeleteFunc(slices.Clone(identities), func(i Identity) bool {
		return slices.ContainsFunc(others, func(other Identity) bool { return other.Key() == i.Key() })
	})
}

// label names an identity for the activity.
func (i Identity) label() string { return string(i.Channel) + " " + i.ExternalID }

func joined(channels []Channel) string {
	names := make([]string, len(channels))
	for i, channel := range channels {
		names[i] = string(channel)
	}
	return strings.Join(names, ", ")
}
