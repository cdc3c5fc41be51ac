package dynamo

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/exporting"
	"github.com/occ/contacts/pkg/problem"
)

var (
	_ exporting.ScheduleStore = (*Store)(nil)
	_ exporting.Workspaces    = (*Store)(nil)
)

// CreateSchedule implements exporting.ScheduleStore. The workspace's schedules are counted in the same transaction, so that two requests
// at once cannot both be the last.
func (s *Store) CreateSchedule(ctx context.Context, schedule exporting.Schedule, most int, once *contact.Once) error {
	if err := s.RegisterWorkspace(ctx, schedule.Workspace); err != nil {
		return err
	}
	writeID := newWriteID()
	it, err := scheduleItem(schedule, writeID)
	if err != nil {
		return err
	}
	room := condition{text: "attribute_not_exists(held) OR held < :most", values: item{":most": number(most)}}
	parts := []part{
		put(s.tables.Jobs, it, ifAbsent), s.countPart(schedule.Workspace, 1, room, writeID), s.pendingPart(schedule, writeID),
	}
	parts = append(parts, s.onceParts(schedule.Workspace, "", once, writeID)...)
	err = s.transact(ctx, writeID, parts, maxTries)
	r, refused := errors.AsType[*refusal](err)
	switch {
	case err == nil || refused && r.mine(writeID):
		return nil
	case refused && keyTaken(r, parts):
		return contact.ErrKeyTaken
	case refused && r.failed[1]:
		return exporting.ErrTooMany
	default:
		return fmt.Errorf("dynamo: write schedule: %w", err)
	}
}

// countPart moves the number of a workspace's schedules. ADD is safe here: the condition on the schedule lets it happen once.
func (s *Store) countPart(workspace string, by int, c condition, writeID string) part {
	if c.values == nil {
		c.values = item{}
	}
	c.names = map[string]string{"#schema": attrSchema}
	c.values[":schema"], c.values[":writeId"], c.values[":workspace"], c.values[":by"] = number(schema), text(writeID), text(workspace), number(by)
	return change(s.tables.Jobs, scheduleCountKey(workspace), "SET #schema = :schema, writeId = :writeId, workspace = :workspace ADD held :by", c)
}

// pendingPart enters a schedule among those whose timers may be others than they say.
func (s *Store) pendingPart(schedule exporting.Schedule, writeID string) part {
	entry := newItem(pendingScheduleKey(schedule.Workspace, schedule.ID), writeID, 2)
	entry["workspace"], entry["id"] = text(schedule.Workspace), text(schedule.ID)
	return put(s.tables.Jobs, entry, condition{})
}

// Schedule implements exporting.ScheduleStore.
func (s *Store) Schedule(ctx context.Context, ref exporting.Ref) (exporting.Schedule, error) {
	it, err := s.read(ctx, s.tables.Jobs, scheduleKey(ref.Workspace, ref.ID))
	if err != nil {
		return exporting.Schedule{}, err
	}
	if it == nil {
		return exporting.Schedule{}, problem.New(problem.NotFound, "There is no such schedule.")
	}
	return scheduleOf(it)
}

// ListSchedules implements exporting.ScheduleStore.
func (s *Store) ListSchedules(ctx context.Context, workspace string, limit int, after string) (schedules []exporting.Schedule, next string, err error) {
	items, next, err := s.listJobs(ctx, schedulesListed(workspace), limit, after, func(id string) key { return scheduleKey(workspace, id) })
	for _, it := range items {
		schedule, err := scheduleOf(it)
		if err != nil {
			return nil, "", err
		}
		schedules = append(schedules, schedule)
	}
	return schedules, next, err
}

// UpdateSchedule implements exporting.ScheduleStore. It changes the item in place: runs are noted meanwhile.
func (s *Store) UpdateSchedule(ctx context.Context, schedule exporting.Schedule) error {
	writeID := newWriteID()
	it, err := scheduleItem(schedule, writeID)
	if err != nil {
		return err
	}
	c := ifVersion(schedule.Version - 1)
	var update []string
	for _, name := range []string{"name", "expression", "format", "selection", "enabled", "updatedAt", attrVersion, attrWriteID, attrPending} {
		if it[name] != nil {
			c.names["#"+name], c.values[":new_"+name] = name, it[name]
			update = append(update, "#"+name+" = :new_"+name)
		}
	}
	parts := []part{change(s.tables.Jobs, it.key(), "SET "+strings.Join(update, ", "), c)}
	if !schedule.PendingAt.IsZero() {
		parts = append(parts, s.pendingPart(schedule, writeID))
	}
	return s.changeSchedule(ctx, writeID, parts)
}

