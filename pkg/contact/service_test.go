package contact_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/phone"
	"github.com/occ/contacts/pkg/problem"
)

// memory is a Store that holds one workspace's contacts; what storage does beyond that is tested against a real endpoint.
type memory struct {
	contact.Store // of notes, labels and activity: pkg/dynamo tests those on the real store

	contacts map[string]contact.Contact
	settings contact.Settings
	broken   error // of reading the settings
	asked    contact.Query
	activity contact.Activity
	writes   int
	busy     int // that many updates still collide with those of others
	// beforeUpdate lets a test change the contact behind the service's back.
	beforeUpdate func()
}

func (m *memory) Create(_ context.Context, c contact.Contact, _ *contact.Once) error {
	m.contacts[c.ID] = c
	return nil
}

func (m *memory) Get(_ context.Context, _, id string) (contact.Contact, error) {
	c, ok := m.contacts[id]
	if !ok {
		return c, problem.New(problem.NotFound, "There is no such contact.")
	}
	return c, nil
}

func (m *memory) Update(_ context.Context, before, after contact.Contact, activity contact.Activity) error {
	if m.busy > 0 {
		m.busy--
		return problem.New(problem.VersionConflict, "changed")
	}
	if hook := m.beforeUpdate; hook != nil {
		m.beforeUpdate = nil
		hook()
	}
	if m.contacts[before.ID].Version != before.Version {
		return problem.New(problem.VersionConflict, "changed")
	}
	m.writes++
	m.activity = activity
	m.contacts[after.ID] = after
	return nil
}

func (m *memory) List(_ context.Context, query contact.Query) (contact.Page, error) {
	m.asked = query
	return contact.Page{}, nil
}

func (m *memory) Settings(context.Context, string) (contact.Settings, error) {
	return m.settings, m.broken
}

func (m *memory) PutSettings(_ context.Context, _ string, settings contact.Settings) error {
	if m.busy > 0 {
		m.busy--
		return problem.New(problem.VersionConflict, "changed")
	}
	m.settings = settings
	return nil
}

var (
	agent = contact.Actor{Type: contact.ByUser, ID: "sub-1"}
	start = time.Date(2026, 1, 2, 3, 4, 5, 678_900_000, time.UTC)
)

func service() (*contact.Service, *memory) {
	store := &memory{contacts: map[string]contact.Contact{}, settings: contact.DefaultSettings()}
	return contact.NewService(store, phone.Parse, phone.ValidRegion, func() time.Time { return start }), store
}

func text(s string) *string { return &s }

func set(s string) contact.Field[string] { return contact.Field[string]{Set: true, Value: s} }

