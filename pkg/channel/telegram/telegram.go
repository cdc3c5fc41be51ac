// Package telegram reads the updates of Telegram's Bot API.
//
// https://core.telegram.org/bots/api#update
package telegram

import (
	"crypto/subtle"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/occ/contacts/pkg/channel"
)

const provider = "telegram"

// TokenHeader is the header that bears the secret of a webhook.
const TokenHeader = "X-Telegram-Bot-Api-Secret-Token" //nolint:gosec // a name, no secret

// Verify says whether an update bears the secret that the webhook was set with. https://core.telegram.org/bots/api#setwebhook
func Verify(request channel.SignedRequest, secretToken string) bool {
	given := request.Header(TokenHeader)
	return subtle.ConstantTimeCompare([]byte(given), []byte(secretToken)) == 1
}

type update struct {
	UpdateID int64          `json:"update_id"`
	Message  *message       `json:"message"`
	Callback *callback      `json:"callback_query"`
	Reaction *reactionCount `json:"message_reaction"`
}

type user struct {
	ID        int64  `json:"id"`
	IsBot     bool   `json:"is_bot"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	Username  string `json:"username"`
}

type chat struct {
	ID   int64  `json:"id"`
	Type string `json:"type"`
}

type message struct {
	MessageID int64 `json:"message_id"`
	From      *user `json:"from"`
	Chat      chat  `json:"chat"`
	Date      int64 `json:"date"` // Unix seconds
	Contact   *struct {
		PhoneNumber string `json:"phone_number"`
		UserID      int64  `json:"user_id"`
	} `json:"contact"`
}

// callback is a button that was pressed; it has no time of its own.
type callback struct {
	ID      string   `json:"id"`
	From    *user    `json:"from"`
	Message *message `json:"message"` // with the button; its author is the bot
}

type reactionCount struct {
	Chat chat  `json:"chat"`
	User *user `json:"user"`
	Date int64 `json:"date"`
}

// reader reads one update.
type reader struct {
	channel.Delivery
	channel.Reading
}

// Parse reads an update, which is known to be JSON.
func Parse(d channel.Delivery) channel.Reading {
	r := &reader{Delivery: d}
	var u update
	if json.Unmarshal(d.Body, &u) != nil {
		r.Refuse("The update has fields of other types.", d.Body)
		return r.Reading
	}
	switch {
	case u.Message != nil:
		r.message(*u.Message)
	case u.Callback != nil:
		r.callback(*u.Callback)
	case u.Reaction != nil:
		if r.from(u.Reaction.User, u.Reaction.Chat) {
			r.add(channel.Interaction, *u.Reaction.User, channel.Unix(u.Reaction.Date), "reaction", number(u.UpdateID))
		}
	default:
		r.Ignore(kindOf(d.Body))
	}
	return r.Reading
}

func (r *reader) message(m message) {
	switch {
	case !r.from(m.From, m.Chat):
		return
	case m.MessageID == 0:
		r.Refuse("A message has no id.", r.Body)
		return
	}
	r.add(channel.Message, *m.From, channel.Unix(m.Date), number(m.Chat.ID), number(m.MessageID))
	if m.Contact == nil || m.Contact.UserID != m.From.ID {
		return
	}
	// Telegram writes its numbers with or without +, and always with the country code.
	if _, phone := channel.WhatsAppAddress(strings.TrimPrefix(m.Contact.PhoneNumber, "+")); phone != "" {
		r.add(channel.PhoneShared, *m.From, channel.Unix(m.Date), number(m.Chat.ID), number(m.MessageID))
		r.Events[len(r.Events)-1].Person.Phone = phone
	}
}

func (r *reader) callback(c callback) {
	switch {
	case c.Message == nil: // a button of an inline message: who knows in what chat
		r.Ignore("inline")
	case !r.from(c.From, c.Message.Chat):
	case c.ID == "":
		r.Refuse("A callback query has no id.", r.Body)
	default:
		r.add(channel.Interaction, *c.From, time.Time{}, "callback", c.ID)
	}
}

// from says that somebody did something in a chat with the bot alone. What else there is, is counted or refused.
func (r *reader) from(u *user, c chat) bool {
	switch {
	case c.Type == "":
		r.Refuse("An update names no chat.", r.Body)
	case c.Type != "private":
		r.Ignore(c.Type)
	case u == nil || u.ID == 0:
		r.Refuse("An update does not say who it is from.", r.Body)
	case u.IsBot:
		r.Ignore("bot")
	default:
		return true
	}
	return false
}

func (r *reader) add(kind channel.Kind, u user, at time.Time, id ...string) {
	event := r.NewEvent(provider, kind, r.Account, at, id...)
	event.WholeSecond = !event.Untimed
	if kind != channel.PhoneShared {
		event.Direction = channel.Inbound
	}
	event.Person = channel.Person{
		Addresses:   []channel.Address{{ExternalID: number(u.ID)}},
		ProfileName: channel.CleanName(channel.CleanName(u.FirstName) + " " + channel.CleanName(u.LastName)), Username: channel.CleanName(u.Username),
	}
	r.Events = append(r.Events, event)
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

// kindOf is the type of an update: its member beside update_id.
func kindOf(body []byte) string {
	var members map[string]json.RawMessage
	_ = json.Unmarshal(body, &members) // it was read before
	kind := ""
	for name := range members {
		if name != "update_id" && (kind == "" || name < kind) {
			kind = name
		}
	}
	return kind
}
