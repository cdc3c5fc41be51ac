package contact

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestCheckIdentity(t *testing.T) {
	good := Identity{Channel: WhatsApp, AccountID: "1", ExternalID: "20100", Username: "mona", ProfileName: "Mona"}
	for name, test := range map[string]struct {
		edit    func(i *Identity)
		reason  string // empty: it is good
		tooLong bool
	}{
		"whole":                    {func(*Identity) {}, "", false},
		"only an external id":      {func(i *Identity) { *i = Identity{Channel: Platform, ExternalID: " x#%\t"} }, "", false},
		"no channel":               {func(i *Identity) { i.Channel = "" }, "whatsapp, instagram", false},
		"no channel of identities": {func(i *Identity) { i.Channel = Campaign }, "whatsapp, instagram", false},
		"no external id":           {func(i *Identity) { i.ExternalID = " " }, "externalId", false},
		"longest ids":              {func(i *Identity) { i.ExternalID, i.AccountID = strings.Repeat("é", 256), strings.Repeat("م", 256) }, "", false},
		"external id too long":     {func(i *Identity) { i.ExternalID = strings.Repeat("x", 257) }, "externalId", true},
		"account too long":         {func(i *Identity) { i.AccountID = strings.Repeat("x", 257) }, "accountId", true},
		"account of many bytes":    {func(i *Identity) { i.AccountID = strings.Repeat("漢", 171) }, "512 bytes", true},
		"longest names":            {func(i *Identity) { i.Username, i.ProfileName = strings.Repeat("漢", 200), strings.Repeat("x", 200) }, "", false},
		"username too long":        {func(i *Identity) { i.Username = strings.Repeat("x", 201) }, "username", true},
		"profile name too long":    {func(i *Identity) { i.ProfileName = strings.Repeat("x", 201) }, "profile name", true},
		"control character":        {func(i *Identity) { i.ExternalID = "a\x00b" }, "control character", false},
		"not UTF-8":                {func(i *Identity) { i.ProfileName = "\xff" }, "UTF-8", false},
	} {
		t.Run(name, func(t *testing.T) {
			identity := good
			test.edit(&identity)
			err := CheckIdentity(identity)
			if (err == nil) != (test.reason == "") || errors.Is(err, ErrTooLong) != test.tooLong {
				t.Fatal(err)
			}
			if err != nil && !strings.Contains(err.Error(), test.reason) {
				t.Error(err)
			}
		})
	}
}

// Identities are united by what makes them; what is told of them changes nothing.
func TestIdentitiesOfAContactChange(t *testing.T) {
	one, two := Identity{Channel: SMS, AccountID: "a", ExternalID: "1"}, Identity{Channel: SMS, AccountID: "b", ExternalID: "1"}
	renamed := one
	renamed.ProfileName = "Mona"
	united := AddIdentities([]Identity{one}, renamed, two, two)
	if diff := cmp.Diff([]Identity{one, two}, united); diff != "" {
		t.Error(diff)
	}
	before := Contact{Name: "Mona", Identities: []Identity{one}, Version: 1}
	after, activity, changed := Apply(before, Patch{Identities: Field[[]Identity]{Set: true, Value: united}}, Actor{}, time.Time{})
	if diff := cmp.Diff([]Change{{"identities", nil, "sms 1"}}, activity.Changes); diff != "" || !changed || len(after.Identities) != 2 || after.Version != 2 {
		t.Error(diff, after)
	}
	if diff := cmp.Diff([]Change{{"identities", "sms 1", nil}}, Changes(after, before)); diff != "" {
		t.Error(diff)
	}
}
