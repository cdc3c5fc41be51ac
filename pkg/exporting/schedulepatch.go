package exporting

import (
	"context"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/problem"
)

// SchedulePatch is a merge patch of a schedule. A filter that is null or empty is taken away.
type SchedulePatch struct {
	Name, Expression, Format    contact.Field[string]
	Q, Channel, Label, Company  contact.Field[string]
	CreatedAfter, CreatedBefore contact.Field[string]
	Fields                      contact.Field[[]string]
	Enabled                     contact.Field[bool]
}

// patched is a schedule with a patch applied. What its filters mean is worked out anew only when one was given: it depends on settings.
func (s *Schedules) patched(ctx context.Context, schedule Schedule, p SchedulePatch) (Schedule, error) {
	if p.Enabled.Set && p.Enabled.Null {
		return Schedule{}, problem.Invalid("body.enabled", nil, "Give true or false.")
	}
	format, selection := string(schedule.Format), &schedule.Selection
	selects := set(p.Format, &format)
	selects = set(p.Q, &selection.Q) || selects
	selects = set(p.Channel, &selection.Channel) || selects
	selects = set(p.Label, &selection.Label) || selects
	selects = set(p.Company, &selection.Company) || selects
	selects = set(p.CreatedAfter, &selection.After) || selects
	selects = set(p.CreatedBefore, &selection.Before) || selects
	selects = set(p.Fields, &selection.Fields) || selects
	set(p.Name, &schedule.Name)
	set(p.Expression, &schedule.Expression)
	set(p.Enabled, &schedule.Enabled)
	schedule.Format = Format(format)
	return s.checked(ctx, schedule, selects)
}

// set takes a member over, null as nothing, and says whether it was given.
func set[T any](f contact.Field[T], into *T) bool {
	if f.Set {
		*into = f.Value
	}
	return f.Set
}
