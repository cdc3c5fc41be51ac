package dynamo

import (
	"fmt"
	"strings"
)

// Keys of table timeline, as keys.go spells those of the others.

// activityKey sorts a contact's activity by time; id keeps two of one millisecond apart.
func activityKey(workspace, contactID, at, id string) key {
	return key{activityPartition(workspace, contactID), at + "#" + id}
}

func activityPartition(workspace, contactID string) string { return workspace + "#A#" + contactID }

// conversationKey takes our own id of a conversation.
func conversationKey(workspace, id string) key { return key{workspace + "#V#" + id, "A"} }

// conversationsOwned is the partition of index "owner" that holds a contact's conversations, by timeSort of their lastMessageAt.
func conversationsOwned(workspace, contactID string) string {
	return fmt.Sprintf("%s#O#%s#V", workspace, contactID)
}

// requestKey and feedbackKey take the platform's ids, whatever they hold: nothing follows.
func requestKey(workspace, id string) key  { return key{workspace + "#R#" + id, "A"} }
func feedbackKey(workspace, id string) key { return key{workspace + "#Y#" + id, "A"} }

// The partitions of index "owner" that hold a contact's requests, its deleted ones and its feedback, by timeSort of when they were opened
// or submitted.
func requestsOwned(workspace, contactID string) string {
	return fmt.Sprintf("%s#O#%s#R", workspace, contactID)
}
func tombstonesOwned(workspace, contactID string) string {
	return fmt.Sprintf("%s#O#%s#D", workspace, contactID)
}
func feedbackOwned(workspace, contactID string) string {
	return fmt.Sprintf("%s#O#%s#Y", workspace, contactID)
}

// idOfOwnerSort reads the id back; the platform's own may hold a '#'.
func idOfOwnerSort(sort string) string {
	_, id, _ := strings.Cut(sort, "#")
	return id
}

// ownerActivity reads the contact out of the key of an activity.
func ownerActivity(k key) (contactID string, ok bool) {
	_, contactID, ok = strings.Cut(k.pk, "#A#")
	return contactID, ok && ofTimeline(k) == 'A'
}

// Kinds of things in table timeline.
const (
	ofConversation = 'V'
	ofRequest      = 'R'
	ofFeedback     = 'Y'
)

// ofTimeline says what kind of thing lies under a key of table timeline, besides activity.
func ofTimeline(k key) (kind byte) {
	_, rest, _ := strings.Cut(k.pk, "#")
	if len(rest) > 1 && rest[1] == '#' {
		return rest[0]
	}
	return 0
}

// workspaceOf reads the workspace out of a key of tables contacts and timeline.
func workspaceOf(k key) string {
	workspace, _, _ := strings.Cut(k.pk, "#")
	return workspace
}
