package channel

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/fold"
)

// SignedRequest is what a provider signs: the body as it came, byte by byte, and what goes with it.
type SignedRequest struct {
	Body   []byte
	Header func(name string) string
	URLs   []string // the spellings of the address that may have been called, as Twilio signs it
	At     time.Time
}

// Delivery is a body whose signature was right.
type Delivery struct {
	Workspace  string
	Account    AccountKey // that the address named
	ReceivedAt time.Time  // UTC, with milliseconds
	Body       []byte
	// Phone reads a phone number in any usual spelling as E.164.
	Phone func(raw string) (e164 string, err error)
}

// Reading is what a body says.
type Reading struct {
	Events   []Event
	Ignored  map[string]int // what becomes no event, by its type
	Unusable []Unusable
}

// Unusable is a part of a body that should be an event and cannot be.
type Unusable struct {
	Reason string // a sentence without anything of the body
	Body   []byte // the part, as a body of its own
}

// Ignore counts what becomes no event. A type is the provider's own word; one that reads like no such word could be anybody's text.
func (r *Reading) Ignore(what string) {
	if r.Ignored == nil {
		r.Ignored = map[string]int{}
	}
	other := func(c rune) bool { return (c < 'a' || c > 'z') && c != '_' && c != '.' }
	if what == "" || len(what) > 40 || strings.ContainsFunc(what, other) {
		what = "other"
	}
	r.Ignored[what]++
}

// Refuse keeps a part that cannot be used.
func (r *Reading) Refuse(reason string, body []byte) {
	r.Unusable = append(r.Unusable, Unusable{reason, body})
}

// NewEvent begins an event of a delivery, over the account that the address named. id tells it from every other one of its kind, however
// often it comes; none of it can be read back from the event.
func (d Delivery) NewEvent(provider string, kind Kind, account AccountKey, at time.Time, id ...string) Event {
	event := Event{
		Schema: EventSchema, Workspace: d.Workspace, Kind: kind, Channel: account.Channel, AccountID: account.ID, ReceivedAt: d.ReceivedAt,
		ID: eventID(append([]string{provider, string(account.Channel), account.ID, string(kind)}, id...)),
	}
	event.At = at.UTC().Truncate(time.Millisecond)
	if event.At.Unix() <= 0 || event.At.After(d.ReceivedAt.Add(maxAhead)) { // no message is older than Unix: nobody said
		event.At, event.Untimed = d.ReceivedAt, true
	}
	return event
}

// UnixMilli is a time in Unix milliseconds; zero for one before them, and for one that no calendar has.
func UnixMilli(milliseconds int64) time.Time {
	const year10000 = 253_402_300_800_000
	if milliseconds <= 0 || milliseconds >= year10000 {
		return time.Time{}
	}
	return time.UnixMilli(milliseconds)
}

// Unix is a time in Unix seconds, as UnixMilli.
func Unix(seconds int64) time.Time {
	if seconds > math.MaxInt64/1000 {
		return time.Time{}
	}
	return UnixMilli(seconds * 1000)
}

// maxAhead is how far ahead of its arrival an event may be said to lie (pkg/httpapi/README.md, "What follows from a
// message").
const maxAhead = 5 * time.Minute

// eventID hashes parts so that no two lists of parts read alike.
func eventID(parts []string) string {
	hash := sha256.New()
	for _, part := range parts {
		hash.Write(binary.BigEndian.AppendUint32(nil, uint32(len(part)))) //nolint:gosec // a body has at most 3 MB
		hash.Write([]byte(part))
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// CleanName is a name that a channel gave, as it may be stored: in NFC, without what cannot be seen, and cut where it is too long. Empty when
// nothing is left.
func CleanName(name string) string {
	clean := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r):
			return ' '
		case r == utf8.RuneError:
			return -1
		default:
			return r
		}
	}, name)
	clean = contact.CleanText(clean)
	if runes := []rune(clean); len(runes) > contact.MaxProfile {
		clean = contact.CleanText(string(runes[:contact.MaxProfile]))
	}
	visible := func(r rune) bool { return unicode.IsGraphic(r) && !unicode.IsMark(r) && !fold.Blank(string(r)) }
	if !strings.ContainsFunc(norm.NFC.String(clean), visible) {
		return ""
	}
	return clean
}

// CheckID demands an id that may stand in an identity.
func CheckID(id string) bool {
	return contact.CheckIdentity(contact.Identity{Channel: contact.Platform, ExternalID: id}) == nil
}
