package channel_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/channel/channeltest"
	"github.com/occ/contacts/pkg/contact"
)

// happened is an event some seconds after dawn.
func happened(kind channel.Kind, second int, edit ...func(*channel.Event)) channel.Event {
	at := townDawn.Add(time.Duration(second) * time.Second)
	e := channel.Event{Schema: 1, Workspace: townWorkspace, Kind: kind, Channel: contact.WhatsApp, AccountID: "line-1", At: at, ReceivedAt: at.Add(time.Second), Direction: channel.Inbound}
	for _, one := range edit {
		one(&e)
	}
	if e.ID == "" {
		e.ID = fmt.Sprintf("%s-%d-%v-%v-%s", kind, second, e.Person.Addresses, e.Channel, e.Conversation)
	}
	return e
}

// whatsApp gives an event a wa_id and its phone; empty ids are left out.
func whatsApp(number, userID string) func(*channel.Event) {
	return func(e *channel.Event) { e.Person = channeltest.WhatsApp(number, userID) }
}

func profile(name string) func(*channel.Event) {
	return func(e *channel.Event) { e.Person.ProfileName = name }
}

func over(c contact.Channel, account string) func(*channel.Event) {
	return func(e *channel.Event) { e.Channel, e.AccountID = c, account }
}

func in(conversation string) func(*channel.Event) {
	return func(e *channel.Event) { e.Conversation = conversation }
}

func addressed(ids ...string) func(*channel.Event) {
	return func(e *channel.Event) {
		for _, id := range ids {
			e.Person.Addresses = append(e.Person.Addresses, channel.Address{ExternalID: id})
		}
	}
}

func secondOf(n int) time.Time { return townDawn.Add(time.Duration(n) * time.Second) }

const (
	monaNumber = "201001234567"
	monaUserID = "EG.mona1"
)

func TestAFirstMessageMakesAContact(t *testing.T) {
	m := newTown()
	m.apply(t, []channel.Event{happened(channel.Message, 5, whatsApp(monaNumber, monaUserID), profile("Mona Adel"))})
	c := m.only(t)
	talk := c.Identities[0].ConversationID
	seen := func(id string, every bool) contact.Identity {
		return contact.Identity{
			Channel: contact.WhatsApp, AccountID: "line-1", ExternalID: id, ProfileName: "Mona Adel", FirstSeenAt: secondOf(5), LastSeenAt: secondOf(5),
			EveryAccount: every, ConversationID: talk, ProfileSaid: c.Identities[0].ProfileSaid,
		}
	}
	want := contact.Contact{
		Workspace: townWorkspace, ID: c.ID, Phone: "+" + monaNumber, PhoneBy: contact.ByChannel, Channel: contact.WhatsApp,
		Identities: []contact.Identity{seen(monaNumber, false), seen(monaUserID, true)}, ConversationCount: 1, LastInteractionAt: secondOf(5), CreatedAt: secondOf(5),
		UpdatedAt: townDawn.Add(24 * time.Hour), Version: 1, CreatedBy: contact.Actor{Type: contact.ByChannel, ID: "line-1"}, WriteID: c.WriteID,
		Said: contact.Said{Phone: c.Said.Phone},
	}
	if diff := cmp.Diff(want, c); diff != "" || c.DisplayName() != "Mona Adel" || len(m.faults()) > 0 {
		t.Error(diff, m.faults())
	}
	if v := m.conversations[talk]; v.ContactID != c.ID || !v.StartedAt.Equal(secondOf(5)) || v.AccountID != "line-1" {
		t.Errorf("%+v", v)
	}
}

