package channel

import (
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/occ/contacts/pkg/contact"
)

// check demands what an event needs to be applied. Whatever breaks it is the fault of whoever made the event: no repetition helps. Its
// sentences name no person.
func check(e Event, workspace string) error {
	switch {
	case e.Schema > EventSchema:
		return fmt.Errorf("channel: event %s has schema %d; this function reads up to %d: deploy the newer one and redrive", e.ID, e.Schema, EventSchema)
	case e.Workspace == "" || e.Workspace != workspace:
		return fmt.Errorf("channel: event %s is of another workspace than its batch", e.ID)
	case e.ID == "":
		return errors.New("channel: an event has no id, so that a repetition could not be told")
	case e.At.IsZero() || e.At.UTC().Year() < 1 || e.At.UTC().Year() > 9999:
		return fmt.Errorf("channel: event %s says no time that can be kept", e.ID)
	}
	switch e.Kind {
	case RequestChanged, SurveySubmitted:
		return nil
	case Message, CampaignMessage, Interaction, PhoneShared:
		return checkPerson(e, e.Person)
	case NumberChanged, UserIDChanged:
		if e.Former == nil || len(e.Former.Addresses) == 0 || len(e.Person.Addresses) == 0 {
			return fmt.Errorf("channel: event %s of kind %s does not say who somebody was and is", e.ID, e.Kind)
		}
		return errors.Join(checkPerson(e, e.Person), checkPerson(e, *e.Former))
	default:
		return fmt.Errorf("channel: event %s has the unknown kind %q", e.ID, e.Kind)
	}
}

func checkPerson(e Event, p Person) error {
	if len(p.Addresses) == 0 && p.Phone == "" && p.Email == "" {
		return fmt.Errorf("channel: event %s names nobody: it has neither address, phone nor e-mail", e.ID)
	}
	if !slices.Contains(contact.IdentityChannels, e.Channel) {
		return fmt.Errorf("channel: event %s is of a channel that knows nobody", e.ID)
	}
	for _, a := range p.Addresses {
		if contact.CheckIdentity(contact.Identity{Channel: e.Channel, AccountID: e.AccountID, ExternalID: a.ExternalID}) != nil {
			return fmt.Errorf("channel: event %s has an account or external id that cannot be kept", e.ID)
		}
	}
	if len(p.Phone) > maxPhone || len(p.Email) > contact.MaxEmail || len(e.Conversation) > maxConversationID {
		return fmt.Errorf("channel: event %s has a phone, e-mail or conversation id over its limit", e.ID)
	}
	return nil
}

const (
	maxPhone          = 16    // E.164: a + and at most 15 digits
	maxConversationID = 1_024 // bytes; the longest that the platform may choose
)

// shortened is a text of a profile within a limit of characters: nobody can be asked for a shorter one.
func shortened(text string, limit int) string {
	if utf8.RuneCountInString(text) <= limit {
		return text
	}
	return contact.CleanText(string([]rune(text)[:limit]))
}
