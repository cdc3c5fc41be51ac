package dynamo

import "github.com/occ/contacts/pkg/exporting"

// attrPending is since when a schedule's timer may be another than the schedule says; absent: it is the same.
const attrPending = "pendingAt"

// scheduleItem is a schedule as it is stored; index "listed" shows a workspace's schedules by time.
func scheduleItem(schedule exporting.Schedule, writeID string) (item, error) {
	it := newItem(scheduleKey(schedule.Workspace, schedule.ID), writeID, 18)
	it["listedShard"], it["listedKey"] = text(schedulesListed(schedule.Workspace)), text(timeSort(stamp(schedule.CreatedAt), schedule.ID))
	it["workspace"], it["id"], it[attrVersion] = text(schedule.Workspace), text(schedule.ID), number(schedule.Version)
	it["name"], it["expression"], it["format"] = text(schedule.Name), text(schedule.Expression), text(string(schedule.Format))
	it["enabled"] = flag(schedule.Enabled)
	it.setTime("lastRunAt", schedule.LastRunAt)
	it.setText("lastExportId", schedule.LastExportID)
	it.setText("createdBy", schedule.CreatedBy)
	it.setTime("createdAt", schedule.CreatedAt)
	it.setTime("updatedAt", schedule.UpdatedAt)
	it.setTime(attrPending, schedule.PendingAt)
	return it, it.setJSON("selection", schedule.Selection)
}

func scheduleOf(it item) (exporting.Schedule, error) {
	schedule := exporting.Schedule{
		Workspace: it.text("workspace"), ID: it.text("id"), Name: it.text("name"), Expression: it.text("expression"),
		Format: exporting.Format(it.text("format")), Enabled: it.flag("enabled"), LastRunAt: it.time("lastRunAt"), LastExportID: it.text("lastExportId"),
		CreatedBy: it.text("createdBy"), CreatedAt: it.time("createdAt"), UpdatedAt: it.time("updatedAt"), Version: it.number(attrVersion),
		PendingAt: it.time(attrPending),
	}
	return schedule, it.json("selection", &schedule.Selection)
}