// MarkPending implements exporting.ScheduleStore.
func (s *Store) MarkPending(ctx context.Context, schedule exporting.Schedule) error {
	writeID, c := newWriteID(), ifVersion(schedule.Version)
	c.values[":pending"], c.values[":writeId"] = text(stamp(schedule.PendingAt)), text(writeID)
	mark := change(s.tables.Jobs, scheduleKey(schedule.Workspace, schedule.ID), "SET pendingAt = :pending, writeId = :writeId", c)
	return s.changeSchedule(ctx, writeID, []part{mark, s.pendingPart(schedule, writeID)})
}

// ClearPending implements exporting.ScheduleStore.
func (s *Store) ClearPending(ctx context.Context, schedule exporting.Schedule) error {
	writeID, c := newWriteID(), ifTimer(schedule)
	c.values[":writeId"] = text(writeID)
	cleared := change(s.tables.Jobs, scheduleKey(schedule.Workspace, schedule.ID), "SET writeId = :writeId REMOVE pendingAt", c)
	return s.changeSchedule(ctx, writeID, []part{cleared, remove(s.tables.Jobs, pendingScheduleKey(schedule.Workspace, schedule.ID), condition{})})
}

// ifTimer demands that nothing was decided about a schedule's timer since it was read.
func ifTimer(schedule exporting.Schedule) condition {
	c := ifVersion(schedule.Version)
	if schedule.PendingAt.IsZero() {
		c.text += " AND attribute_not_exists(pendingAt)"
		return c
	}
	c.text += " AND pendingAt = :was"
	c.values[":was"] = text(stamp(schedule.PendingAt))
	return c
}

// changeSchedule does a transaction whose first part is on the schedule's own conditions.
func (s *Store) changeSchedule(ctx context.Context, writeID string, parts []part) error {
	err := s.transact(ctx, writeID, parts, maxTries)
	r, refused := errors.AsType[*refusal](err)
	switch {
	case err == nil || refused && r.mine(writeID):
		return nil
	case refused && r.failed[0]:
		return exporting.ErrStale
	default:
		return fmt.Errorf("dynamo: change schedule: %w", err)
	}
}

// DeleteSchedule implements exporting.ScheduleStore.
func (s *Store) DeleteSchedule(ctx context.Context, schedule exporting.Schedule, once *contact.Once) error {
	writeID := newWriteID()
	parts := []part{
		remove(s.tables.Jobs, scheduleKey(schedule.Workspace, schedule.ID), ifTimer(schedule)),
		remove(s.tables.Jobs, pendingScheduleKey(schedule.Workspace, schedule.ID), condition{}),
		s.countPart(schedule.Workspace, -1, condition{}, writeID),
	}
	if once != nil {
		parts = append(parts, remove(s.tables.Jobs, onceKey(schedule.Workspace, *once), condition{}))
	}
	err := s.transact(ctx, writeID, parts, maxTries)
	r, refused := errors.AsType[*refusal](err)
	switch {
	case err == nil || refused && r.failed[0] && r.old[0] == nil: // gone
		return nil
	case refused && r.failed[0]:
		return exporting.ErrStale
	default:
		return fmt.Errorf("dynamo: delete schedule: %w", err)
	}
}

// ScheduleRan implements exporting.ScheduleStore.
func (s *Store) ScheduleRan(ctx context.Context, ref exporting.Ref, at time.Time, exportID string) error {
	writeID := newWriteID()
	later := condition{
		text:   "attribute_exists(pk) AND (attribute_not_exists(lastRunAt) OR lastRunAt < :at)",
		values: item{":at": text(stamp(at)), ":export": text(exportID), ":writeId": text(writeID)},
	}
	ran := change(s.tables.Jobs, scheduleKey(ref.Workspace, ref.ID), "SET lastRunAt = :at, lastExportId = :export, writeId = :writeId", later)
	_, err := s.changeOne(ctx, ran, writeID)
	return err
}

// PendingSchedules implements exporting.ScheduleStore.
func (s *Store) PendingSchedules(ctx context.Context) (refs []exporting.Ref, err error) {
	err = s.eachOpen(ctx, pendingSchedulePartition, func(workspace, id string) { refs = append(refs, exporting.Ref{Workspace: workspace, ID: id}) })
	return refs, err
}
