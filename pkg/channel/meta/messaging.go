package meta

import (
	"encoding/json"
	"slices"
	"strconv"

	"github.com/occ/contacts/pkg/channel"
)

type party struct {
	ID string `json:"id"`
}

// messaging is an event of Messenger or Instagram. Their ids are scoped to the page; no name or username comes with them.
type messaging struct {
	Sender    party `json:"sender"`
	Recipient party `json:"recipient"`
	Timestamp int64 `json:"timestamp"` // Unix milliseconds
	Message   *struct {
		MID       string `json:"mid"`
		IsEcho    bool   `json:"is_echo"`
		IsDeleted bool   `json:"is_deleted"`
	} `json:"message"`
	Postback *struct {
		MID string `json:"mid"`
	} `json:"postback"`
	Reaction *struct {
		MID    string `json:"mid"`
		Action string `json:"action"`
	} `json:"reaction"`
}

// messaging reads an event of a page's or an account's inbox.
func (r *reader) messaging(account string, raw json.RawMessage) {
	var m messaging
	if json.Unmarshal(raw, &m) != nil {
		r.Refuse("A messaging event has fields of other types.", r.wrapped(list("messaging", account, raw)))
		return
	}
	kind, id, echo := m.what()
	if kind == "" {
		r.Ignore(other(raw))
		return
	}
	direction, theirs := channel.Inbound, m.Sender.ID
	if echo || m.Sender.ID == account && account != "" {
		direction, theirs = channel.Outbound, m.Recipient.ID
	}
	switch {
	case account == "":
		r.Refuse("An entry names no account.", r.wrapped(list("messaging", account, raw)))
	case theirs == account:
		r.Ignore("own")
	case !channel.CheckID(theirs):
		r.Refuse("A messaging event does not say who the person is.", r.wrapped(list("messaging", account, raw)))
	case id[0] == "" && m.Timestamp == 0:
		r.Refuse("A messaging event has neither an id nor a time.", r.wrapped(list("messaging", account, raw)))
	default:
		at := channel.UnixMilli(m.Timestamp)
		event := r.NewEvent(provider, kind, channel.AccountKey{Channel: objects[r.object], ID: account}, at, append(id, theirs)...)
		event.Direction, event.Person = direction, channel.Person{Addresses: []channel.Address{{ExternalID: theirs}}}
		r.add(event)
	}
}

// what says of which kind an event is, and what tells it from others; no kind where it becomes no event.
func (m messaging) what() (kind channel.Kind, id []string, echo bool) {
	at := strconv.FormatInt(m.Timestamp, 10)
	switch {
	case m.Message != nil && m.Message.IsDeleted:
		return "", nil, false
	case m.Message != nil && m.Message.MID != "":
		return channel.Message, []string{m.Message.MID}, m.Message.IsEcho
	case m.Message != nil:
		return channel.Message, []string{"", at}, m.Message.IsEcho
	case m.Postback != nil && m.Postback.MID != "":
		return channel.Interaction, []string{m.Postback.MID, "postback"}, false
	case m.Postback != nil:
		return channel.Interaction, []string{"", "postback", at}, false
	case m.Reaction != nil:
		return channel.Interaction, []string{m.Reaction.MID, "reaction", m.Reaction.Action, at}, false
	default:
		return "", nil, false
	}
}

// other names an event that becomes none: read, delivery, optin and the like.
func other(raw json.RawMessage) string {
	var members map[string]json.RawMessage
	_ = json.Unmarshal(raw, &members) // it was read before
	var names []string
	for name := range members {
		if !slices.Contains([]string{"sender", "recipient", "timestamp"}, name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return slices.Min(names)
}
