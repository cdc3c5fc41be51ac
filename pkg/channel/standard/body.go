package standard

import (
	"encoding/json"
	"errors"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/contact"
)

const provider = "standard"

type body struct {
	Type      string          `json:"type"`
	Timestamp moment          `json:"timestamp"` // of the event, where data says none
	Data      json.RawMessage `json:"data"`
}

// moment is an RFC 3339 time; zero when absent.
type moment struct{ time.Time }

// UnmarshalJSON implements json.Unmarshaler.
func (m *moment) UnmarshalJSON(text []byte) error {
	var value *string
	if err := json.Unmarshal(text, &value); err != nil || value == nil {
		return err
	}
	at, err := time.Parse(time.RFC3339, *value)
	m.Time = at
	return err
}

func (m moment) or(other moment) time.Time {
	if m.IsZero() {
		return other.Time
	}
	return m.Time
}

// types are the events that there are (pkg/httpapi/README.md, "Events of the platform").
var types = map[string]func(reader, json.RawMessage) (channel.Event, error){
	"conversation.message":  reader.message,
	"campaign.message_sent": reader.campaign,
	"request.opened":        request(channel.Opened), "request.updated": request(channel.Updated),
	"request.closed": request(channel.Closed), "request.deleted": request(channel.Deleted),
	"survey.submitted": reader.survey,
}

// reader reads one event.
type reader struct {
	channel.Delivery
	said moment
}

var (
	errTypes = errors.New("The data have fields of other types, or a time that is not RFC 3339.")                           //nolint:staticcheck // a sentence for people
	errOther = errors.New("The event names another account than the address; only events of the platform may.")             //nolint:staticcheck // a sentence for people
	errWho   = errors.New("The contact has no externalId, phone, email or username, or an externalId that cannot be kept.") //nolint:staticcheck // a sentence for people
	errWhere = errors.New("The channel is none that has accounts, or channel and accountId are not given together.")        //nolint:staticcheck // a sentence for people
	errIDs   = errors.New("An id is missing, or one has more than 256 characters or 512 bytes.")                            //nolint:staticcheck // a sentence for people
	errWay   = errors.New("The direction is neither inbound nor outbound.")                                                 //nolint:staticcheck // a sentence for people
	errLong  = errors.New("The subject, status or comment is too long, or holds a control character.")                      //nolint:staticcheck // a sentence for people
	errWhen  = errors.New("The event has no time.")                                                                         //nolint:staticcheck // a sentence for people
	errScore = errors.New("The score or the maxScore is missing.")                                                          //nolint:staticcheck // a sentence for people
)

// Parse reads an event, which is known to be JSON.
func Parse(d channel.Delivery) channel.Reading {
	var r channel.Reading
	var b body
	if json.Unmarshal(d.Body, &b) != nil || b.Type == "" {
		r.Refuse("The body is no event: it has no type, or type or timestamp are of other types.", d.Body)
		return r
	}
	read, known := types[b.Type]
	if !known {
		r.Ignore(b.Type)
		return r
	}
	event, err := read(reader{d, b.Timestamp}, b.Data)
	switch {
	case errors.Is(err, errOther):
		r.Ignore("other_account")
	case err != nil:
		r.Refuse(err.Error(), d.Body)
	default:
		event.Bound = d.Account.Channel != contact.Platform
		r.Events = append(r.Events, event)
	}
	return r
}

func decode(data json.RawMessage, value any) error {
	if text := strings.TrimSpace(string(data)); !strings.HasPrefix(text, "{") || json.Unmarshal(data, value) != nil {
		return errTypes
	}
	return nil
}

// place is where an event happened.
type place struct {
	Channel   contact.Channel `json:"channel"`
	AccountID string          `json:"accountId"`
}

// account is the account that an event names; that of the address when it names none. Only those of the platform may name another.
func (r reader) account(p place) (channel.AccountKey, error) {
	if p == (place{}) {
		return r.Account, nil
	}
	named := channel.AccountKey{Channel: p.Channel, ID: p.AccountID}
	switch {
	case channel.CheckAccountKey(named) != nil && !viaTwilio(named):
		return named, errWhere
	case named != r.Account && r.Account.Channel != contact.Platform:
		return named, errOther
	}
	return named, nil
}

// viaTwilio says that an account is a WhatsApp sender of Twilio, whose account is of channel sms.
func viaTwilio(key channel.AccountKey) bool {
	return key.Channel == contact.WhatsApp && channel.CheckAccountKey(channel.AccountKey{Channel: contact.SMS, ID: key.ID}) == nil
}

// checkIDs demands ids that may be kept, of which the first ones have to be there.
func checkIDs(required int, ids ...string) error {
	for i, id := range ids {
		if id == "" && i < required || id != "" && !channel.CheckID(id) {
			return errIDs
		}
	}
	return nil
}

// checkLength demands a text of at most so many characters that can be stored.
func checkLength(text string, most int) error {
	control := func(r rune) bool { return unicode.IsControl(r) && !strings.ContainsRune("\r\n\t", r) }
	if utf8.RuneCountInString(text) > most || strings.ContainsFunc(text, control) {
		return errLong
	}
	return nil
}
