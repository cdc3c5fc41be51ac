package exporting

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/occ/contacts/pkg/contact"
)

// Workspaces knows all workspaces. Package dynamo implements it.
type Workspaces interface {
	// EachWorkspace visits every workspace; it ends with the error of visit.
	EachWorkspace(ctx context.Context, visit func(workspace string) error) error
	// Settings reads a workspace's settings strongly.
	Settings(ctx context.Context, workspace string) (contact.Settings, error)
}

// The backups of a night are spread: each is a call of Lambda, and all at once would take the places that the API's
// and the webhooks' functions need. A thousand workspaces take about eight minutes.
const (
	backupsAtOnce  = 10
	betweenBackups = 5 * time.Second
)

// wait lets a time pass, unless the context ends before.
func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// BackedUp is what a nightly backup did, for the log.
type BackedUp struct {
	Workspaces int // that were looked at
	Started    int // backups
}

// Nightly starts the backup of a day, which is now's in UTC: an export of all contacts as CSV, for every workspace whose settings want
// one. Called again for the same day, it starts those that are missing. One workspace that fails keeps no other from its backup. An
// error means that it is to be called again: it says which failed, or that time was up.
func (t *Timekeeper) Nightly(ctx context.Context, now time.Time) (BackedUp, error) {
	var done BackedUp
	var failed []error
	stopAt, day := stopTime(ctx), now.UTC().Format(time.DateOnly)
	err := t.workspaces.EachWorkspace(ctx, func(workspace string) error {
		if !stopAt.IsZero() && time.Now().After(stopAt) {
			return errTimeUp
		}
		done.Workspaces++
		started, err := t.backUp(ctx, workspace, day)
		if started {
			if done.Started++; done.Started%backupsAtOnce == 0 {
				err = errors.Join(err, t.wait(ctx, betweenBackups))
			}
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("exporting: nightly backup of workspace %s: %w", workspace, err))
		}
		return nil
	})
	return done, errors.Join(append(failed, err)...)
}

// backUp starts the backup of a workspace unless it has one of that day.
func (t *Timekeeper) backUp(ctx context.Context, workspace, day string) (started bool, err error) {
	job := Export{
		Workspace: workspace, ID: derivedID("nightly", workspace, day), Status: Queued, Source: FromSchedule, Format: CSV, CreatedBy: byTime,
		CreatedAt: t.instant(),
	}
	if made, err := t.madeBefore(ctx, job.Ref()); made || err != nil {
		return false, err
	}
	settings, err := t.workspaces.Settings(ctx, workspace)
	if err != nil || !settings.NightlyBackup {
		return false, err
	}
	if err := t.exports.CreateExport(ctx, job, nil); errors.Is(err, ErrExists) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	_ = t.starter.StartExport(ctx, job.Ref()) // the sweep has it run when this fails
	return true, nil
}
