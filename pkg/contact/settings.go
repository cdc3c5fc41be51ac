package contact

import (
	"context"
	"strings"

	"github.com/occ/contacts/pkg/problem"
)

// SettingsPatch is a merge patch of a workspace's settings.
type SettingsPatch struct {
	DefaultRegion Field[string]
	NightlyBackup Field[bool]
}

// DefaultSettings are those of a workspace that never wrote any.
func DefaultSettings() Settings { return Settings{NightlyBackup: true} }

// Settings reads the workspace's settings.
func (s *Service) Settings(ctx context.Context, workspace string) (Settings, error) {
	return s.store.Settings(ctx, workspace)
}

// UpdateSettings applies a merge patch. Errors: ValidationFailed, VersionConflict, Unavailable.
func (s *Service) UpdateSettings(ctx context.Context, workspace string, patch SettingsPatch, ifMatch Precondition) (Settings, error) {
	if err := s.checkSettings(&patch); err != nil {
		return Settings{}, err
	}
	for try := 1; ; try++ {
		before, err := s.store.Settings(ctx, workspace)
		if err != nil {
			return Settings{}, err
		}
		if !ifMatch.Allows(before.Revision(workspace)) {
			return Settings{}, problem.New(problem.VersionConflict, "The settings are at version %d now; read them again and repeat the change.", before.Version)
		}
		after := before
		if patch.DefaultRegion.Set {
			after.DefaultRegion = patch.DefaultRegion.Value
		}
		if patch.NightlyBackup.Set {
			after.NightlyBackup = patch.NightlyBackup.Value
		}
		if after == before {
			return before, nil
		}
		after.Version++
		if err = s.store.PutSettings(ctx, workspace, after); err == nil {
			return after, nil
		}
		if err := again(ctx, err, try); err != nil {
			return Settings{}, err
		}
	}
}

func (s *Service) checkSettings(patch *SettingsPatch) error {
	if region := &patch.DefaultRegion; region.Set && !region.Null {
		region.Value = strings.ToUpper(strings.TrimSpace(region.Value))
		if !s.validRegion(region.Value) {
			return problem.Invalid("body.defaultRegion", region.Value, "Give an ISO 3166 code of two letters that has phone numbers, as EG, or null.")
		}
	}
	if backup := patch.NightlyBackup; backup.Set && backup.Null {
		return problem.Invalid("body.nightlyBackup", nil, "Give true or false.")
	}
	return nil
}
