package contact_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/phone"
	"github.com/occ/contacts/pkg/problem"
)

// memory is a Store that holds one workspace's contacts; what storage does beyond that is tested against a real endpoint.
type memory struct {
	contacts map[string]contact.Contact
	settings contact.Settings
	asked    contact.Query
	writes   int
	// beforeUpdate lets a test change the contact behind the service's back.
	beforeUpdate func()
}

func (m *memory) Create(_ context.Context, c contact.Contact) error {
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

func (m *memory) Update(_ context.Context, before, after contact.Contact, _ contact.Activity) error {
	if hook := m.beforeUpdate; hook != nil {
		m.beforeUpdate = nil
		hook()
	}
	if m.contacts[before.ID].Version != before.Version {
		return problem.New(problem.VersionConflict, "changed")
	}
	m.writes++
	m.contacts[after.ID] = after
	return nil
}

func (m *memory) List(_ context.Context, query contact.Query) (contact.Page, error) {
	m.asked = query
	return contact.Page{}, nil
}

func (m *memory) Settings(context.Context, string) (contact.Settings, error) { return m.settings, nil }

func (m *memory) PutSettings(_ context.Context, _ string, settings contact.Settings) error {
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
	})
	if err != nil {
		t.Fatal(err)
	}
	want := contact.Contact{
		Workspace: "demo", ID: made.ID, Name: "Zoë", Email: "Mona@example.com", Phone: "+201001234567", Channel: contact.API,
		Labels: []string{"VIP", "new"}, Attributes: map[string]any{"plan": "gold", "seats": 3.0, "trial": true},
		CreatedAt: start.Truncate(time.Millisecond), UpdatedAt: start.Truncate(time.Millisecond), Version: 1, CreatedBy: agent, NamedBy: contact.ByUser,
	}
	if diff := cmp.Diff(want, made); diff != "" {
		t.Error(diff)
	}
}

func TestCreateNamesEveryFault(t *testing.T) {
	s, _ := service()
	_, err := s.Create(t.Context(), "demo", agent, contact.Draft{
		Name: text(" "), Email: text("a@b"), Phone: text("12"), Company: text(strings.Repeat("é", 201)),
		Labels: []string{"ok", "a/b"}, Attributes: map[string]any{"a b": 1.0, "n": []any{}, "big": 9007199254740994.0, "e": ""},
	})
	var fault *problem.Error
	if !errors.As(err, &fault) || fault.Code != problem.ValidationFailed {
		t.Fatal(err)
	}
	var places []string
	for _, field := range fault.Fields {
		places = append(places, field.Location)
	}
	want := []string{
		"body.name", "body.email", "body.phone", "body.company", "body.labels[1]",
		"body.customAttributes.a b", "body.customAttributes.big", "body.customAttributes.e", "body.customAttributes.n",
	}
	if diff := cmp.Diff(want, places); diff != "" {
		t.Error(diff)
	}
}

func TestLimitsToTheCharacter(t *testing.T) {
	s, _ := service()
	long := strings.Repeat("ñ", 200)
	many := map[string]any{}
	for i := range 100 {
		many[strings.Repeat("k", 60)+string(rune('a'+i/26))+string(rune('a'+i%26))] = strings.Repeat("x", 1000)
	}
	for name, c := range map[string]struct {
		draft contact.Draft
		code  problem.Code
	}{
		"200 characters":       {contact.Draft{Name: &long, Company: &long}, ""},
		"201 characters":       {contact.Draft{Name: text(long + "x")}, problem.ValidationFailed},
		"local part of 64":     {contact.Draft{Name: text("a"), Email: text(strings.Repeat("a", 64) + "@example.com")}, ""},
		"local part of 65":     {contact.Draft{Name: text("a"), Email: text(strings.Repeat("a", 65) + "@example.com")}, problem.ValidationFailed},
		"100 attributes":       {contact.Draft{Name: text("a"), Attributes: many}, ""},
		"no name":              {contact.Draft{Email: text("a@example.com")}, problem.ValidationFailed},
		"too large altogether": {contact.Draft{Name: text("a"), Attributes: repeated(many, strings.Repeat("x", 2000))}, problem.ContactTooLarge},
		"2001 characters":      {contact.Draft{Name: text("a"), Attributes: map[string]any{"a": strings.Repeat("x", 2001)}}, problem.ValidationFailed},
		"41 labels":            {contact.Draft{Name: text("a"), Labels: strings.Split(strings.Repeat("a,b,c,d,", 5)+"e1,e2,e3,e4,e5,e6,e7,e8,e9,e10,e11,e12,e13,e14,e15,e16,e17,e18,e19,e20,e21,e22,e23,e24,e25,e26,e27,e28,e29,e30,e31,e32,e33,e34,e35,e36,e37", ",")}, problem.ValidationFailed},
		"control character":    {contact.Draft{Name: text("a\x00b")}, problem.ValidationFailed},
	} {
		_, err := s.Create(t.Context(), "demo", agent, c.draft)
		if (err == nil) != (c.code == "") || err != nil && problem.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want code %q", name, err, c.code)
		}
	}
}