// What follows from events, one story a line: what they make of the one contact that there is in the end.
func TestStories(t *testing.T) {
	is := func(what string, got, want any) string {
		if cmp.Equal(got, want) {
			return ""
		}
		return fmt.Sprintf("%s is %v, want %v", what, got, want)
	}
	for name, story := range map[string]struct {
		events []channel.Event
		look   func(c contact.Contact, m *town) string
	}{
		"an earlier message comes late": {
			[]channel.Event{happened(channel.Message, 9, whatsApp(monaNumber, "")), happened(channel.Message, 2, whatsApp(monaNumber, ""), over(contact.WhatsApp, "line-0"))},
			func(c contact.Contact, _ *town) string {
				return is("creation", c.CreatedAt, secondOf(2)) + is("by", c.CreatedBy.ID, "line-0") + is("interaction", c.LastInteractionAt, secondOf(9)) + is("conversations", c.ConversationCount, 2)
			},
		},
		"a campaign was first": {
			[]channel.Event{happened(channel.Message, 9, whatsApp(monaNumber, "")), happened(channel.CampaignMessage, 2, whatsApp(monaNumber, ""))},
			func(c contact.Contact, m *town) string {
				return is("channel", c.Channel, contact.Campaign) + is("conversations", c.ConversationCount, 1) + is("start", m.conversations[c.Identities[0].ConversationID].StartedAt, secondOf(9))
			},
		},
		"a campaign alone is no conversation": {
			[]channel.Event{happened(channel.CampaignMessage, 2, whatsApp(monaNumber, ""))},
			func(c contact.Contact, _ *town) string { return is("conversations", c.ConversationCount, 0) },
		},
		"the newest profile counts": {
			[]channel.Event{
				happened(channel.Message, 9, whatsApp(monaNumber, ""), profile("New")), happened(channel.Message, 2, whatsApp(monaNumber, ""), profile("Old")),
				happened(channel.Message, 10, whatsApp(monaNumber, "")),
			},
			func(c contact.Contact, _ *town) string { return is("name", c.DisplayName(), "New") },
		},
		"both ids in one payload join": {
			[]channel.Event{
				happened(channel.Message, 1, whatsApp("", monaUserID), profile("By id")), happened(channel.Message, 2, whatsApp(monaNumber, ""), profile("By number")),
				happened(channel.Message, 3, whatsApp(monaNumber, monaUserID)),
			},
			func(c contact.Contact, m *town) string {
				return is("identities", len(c.Identities), 2) + is("conversations", c.ConversationCount, 1) + is("creation", c.CreatedAt, secondOf(1)) +
					is("merged", m.became[c.MergedFrom[0]], c.ID) + is("name", c.DisplayName(), "By number") + is("activity", m.history[c.ID][0].Action, "joined")
			},
		},
		"a business-scoped id holds on every account": {
			[]channel.Event{happened(channel.Message, 1, whatsApp(monaNumber, monaUserID)), happened(channel.Message, 2, whatsApp("", monaUserID), over(contact.WhatsApp, "line-2"))},
			func(c contact.Contact, _ *town) string {
				return is("identities", len(c.Identities), 3) + is("conversations", c.ConversationCount, 2)
			},
		},
		"an unphoned contact gains its phone": {
			[]channel.Event{happened(channel.Message, 1, whatsApp("", monaUserID)), happened(channel.Message, 2, whatsApp(monaNumber, monaUserID))},
			func(c contact.Contact, _ *town) string {
				return is("phone", c.Phone, "+"+monaNumber) + is("version", c.Version, 2)
			},
		},
		"a phone brings channels together": {
			[]channel.Event{
				happened(channel.Message, 1, whatsApp(monaNumber, "")),
				happened(channel.Message, 2, over(contact.SMS, "+1555"), func(e *channel.Event) {
					e.Person = channel.Person{Phone: "+" + monaNumber, Addresses: []channel.Address{{ExternalID: "+" + monaNumber}}}
				}),
			},
			func(c contact.Contact, _ *town) string {
				return is("identities", len(c.Identities), 2) + is("channel", c.Channel, contact.WhatsApp)
			},
		},
		"a shared phone fills an empty one": {
			[]channel.Event{
				happened(channel.Message, 1, over(contact.Telegram, "bot"), addressed("77")),
				happened(channel.PhoneShared, 2, over(contact.Telegram, "bot"), addressed("77"), func(e *channel.Event) { e.Person.Phone = "+4915112345" }),
				happened(channel.PhoneShared, 3, over(contact.Telegram, "bot"), addressed("77"), func(e *channel.Event) { e.Person.Phone = "+4915199999" }),
			},
			func(c contact.Contact, _ *town) string { return is("phone", c.Phone, "+4915112345") },
		},
		"both spellings of a number": {
			[]channel.Event{
				happened(channel.Message, 1, func(e *channel.Event) {
					e.Person = channel.Person{Phone: "+551187654321", Addresses: []channel.Address{{ExternalID: "551187654321"}}}
				}),
				happened(channel.Message, 2, func(e *channel.Event) {
					e.Person = channel.Person{Phone: "+5511987654321", Addresses: []channel.Address{{ExternalID: "5511987654321", Spellings: []string{"551187654321"}}}}
				}),
			},
			func(c contact.Contact, _ *town) string {
				return is("identities", len(c.Identities), 1) + is("phone", c.Phone, "+551187654321") + is("seen", c.Identities[0].LastSeenAt, secondOf(2))
			},
		},
		"the platform names conversations": {
			[]channel.Event{
				happened(channel.Message, 1, over(contact.Platform, "crm"), addressed("u1"), in("c-1")), happened(channel.Message, 4, over(contact.Platform, "crm"), addressed("u1"), in("c-1")),
				happened(channel.Message, 3, over(contact.Platform, "crm"), addressed("u1"), in("c-2")),
			},
			func(c contact.Contact, m *town) string {
				return is("conversations", c.ConversationCount, 2) + is("last", m.conversations["own-c-1"].LastMessageAt, secondOf(4)) + is("its", m.conversations["own-c-1"].ExternalID, "c-1")
			},
		},
		"a changed number moves with its phone": {
			[]channel.Event{
				happened(channel.Message, 1, whatsApp(monaNumber, "")),
				happened(channel.NumberChanged, 2, changes(channeltest.WhatsApp(monaNumber, ""), channeltest.WhatsApp("201112223334", ""))),
				happened(channel.Message, 3, whatsApp("201112223334", "")),
			},
			func(c contact.Contact, m *town) string {
				return is("phone", c.Phone, "+201112223334") + is("identities", len(c.Identities), 1) + is("first", c.Identities[0].FirstSeenAt, secondOf(1)) + is("conversations", c.ConversationCount, 1)
			},
		},
		"a changed user id": {
			[]channel.Event{
				happened(channel.Message, 1, whatsApp("", monaUserID)), happened(channel.Message, 1, whatsApp("", monaUserID), over(contact.WhatsApp, "line-2")),
				happened(channel.UserIDChanged, 2, changes(channeltest.WhatsApp("", monaUserID), channeltest.WhatsApp("", "EG.mona2"))),
			},
			func(c contact.Contact, m *town) string {
				return is("id", c.Identities[0].ExternalID+c.Identities[1].ExternalID, "EG.mona2EG.mona2") + is("elsewhere", c.Identities[1].EveryAccount, true)
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := newTown()
			for _, e := range story.events {
				m.apply(t, []channel.Event{e})
			}
			if fault := story.look(m.only(t), m) + strings.Join(m.faults(), "\n"); fault != "" {
				t.Error(fault)
			}
		})
	}
}

