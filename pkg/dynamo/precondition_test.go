package dynamo

import (
	"testing"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/channel/channeltest"
	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/problem"
)

// One message names two contacts, so one is joined into the other, and its id answers with that one. A client that
// saw only the first must change and delete neither by what it saw, although both have the same version.
func TestWhatWasSeenOfAJoinedContactMatchesNoOther(t *testing.T) {
	s := fresh(t)
	svc := service(s)
	hears(t, s, said(channel.Message, 1, called(channeltest.WhatsApp("", "EG.user1"), "By BSUID", "")))
	hears(t, s, said(channel.Message, 2, called(channeltest.WhatsApp("201001234567", ""), "By number", "")))
	all := everybody(t, s)
	if len(all) != 2 {
		t.Fatalf("%+v", all)
	}
	bare := all[0]
	if err := svc.AddLabel(ctx, ws, bare.ID, user, "VIP"); err != nil {
		t.Fatal(err)
	}
	before := get(t, s, bare.ID)
	hears(t, s, said(channel.Message, 3, called(channeltest.WhatsApp("201001234567", "EG.user1"), "", "")))
	after := get(t, s, bare.ID)
	if after.ID == before.ID || after.Version != before.Version {
		t.Fatalf("%s at version %d became %s at version %d", before.ID, before.Version, after.ID, after.Version)
	}
	if before.Revision() == after.Revision() {
		t.Errorf("one revision stands for two contacts: %+v", after.Revision())
	}
	seen := at(before.ID, before.Version)
	if err := svc.Delete(ctx, ws, bare.ID, seen); problem.CodeOf(err) != problem.VersionConflict {
		t.Errorf("the contact that was not seen is deleted: %v", err)
	}
	company := contact.Patch{Company: contact.Field[string]{Set: true, Value: "Acme"}}
	if _, err := svc.Update(ctx, ws, bare.ID, user, company, seen); problem.CodeOf(err) != problem.VersionConflict {
		t.Errorf("the contact that was not seen is changed: %v", err)
	}
	if changed, err := svc.Update(ctx, ws, bare.ID, user, company, at(after.ID, after.Version)); err != nil || changed.ID != after.ID {
		t.Errorf("%+v, %v", changed, err)
	}
}

// A message moves counts and times, but not the version: what an agent writes meanwhile goes through.
func TestAMessageMakesNoConditionalWriteFail(t *testing.T) {
	s := fresh(t)
	hears(t, s, said(channel.Message, 1, called(channeltest.WhatsApp("201001234567", ""), "Mona", "")))
	seen := everybody(t, s)[0]
	hears(t, s, said(channel.Message, 50, called(channeltest.WhatsApp("201001234567", ""), "Mona", "")))
	now := get(t, s, seen.ID)
	if now.LastInteractionAt.Equal(seen.LastInteractionAt) || now.Version != seen.Version {
		t.Fatalf("version %d, spoken to %v; before %d, %v", now.Version, now.LastInteractionAt, seen.Version, seen.LastInteractionAt)
	}
	patch := contact.Patch{Company: contact.Field[string]{Set: true, Value: "Acme"}}
	if _, err := service(s).Update(ctx, ws, seen.ID, user, patch, at(seen.ID, seen.Version)); err != nil {
		t.Error(err)
	}
}
