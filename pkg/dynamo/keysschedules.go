package dynamo

import "fmt"

// Keys of export schedules, in table jobs; the rest of keys.go.

// scheduleKey is of an export schedule; scheduleCountKey of how many the workspace has.
func scheduleKey(workspace, id string) key { return key{workspace + "#schedule#" + id, "A"} }

func scheduleCountKey(workspace string) key { return key{workspace + "#schedule-count", "A"} }

// schedulesListed is the partition of index "listed" that holds a workspace's schedules by time.
func schedulesListed(workspace string) string { return workspace + "#schedules" }

// pendingScheduleKey is of the entry that the sweep finds a schedule by whose timer may be another than the schedule says.
func pendingScheduleKey(workspace, id string) key {
	return key{pendingSchedulePartition(bucket(id, openBuckets)), workspace + "#" + id}
}

func pendingSchedulePartition(b int) string { return fmt.Sprintf("schedules#%d", b) }