func repeated(attributes map[string]any, value string) map[string]any {
	all := map[string]any{}
	for key := range attributes {
		all[key] = value
	}
	return all
}

func TestUpdate(t *testing.T) {
	s, store := service()
	made, _ := s.Create(t.Context(), "demo", agent, contact.Draft{Name: text("Mona"), Company: text("Acme"), Labels: []string{"VIP"}, Attributes: map[string]any{"a": "1", "b": 2.0}})
	patch := contact.Patch{
		Company: contact.Field[string]{Set: true, Null: true}, Labels: contact.Field[[]string]{Set: true, Value: []string{"vip", "new"}},
		Attributes: contact.Field[map[string]any]{Set: true, Value: map[string]any{"a": nil, "c": false}},
	}
	after, err := s.Update(t.Context(), "demo", made.ID, agent, patch, contact.Precondition{Versions: []int{1}})
	if err != nil {
		t.Fatal(err)
	}
	if after.Version != 2 || after.Company != "" || cmp.Diff([]string{"VIP", "new"}, after.Labels) != "" || cmp.Diff(map[string]any{"b": 2.0, "c": false}, after.Attributes) != "" {
		t.Errorf("updated to %+v", after)
	}
	if again, err := s.Update(t.Context(), "demo", made.ID, agent, patch, contact.Precondition{}); err != nil || again.Version != 2 || store.writes != 1 {
		t.Errorf("the same patch again: %+v, %v, %d writes", again, err, store.writes)
	}
	_, err = s.Update(t.Context(), "demo", made.ID, agent, patch, contact.Precondition{Versions: []int{1}})
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
	made, _ := s.Create(t.Context(), "demo", agent, contact.Draft{Name: text("Mona")})
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

func TestApplyOfItsOwnResultChangesNothing(t *testing.T) {
	field := rapid.Custom(func(t *rapid.T) contact.Field[string] {
		switch rapid.IntRange(0, 2).Draw(t, "kind") {
		case 0:
			return contact.Field[string]{}
		case 1:
			return contact.Field[string]{Set: true, Null: true}
		default:
			return set(rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "value"))
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		patch := contact.Patch{Name: field.Draw(t, "name"), Email: field.Draw(t, "email"), Company: field.Draw(t, "company")}
		before := contact.Contact{Name: "a", Email: "b", Version: 7}
		after, activity, changed := contact.Apply(before, patch, agent, start)
		if changed != (after.Version == 8) || changed != (len(activity.Changes) > 0) {
			t.Fatalf("changed %v, version %d, %v", changed, after.Version, activity.Changes)
		}
		if _, _, again := contact.Apply(after, patch, agent, start); again {
			t.Fatal("the patch changes its own result")
		}
	})
}

func TestSettings(t *testing.T) {
	s, store := service()
	after, err := s.UpdateSettings(t.Context(), "demo", contact.SettingsPatch{DefaultRegion: set("eg")}, contact.Precondition{})
	if err != nil || after.DefaultRegion != "EG" || after.Version != 1 || !after.NightlyBackup {
		t.Errorf("%+v, %v", after, err)
	}
	if _, err := s.UpdateSettings(t.Context(), "demo", contact.SettingsPatch{DefaultRegion: set("Egypt")}, contact.Precondition{}); problem.CodeOf(err) != problem.ValidationFailed {
		t.Error(err)
	}
	if _, err := s.List(t.Context(), "demo", "0100 123 4567", contact.SortName, 10, nil); err != nil || store.asked.Search.Phone != "+201001234567" {
		t.Errorf("%+v, %v", store.asked.Search, err)
	}
}