func changes(former, now channel.Person) func(*channel.Event) {
	return func(e *channel.Event) { e.Person, e.Former = now, &former }
}

// know puts a contact there that an import or an agent made.
func (m *town) know(c contact.Contact) {
	c.Workspace, c.WriteID = townWorkspace, "known-"+c.ID
	if c.CreatedAt.IsZero() {
		c.CreatedAt, c.Version = townDawn, 1
	}
	m.contacts[c.ID] = c
}

var agent = contact.Actor{Type: contact.ByUser, ID: "sub"}

func TestWhatAnAgentWroteStays(t *testing.T) {
	m := newTown()
	m.know(contact.Contact{ID: "mona", Name: "Frau Adel", NamedBy: contact.ByUser, Phone: "+" + monaNumber, PhoneBy: contact.ByUser, CreatedBy: agent, Channel: contact.API})
	m.apply(t,
		[]channel.Event{happened(channel.Message, -9, whatsApp(monaNumber, ""), profile("Mona"), func(e *channel.Event) { e.Person.Name = "Mona" })},
		[]channel.Event{happened(channel.NumberChanged, 2, changes(channeltest.WhatsApp(monaNumber, ""), channeltest.WhatsApp("201112223334", "")))})
	c := m.only(t)
	if c.Name != "Frau Adel" || c.Phone != "+"+monaNumber || c.Channel != contact.API || !c.CreatedAt.Equal(townDawn) || c.Identities[0].ExternalID != "201112223334" {
		t.Errorf("%+v", c)
	}
}

