package channel_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/contact"
)

// ofSite makes an event one that came with a web widget's secret.
func ofSite(e channel.Event) channel.Event {
	e.Workspace, e.Channel, e.AccountID, e.Bound = townWorkspace, contact.Widget, "site", true
	return e
}

// ofNobody leaves an event that of no bound account.
func ofNobody(e channel.Event) channel.Event { return e }

// What a widget's secret may not touch is told apart from what failed, and is refused for ever.
func TestRefusedEventsAreToldApart(t *testing.T) {
	c := newClinic()
	c.contacts["mona"] = 0 // known by no account of the widget's
	town := newTown()
	a := channel.NewApplier(town, c, func() time.Time { return c.at }, func() string { return "id" })
	request, survey := ofSite(requested(channel.Opened, 0, ofMona)), ofSite(surveyed("s-1", ofMona))
	message := happened(channel.Message, 9, whatsApp(monaNumber, ""))
	unknown := happened("danced", 9)
	batch := func(events ...channel.Event) channel.Batch {
		return channel.Batch{Schema: 1, Workspace: townWorkspace, Events: events}
	}
	errs := a.Apply(t.Context(), []channel.Batch{batch(request, message, survey), batch(unknown, request), batch(message)})
	first, ok := errors.AsType[*channel.RefusedEvents](errs[0])
	if !ok || first.Err != nil || len(first.Refusals) != 2 || !ids(first.Rest, message.ID) || len(town.contacts) != 1 {
		t.Fatalf("%v, %d contacts", errs, len(town.contacts))
	}
	second, ok := errors.AsType[*channel.RefusedEvents](errs[1])
	if !ok || second.Err == nil || len(second.Refusals) != 0 || !ids(second.Rest, unknown.ID) || errs[2] != nil {
		t.Error(errs)
	}
	c.accounts["mona"] = append(c.accounts["mona"], channel.AccountKey{Channel: contact.Widget, ID: "site"})
	for _, refusal := range first.Refusals {
		again, ok := errors.AsType[*channel.RefusedEvents](a.Apply(t.Context(), []channel.Batch{batch(refusal.Event)})[0])
		if !ok || len(again.Refusals) != 1 || again.Refusals[0].Reason != refusal.Reason || refusal.Reason == "" {
			t.Errorf("%s is applied later: %v", refusal.Event.ID, again)
		}
	}
	if len(c.requests)+len(c.feedback)+len(c.waiting) != 0 {
		t.Error("a refused event left something: " + c.state())
	}
	if errs := a.Apply(t.Context(), []channel.Batch{batch(request)}); errs[0] != nil || len(c.requests) != 1 {
		t.Error("the contact is the widget's now:", errs)
	}
}

// A widget's deletion of a request that nobody has seen does not stop that request: it waits, and deletes only one of
// the widget's own.
func TestAWidgetDeletesNoRequestAhead(t *testing.T) {
	for name, c := range map[string]struct {
		opened func(channel.Event) channel.Event
		want   channel.RequestAction
		swept  channel.CasesSwept
	}{
		"of the platform": {ofNobody, channel.Opened, channel.CasesSwept{Dead: 1}},
		"of the widget":   {ofSite, channel.Deleted, channel.CasesSwept{Applied: 1}},
	} {
		k := newClinic()
		k.contacts["mona"] = 0
		k.accounts["mona"] = []channel.AccountKey{{Channel: contact.Widget, ID: "site"}}
		if err := k.ApplyRequest(t.Context(), ofSite(requested(channel.Deleted, 9, nil))); err != nil || len(k.requests) != 0 {
			t.Errorf("%s: %v, %s", name, err, k.state())
		}
		if err := k.ApplyRequest(t.Context(), c.opened(requested(channel.Opened, 0, ofMona))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		swept, err := k.Sweep(t.Context())
		if err != nil || swept.Applied != c.swept.Applied || swept.Dead != c.swept.Dead || len(k.waiting) != 0 {
			t.Errorf("%s: %+v, %v", name, swept, err)
		}
		if got := k.requests["r-1"].Action; got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func ids(events []channel.Event, want ...string) bool {
	return slices.EqualFunc(events, want, func(e channel.Event, id string) bool { return e.ID == id })
}
