package dynamo

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/channel/channeltest"
	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/importing"
)

// Claims and contacts are read one after the other. These tests have somebody write in between.

// interlude does something once, right after the first answer to an action.
type interlude struct {
	once   sync.Once
	action string
	do     func()
}

func (i *interlude) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := http.DefaultTransport.RoundTrip(r)
	if action(r) == i.action {
		i.once.Do(i.do)
	}
	return answer, err
}

// takesOff clears fields of a contact while something else is decided.
func takesOff(t *testing.T, s *Store, id string, patch contact.Patch) *interlude {
	return &interlude{action: "BatchGetItem", do: func() {
		if _, err := service(s).Update(ctx, ws, id, user, patch, contact.Precondition{}); err != nil {
			t.Error(err)
		}
	}}
}

var cleared = contact.Field[string]{Set: true, Null: true}

func TestAnEventBringsNoPhoneBack(t *testing.T) {
	s := fresh(t)
	c := person(1)
	c.Phone, c.PhoneBy = "+201001234567", contact.ByUser
	create(t, s, c)
	race := takesOff(t, s, c.ID, contact.Patch{Phone: cleared})
	hears(t, s.through(race), said(channel.Message, 1, called(channeltest.WhatsApp("201001234567", ""), "Somebody", "")))
	if got := get(t, s, c.ID); got.Phone != "" || len(got.Identities) != 0 || len(everybody(t, s)) != 2 {
		t.Errorf("the phone that the agent took off is back, or the stranger's identity is there: %+v", got)
	}
}

func TestAnEventBringsNoEmailBack(t *testing.T) {
	s := fresh(t)
	c := person(1)
	create(t, s, c)
	race := takesOff(t, s, c.ID, contact.Patch{Email: cleared})
	visitor := said(channel.Message, 1, channel.Person{Addresses: []channel.Address{{ExternalID: "visitor-7"}}, Email: c.Email})
	visitor.Channel, visitor.AccountID = contact.Widget, "site"
	hears(t, s.through(race), visitor)
	if got := get(t, s, c.ID); got.Email != "" || len(got.Identities) != 0 || len(everybody(t, s)) != 2 {
		t.Errorf("the e-mail that the agent took off is back, or the stranger's identity is there: %+v", got)
	}
}

// Somebody's id changes while a message that still comes from the former one is decided.
func TestAnEventBringsNoIdentityBack(t *testing.T) {
	s := fresh(t)
	hears(t, s, said(channel.Message, 1, channeltest.WhatsApp("", "EG.old")))
	change := said(channel.UserIDChanged, 5, channeltest.WhatsApp("", "EG.new"))
	former := channeltest.WhatsApp("", "EG.old")
	change.Former = &former
	race := &interlude{action: "BatchGetItem", do: func() { hears(t, s, change) }}
	hears(t, s.through(race), said(channel.Message, 9, channeltest.WhatsApp("", "EG.old"))) // whoever has the id since
	for _, c := range everybody(t, s) {
		if len(c.Identities) != 1 {
			t.Errorf("one person has both ids: %+v", c.Identities)
		}
	}
	if n := len(everybody(t, s)); n != 2 {
		t.Errorf("%d contacts", n)
	}
}

