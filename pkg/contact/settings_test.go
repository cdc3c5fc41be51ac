package contact_test

import (
	"errors"
	"testing"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/problem"
)

func TestSettings(t *testing.T) {
	s, store := service()
	after, err := s.UpdateSettings(t.Context(), "demo", contact.SettingsPatch{DefaultRegion: set("eg")}, contact.Precondition{})
	if err != nil || after.DefaultRegion != "EG" || after.Version != 1 || !after.NightlyBackup {
		t.Errorf("%+v, %v", after, err)
	}
	if _, err := s.UpdateSettings(t.Context(), "demo", contact.SettingsPatch{DefaultRegion: set("Egypt")}, contact.Precondition{}); problem.CodeOf(err) != problem.ValidationFailed {
		t.Error(err)
	}
	if _, err := s.List(t.Context(), "demo", contact.Listing{Q: "0100 123 4567", Sort: contact.SortName, Limit: 10}); err != nil || store.asked.Search.Phone != "+201001234567" {
		t.Errorf("%+v, %v", store.asked.Search, err)
	}
}

func TestSettingsRefuseWhatCannotBe(t *testing.T) {
	s, store := service()
	for name, patch := range map[string]contact.SettingsPatch{
		"empty region": {DefaultRegion: set("")}, "no such region": {DefaultRegion: set("XX")}, "no backup value": {NightlyBackup: contact.Field[bool]{Set: true, Null: true}},
	} {
		if _, err := s.UpdateSettings(t.Context(), "demo", patch, contact.Precondition{}); problem.CodeOf(err) != problem.ValidationFailed {
			t.Errorf("%s: %v", name, err)
		}
	}
	unchanged := contact.SettingsPatch{DefaultRegion: contact.Field[string]{Set: true, Null: true}, NightlyBackup: contact.Field[bool]{Set: true, Value: true}}
	if after, err := s.UpdateSettings(t.Context(), "demo", unchanged, contact.Precondition{}); err != nil || after != contact.DefaultSettings() {
		t.Errorf("%+v, %v", after, err)
	}
	if _, err := s.UpdateSettings(t.Context(), "demo", contact.SettingsPatch{DefaultRegion: set("EG")}, contact.Precondition{Revisions: []contact.Revision{{ID: "settings@demo", Version: 3}, {ID: "settings@other", Version: 0}}}); problem.CodeOf(err) != problem.VersionConflict {
		t.Error(err)
	}
	store.busy = 1000
	if _, err := s.UpdateSettings(t.Context(), "demo", contact.SettingsPatch{DefaultRegion: set("EG")}, contact.Precondition{}); problem.CodeOf(err) != problem.Unavailable {
		t.Error(err)
	}
}

// A default region that cannot be read is no fault of the number.
func TestSettingsThatCannotBeRead(t *testing.T) {
	s, store := service()
	store.broken = errors.New("no connection")
	_, created := s.Create(t.Context(), "demo", agent, contact.Draft{Name: text("Mona"), Phone: text("0100 123 4567")}, nil)
	_, listed := s.List(t.Context(), "demo", contact.Listing{Q: "0100 123 4567", Limit: 10})
	for _, err := range []error{created, listed} {
		if !errors.Is(err, store.broken) || problem.CodeOf(err) != problem.Internal {
			t.Error(err)
		}
	}
	if _, err := s.Create(t.Context(), "demo", agent, contact.Draft{Name: text("Mona"), Phone: text("+201001234567")}, nil); err != nil {
		t.Error(err)
	}
}
