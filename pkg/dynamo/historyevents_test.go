package dynamo

import (
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/channel/channeltest"
	"github.com/occ/contacts/pkg/contact"
)

// person is somebody on WhatsApp, by number, by user id, or by both.
func (h *life) person() channel.Person {
	number, userID := maybe(h, 2, h.number), maybe(h, 2, h.userID)
	if number == "" && userID == "" {
		number = h.number()
	}
	return channeltest.WhatsApp(number, userID)
}

// happened makes an event of now, of a moment ago, or of long ago. Providers give whole seconds.
func (h *life) happened(kind channel.Kind, p channel.Person) channel.Event {
	e := said(kind, 0, p)
	ago := time.Duration(h.dice.IntN(5)) * time.Second
	if h.chance(8) {
		ago = time.Duration(h.dice.IntN(60)) * time.Second
	}
	e.ID, e.ReceivedAt, e.At = uuid.NewString(), h.clock.now(), h.clock.now().Add(-ago).Truncate(time.Second)
	e.AccountID = fmt.Sprint("line-", 1+h.dice.IntN(2))
	e.WholeSecond = kind != channel.NumberChanged && kind != channel.UserIDChanged
	return e
}

// maxDeliveries is how often a message that fails is delivered until it is given up.
const maxDeliveries = 12

// deliver has events applied as the queue does, all of them as one message.
func (h *life) deliver(events ...channel.Event) error {
	for delivery := 1; ; delivery++ {
		err := h.applier.Apply(ctx, batchOf(events...))[0]
		if err == nil || delivery == maxDeliveries || h.alone {
			return err
		}
		h.say("  delivery %d: %.200v", delivery, err)
	}
}

func spelled(p channel.Person) string {
	var ids []string
	for _, a := range p.Addresses {
		ids = append(ids, a.ExternalID)
	}
	return strings.TrimSpace(fmt.Sprint(strings.Join(ids, "+"), " ", p.Phone, " ", p.Email))
}

func (h *life) hear() {
	var events []channel.Event
	for range 1 + h.dice.IntN(2) {
		p := h.person()
		site := h.chance(4)
		if site { // what a site knows of its visitor
			p = channel.Person{Addresses: []channel.Address{{ExternalID: fmt.Sprint("visitor ", h.dice.IntN(5))}}}
			if number := maybe(h, 2, h.number); number != "" {
				p.Phone = "+" + number
			}
		}
		if p.Email = maybe(h, 4, h.email); h.chance(3) {
			p.Name = fmt.Sprint("Named Of ", h.dice.IntN(9))
		}
		username := maybe(h, 3, func() string { return fmt.Sprint("mona_", h.dice.IntN(3)) })
		p = called(p, fmt.Sprint("Profile ", h.dice.IntN(9)), username)
		kinds := []channel.Kind{channel.Message, channel.Message, channel.CampaignMessage, channel.Interaction}
		e := h.happened(kinds[h.dice.IntN(len(kinds))], p)
		if site {
			e.Channel, e.AccountID = contact.Widget, "site"
		}
		if h.chance(8) {
			e.Direction = channel.Outbound
		}
		e.Conversation = maybe(h, 5, h.conversation)
		events = append(events, e)
	}
	for _, e := range events {
		h.say(
			"hear %s on %s at %s: %s, conversation %q",
			e.Kind,
			e.AccountID,
			e.At.Format("15:04:05"),
			spelled(e.Person),
			e.Conversation,
		)
	}
	h.must(h.deliver(events...))
}

func (h *life) changeNumber() {
	kind := channel.NumberChanged
	former := channeltest.WhatsApp(h.number(), maybe(h, 2, h.userID))
	now := channeltest.WhatsApp(h.number(), maybe(h, 2, h.userID))
	if h.chance(3) {
		kind = channel.UserIDChanged
		former, now = channeltest.WhatsApp("", h.userID()), channeltest.WhatsApp("", h.userID())
	}
	e := h.happened(kind, now)
	e.Former = &former
	h.say("%s on %s at %s: %s -> %s", kind, e.AccountID, e.At.Format("15:04:05"), spelled(former), spelled(now))
	h.must(h.deliver(e))
	if from, to := strings.TrimPrefix(former.Phone, "+"), strings.TrimPrefix(now.Phone, "+"); from != "" {
		h.became[from] = append(h.became[from], to)
	}
}

func (h *life) tellOfRequest() {
	actions := []channel.RequestAction{channel.Opened, channel.Updated, channel.Closed, channel.Deleted}
	id, action := fmt.Sprint("request ", h.dice.IntN(6)), actions[h.dice.IntN(len(actions))]
	e := event(action, id, 0, nil)
	e.ID, e.ReceivedAt = uuid.NewString(), h.clock.now()
	e.At = h.clock.now().Add(-time.Duration(h.dice.IntN(6)) * time.Second)
	if c, found := h.anybody(); found && h.chance(2) {
		e.ContactID = c.ID
	} else if h.chance(2) {
		e.Request.ConversationID = h.conversation()
	} else {
		e.Channel, e.AccountID, e.Person = contact.WhatsApp, "line-1", h.person()
	}
	h.say(
		"request %q %s, contact %q, conversation %q, person %s",
		id,
		action,
		e.ContactID,
		e.Request.ConversationID,
		spelled(e.Person),
	)
	h.must(h.deliver(e))
}

func (h *life) answerSurvey() {
	c, found := h.anybody()
	if !found {
		return
	}
	e := answered(uuid.NewString(), 0, of(c))
	e.ReceivedAt, e.At = h.clock.now(), h.clock.now()
	h.say("survey of %s", c.ID)
	h.must(h.deliver(e))
}