func TestARowMeetsNobodyByAFormerPhone(t *testing.T) {
	for field, row := range map[string]importing.Row{
		"phone":  {Number: 2, Name: "Somebody Else", Phone: person(1).Phone, Cells: []string{"x"}},
		"e-mail": {Number: 2, Name: "Somebody Else", Email: person(1).Email, Cells: []string{"x"}},
	} {
		s := fresh(t)
		w := workbenchOn(t, s)
		c := person(1)
		create(t, s, c)
		job := importing.Import{
			Workspace: ws, ID: "i-1", Status: importing.Processing, Source: importing.FromBucket, Format: "csv", OnDuplicate: importing.UpdateKnown,
			Columns: []string{"name"}, CreatedBy: "bucket", CreatedAt: w.at, StartedAt: w.at, ProgressAt: w.at, Totals: importing.Totals{Rows: 1},
		}
		if err := s.CreateImport(ctx, job, nil); err != nil {
			t.Fatal(err)
		}
		body, err := json.Marshal(importing.Chunk{
			Schema: 1, Workspace: ws, Import: "i-1", OnDuplicate: importing.UpdateKnown, CreatedAt: w.at, Rows: []importing.Row{row},
		})
		if err != nil {
			t.Fatal(err)
		}
		_, writer := w.on(takesOff(t, s, c.ID, contact.Patch{Phone: cleared, Email: cleared}))
		if _, err := writer.Handle(ctx, importing.Delivery{Body: body, Receives: 1}); err != nil {
			t.Fatal(err)
		}
		if got := get(t, s, c.ID); got.Phone != "" || got.Email != "" || got.Name != c.Name || len(everybody(t, s)) != 2 {
			t.Errorf("by %s: the contact was met by what it has no more: name %q phone %q email %q", field, got.Name, got.Phone, got.Email)
		}
	}
}

// A contact gets an identity between both readings, so that a claim that was absent is held by a contact that is read.
func TestAClaimThatCameBetweenBothReadings(t *testing.T) {
	s := fresh(t)
	a, b := person(1), person(2)
	a.Phone, b.Phone = "+201099999999", "+201000000001"
	a.Identities = []contact.Identity{{Channel: contact.WhatsApp, AccountID: "line-2", ExternalID: "EG.user1", EveryAccount: true, FirstSeenAt: epoch, LastSeenAt: epoch}}
	create(t, s, a, b)
	onLine2 := func(e channel.Event) channel.Event { e.AccountID = "line-2"; return e }
	race := &interlude{action: "BatchGetItem", do: func() {
		hears(t, s, onLine2(said(channel.Message, 1, channeltest.WhatsApp("201000000001", ""))))
	}}
	event := onLine2(said(channel.Message, 2, channeltest.WhatsApp("201000000001", "EG.user1")))
	if err := applierOn(s.through(race)).Apply(ctx, batchOf(event))[0]; err != nil {
		t.Errorf("it is not decided again: %.400v", err)
	}
}

// The new number of a change is one person's, and the user id beside it another's.
func TestAChangeWithTwoHolders(t *testing.T) {
	s := fresh(t)
	hears(t, s,
		said(channel.Message, 1, channeltest.WhatsApp("201000000000", "")),         // who is to change
		said(channel.Message, 2, channeltest.WhatsApp("201000000003", "EG.user0")), // has the user id that the change names
		said(channel.Message, 3, channeltest.WhatsApp("201000000004", "")),         // has the new number
	)
	change := said(channel.NumberChanged, 9, channeltest.WhatsApp("201000000004", "EG.user0"))
	former := channeltest.WhatsApp("201000000000", "EG.user0")
	change.Former = &former
	m := &meter{}
	if err := applierOn(s.through(m)).Apply(ctx, batchOf(change))[0]; err != nil || m.calls["TransactWriteItems"] != 1 {
		t.Errorf("nobody else writes, and after %d transactions it says: %v", m.calls["TransactWriteItems"], err)
	}
	holders := map[string]int{}
	for _, c := range everybody(t, s) {
		for _, i := range c.Identities {
			holders[i.ExternalID]++
		}
	}
	if holders["EG.user0"] != 1 || holders["201000000004"] != 1 || holders["201000000000"] != 0 || len(everybody(t, s)) != 2 {
		t.Errorf("who has what: %v", holders)
	}
}