// The identity of one and the phone of another: both keep what is theirs, and say so once.
func TestADisputeIsToldOnce(t *testing.T) {
	m := newTown()
	m.apply(t, []channel.Event{happened(channel.Message, 1, whatsApp(monaNumber, monaUserID))})
	m.know(contact.Contact{ID: "other", Name: "Other", Phone: "+201112223334", PhoneBy: contact.ByUser, CreatedBy: agent})
	for n := range 3 {
		m.apply(t, []channel.Event{happened(channel.Message, 2+n, whatsApp("201112223334", monaUserID))})
	}
	if len(m.contacts) != 2 || m.contacts["other"].Phone != "+201112223334" || len(m.faults()) > 0 {
		t.Fatalf("%+v, %v", m.contacts, m.faults())
	}
	for id, c := range m.contacts {
		told := slices.DeleteFunc(slices.Clone(m.history[id]), func(a contact.Activity) bool { return a.Action != "disputed" })
		if len(told) != 1 || told[0].Changes[0].Field != "phone" {
			t.Errorf("%s: %+v", id, m.history[id])
		}
		if id != "other" && (len(c.Identities) != 3 || c.Phone != "+"+monaNumber) {
			t.Errorf("%+v", c)
		}
	}
}

// Two ids of one payload, and each contact has a phone: neither becomes the other, and both say so.
func TestContactsWithPhonesAreNotJoined(t *testing.T) {
	m := newTown()
	m.apply(t, []channel.Event{happened(channel.Message, 1, whatsApp("", monaUserID))})
	phoned := m.only(t)
	phoned.Phone, phoned.PhoneBy = "+201112223334", contact.ByUser
	m.contacts[phoned.ID] = phoned
	m.apply(t, []channel.Event{happened(channel.Message, 2, whatsApp(monaNumber, ""))}, []channel.Event{happened(channel.Message, 3, whatsApp(monaNumber, monaUserID))})
	if len(m.contacts) != 2 || len(m.became) > 0 || len(m.faults()) > 0 {
		t.Fatalf("%+v, %v", m.contacts, m.faults())
	}
	for id, c := range m.contacts {
		said := m.history[id][len(m.history[id])-1]
		if len(c.Identities) != 1 || said.Action != "disputed" || said.Changes[0].Field != "identities" {
			t.Errorf("%+v says %+v", c, said)
		}
	}
}

// Readers look at each contact that was joined into one: at some number there are no more.
func TestJoinsHaveABound(t *testing.T) {
	for earlier, contacts := range map[int]int{19: 1, 20: 2} {
		m := newTown()
		m.apply(t, []channel.Event{happened(channel.Message, 1, whatsApp("", monaUserID))})
		bare := m.only(t)
		for n := range earlier {
			bare.MergedFrom = append(bare.MergedFrom, fmt.Sprint("earlier-", n))
		}
		m.contacts[bare.ID] = bare
		m.know(contact.Contact{ID: "phoned", Name: "P", Phone: "+" + monaNumber, PhoneBy: contact.ByUser, CreatedBy: agent})
		m.apply(t, []channel.Event{happened(channel.Message, 9, whatsApp(monaNumber, monaUserID))})
		if len(m.contacts) != contacts || len(m.faults()) > 0 {
			t.Errorf("%d joined before: %d contacts, %v", earlier, len(m.contacts), m.faults())
		}
	}
}

// A conversation that the platform names is of whom its earliest message was to, also when that comes last.
func TestANamedConversationIsOfItsFirst(t *testing.T) {
	m := newTown()
	m.apply(t,
		[]channel.Event{happened(channel.Message, 5, over(contact.Platform, "crm"), addressed("u1"), in("c-1"))},
		[]channel.Event{happened(channel.Message, 1, over(contact.Platform, "crm"), addressed("u2"), in("c-1"))})
	if len(m.contacts) != 2 || len(m.faults()) > 0 {
		t.Fatalf("%+v, %v", m.contacts, m.faults())
	}
	if owner := m.contacts[m.conversations["own-c-1"].ContactID]; owner.Identities[0].ExternalID != "u2" || owner.ConversationCount != 1 {
		t.Errorf("%+v", owner)
	}
}

