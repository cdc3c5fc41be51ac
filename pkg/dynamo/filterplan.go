package dynamo

import (
	"github.com/occ/contacts/pkg/contact"
)

// facets are the kinds and values of a filter that have partitions of their own. Channels import and api have none: most contacts
// have them, so they are looked for among all.
func facets(f contact.Filter) (list [][2]string) {
	if f.Label != "" {
		list = append(list, [2]string{"label", f.Label})
	}
	if f.Company != "" {
		list = append(list, [2]string{"company", f.Company})
	}
	if f.Channel != "" && !dense(f.Channel) {
		list = append(list, [2]string{"channel", string(f.Channel)})
	}
	return list
}

// createdPlan is a list in order of creation: all contacts, those of one facet, or those that several have in common.
func createdPlan(q contact.Query) []phase {
	ph := phase{
		descending: q.Sort != contact.SortOldest,
		place: func(c contact.Contact) string {
			if !q.Filter.Matches(c) {
				return ""
			}
			return createdSort(c)
		},
	}
	wanted := facets(q.Filter)
	for shard := range indexShards {
		src := source{index: "created", partition: createdShard(q.Workspace, shard)}
		for i, facet := range wanted {
			partition := facetPartition(q.Workspace, facet[0], facet[1], shard)
			if i == 0 {
				src = source{partition: partition}
			} else {
				src.also = append(src.also, partition)
			}
		}
		src.low, src.high = createdBounds(q.Filter)
		ph.sources = append(ph.sources, src)
	}
	if dense(q.Filter.Channel) {
		ph.sparse, ph.loose = true, true // anything may be passed over
	}
	return []phase{ph}
}

// createdBounds are the sort keys of a filter's time. A key is longer than its time alone, so the upper one is not reached.
func createdBounds(f contact.Filter) (low, high string) {
	if !f.From.IsZero() {
		low = stamp(f.From)
	}
	if !f.Before.IsZero() {
		high = stamp(f.Before)
	}
	return low, high
}

// filtered keeps phases to what a filter lets through. Most candidates may fail it, so they are looked at cheaply first.
func filtered(phases []phase, f contact.Filter) []phase {
	if f == (contact.Filter{}) {
		return phases
	}
	narrow := make([]phase, len(phases))
	for i, ph := range phases {
		place := ph.place
		ph.sparse, ph.loose = true, true
		ph.place = func(c contact.Contact) string {
			if !f.Matches(c) {
				return ""
			}
			return place(c)
		}
		narrow[i] = ph
	}
	return narrow
}
