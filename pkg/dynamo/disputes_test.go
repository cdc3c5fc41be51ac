package dynamo

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/channel/channeltest"
	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/importing"
)

// A deleted person leaves nothing in the activity of those with whom a channel took them for one.
func TestADeletionLeavesNothingOfADispute(t *testing.T) {
	s := fresh(t)
	a, b, c := person(1), person(2), person(3)
	a.Phone, a.Email = "+201001111111", "secret.person@example.com"
	create(t, s, a, b, c)
	visitor := func(second int, id, phone, email string) channel.Event {
		e := said(channel.Message, second, channel.Person{Addresses: []channel.Address{{ExternalID: id}}, Phone: phone, Email: email})
		e.Channel, e.AccountID = contact.Widget, "site"
		return e
	}
	hears(t, s,
		visitor(1, "visitor-b", b.Phone, ""), visitor(2, "visitor-b", a.Phone, a.Email), // b is said to have a's phone and e-mail
		visitor(3, "visitor-c", c.Phone, ""), visitor(4, "visitor-c", "", b.Email), // c is said to have b's e-mail
	)
	if err := service(s).Delete(ctx, ws, a.ID, contact.Precondition{}); err != nil {
		t.Fatal(err)
	}
	cleaned(t, s)
	for _, table := range []string{s.tables.Contacts, s.tables.Timeline} {
		for _, it := range everything(t, s, table) {
			body, err := json.Marshal(it)
			for _, trace := range []string{a.ID, a.Phone, a.Email} {
				if err != nil || strings.Contains(string(body), trace) {
					t.Errorf("%s of the deleted contact is left in %s, %v", trace, it.key(), err)
				}
			}
		}
	}
	entries, _, err := s.Activities(ctx, ws, []string{b.ID}, 100, "")
	var fields []string
	for _, entry := range entries {
		for _, change := range entry.Changes {
			if entry.Action == "disputed" {
				fields = append(fields, change.Field)
			}
		}
	}
	if err != nil || strings.Join(fields, " ") != "email contactId email contactId phone contactId" {
		t.Errorf("what the activity of the other one still says: %v, %v", fields, err)
	}
	if got := get(t, s, b.ID); len(got.Disputed) != 1 || got.Disputed[0] != "email#"+c.ID {
		t.Errorf("disputes of the other one: %q", got.Disputed)
	}
	if err := service(s).Delete(ctx, ws, c.ID, contact.Precondition{}); err != nil {
		t.Fatal(err)
	}
	cleaned(t, s)
	whole(t, s) // also where no dispute is left
}

// An undo leaves nothing of a contact that was in a dispute with somebody who was deleted since.
func TestAnUndoLeavesNothingOfADispute(t *testing.T) {
	s := fresh(t)
	other := person(1)
	other.Phone = "+201007654321"
	create(t, s, other)
	w := workbenchOn(t, s)
	ref := w.imported("i-1", fileRow(2, func(r *importing.Row) { r.Phone = "+201001234567" }))
	change := said(channel.NumberChanged, 5, channeltest.WhatsApp("201007654321", ""))
	former := channeltest.WhatsApp("201001234567", "")
	change.Former = &former
	hears(t, s, change)
	if got := get(t, s, importing.ContactID("i-1", 2)); len(got.Disputed) == 0 || got.Version != 1 {
		t.Fatalf("the number is in no dispute: %+v", got)
	}
	if err := service(s).Delete(ctx, ws, other.ID, contact.Precondition{}); err != nil {
		t.Fatal(err)
	}
	cleaned(t, s)
	w.undone(ref, nil)
	cleaned(t, s)
	if all := everybody(t, s); len(all) != 0 {
		t.Errorf("%+v", all)
	}
	whole(t, s)
}