// A contact that is known by an identity alone becomes the one that has the phone, with all that agents wrote.
func TestABareContactIsJoined(t *testing.T) {
	m := newTown()
	m.apply(t, []channel.Event{happened(channel.Message, 1, whatsApp("", monaUserID), profile("Mona"))})
	bare := m.only(t)
	edited := bare
	edited.Labels, edited.Attributes, edited.Company, edited.Name, edited.NamedBy = []string{"VIP"}, map[string]any{"plan": "gold", "seats": 2.0}, "Acme", "Mona A.", contact.ByUser
	m.contacts[bare.ID] = edited
	m.know(contact.Contact{
		ID: "phoned", Name: "Import", NamedBy: contact.ByImport, Phone: "+" + monaNumber, PhoneBy: contact.ByImport, Labels: []string{"vip", "old"},
		Attributes: map[string]any{"plan": "basic"}, CreatedBy: contact.Actor{Type: contact.ByImport, ID: "i"}, Channel: contact.Import, CreatedAt: secondOf(5), Version: 3,
	})
	m.apply(t, []channel.Event{happened(channel.Message, 9, whatsApp(monaNumber, monaUserID))})
	c := m.only(t)
	if c.ID != "phoned" || m.became[bare.ID] != "phoned" || c.Name != "Import" || c.Company != "Acme" || c.Channel != contact.Import || !c.CreatedAt.Equal(secondOf(5)) ||
		!cmp.Equal(c.Labels, []string{"vip", "old"}) || !cmp.Equal(c.Attributes, map[string]any{"plan": "basic", "seats": 2.0}) || c.Version != 4 || c.ConversationCount != 1 {
		t.Errorf("%+v", c)
	}
}

// A join that no transaction takes is not made: both contacts stay what they are, and the activity of both says so.
func TestAJoinThatNoTransactionTakes(t *testing.T) {
	m := newTown()
	m.apply(t, []channel.Event{happened(channel.Message, 1, whatsApp("", monaUserID))})
	m.know(contact.Contact{ID: "phoned", Name: "P", Phone: "+" + monaNumber, PhoneBy: contact.ByUser, CreatedBy: agent})
	m.fails = func(w channel.Write) error {
		if len(w.Joined) > 0 {
			return channel.ErrTooLarge
		}
		return nil
	}
	m.apply(t, []channel.Event{happened(channel.Message, 9, whatsApp(monaNumber, monaUserID))})
	if got := m.contacts["phoned"]; len(m.contacts) != 2 || len(got.Disputed) != 1 || got.Phone == "" {
		t.Errorf("%d contacts, %+v", len(m.contacts), got)
	}
}

// A deletion keeps old events from bringing anybody back; a later one makes a new contact.
func TestOldEventsBringNobodyBack(t *testing.T) {
	for name, person := range map[string]func(*channel.Event){
		"by number": whatsApp(monaNumber, ""), "by user id": whatsApp("", monaUserID), "by both": whatsApp(monaNumber, monaUserID),
		"by e-mail": func(e *channel.Event) { e.Channel, e.Person = contact.Email, channel.Person{Email: "mona@example.com"} },
	} {
		m := newTown()
		first := happened(channel.Message, 1, person)
		campaign := happened(channel.CampaignMessage, 0, person)
		m.apply(t, []channel.Event{first})
		old := m.only(t)
		m.delete(old.ID, secondOf(5))
		m.apply(t, []channel.Event{first}, []channel.Event{happened(channel.Message, 5, person), campaign})
		if len(m.contacts) != 0 {
			t.Errorf("%s: %+v", name, m.contacts)
		}
		m.apply(t, []channel.Event{first, happened(channel.Message, 6, person)})
		c := m.only(t)
		m.apply(t, []channel.Event{first, campaign}, []channel.Event{happened(channel.Message, 5, person)})
		if again := m.only(t); !cmp.Equal(c, again) || c.ID == old.ID || !c.CreatedAt.Equal(secondOf(6)) {
			t.Errorf("%s: %+v\nthen %+v", name, c, again)
		}
	}
}

