package httpapi

import (
	"context"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/identity"
)

type settingsView struct {
	DefaultRegion *string `json:"defaultRegion" nullable:"true" doc:"ISO 3166 code of the region whose national phone spellings are accepted" example:"EG"`
	NightlyBackup bool    `json:"nightlyBackup" doc:"Whether all contacts are exported every night"`
}

func viewSettings(settings contact.Settings) settingsView {
	return settingsView{DefaultRegion: textOrNull(settings.DefaultRegion), NightlyBackup: settings.NightlyBackup}
}

type getSettingsInput struct{ Conditional }

func (s *server) getSettings(ctx context.Context, in *getSettingsInput) (*answered[settingsView], error) {
	workspace := identity.From(ctx).Workspace
	settings, err := s.Settings.Settings(ctx, workspace)
	return read(in.Conditional, settings.Revision(workspace), viewSettings(settings)), err
}

// settingsPatch is the body of PATCH /v1/settings.
type settingsPatch struct {
	DefaultRegion member[string] `json:"defaultRegion,omitzero" doc:"ISO 3166 code; null: only numbers with + or 00 are accepted"`
	NightlyBackup member[bool]   `json:"nightlyBackup,omitzero" nullable:"false"`
}

type updateSettingsInput struct {
	IfMatch string `header:"If-Match" doc:"Entity tags of which one has to be current, or *; without it, the last write wins"`
	Body    settingsPatch
}

func (s *server) updateSettings(ctx context.Context, in *updateSettingsInput) (*tagged[settingsView], error) {
	patch := contact.SettingsPatch{DefaultRegion: in.Body.DefaultRegion.Field, NightlyBackup: in.Body.NightlyBackup.Field}
	workspace := identity.From(ctx).Workspace
	settings, err := s.Settings.UpdateSettings(ctx, workspace, patch, ifMatch(in.IfMatch))
	view := viewSettings(settings)
	return &tagged[settingsView]{etag(settings.Revision(workspace), view), view}, err
}
