package dynamo

import (
	"errors"
	"testing"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/channel/channeltest"
	"github.com/occ/contacts/pkg/contact"
)

// ofWidget makes an event one that came with a web widget's secret.
func ofWidget(e channel.Event) channel.Event {
	e.Channel, e.AccountID, e.Bound = contact.Widget, "site", true
	return e
}

func visits(second int, conversation string) channel.Event {
	e := ofWidget(said(channel.Message, second, channel.Person{Addresses: []channel.Address{{ExternalID: "visitor"}}, ProfileName: "Visitor"}))
	e.Conversation = conversation
	return e
}

// The secret of a web widget touches by id only what is of the widget.
func TestAWidgetTouchesOnlyItsOwn(t *testing.T) {
	s := fresh(t)
	w := wardOn(t, s)
	spoken := said(channel.Message, 10, channeltest.WhatsApp("201001234567", ""))
	spoken.Conversation = "theirs"
	hears(t, s, spoken)
	other := one(t, s)
	hears(t, s, visits(20, "ours"))
	var visitor contact.Contact
	for _, c := range everybody(t, s) {
		if c.ID != other.ID {
			visitor = c
		}
	}
	opened := func(id string, edit func(e *channel.Event)) channel.Event { return event(channel.Opened, id, 30, edit) }
	in := func(conversation string) func(*channel.Event) {
		return func(e *channel.Event) { e.Conversation, e.Request.ConversationID = conversation, conversation }
	}
	if err := w.ApplyRequest(ctx, opened("r-theirs", of(other))); err != nil {
		t.Fatal(err)
	}
	if err := w.ApplyRequest(ctx, opened("r-platform", in("ours"))); err != nil { // the platform's, about a conversation of the widget's
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		event channel.Event
		taken bool
	}{
		"a contact of another account":      {opened("r-1", of(other)), false},
		"a conversation of another account": {opened("r-2", in("theirs")), false},
		"a request of another account":      {event(channel.Deleted, "r-theirs", 40, nil), false},
		"its own contact":                   {opened("r-3", of(visitor)), true},
		"its own conversation":              {opened("r-4", in("ours")), true},
		"a request on its own conversation": {event(channel.Closed, "r-platform", 40, nil), true},
	} {
		err := w.ApplyRequest(ctx, ofWidget(c.event))
		if _, refused := errors.AsType[*channel.Refused](err); refused == c.taken || err != nil && !refused {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := w.ApplyRequest(ctx, ofWidget(event(channel.Deleted, "r-3", 50, nil))); err != nil {
		t.Errorf("its own request: %v", err)
	}
	if got := get(t, s, other.ID); got.RequestCount != 1 {
		t.Errorf("the contact of another account: %d requests", got.RequestCount)
	}
	for name, survey := range map[string]channel.Event{
		"contact": answered("y-1", 60, of(other)),
		"request": answered("y-2", 60, func(e *channel.Event) { e.ContactID, e.Survey.RequestID = visitor.ID, "r-theirs" }),
	} {
		if _, refused := errors.AsType[*channel.Refused](w.ApplySurvey(ctx, ofWidget(survey))); !refused {
			t.Errorf("a survey about a %s of another account is taken", name)
		}
	}
	hears(t, s, visits(5, "theirs")) // earlier than the conversation began
	found, err := s.FindConversation(ctx, ws, "theirs")
	if err != nil || found.ContactID != other.ID || !found.StartedAt.Equal(spoken.At) {
		t.Errorf("the widget took over a conversation: %+v, %v", found, err)
	}
	if breaches, err := s.Verify(ctx); err != nil || len(breaches.Breaches) > 0 {
		t.Error(breaches.Breaches, err)
	}
}

// A message may name a conversation by our id as well as by the platform's.
func TestAMessageNamesAConversationByOurID(t *testing.T) {
	s := fresh(t)
	first := said(channel.Message, 10, channeltest.WhatsApp("201001234567", ""))
	hears(t, s, first) // a conversation that the platform did not name
	named := said(channel.Message, 20, channeltest.WhatsApp("201001234567", ""))
	named.Conversation = "c-1"
	hears(t, s, named)
	c := one(t, s)
	ours, err := s.FindConversation(ctx, ws, "c-1")
	if err != nil || c.ConversationCount != 2 {
		t.Fatal(c.ConversationCount, err)
	}
	for second, id := range map[int]string{30: ours.ID, 40: c.Identities[0].ConversationID} {
		again := said(channel.Message, second, channeltest.WhatsApp("201001234567", ""))
		again.Conversation = id
		hears(t, s, again)
		if got, err := s.FindConversation(ctx, ws, id); err != nil || !got.LastMessageAt.Equal(again.At) {
			t.Errorf("%s: %+v, %v", id, got, err)
		}
	}
	stranger := said(channel.Message, 50, channeltest.WhatsApp("201007654321", ""))
	stranger.Conversation = c.Identities[0].ConversationID
	hears(t, s, stranger)
	if got := get(t, s, c.ID); got.ConversationCount != 2 {
		t.Errorf("%d conversations", got.ConversationCount)
	}
	if breaches, err := s.Verify(ctx); err != nil || len(breaches.Breaches) > 0 {
		t.Error(breaches.Breaches, err)
	}
}
