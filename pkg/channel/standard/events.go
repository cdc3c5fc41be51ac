package standard

import (
	"encoding/json"
	"time"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/contact"
)

// Limits of texts, in characters.
const (
	maxSubject = 2_000
	maxComment = 10_000
)

type messageData struct {
	place
	ConversationID string            `json:"conversationId"`
	CampaignID     string            `json:"campaignId"`
	MessageID      string            `json:"messageId"`
	Contact        person            `json:"contact"`
	Direction      channel.Direction `json:"direction"`
	SentAt         moment            `json:"sentAt"`
}

// message reads conversation.message. A message is known by its own ids: webhook-id is another one when the platform sends it anew.
func (r reader) message(data json.RawMessage) (channel.Event, error) {
	var d messageData
	if err := decode(data, &d); err != nil {
		return channel.Event{}, err
	}
	if d.Direction != channel.Inbound && d.Direction != channel.Outbound {
		return channel.Event{}, errWay
	}
	event, err := r.spoken(channel.Message, d, d.ConversationID)
	event.Direction, event.Conversation = d.Direction, d.ConversationID
	return event, err
}

// campaign reads campaign.message_sent.
func (r reader) campaign(data json.RawMessage) (channel.Event, error) {
	var d messageData
	if err := decode(data, &d); err != nil {
		return channel.Event{}, err
	}
	event, err := r.spoken(channel.CampaignMessage, d, d.CampaignID)
	event.Direction = channel.Outbound
	return event, err
}

// spoken is a message to or from somebody, within a conversation or campaign.
func (r reader) spoken(kind channel.Kind, d messageData, within string) (channel.Event, error) {
	account, err := r.account(d.place)
	if err == nil {
		err = checkIDs(2, within, d.MessageID)
	}
	if err != nil {
		return channel.Event{}, err
	}
	event := r.NewEvent(provider, kind, account, d.SentAt.or(r.said), within, d.MessageID)
	event.Person = d.Contact.read(account.Channel, r.Phone)
	return event, someone(event.Person)
}

type requestData struct {
	place
	RequestID      string  `json:"requestId"`
	ConversationID string  `json:"conversationId"`
	ContactID      string  `json:"contactId"`
	Contact        *person `json:"contact"`
	Subject        string  `json:"subject"`
	Status         string  `json:"status"`
	At             moment  `json:"at"`
}

// request reads the events of support requests.
func request(action channel.RequestAction) func(reader, json.RawMessage) (channel.Event, error) {
	return func(r reader, data json.RawMessage) (channel.Event, error) {
		var d requestData
		if err := decode(data, &d); err != nil {
			return channel.Event{}, err
		}
		for _, err := range []error{
			checkIDs(1, d.RequestID, d.ConversationID, d.ContactID), checkLength(d.Subject, maxSubject), checkLength(d.Status, contact.MaxIdentityID),
		} {
			if err != nil {
				return channel.Event{}, err
			}
		}
		account, person, err := r.whose(d.place, d.Contact)
		if err != nil {
			return channel.Event{}, err
		}
		at := d.At.or(r.said)
		if at.IsZero() { // the latest decides what a request is
			return channel.Event{}, errWhen
		}
		event := r.NewEvent(provider, channel.RequestChanged, account, at, d.RequestID, string(action), at.UTC().Format(time.RFC3339Nano))
		event.Person, event.ContactID, event.Conversation = person, d.ContactID, d.ConversationID
		event.Request = &channel.Request{
			ID: d.RequestID, ConversationID: d.ConversationID, ContactID: d.ContactID, Subject: contact.CleanText(d.Subject), Status: contact.CleanText(d.Status),
			Action: action, UpdatedAt: event.At,
		}
		if action == channel.Opened {
			event.Request.OpenedAt = event.At
		}
		return event, nil
	}
}

type surveyData struct {
	place
	SurveyID       string   `json:"surveyId"`
	RequestID      string   `json:"requestId"`
	ConversationID string   `json:"conversationId"`
	ContactID      string   `json:"contactId"`
	Contact        *person  `json:"contact"`
	Score          *float64 `json:"score"`
	MaxScore       *float64 `json:"maxScore"`
	Comment        string   `json:"comment"`
	SubmittedAt    moment   `json:"submittedAt"`
}

// survey reads survey.submitted.
func (r reader) survey(data json.RawMessage) (channel.Event, error) {
	var d surveyData
	if err := decode(data, &d); err != nil {
		return channel.Event{}, err
	}
	for _, err := range []error{checkIDs(1, d.SurveyID, d.RequestID, d.ConversationID, d.ContactID), checkLength(d.Comment, maxComment)} {
		if err != nil {
			return channel.Event{}, err
		}
	}
	if d.Score == nil || d.MaxScore == nil {
		return channel.Event{}, errScore
	}
	account, person, err := r.whose(d.place, d.Contact)
	if err != nil {
		return channel.Event{}, err
	}
	event := r.NewEvent(provider, channel.SurveySubmitted, account, d.SubmittedAt.or(r.said), d.SurveyID)
	event.Person, event.ContactID, event.Conversation = person, d.ContactID, d.ConversationID
	event.Survey = &channel.Feedback{
		ID: d.SurveyID, RequestID: d.RequestID, ConversationID: d.ConversationID, ContactID: d.ContactID,
		Score: *d.Score, MaxScore: *d.MaxScore, Comment: contact.CleanLines(d.Comment), SubmittedAt: event.At,
	}
	return event, nil
}

// whose reads the account and the person that a request or a survey may name. It need name neither; a person without an account is known by
// phone and e-mail alone.
func (r reader) whose(p place, said *person) (account channel.AccountKey, who channel.Person, err error) {
	if p != (place{}) {
		if account, err = r.account(p); err != nil {
			return account, who, err
		}
	} else if r.Account.Channel != contact.Platform {
		account = r.Account
	}
	if said == nil {
		return account, who, nil
	}
	who = said.read(account.Channel, r.Phone)
	if account == (channel.AccountKey{}) {
		who.Addresses = nil
	} else if err = someone(who); err != nil {
		return account, who, err
	}
	return account, who, nil
}
