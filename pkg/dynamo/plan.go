package dynamo

import "github.com/occ/contacts/pkg/contact"

// phase is one stage of a list: sources that are read as one. A contact comes once, in the first phase that has a place for it.
type phase struct {
	sources    []source
	descending bool
	// place is the sort key at which the phase finds the contact, by what the contact is now: the smallest of its keys that
	// match. Empty when none does.
	place func(c contact.Contact) string
	// accept looks at an entry before its contact is read, to leave out what place would refuse; nil accepts all.
	accept func(e entry) bool
	// sparse says that only some of what is read is given out, so that it is read further ahead and up to a budget.
	sparse bool
	// loose says that candidates are first read eventually consistent, at half the price, as many of them fail.
	loose bool
}

// plan lays a query out in phases.
func plan(q contact.Query) []phase {
	switch {
	case q.Filter.Impossible():
		return nil
	case q.Search != nil:
		return filtered(searchPlan(q.Workspace, *q.Search), q.Filter)
	case q.Filter != (contact.Filter{}): // another order than that of creation is made by sorting
		return createdPlan(q)
	case q.Sort == contact.SortName:
		return []phase{{
			sources: shards("name", q.Workspace, nameShard, ""),
			place:   nameSort,
		}}
	case q.Sort == contact.SortInteraction:
		return interactionPlan(q.Workspace)
	default:
		return createdPlan(q)
	}
}

// resorted says that a query's order is not that of the indexes that answer it.
func resorted(q contact.Query) bool {
	byCreation := q.Sort == contact.SortNewest || q.Sort == contact.SortOldest
	return q.Sort != contact.SortDefault && (q.Search != nil || q.Filter != (contact.Filter{}) && !byCreation)
}

// interactionPlan gives out those spoken to, the latest first, and then the rest, newest first.
func interactionPlan(workspace string) []phase {
	spoken := phase{sources: shards("spoken", workspace, spokenShard, ""), descending: true, place: func(c contact.Contact) string {
		if c.LastInteractionAt.IsZero() {
			return ""
		}
		return timeSort(stamp(c.LastInteractionAt), c.ID)
	}}
	rest := phase{sources: shards("created", workspace, createdShard, ""), descending: true, sparse: true, place: createdSort}
	return []phase{spoken, rest}
}

// placeIn is where phase n gives a contact out: not at all when an earlier phase did.
func placeIn(phases []phase, n int, c contact.Contact) string {
	for _, earlier := range phases[:n] {
		if earlier.place(c) != "" {
			return ""
		}
	}
	return phases[n].place(c)
}

func createdSort(c contact.Contact) string { return timeSort(stamp(c.CreatedAt), c.ID) }

// shards are the shards of an index, bounded to a prefix.
func shards(index, workspace string, partition func(string, int) string, prefix string) []source {
	list := make([]source, indexShards)
	for n := range list {
		list[n] = source{index: index, partition: partition(workspace, n)}
		if prefix != "" {
			list[n] = list[n].beginning(prefix)
		}
	}
	return list
}

// buckets are the buckets of one kind of claim, bounded to a prefix.
func buckets(workspace string, partition func(string, int) string, prefix string) []source {
	list := make([]source, claimBuckets)
	for n := range list {
		list[n] = source{partition: partition(workspace, n)}.beginning(prefix)
	}
	return list
}