// A message of Twilio says no time: delivered twice it is the one that came first, also after the contact was deleted.
func TestUntimedEventsCountOnce(t *testing.T) {
	m := newTown()
	untimed := func(arrival int) channel.Event {
		return happened(channel.Message, arrival, over(contact.SMS, "+1555"), addressed("+4915112345"), func(e *channel.Event) { e.Untimed, e.ID = true, "sid" })
	}
	m.apply(t, []channel.Event{untimed(1)})
	m.apply(t, []channel.Event{untimed(7)})
	c := m.only(t)
	if !c.LastInteractionAt.Equal(secondOf(1)) || m.writes != 1 {
		t.Errorf("%v after %d writes", c.LastInteractionAt, m.writes)
	}
	m.delete(c.ID, secondOf(8))
	m.apply(t, []channel.Event{untimed(9)})
	if len(m.contacts) != 0 {
		t.Errorf("%+v", m.contacts)
	}
}

// The conversation of somebody who was deleted goes on with who writes in it.
func TestADeletedPersonsConversationGoesOn(t *testing.T) {
	m := newTown()
	person := addressed("u1")
	m.apply(t, []channel.Event{happened(channel.Message, 1, over(contact.Platform, "crm"), person, in("c-1"))})
	m.delete(m.only(t).ID, secondOf(5))
	m.apply(t, []channel.Event{happened(channel.Message, 6, over(contact.Platform, "crm"), person, in("c-1"))})
	c, v := m.only(t), m.conversations["own-c-1"]
	if v.ContactID != c.ID || c.ConversationCount != 1 || !v.StartedAt.Equal(secondOf(1)) {
		t.Errorf("%+v, %+v", c, v)
	}
}

func TestABurstIsOneDecision(t *testing.T) {
	m := newTown()
	var burst [][]channel.Event
	for n := range 50 {
		burst = append(burst, []channel.Event{happened(channel.Message, n, whatsApp(monaNumber, monaUserID), profile(fmt.Sprint("Mona ", n)))})
	}
	m.apply(t, burst...)
	if c := m.only(t); m.writes != 1 || !c.LastInteractionAt.Equal(secondOf(49)) || !c.CreatedAt.Equal(townDawn) || c.DisplayName() != "Mona 49" {
		t.Errorf("%d writes: %+v", m.writes, c)
	}
	version := m.only(t).Version
	m.apply(t, []channel.Event{happened(channel.Message, 60, whatsApp(monaNumber, monaUserID), profile("Mona 49"))})
	if m.quiet != 1 || m.only(t).Version != version {
		t.Errorf("%d quiet writes, version %d", m.quiet, m.only(t).Version)
	}
}

func TestConflictsAreDecidedAnew(t *testing.T) {
	m := newTown()
	m.conflicts = 5
	m.apply(t, []channel.Event{happened(channel.Message, 1, whatsApp(monaNumber, ""))})
	m.only(t)
	m.conflicts = 1000
	errs := m.applier().Apply(t.Context(), []channel.Batch{{Schema: 1, Workspace: townWorkspace, Events: []channel.Event{happened(channel.Message, 2, whatsApp(monaNumber, ""))}}})
	if !errors.Is(errs[0], channel.ErrConflict) {
		t.Error(errs)
	}
}

