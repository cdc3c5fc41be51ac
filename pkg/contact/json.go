package contact

import (
	"reflect"
	"slices"
	"time"

	"github.com/occ/contacts/pkg/plainjson"
	"github.com/occ/contacts/pkg/problem"
)

// TimeFormat is how times are written everywhere: RFC 3339, UTC, with milliseconds.
const TimeFormat = "2006-01-02T15:04:05.000Z"

// FormatTime writes a time in TimeFormat.
func FormatTime(t time.Time) string { return t.UTC().Format(TimeFormat) }

// View is a contact as the API answers it (pkg/httpapi/README.md, "Fields of a contact").
type View struct {
	ID                string         `json:"id" doc:"Opaque id"`
	Name              string         `json:"name" doc:"The name, or what stands for it: profile name, username, phone, e-mail or external id" example:"Mona Adel"`
	Email             *string        `json:"email" nullable:"true" doc:"E-mail address, its domain in lower case" example:"mona@example.com"`
	Phone             *string        `json:"phone" nullable:"true" doc:"Phone number in E.164" example:"+201001234567"`
	Company           *string        `json:"company" nullable:"true" example:"Acme"`
	Channel           Channel        `json:"channel" doc:"Where they first contacted the team" enum:"whatsapp,instagram,messenger,telegram,sms,email,widget,platform,campaign,import,api"`
	Identities        []IdentityView `json:"identities" nullable:"false" doc:"Addresses by which channels know the contact"`
	Labels            []string       `json:"labels" nullable:"false"`
	CustomAttributes  map[string]any `json:"customAttributes" doc:"Values are strings, numbers or booleans"`
	ConversationCount int            `json:"conversationCount"`
	RequestCount      int            `json:"requestCount"`
	LastInteractionAt *string        `json:"lastInteractionAt" nullable:"true" format:"date-time"`
	CreatedAt         string         `json:"createdAt" format:"date-time"`
	UpdatedAt         string         `json:"updatedAt" format:"date-time"`
	Version           int            `json:"version" doc:"Moves with every change"`
}

// IdentityView is an identity as the API answers it.
type IdentityView struct {
	Channel     Channel `json:"channel"`
	AccountID   string  `json:"accountId"`
	ExternalID  string  `json:"externalId"`
	Username    *string `json:"username" nullable:"true"`
	ProfileName *string `json:"profileName" nullable:"true"`
	FirstSeenAt string  `json:"firstSeenAt" format:"date-time"`
	LastSeenAt  string  `json:"lastSeenAt" format:"date-time"`
}

// View returns the contact as the API answers it.
func (c Contact) View() View {
	view := View{
		ID: c.ID, Name: c.DisplayName(), Email: orNull(c.Email), Phone: orNull(c.Phone), Company: orNull(c.Company), Channel: c.Channel,
		Identities: []IdentityView{}, Labels: append([]string{}, c.Labels...), CustomAttributes: c.Attributes,
		ConversationCount: c.ConversationCount, RequestCount: c.RequestCount,
		CreatedAt: FormatTime(c.CreatedAt), UpdatedAt: FormatTime(c.UpdatedAt), Version: c.Version,
	}
	if view.CustomAttributes == nil {
		view.CustomAttributes = map[string]any{}
	}
	if !c.LastInteractionAt.IsZero() {
		view.LastInteractionAt = orNull(FormatTime(c.LastInteractionAt))
	}
	for _, identity := range c.Identities {
		view.Identities = append(view.Identities, IdentityView{
			Channel: identity.Channel, AccountID: identity.AccountID, ExternalID: identity.ExternalID,
			Username: orNull(identity.Username), ProfileName: orNull(identity.ProfileName),
			FirstSeenAt: FormatTime(identity.FirstSeenAt), LastSeenAt: FormatTime(identity.LastSeenAt),
		})
	}
	return view
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// CheckSize demands that the contact, as answered, stays within MaxSize, or does not grow where joins have left more;
// problem.ContactTooLarge otherwise. Before is the zero value for a new contact.
func CheckSize(before, after Contact) error {
	size, err := answeredSize(after)
	if err != nil || size <= MaxSize {
		return err
	}
	former, err := answeredSize(before)
	if err != nil {
		return err
	}
	if size > former+sizeSlack {
		return problem.New(problem.ContactTooLarge, "The contact would be %d bytes; %d are the most. Shorten or remove custom attributes.", size, MaxSize)
	}
	return nil
}

// sizeSlack is by how many bytes a version and times may lengthen a contact that does not grow otherwise.
const sizeSlack = 32

// answeredSize is how many bytes the contact has as it is answered.
func answeredSize(c Contact) (int, error) {
	answer, err := plainjson.Marshal(c.View())
	return len(answer), err
}

// Shows says that two states of a contact differ in what its version and its ETag show: everything but counts and the latest times at which
// something was seen of it.
func Shows(before, after Contact) bool {
	return !reflect.DeepEqual(shown(before), shown(after))
}

// shown is a contact as it is answered, less what moves without the version, and the identities that hold for every account.
func shown(c Contact) [2]any {
	c.Version, c.ConversationCount, c.RequestCount, c.LastInteractionAt, c.UpdatedAt = 0, 0, 0, time.Time{}, time.Time{}
	everywhere := make([]bool, len(c.Identities))
	c.Identities = slices.Clone(c.Identities)
	for i := range c.Identities {
		everywhere[i] = c.Identities[i].EveryAccount
		c.Identities[i].LastSeenAt = time.Time{}
	}
	return [2]any{c.View(), everywhere}
}
