package exporting

import (
	"context"
	"errors"
	"time"

	"github.com/occ/contacts/pkg/contact"
)

// Schedule asks for an export again and again.
type Schedule struct {
	Workspace  string
	ID         string
	Name       string
	Expression string // when it runs, as NormalizeExpression leaves it
	Format     Format
	Selection  Selection
	Enabled    bool

	LastRunAt    time.Time // when the last export was due; zero: there was none
	LastExportID string

	CreatedBy string // the token's subject
	CreatedAt time.Time
	UpdatedAt time.Time
	Version   int // +1 with every change that somebody asked for; runs do not move it

	// PendingAt is since when the timer may be another than the record says; zero: it is the same. No two changes of one schedule
	// have the same.
	PendingAt time.Time
}

// Revision names the schedule as it is; its runs do not change that.
func (s Schedule) Revision() contact.Revision { return contact.Revision{ID: s.ID, Version: s.Version} }

// Ref names the schedule.
func (s Schedule) Ref() Ref { return Ref{s.Workspace, s.ID} }

const (
	// maxSchedules is how many schedules a workspace may have.
	maxSchedules    = 20
	maxScheduleName = 100 // characters
)

var (
	// ErrTooMany says that the workspace has as many schedules as it may have.
	ErrTooMany = errors.New("exporting: the workspace has too many schedules")
	// ErrRefused says that a timer cannot be as the schedule wants it, however often it is tried.
	ErrRefused = errors.New("exporting: the timer is refused")
)

// ScheduleStore keeps schedules, and which of them have a timer that may be another than they say. Package dynamo implements it.
type ScheduleStore interface {
	contact.Keeper
	// CreateSchedule stores a new schedule, pending; ErrTooMany when the workspace has most already. once as in Store.CreateExport.
	CreateSchedule(ctx context.Context, schedule Schedule, most int, once *contact.Once) error
	// Schedule reads strongly; problem.NotFound when the workspace has none of that id.
	Schedule(ctx context.Context, ref Ref) (Schedule, error)
	// ListSchedules reads a page of a workspace's schedules, newest first; after and next are positions in that order.
	ListSchedules(ctx context.Context, workspace string, limit int, after string) (schedules []Schedule, next string, err error)
	// UpdateSchedule writes what somebody may change if the stored version is schedule.Version-1, ErrStale otherwise; and makes it
	// pending if PendingAt is set.
	UpdateSchedule(ctx context.Context, schedule Schedule) error
	// DeleteSchedule removes a schedule whose version and PendingAt are still those, ErrStale otherwise; one that is gone is removed
	// already. once is the key of the creation that it takes back, or nil.
	DeleteSchedule(ctx context.Context, schedule Schedule, once *contact.Once) error
	// ScheduleRan notes an export, unless a later one is noted, or the schedule is gone.
	ScheduleRan(ctx context.Context, ref Ref, at time.Time, exportID string) error

	// MarkPending notes that the timer may be another, since PendingAt, if the stored version is the schedule's; ErrStale otherwise.
	MarkPending(ctx context.Context, schedule Schedule) error
	// ClearPending notes that the timer is as the schedule says, if version and PendingAt are still those; ErrStale otherwise.
	ClearPending(ctx context.Context, schedule Schedule) error
	// PendingSchedules names the schedules of all workspaces whose timers may be others than they say.
	PendingSchedules(ctx context.Context) ([]Ref, error)
}

// Timers call Timekeeper.Fire when schedules are due. Package scheduler implements it.
type Timers interface {
	// PutTimer makes the timer of a schedule, or replaces it: running if the schedule is enabled. Doing so again changes nothing.
	// ErrRefused, with the reason, when the expression cannot be.
	PutTimer(ctx context.Context, schedule Schedule) error
	// RemoveTimer removes the timer of a schedule, if there is one.
	RemoveTimer(ctx context.Context, ref Ref) error
}
