// Package channeltest checks what the readers of webhooks make of bodies, for their tests.
package channeltest

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/phone"
)

// Received is when deliveries arrive.
var Received = time.Date(2026, 11, 25, 12, 0, 5, 0, time.UTC)

// Delivery is a body that came for an account of workspace demo, whose region is EG.
func Delivery(c contact.Channel, account, body string) channel.Delivery {
	return channel.Delivery{
		Workspace: "demo", Account: channel.AccountKey{Channel: c, ID: account}, ReceivedAt: Received, Body: []byte(body),
		Phone: func(raw string) (string, error) { return phone.Parse(raw, "EG") },
	}
}

// Said is an event in words: kind, channel, account, direction, and the person's addresses (* on every account, = other spellings), phone,
// e-mail, name, profile name and username.
func Said(e channel.Event) string {
	var text strings.Builder
	text.WriteString(strings.Join([]string{string(e.Kind), string(e.Channel), e.AccountID, string(e.Direction)}, " "))
	person(&text, e.Person)
	if e.Former != nil {
		text.WriteString(" was")
		person(&text, *e.Former)
	}
	return text.String()
}

func person(text *strings.Builder, p channel.Person) {
	for _, a := range p.Addresses {
		text.WriteString(" " + a.ExternalID)
		if a.EveryAccount {
			text.WriteString("*")
		}
		for _, spelling := range a.Spellings {
			text.WriteString("=" + spelling)
		}
	}
	for _, value := range []string{p.Phone, p.Email, p.Name, p.ProfileName, p.Username} {
		text.WriteString("|" + value)
	}
}

// Summary is what a reading says: its events in words, what is ignored, and the reasons of what cannot be used.
func Summary(r channel.Reading) []string {
	var all []string
	for _, event := range r.Events {
		all = append(all, Said(event))
	}
	for what := range r.Ignored {
		all = append(all, "ignored "+what)
	}
	for _, unusable := range r.Unusable {
		all = append(all, "unusable: "+unusable.Reason)
	}
	slices.Sort(all)
	return all
}

var (
	hash = regexp.MustCompile(`^[0-9a-f]{64}$`)
	e164 = regexp.MustCompile(`^(\+[1-9][0-9]{6,14})?$`)
	word = regexp.MustCompile(`^[a-z_.]+$`)
)

// Check demands what holds of every reading, whatever the body was. reread reads a part that could not be used.
func Check(t testing.TB, d channel.Delivery, r channel.Reading, reread func(channel.Delivery) channel.Reading) {
	t.Helper()
	for _, e := range r.Events {
		spoken := slices.Contains([]channel.Kind{channel.Message, channel.CampaignMessage, channel.Interaction, channel.PhoneShared}, e.Kind)
		switch {
		case !hash.MatchString(e.ID), e.Workspace != "demo", e.Schema != channel.EventSchema, e.Kind == "":
			t.Errorf("an event without its frame: %+v", e)
		case !e.ReceivedAt.Equal(Received), e.At.After(Received.Add(5 * time.Minute)), e.At.Location() != time.UTC:
			t.Errorf("times %v and %v", e.At, e.ReceivedAt)
		case e.WholeSecond && (e.Untimed || !spoken || !e.At.Equal(e.At.Truncate(time.Second))):
			t.Errorf("not a whole second: %+v", e)
		case spoken && (len(e.Person.Addresses) == 0 || e.AccountID == ""):
			t.Errorf("nobody, or nowhere: %+v", e)
		}
		for _, p := range []*channel.Person{&e.Person, e.Former} {
			if p != nil {
				checkPerson(t, *p)
			}
		}
	}
	if _, err := json.Marshal(r.Events); err != nil {
		t.Error(err)
	}
	for what := range r.Ignored {
		if !word.MatchString(what) {
			t.Errorf("ignored %q", what)
		}
	}
	for _, unusable := range r.Unusable {
		if !strings.HasSuffix(unusable.Reason, ".") {
			t.Errorf("reason %q", unusable.Reason)
		}
		part := d
		part.Body = unusable.Body
		if again := reread(part); len(again.Events) != 0 || len(again.Unusable) != 1 || again.Unusable[0].Reason != unusable.Reason {
			t.Errorf("%q read again: %+v", unusable.Body, again)
		}
	}
}

func checkPerson(t testing.TB, p channel.Person) {
	t.Helper()
	for _, a := range p.Addresses {
		identity := contact.Identity{Channel: contact.Platform, ExternalID: a.ExternalID, Username: p.Username, ProfileName: p.ProfileName}
		if err := contact.CheckIdentity(identity); err != nil {
			t.Errorf("%+v: %v", identity, err)
		}
	}
	if p.Email != "" {
		if email, err := contact.NormalizeEmail(p.Email); err != nil || email != p.Email {
			t.Errorf("e-mail %q: %v", p.Email, err)
		}
	}
	if p.Name != "" {
		if name, err := contact.NormalizeName(p.Name); err != nil || name != p.Name {
			t.Errorf("name %q: %v", p.Name, err)
		}
	}
	if !e164.MatchString(p.Phone) {
		t.Errorf("phone %q", p.Phone)
	}
}

// WhatsApp is somebody on WhatsApp by number, with its phone, and by business-scoped user id; what is empty is not known of them.
func WhatsApp(number, userID string) (p channel.Person) {
	if number != "" {
		p.Addresses, p.Phone = append(p.Addresses, channel.Address{ExternalID: number}), "+"+number
	}
	if userID != "" {
		p.Addresses = append(p.Addresses, channel.Address{ExternalID: userID, EveryAccount: true})
	}
	return p
}
