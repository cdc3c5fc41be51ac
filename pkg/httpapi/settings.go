package httpapi

import (
	"context"
	"net/http"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/identity"
)

type settingsView struct {
	DefaultRegion *string `json:"defaultRegion" nullable:"true" doc:"ISO 3166 code of the region whose national phone spellings are accepted" example:"EG"`
	NightlyBackup bool    `json:"nightlyBackup" doc:"Whether all contacts are exported every night"`
}

// settingsAnswer are a workspace's settings.
type settingsAnswer struct {
	Status int    // 304 when the client has them already
	ETag   string `header:"ETag" doc:"Changes with every change of the settings"`
	Body   settingsView
}

func answerSettings(settings contact.Settings, status int) *settingsAnswer {
	view := settingsView{NightlyBackup: settings.NightlyBackup}
	if settings.DefaultRegion != "" {
		view.DefaultRegion = &settings.DefaultRegion
	}
	return &settingsAnswer{status, etag(settings.Version), view}
}

type getSettingsInput struct {
	IfNoneMatch string `header:"If-None-Match" doc:"Entity tags that the client has: 304 when one is current"`
}

func (s *server) getSettings(ctx context.Context, in *getSettingsInput) (*settingsAnswer, error) {
	settings, err := s.Settings.Settings(ctx, identity.From(ctx).Workspace)
	if err != nil {
		return nil, err
	}
	return answerSettings(settings, readStatus(in.IfNoneMatch, settings.Version)), nil
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

func (s *server) updateSettings(ctx context.Context, in *updateSettingsInput) (*settingsAnswer, error) {
	patch := contact.SettingsPatch{DefaultRegion: in.Body.DefaultRegion.Field, NightlyBackup: in.Body.NightlyBackup.Field}
	settings, err := s.Settings.UpdateSettings(ctx, identity.From(ctx).Workspace, patch, ifMatch(in.IfMatch))
	if err != nil {
		return nil, err
	}
	return answerSettings(settings, http.StatusOK), nil
}
