package dynamo

import (
	"reflect"

	"github.com/occ/contacts/pkg/channel"
)

// tickets notes which deleted contacts the clean-up is not done with: of those something may be left.
func (v *verification) tickets() {
	v.ticketed = map[[2]string]bool{}
	for k, it := range v.jobs {
		if !isTicket(k) {
			continue
		}
		for _, id := range append([]string{it.text(attrContactID)}, it.texts("mergedFrom")...) {
			v.ticketed[[2]string{it.text(attrWorkspace), id}] = true
		}
	}
}

// followUps notes which facets and words a change of a large contact is not done with.
func (v *verification) followUps() error {
	v.later = map[key]bool{}
	for k, it := range v.jobs {
		if !isFollowUp(k) {
			continue
		}
		var items []followUp
		if err := it.json(attrFollowUps, &items); err != nil {
			return err
		}
		for _, one := range items {
			v.later[one.key()] = true
		}
	}
	return nil
}

// timelines checks what hangs on contacts in table timeline, and that contacts count it.
func (v *verification) timelines() error {
	requests, conversations := map[[2]string]int{}, map[[2]string]int{}
	for _, k := range sortedKeys(v.timeline) {
		it := v.timeline[k]
		owner := it.text(attrContactID)
		if id, activity := ownerActivity(k); activity {
			owner = id
		} else if err := v.implied(k, it); err != nil {
			return err
		}
		if owner == "" || v.ticketed[[2]string{workspaceOf(k), owner}] {
			continue
		}
		contactID, there := v.owners[[2]string{workspaceOf(k), owner}]
		switch counted := [2]string{workspaceOf(k), contactID}; {
		case !there:
			v.breach("item %v is of contact %s, which is not there", k, owner)
		case ofTimeline(k) == ofRequest && requestOf(it).Live():
			requests[counted]++
		case ofTimeline(k) == ofConversation:
			conversations[counted]++
		}
	}
	for k, c := range v.ids {
		if c.RequestCount != requests[k] {
			v.breach("contact %s: counts %d requests and has %d", c.ID, c.RequestCount, requests[k])
		}
		if c.ConversationCount != conversations[k] {
			v.breach("contact %s: counts %d conversations and has %d", c.ID, c.ConversationCount, conversations[k])
		}
	}
	return nil
}

// implied checks that an item is as what it holds implies, its place in the index included, and that nothing is left in it of somebody who
// was deleted.
func (v *verification) implied(k key, stored item) error {
	var implied item
	ghost := false
	switch ofTimeline(k) {
	case ofConversation:
		if stored.became() {
			return nil
		}
		implied = conversationItem(conversationOf(stored), stored.text(attrWriteID))
	case ofRequest:
		r := requestOf(stored)
		implied = requestItem(r, r.WriteID)
		ghost = r.Action == channel.Deleted && r.Subject != ""
	case ofFeedback:
		f, err := storedFeedbackOf(stored)
		if err != nil {
			return err
		}
		if implied, err = feedbackItem(f, stored.text(attrWriteID)); err != nil {
			return err
		}
		ghost = f.ContactID == "" && f.Comment != ""
	default:
		v.breach("item %v is none of table timeline", k)
		return nil
	}
	if ghost {
		v.breach("item %v holds words of a contact that was deleted, or of a deleted request", k)
	}
	if implied.key() != k || !reflect.DeepEqual(implied, stored) {
		v.breach("item %v is not as it implies, or stands elsewhere in the index", k)
	}
	return nil
}
