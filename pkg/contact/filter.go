package contact

import (
	"slices"
	"time"

	"github.com/occ/contacts/pkg/problem"
)

// Filter narrows a list; its zero value demands nothing. Whatever is set has to hold.
type Filter struct {
	Label   string // as FacetKey writes it
	Company string // as FacetKey writes it
	Channel Channel
	From    time.Time // created at this time or later
	Before  time.Time // created before this time
}

// NewFilter makes a filter of what a client wrote; labels and companies are matched without case. ValidationFailed for a channel
// that does not exist; a label or company that nobody has is an empty list.
func NewFilter(label, company string, channel Channel, from, before time.Time) (Filter, error) {
	if channel != "" && !slices.Contains(Channels, channel) {
		return Filter{}, problem.Invalid("query.channel", string(channel), "There is no such channel; give one of %s.", ChannelNames())
	}
	return Filter{FacetKey(CleanText(label)), FacetKey(CleanText(company)), channel, whole(from), whole(before)}, nil
}

// whole rounds a time up to the milliseconds in which times of contacts are kept: from there on, and before there, are the same contacts.
func whole(at time.Time) time.Time {
	if cut := at.Truncate(time.Millisecond); cut.Before(at) {
		return cut.Add(time.Millisecond).UTC()
	}
	return at.UTC()
}

// Impossible says that no contact can match, as its time ends before it begins.
func (f Filter) Impossible() bool {
	return !f.From.IsZero() && !f.Before.IsZero() && !f.From.Before(f.Before)
}

// Matches says whether a contact has all that is asked for.
func (f Filter) Matches(c Contact) bool {
	return (f.Label == "" || HasLabel(c.Labels, f.Label)) &&
		(f.Company == "" || FacetKey(c.Company) == f.Company) &&
		(f.Channel == "" || c.Channel == f.Channel) &&
		(f.From.IsZero() || !c.CreatedAt.Before(f.From)) &&
		(f.Before.IsZero() || c.CreatedAt.Before(f.Before))
}
