package httpapi

import (
	"context"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/exporting"
	"github.com/occ/contacts/pkg/identity"
)

// Schedules is what the routes of export schedules need; exporting.Schedules implements it.
type Schedules interface {
	Create(ctx context.Context, workspace, subject string, draft exporting.ScheduleDraft, once *contact.Once) (exporting.Schedule, error)
	List(ctx context.Context, workspace string, limit int, after string) (schedules []exporting.Schedule, next string, err error)
	Get(ctx context.Context, ref exporting.Ref) (exporting.Schedule, error)
	Update(ctx context.Context, ref exporting.Ref, patch exporting.SchedulePatch, ifMatch contact.Precondition) (exporting.Schedule, error)
	Delete(ctx context.Context, ref exporting.Ref, ifMatch contact.Precondition) error
}

type scheduleView struct {
	ID       string `json:"id" doc:"Opaque id"`
	Name     string `json:"name"`
	Schedule string `json:"schedule" doc:"When it runs, in UTC" example:"rate(1 day)"`
	Format   string `json:"format" enum:"csv,xlsx,json"`
	SelectionBody
	Enabled      bool    `json:"enabled"`
	LastRunAt    *string `json:"lastRunAt" nullable:"true" format:"date-time" doc:"When its last export was due"`
	LastExportID *string `json:"lastExportId" nullable:"true" doc:"The last export that it made"`
	CreatedBy    string  `json:"createdBy" doc:"The subject of the token"`
	CreatedAt    string  `json:"createdAt" format:"date-time"`
	UpdatedAt    string  `json:"updatedAt" format:"date-time"`
}

func viewSchedule(s exporting.Schedule) scheduleView {
	return scheduleView{
		ID: s.ID, Name: s.Name, Schedule: s.Expression, Format: string(s.Format), SelectionBody: viewSelection(s.Selection), Enabled: s.Enabled,
		LastRunAt: timeOrNull(s.LastRunAt), LastExportID: textOrNull(s.LastExportID), CreatedBy: s.CreatedBy,
		CreatedAt: contact.FormatTime(s.CreatedAt), UpdatedAt: contact.FormatTime(s.UpdatedAt),
	}
}

// scheduleDraft is the body of POST /v1/export-schedules.
type scheduleDraft struct {
	Name     string `json:"name" doc:"1 to 100 characters" example:"Every night"`
	Schedule string `json:"schedule" doc:"A rate() or cron() expression of EventBridge, in UTC" example:"cron(0 2 * * ? *)"`
	Format   string `json:"format" enum:"csv,xlsx,json"`
	SelectionBody
	Enabled *bool `json:"enabled,omitempty" nullable:"true" doc:"true, unless it says otherwise"`
}

type createScheduleInput struct {
	Keyed
	Body scheduleDraft
}

func (s *server) createSchedule(ctx context.Context, in *createScheduleInput) (*created[scheduleView], error) {
	caller, body := identity.From(ctx), in.Body
	made, err := s.Schedules.Create(ctx, caller.Workspace, caller.Subject, exporting.ScheduleDraft{
		Name: body.Name, Expression: body.Schedule, Format: exporting.Format(body.Format), Selection: body.selection(), Enabled: body.Enabled == nil || *body.Enabled,
	}, in.once)
	if err != nil {
		return nil, err
	}
	view := viewSchedule(made)
	return &created[scheduleView]{etag(made.Revision(), view), "/v1/export-schedules/" + made.ID, view}, nil
}

type getScheduleInput struct {
	ID string `path:"id"`
	Conditional
}

func (s *server) getSchedule(ctx context.Context, in *getScheduleInput) (*answered[scheduleView], error) {
	schedule, err := s.Schedules.Get(ctx, scheduleRef(ctx, in.ID))
	return read(in.Conditional, schedule.Revision(), viewSchedule(schedule)), err
}

type scheduleList struct {
	Items      []scheduleView `json:"items"`
	NextCursor string         `json:"nextCursor,omitempty" doc:"Of the next page; absent at the end"`
}

type scheduleListAnswer struct{ Body scheduleList }

type listSchedulesInput struct{ Paging }

func (s *server) listSchedules(ctx context.Context, in *listSchedulesInput) (*scheduleListAnswer, error) {
	page, err := listing(ctx, s, in.Paging, func(limit int, after string) ([]exporting.Schedule, string, error) {
		return s.Schedules.List(ctx, identity.From(ctx).Workspace, limit, after)
	}, viewSchedule)
	return &scheduleListAnswer{scheduleList{page.Items, page.Cursor}}, err
}

// schedulePatch is the body of PATCH /v1/export-schedules/{id}.
type schedulePatch struct {
	Name          member[string]   `json:"name,omitzero" nullable:"false" doc:"1 to 100 characters"`
	Schedule      member[string]   `json:"schedule,omitzero" nullable:"false" doc:"A rate() or cron() expression of EventBridge, in UTC" example:"rate(1 day)"`
	Format        member[string]   `json:"format,omitzero" nullable:"false" enum:"csv,xlsx,json"`
	Q             member[string]   `json:"q,omitzero" doc:"As in the list of contacts"`
	Channel       member[string]   `json:"channel,omitzero" enum:"whatsapp,instagram,messenger,telegram,sms,email,widget,platform,campaign,import,api"`
	Label         member[string]   `json:"label,omitzero" doc:"Without case"`
	Company       member[string]   `json:"company,omitzero" doc:"The whole of it, without case"`
	CreatedAfter  member[string]   `json:"createdAfter,omitzero" doc:"At that time or later: RFC 3339, or YYYY-MM-DD as UTC midnight" example:"2026-01-31"`
	CreatedBefore member[string]   `json:"createdBefore,omitzero" doc:"Before that time: RFC 3339, or YYYY-MM-DD as UTC midnight" example:"2026-02-28"`
	Fields        member[[]string] `json:"fields,omitzero" doc:"All of them; null: every column"`
	Enabled       member[bool]     `json:"enabled,omitzero" nullable:"false"`
}

type updateScheduleInput struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match" doc:"Entity tags of which one has to be current, or *; without it, the last write wins"`
	Body    schedulePatch
}

func (s *server) updateSchedule(ctx context.Context, in *updateScheduleInput) (*tagged[scheduleView], error) {
	body := in.Body
	changed, err := s.Schedules.Update(ctx, scheduleRef(ctx, in.ID), exporting.SchedulePatch{
		Name: body.Name.Field, Expression: body.Schedule.Field, Format: body.Format.Field, Q: body.Q.Field, Channel: body.Channel.Field, Label: body.Label.Field,
		Company: body.Company.Field, CreatedAfter: body.CreatedAfter.Field, CreatedBefore: body.CreatedBefore.Field, Fields: body.Fields.Field,
		Enabled: body.Enabled.Field,
	}, ifMatch(in.IfMatch))
	if err != nil {
		return nil, err
	}
	view := viewSchedule(changed)
	return &tagged[scheduleView]{etag(changed.Revision(), view), view}, nil
}

type deleteScheduleInput struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match" doc:"Entity tags of which one has to be current, or *"`
}

func (s *server) deleteSchedule(ctx context.Context, in *deleteScheduleInput) (*struct{}, error) {
	return nil, s.Schedules.Delete(ctx, scheduleRef(ctx, in.ID), ifMatch(in.IfMatch))
}

// scheduleRef names a schedule of the caller's workspace.
func scheduleRef(ctx context.Context, id string) exporting.Ref {
	return exporting.Ref{Workspace: identity.From(ctx).Workspace, ID: id}
}
