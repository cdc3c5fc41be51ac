package dynamo

import (
	"context"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/problem"
)

// Settings implements contact.Store.
func (s *Store) Settings(ctx context.Context, workspace string) (contact.Settings, error) {
	it, err := s.read(ctx, s.tables.Jobs, settingsKey(workspace))
	if err != nil {
		return contact.Settings{}, err
	}
	if it == nil {
		return contact.DefaultSettings(), nil
	}
	return contact.Settings{
		DefaultRegion: it.text("defaultRegion"), NightlyBackup: it.flag("nightlyBackup"), Version: it.number(attrVersion),
	}, nil
}

// PutSettings implements contact.Store.
func (s *Store) PutSettings(ctx context.Context, workspace string, settings contact.Settings) error {
	if err := s.RegisterWorkspace(ctx, workspace); err != nil {
		return err
	}
	it := newItem(settingsKey(workspace), newWriteID(), 3)
	it.setText("defaultRegion", settings.DefaultRegion)
	it["nightlyBackup"], it[attrVersion] = flag(settings.NightlyBackup), number(settings.Version)
	allowed := ifAbsent
	if settings.Version > 1 {
		allowed = ifVersion(settings.Version - 1)
	}
	other, err := s.putOne(ctx, s.tables.Jobs, it, allowed)
	if err == nil && other != nil {
		return problem.New(problem.VersionConflict, "The settings were changed meanwhile: they are at version %d now. Read them again and repeat the change.", other.number(attrVersion))
	}
	return err
}

// DefaultRegion is the region that a workspace's national phone spellings are of; empty for none.
func (s *Store) DefaultRegion(ctx context.Context, workspace string) (string, error) {
	settings, err := s.Settings(ctx, workspace)
	return settings.DefaultRegion, err
}