// What can never be applied fails its own batch, with a reason that names nobody.
func TestUnusableEventsFailTheirBatch(t *testing.T) {
	good := happened(channel.Message, 1, whatsApp(monaNumber, ""))
	for name, bad := range map[string]channel.Event{
		"nobody":            happened(channel.Message, 1, profile("Mona Adel")),
		"another workspace": happened(channel.Message, 1, whatsApp(monaNumber, ""), func(e *channel.Event) { e.Workspace = "else" }),
		"no time":           happened(channel.Message, 1, whatsApp(monaNumber, ""), func(e *channel.Event) { e.At = time.Time{} }),
		"a newer schema":    happened(channel.Message, 1, whatsApp(monaNumber, ""), func(e *channel.Event) { e.Schema = 9 }),
		"no kind":           happened("odd", 1, whatsApp(monaNumber, "")),
		"no channel":        happened(channel.Message, 1, whatsApp(monaNumber, ""), over(contact.API, "")),
		"a long id":         happened(channel.Message, 1, addressed(strings.Repeat("9", 300))),
		"no former":         happened(channel.NumberChanged, 1, whatsApp(monaNumber, "")),
	} {
		m := newTown()
		batch := func(events ...channel.Event) channel.Batch {
			return channel.Batch{Schema: 1, Workspace: townWorkspace, Events: events}
		}
		errs := m.applier().Apply(t.Context(), []channel.Batch{batch(bad, good), batch(happened(channel.Message, 3, whatsApp(monaNumber, "")))})
		if errs[0] == nil || errs[1] != nil || strings.Contains(errs[0].Error(), "Mona") || len(m.contacts) != 1 {
			t.Errorf("%s: %v, %d contacts", name, errs, len(m.contacts))
		}
	}
	errs := newTown().applier().Apply(t.Context(), []channel.Batch{{Schema: 7, Workspace: townWorkspace}})
	if errs[0] == nil {
		t.Error("a batch of a newer schema passes")
	}
}

// A panic over one person is a failure of that person's batch.
func TestAPanicCostsOneBatch(t *testing.T) {
	m := newTown()
	m.fails = func(w channel.Write) error {
		if strings.HasSuffix(w.Contacts[0].After.Phone, monaNumber) {
			panic("odd")
		}
		return nil
	}
	batch := func(number string) channel.Batch {
		return channel.Batch{Schema: 1, Workspace: townWorkspace, Events: []channel.Event{happened(channel.Message, 1, whatsApp(number, ""))}}
	}
	errs := m.applier().Apply(t.Context(), []channel.Batch{batch(monaNumber), batch("201111111111")})
	if errs[0] == nil || !strings.Contains(errs[0].Error(), "panic: odd") || errs[1] != nil || len(m.contacts) != 1 {
		t.Errorf("%v, %d contacts", errs, len(m.contacts))
	}
}

// casebook remembers what it is given.
type casebook struct {
	*town
	order []string
	fails error
}

func (c *casebook) ApplyRequest(_ context.Context, e channel.Event) error {
	defer c.lock()()
	c.order = append(c.order, e.ID)
	return c.fails
}

func (c *casebook) ApplySurvey(_ context.Context, e channel.Event) error {
	return c.ApplyRequest(context.Background(), e)
}

// Requests come after the messages of their batch, those of one request in their order.
func TestCasesComeAfterPeople(t *testing.T) {
	c := &casebook{town: newTown()}
	request := func(id string, second int) channel.Event {
		return happened(channel.RequestChanged, second, func(e *channel.Event) { e.ID, e.Request = id, &channel.Request{ID: "r", Action: channel.Opened} })
	}
	a := channel.NewApplier(c.town, c, time.Now, func() string { return "id" })
	batch := channel.Batch{Schema: 1, Workspace: townWorkspace, Events: []channel.Event{request("b", 2), request("a", 1), happened(channel.Message, 9, whatsApp(monaNumber, ""))}}
	if errs := a.Apply(t.Context(), []channel.Batch{batch}); errs[0] != nil || !slices.Equal(c.order, []string{"a", "b"}) || len(c.contacts) != 1 {
		t.Error(errs, c.order)
	}
	c.fails = errors.New("busy")
	if errs := a.Apply(t.Context(), []channel.Batch{batch}); !errors.Is(errs[0], c.fails) {
		t.Error(errs)
	}
}

// TestOrderDoesNotMatter: 30 % of the events come twice, and all of them in another order and in other batches; in the end all is the same.
func TestOrderDoesNotMatter(t *testing.T) {
	seeds := 200
	if testing.Short() {
		seeds = 40
	}
	for seed := range seeds {
		dice := rand.New(rand.NewPCG(uint64(seed), 7))
		events := lives(dice)
		inOrder := newTown()
		for _, e := range events {
			inOrder.apply(t, []channel.Event{e})
		}
		shuffled := newTown()
		for batches := repeated(dice, events); len(batches) > 0; {
			n := min(1+dice.IntN(4), len(batches))
			shuffled.apply(t, batches[:n]...)
			batches = batches[n:]
		}
		if diff := cmp.Diff(inOrder.state(), shuffled.state()); diff != "" || len(inOrder.faults())+len(shuffled.faults()) > 0 {
			t.Fatalf("seed %d: %s\n%v\n%v", seed, diff, inOrder.faults(), shuffled.faults())
		}
	}
}