// Somebody with a phone of their own has the new user id, and the person who changed is known on two accounts.
func TestAChangeOnSeveralAccounts(t *testing.T) {
	s := fresh(t)
	other := person(1)
	other.Identities = []contact.Identity{{Channel: contact.WhatsApp, AccountID: "line-1", ExternalID: "EG.new", EveryAccount: true, FirstSeenAt: epoch, LastSeenAt: epoch}}
	create(t, s, other)
	two := said(channel.Message, 2, channeltest.WhatsApp("201000000002", "EG.old"))
	two.AccountID = "line-2"
	hears(t, s, said(channel.Message, 1, channeltest.WhatsApp("201000000002", "EG.old")), two)
	change := said(channel.UserIDChanged, 9, channeltest.WhatsApp("", "EG.new"))
	former := channeltest.WhatsApp("", "EG.old")
	change.Former = &former
	for range 2 {
		if err := applierOn(s).Apply(ctx, batchOf(change))[0]; err != nil {
			t.Errorf("%.420v", err)
		}
	}
	if got := get(t, s, other.ID); len(got.Identities) != 1 || got.Identities[0].ExternalID != "EG.new" || len(got.Disputed) != 1 {
		t.Errorf("the other contact: %+v, %q", got.Identities, got.Disputed)
	}
	if found, err := s.Verify(ctx); err != nil || len(found.Breaches) > 0 {
		t.Error(found.Breaches, err)
	}
}

// The id that a change gives on another account is held there by somebody who has it on that account alone.
func TestAChangeMeetsAnIDOfAnotherAccount(t *testing.T) {
	s := fresh(t)
	other := person(1)
	other.Identities = []contact.Identity{{Channel: contact.WhatsApp, AccountID: "line-2", ExternalID: "EG.new", FirstSeenAt: epoch, LastSeenAt: epoch}}
	create(t, s, other)
	two := said(channel.Message, 2, channeltest.WhatsApp("201000000002", "EG.old"))
	two.AccountID = "line-2"
	hears(t, s, said(channel.Message, 1, channeltest.WhatsApp("201000000002", "EG.old")), two)
	change := said(channel.UserIDChanged, 9, channeltest.WhatsApp("", "EG.new"))
	former := channeltest.WhatsApp("", "EG.old")
	change.Former = &former
	m := &meter{}
	if err := applierOn(s.through(m)).Apply(ctx, batchOf(change))[0]; err != nil || m.calls["TransactWriteItems"] != 1 {
		t.Errorf("%d transactions, %v", m.calls["TransactWriteItems"], err)
	}
	if got := get(t, s, other.ID); len(got.Identities) != 1 {
		t.Errorf("%+v", got.Identities)
	}
	if found, err := s.Verify(ctx); err != nil || len(found.Breaches) > 0 {
		t.Error(found.Breaches, err)
	}
}

// Joins keep the attributes of both contacts. One whose contact no item would hold is a dispute.
func TestAJoinThatNoItemHolds(t *testing.T) {
	s := fresh(t)
	const people = 4
	for n := range people {
		c := person(n)
		c.Email, c.Phone, c.Attributes = "", "", map[string]any{}
		for i := range 60 {
			c.Attributes[fmt.Sprintf("k%d_%d", n, i)] = strings.Repeat("x", 2000)
		}
		c.Channel, c.CreatedBy, c.NamedBy = contact.WhatsApp, contact.Actor{Type: contact.ByChannel, ID: "line-1"}, contact.ByChannel
		c.Identities = []contact.Identity{{
			Channel: contact.WhatsApp, AccountID: "line-1", ExternalID: fmt.Sprint("EG.user", n), EveryAccount: true, FirstSeenAt: epoch, LastSeenAt: epoch,
		}}
		create(t, s, c)
	}
	for n := 1; n < people; n++ {
		var both channel.Person
		both.AddWhatsApp("EG.user0")
		both.AddWhatsApp(fmt.Sprint("EG.user", n))
		hears(t, s, said(channel.Message, n, both))
	}
	all := everybody(t, s)
	disputes := 0
	for _, c := range all {
		disputes += len(c.Disputed)
	}
	if len(all) != 3 || disputes != 4 { // two became one, and the others stay apart from it
		t.Errorf("%d contacts, %d disputes", len(all), disputes)
	}
	if found, err := s.Verify(ctx); err != nil || len(found.Breaches) > 0 {
		t.Error(found.Breaches, err)
	}
}

