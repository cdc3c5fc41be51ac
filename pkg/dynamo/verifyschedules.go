package dynamo

// schedules checks that every workspace's schedules are as many as are counted, and that those are among the pending ones which say so.
func (v *verification) schedules() error {
	there := map[string]int{}
	for _, k := range sortedKeys(v.jobs) {
		it := v.jobs[k]
		if k != scheduleKey(it.text("workspace"), it.text("id")) {
			continue
		}
		schedule, err := scheduleOf(it)
		if err != nil {
			return err
		}
		there[schedule.Workspace]++
		pending, entered := !schedule.PendingAt.IsZero(), v.jobs[pendingScheduleKey(schedule.Workspace, schedule.ID)] != nil
		if pending != entered {
			v.breach("schedule %s: says pending %t, and among the pending ones: %t", schedule.ID, pending, entered)
		}
	}
	for _, k := range sortedKeys(v.jobs) {
		workspace := v.jobs[k].text("workspace")
		if k != scheduleCountKey(workspace) {
			continue
		}
		if held := v.jobs[k].number("held"); held != there[workspace] {
			v.breach("workspace %s: counts %d schedules and has %d", workspace, held, there[workspace])
		}
		delete(there, workspace)
	}
	for workspace, n := range there {
		v.breach("workspace %s: has %d schedules and counts none", workspace, n)
	}
	return nil
}