// repeated are events in another order, some of them twice, in batches of a few.
func repeated(dice *rand.Rand, events []channel.Event) (batches [][]channel.Event) {
	all := slices.Clone(events)
	for _, e := range events {
		if dice.IntN(10) < 3 {
			all = append(all, e)
		}
	}
	dice.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for len(all) > 0 {
		n := min(1+dice.IntN(5), len(all))
		batches = append(batches, all[:n])
		all = all[n:]
	}
	return batches
}

// lives are the events of some people, in their order: messages either way over several accounts and channels, of whom each says more or less,
// campaigns, reactions, changes of numbers and ids. Nothing says of one contact what another holds: those two stay what they are, and who
// came first decides.
func lives(dice *rand.Rand) []channel.Event {
	var events []channel.Event
	for person := range 3 {
		number, userID := fmt.Sprintf("20100000000%d", person), fmt.Sprintf("EG.user%d", person)
		hasNumber, hasUserID := dice.IntN(3) > 0, dice.IntN(3) > 0
		for step := range 4 + dice.IntN(6) {
			at := step*10 + dice.IntN(10)
			if dice.IntN(8) == 0 && hasNumber && !hasUserID {
				next := fmt.Sprintf("2011%d%07d", person, step)
				events = append(events, happened(channel.NumberChanged, at, changes(channeltest.WhatsApp(number, ""), channeltest.WhatsApp(next, ""))))
				number = next
				continue
			}
			if dice.IntN(8) == 0 && hasUserID {
				next := fmt.Sprintf("EG.user%d%d", person, step)
				events = append(events, happened(channel.UserIDChanged, at, changes(channeltest.WhatsApp("", userID), channeltest.WhatsApp("", next))))
				userID = next
				continue
			}
			events = append(events, lived(dice, at, person, number, userID, hasNumber, hasUserID))
		}
	}
	slices.SortStableFunc(events, func(a, b channel.Event) int { return a.At.Compare(b.At) })
	for i := range events {
		events[i].ID = fmt.Sprintf("event %03d", i)
	}
	return events
}

func lived(dice *rand.Rand, at, person int, number, userID string, hasNumber, hasUserID bool) channel.Event {
	kind := []channel.Kind{channel.Message, channel.Message, channel.Message, channel.CampaignMessage, channel.Interaction}[dice.IntN(5)]
	name := profile([]string{"", "Mona", "Adel", "Sara"}[dice.IntN(4)])
	switch {
	case dice.IntN(4) == 0:
		e := happened(kind, at, over(contact.Platform, "crm"), addressed(fmt.Sprint("u", person)), name)
		e.Person.Email = fmt.Sprintf("p%d@example.com", person)
		e.Person.Name = []string{"", "Named", "Renamed"}[dice.IntN(3)]
		if kind == channel.Message {
			e.Conversation = fmt.Sprintf("c-%d-%d", person, dice.IntN(2))
		}
		return e
	case dice.IntN(6) == 0:
		return happened(kind, at, over(contact.Telegram, "bot"), addressed(fmt.Sprint("t", person)), name, func(e *channel.Event) { e.Person.Username = fmt.Sprint("nick", dice.IntN(2)) })
	}
	account := over(contact.WhatsApp, fmt.Sprint("line-", dice.IntN(2)))
	switch says := dice.IntN(3); {
	case hasNumber && (says == 0 || !hasUserID):
		return happened(kind, at, account, whatsApp(number, ""), name)
	case hasUserID && (says == 1 || !hasNumber):
		return happened(kind, at, account, whatsApp("", userID), name)
	case hasNumber:
		return happened(kind, at, account, whatsApp(number, userID), name)
	default:
		return happened(kind, at, over(contact.Messenger, "page"), addressed(fmt.Sprint("m", person)), name)
	}
}