// The same over a change of an id: the joined contact would be too large, so both stay what they are.
func TestAChangeWhoseJoinNoItemHolds(t *testing.T) {
	s := fresh(t)
	for n := range 2 {
		c := person(n)
		c.Email, c.Phone, c.Attributes = "", "", map[string]any{}
		for i := range 90 {
			c.Attributes[fmt.Sprintf("k%d_%d", n, i)] = strings.Repeat("x", 2000)
		}
		c.Identities = []contact.Identity{{
			Channel: contact.WhatsApp, AccountID: "line-1", ExternalID: fmt.Sprint("EG.user", n), EveryAccount: true, FirstSeenAt: epoch, LastSeenAt: epoch,
		}}
		create(t, s, c)
	}
	change := said(channel.UserIDChanged, 9, channeltest.WhatsApp("", "EG.user1"))
	former := channeltest.WhatsApp("", "EG.user0")
	change.Former = &former
	hears(t, s, change)
	if all := everybody(t, s); len(all) != 2 || len(all[0].Disputed) != 1 || len(all[1].Disputed) != 1 {
		t.Errorf("%d contacts", len(all))
	}
	if found, err := s.Verify(ctx); err != nil || len(found.Breaches) > 0 {
		t.Error(found.Breaches, err)
	}
}

// Ids without end of one phone: beyond what an item holds they are not kept, and the messages are applied all the same.
func TestIdentitiesWithoutEnd(t *testing.T) {
	s := fresh(t)
	c := person(1)
	long := strings.Repeat("7", 200)
	for n := range 400 {
		c.Identities = append(c.Identities, contact.Identity{
			Channel: contact.Widget, AccountID: "site", ExternalID: fmt.Sprint(long, n), ProfileName: long, Username: fmt.Sprint("user", n), FirstSeenAt: epoch, LastSeenAt: epoch,
		})
	}
	it, err := contactItem(c, newWriteID())
	if err != nil {
		t.Fatal(err)
	}
	for _, claimed := range claims(c) {
		if _, err := s.putOne(ctx, s.tables.Contacts, claimed.item(c.ID, newWriteID()), ifAbsent); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.putOne(ctx, s.tables.Contacts, it, ifAbsent); err != nil {
		t.Fatal(err)
	}
	visitor := said(channel.Message, 100, channel.Person{Addresses: []channel.Address{{ExternalID: "one more"}}, Phone: c.Phone})
	visitor.Channel, visitor.AccountID = contact.Widget, "site"
	hears(t, s, visitor)
	if got := get(t, s, c.ID); len(got.Identities) != 400 || !got.LastInteractionAt.Equal(visitor.At) {
		t.Errorf("%d identities, last interaction %v", len(got.Identities), got.LastInteractionAt)
	}
}

// Somebody else has both the user id and the phone of an event. Both are told once, and what comes later is applied
// all the same.
func TestADisputeOverTwoFieldsGoesOn(t *testing.T) {
	s := fresh(t)
	widget := func(second int, phone, email string) channel.Event {
		e := said(channel.Message, second, channel.Person{Addresses: []channel.Address{{ExternalID: "visitor"}}, Phone: phone, Email: email})
		e.Channel, e.AccountID = contact.Widget, "site"
		return e
	}
	a, b := person(1), person(2)
	create(t, s, a, b)
	hears(t, s, widget(1, a.Phone, ""))
	for second := 5; second < 8; second++ {
		e := widget(second, b.Phone, b.Email)
		e.Person.ProfileName = fmt.Sprint("Visitor ", second) // what moves no time alone
		hears(t, s, e)
	}
	if got := get(t, s, a.ID); len(got.Disputed) != 2 || got.Identities[0].ProfileName != "Visitor 7" {
		t.Errorf("%q, %+v", got.Disputed, got.Identities)
	}
}