func TestCreateNormalises(t *testing.T) {
	s, _ := service()
	made, err := s.Create(t.Context(), "demo", agent, contact.Draft{
		Name: text("  Zoe\u0308  "), Email: text(" Mona@EXAMPLE.Com "), Phone: text("0020 100 123 4567"),
		Labels: []string{"VIP", "vip", " new "}, Attributes: map[string]any{"plan": "gold", "seats": 3.0, "trial": true},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := contact.Contact{
		Workspace: "demo", ID: made.ID, Name: "Zoë", Email: "Mona@example.com", Phone: "+201001234567", Channel: contact.API,
		Labels: []string{"VIP", "new"}, Attributes: map[string]any{"plan": "gold", "seats": 3.0, "trial": true},
		CreatedAt: start.Truncate(time.Millisecond), UpdatedAt: start.Truncate(time.Millisecond), Version: 1, CreatedBy: agent, NamedBy: contact.ByUser,
		PhoneBy: contact.ByUser, EmailBy: contact.ByUser,
	}
	if diff := cmp.Diff(want, made); diff != "" {
		t.Error(diff)
	}
}

func TestUpdate(t *testing.T) {
	s, store := service()
	made, _ := s.Create(t.Context(), "demo", agent, contact.Draft{Name: text("Mona"), Company: text("Acme"), Labels: []string{"VIP"}, Attributes: map[string]any{"a": "1", "b": 2.0}}, nil)
	patch := contact.Patch{
		Company: contact.Field[string]{Set: true, Null: true}, Labels: contact.Field[[]string]{Set: true, Value: []string{"vip", "new"}},
		Attributes: contact.Field[map[string]any]{Set: true, Value: map[string]any{"a": nil, "c": false}},
	}
	after, err := s.Update(t.Context(), "demo", made.ID, agent, patch, contact.Precondition{Revisions: []contact.Revision{{ID: made.ID, Version: 1}}})
	if err != nil {
		t.Fatal(err)
	}
	if after.Version != 2 || after.Company != "" || cmp.Diff([]string{"VIP", "new"}, after.Labels) != "" || cmp.Diff(map[string]any{"b": 2.0, "c": false}, after.Attributes) != "" {
		t.Errorf("updated to %+v", after)
	}
	if again, err := s.Update(t.Context(), "demo", made.ID, agent, patch, contact.Precondition{}); err != nil || again.Version != 2 || store.writes != 1 {
		t.Errorf("the same patch again: %+v, %v, %d writes", again, err, store.writes)
	}
	_, err = s.Update(t.Context(), "demo", made.ID, agent, patch, contact.Precondition{Revisions: []contact.Revision{{ID: made.ID, Version: 1}}})
	if problem.CodeOf(err) != problem.VersionConflict {
		t.Errorf("an old version: %v", err)
	}
	_, err = s.Update(t.Context(), "demo", made.ID, agent, contact.Patch{Name: contact.Field[string]{Set: true, Null: true}}, contact.Precondition{})
	if problem.CodeOf(err) != problem.ValidationFailed {
		t.Errorf("a name removed: %v", err)
	}
}

func TestTheLastWriteWinsWithoutAPrecondition(t *testing.T) {
	s, store := service()
	made, _ := s.Create(t.Context(), "demo", agent, contact.Draft{Name: text("Mona")}, nil)
	store.beforeUpdate = func() {
		other := store.contacts[made.ID]
		other.Version, other.Company = 2, "Acme"
		store.contacts[made.ID] = other
	}
	after, err := s.Update(t.Context(), "demo", made.ID, agent, contact.Patch{Name: set("Mona Adel")}, contact.Precondition{})
	if err != nil || after.Name != "Mona Adel" || after.Company != "Acme" || after.Version != 3 {
		t.Errorf("%+v, %v", after, err)
	}
}

func TestOthersThatKeepChangingAContact(t *testing.T) {
	s, store := service()
	made, _ := s.Create(t.Context(), "demo", agent, contact.Draft{Name: text("Mona")}, nil)
	store.busy = 3
	if after, err := s.Update(t.Context(), "demo", made.ID, agent, contact.Patch{Name: set("Mona Adel")}, contact.Precondition{Any: true}); err != nil || after.Version != 2 {
		t.Errorf("%+v, %v", after, err)
	}
	store.busy = 1000
	if _, err := s.Update(t.Context(), "demo", made.ID, agent, contact.Patch{Name: set("Mona")}, contact.Precondition{}); problem.CodeOf(err) != problem.Unavailable {
		t.Error(err)
	}
	if _, err := s.Update(t.Context(), "demo", "unknown", agent, contact.Patch{Name: set("")}, contact.Precondition{}); problem.CodeOf(err) != problem.NotFound {
		t.Error(err)
	}
	// If-Match comes before the values.
	if _, err := s.Update(t.Context(), "demo", made.ID, agent, contact.Patch{Name: set("")}, contact.Precondition{None: true}); problem.CodeOf(err) != problem.VersionConflict {
		t.Error(err)
	}
}

func TestActivityOfAnUpdate(t *testing.T) {
	s, store := service()
	made, _ := s.Create(t.Context(), "demo", agent, contact.Draft{
		Name: text("Mona"), Email: text("a@example.com"), Labels: []string{"b", "a"}, Attributes: map[string]any{"z": 1.0, "y": "1", "x": true},
	}, nil)
	patch := contact.Patch{
		Email: contact.Field[string]{Set: true, Null: true}, Phone: set("+201001234567"), Labels: contact.Field[[]string]{Set: true, Value: []string{"d", "A", "c"}},
		Attributes: contact.Field[map[string]any]{Set: true, Value: map[string]any{"z": "1", "y": nil, "w": false}},
	}
	if _, err := s.Update(t.Context(), "demo", made.ID, agent, patch, contact.Precondition{}); err != nil {
		t.Fatal(err)
	}
	want := contact.Activity{At: start.Truncate(time.Millisecond), Actor: agent, Action: "updated", Changes: []contact.Change{
		{Field: "email", From: "a@example.com"}, {Field: "phone", To: "+201001234567"},
		{Field: "labels", From: "b"}, {Field: "labels", To: "d"}, {Field: "labels", To: "c"},
		{Field: "attr.w", To: false}, {Field: "attr.y", From: "1"}, {Field: "attr.z", From: 1.0, To: "1"},
	}}
	if diff := cmp.Diff(want, store.activity); diff != "" {
		t.Error(diff)
	}
}

func TestANameMayGoWhereAnIdentityStays(t *testing.T) {
	s, store := service()
	store.contacts["1"] = contact.Contact{ID: "1", Name: "Mona", Version: 1, Identities: []contact.Identity{{Channel: contact.WhatsApp, ExternalID: "20100"}}}
	after, err := s.Update(t.Context(), "demo", "1", agent, contact.Patch{Name: contact.Field[string]{Set: true, Null: true}}, contact.Precondition{})
	if err != nil || after.Name != "" || after.View().Name != "20100" {
		t.Errorf("%+v, %v", after, err)
	}
}

// A change of a number may take the last identity off a contact that has no name: it can be edited all the same.
func TestWhoHasLostTheirOnlyIdentityCanBeEdited(t *testing.T) {
	s, store := service()
	store.contacts["c"] = contact.Contact{Workspace: "demo", ID: "c", Email: "mona@example.com", Version: 3}
	if err := s.AddLabel(t.Context(), "demo", "c", agent, "VIP"); err != nil {
		t.Errorf("label: %v", err)
	}
	company := contact.Patch{Company: set("Acme")}
	if _, err := s.Update(t.Context(), "demo", "c", agent, company, contact.Precondition{}); err != nil {
		t.Errorf("company: %v", err)
	}
	name := contact.Patch{Name: set("Mona")}
	if _, err := s.Update(t.Context(), "demo", "c", agent, name, contact.Precondition{}); err != nil {
		t.Errorf("name: %v", err)
	}
	none := contact.Patch{Name: contact.Field[string]{Set: true, Null: true}}
	if _, err := s.Update(t.Context(), "demo", "c", agent, none, contact.Precondition{}); problem.CodeOf(err) != problem.ValidationFailed {
		t.Errorf("the name is taken off again: %v", err)
	}
}

func TestListRefuses(t *testing.T) {
	s, store := service()
	for name, c := range map[string]struct {
		q    string
		sort contact.Sort
	}{
		"unknown sort": {"", "-name"}, "q of 201": {strings.Repeat("é", 201), contact.SortDefault}, "not UTF-8": {"\xff", contact.SortDefault},
	} {
		if _, err := s.List(t.Context(), "demo", contact.Listing{Q: c.q, Sort: c.sort, Limit: 10}); problem.CodeOf(err) != problem.ValidationFailed {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := s.List(t.Context(), "demo", contact.Listing{Q: strings.Repeat("é", 200), Sort: contact.SortOldest, Limit: 7, After: &contact.Position{Key: "k"}}); err != nil || store.asked.Limit != 7 || store.asked.After.Key != "k" {
		t.Errorf("%+v, %v", store.asked, err)
	}
}

// A channel may give what a request may not: newer phone ranges, labels beyond the limit, what was valid once.
// Repeating it is no fault.
func TestWhatTheContactHasIsNeverRefused(t *testing.T) {
	s, store := service()
	var labels []string
	attributes := map[string]any{"with space and \x01": "a\x01b", "big": 9007199254740993.0}
	for n := range 60 {
		labels = append(labels, fmt.Sprint("old/", n))
		attributes[fmt.Sprint("key ", n)] = strings.Repeat("x", 2_100)
	}
	kept := contact.Contact{
		Workspace: "demo", ID: "1", Version: 3, Name: strings.Repeat("n", 250), Email: "odd@host", Phone: "+22997123456", Company: strings.Repeat("c", 300),
		Labels: labels, Attributes: attributes,
	}
	set := func(value string) contact.Field[string] { return contact.Field[string]{Set: true, Value: value} }
	for name, test := range map[string]struct {
		patch   contact.Patch
		changes bool
	}{
		"everything": {contact.Patch{
			Name: set(kept.Name), Email: set(kept.Email), Phone: set(kept.Phone), Company: set(kept.Company), Labels: contact.Field[[]string]{Set: true, Value: labels},
			Attributes: contact.Field[map[string]any]{Set: true, Value: attributes},
		}, false},
		"a phone and another value":  {contact.Patch{Phone: set(kept.Phone), Company: set("Acme")}, true},
		"a phone spelled with signs": {contact.Patch{Phone: set("00229 97-12-34-56")}, false},
		"fewer labels":               {contact.Patch{Labels: contact.Field[[]string]{Set: true, Value: labels[:50]}}, true},
		"an attribute taken away":    {contact.Patch{Attributes: contact.Field[map[string]any]{Set: true, Value: map[string]any{"key 1": nil, "with space and \x01": nil}}}, true},
	} {
		store.contacts["1"] = kept
		after, err := s.Update(t.Context(), "demo", "1", agent, test.patch, contact.Precondition{})
		if err != nil || (after.Version != kept.Version) != test.changes || after.Phone != kept.Phone {
			t.Errorf("%s: version %d, phone %q, %v", name, after.Version, after.Phone, err)
		}
	}
	store.contacts["1"] = kept
	for name, patch := range map[string]contact.Patch{
		"another phone":              {Phone: set("+22997123457")},
		"a label more":               {Labels: contact.Field[[]string]{Set: true, Value: append(labels[:60:60], "new")}},
		"another label of that form": {Labels: contact.Field[[]string]{Set: true, Value: []string{"new/1"}}},
		"another value of a key":     {Attributes: contact.Field[map[string]any]{Set: true, Value: map[string]any{"key 1": "y"}}},
	} {
		if _, err := s.Update(t.Context(), "demo", "1", agent, patch, contact.Precondition{}); problem.CodeOf(err) != problem.ValidationFailed {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheShownNameMayBeSentBack(t *testing.T) {
	s, store := service()
	long := strings.Repeat("x", 230)
	store.contacts["1"] = contact.Contact{ID: "1", Version: 1, Identities: []contact.Identity{{Channel: contact.SMS, ExternalID: long}}}
	after, err := s.Update(t.Context(), "demo", "1", agent, contact.Patch{Name: contact.Field[string]{Set: true, Value: long}}, contact.Precondition{})
	if err != nil || after.Version != 1 || after.Name != "" {
		t.Errorf("%+v, %v", after, err)
	}
}

// By the time of the write the path may answer with another contact, into which the one that the client saw was merged.
func TestAPreconditionNamesTheContact(t *testing.T) {
	s, store := service()
	store.contacts["gone"] = contact.Contact{ID: "other", Name: "Ali", Version: 2} // as the store answers for a merged one
	seen := contact.Precondition{Revisions: []contact.Revision{{ID: "gone", Version: 2}}}
	if _, err := s.Update(t.Context(), "demo", "gone", agent, contact.Patch{Company: contact.Field[string]{Set: true, Value: "Acme"}}, seen); problem.CodeOf(err) != problem.VersionConflict {
		t.Error(err)
	}
	if err := s.Delete(t.Context(), "demo", "gone", seen); problem.CodeOf(err) != problem.VersionConflict {
		t.Error(err)
	}
}
