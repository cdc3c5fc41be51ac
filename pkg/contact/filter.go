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
	Nobody  bool      // it asks for what no contact can have
}

// FilterTexts are what a client wrote to narrow a list; an empty one demands nothing.
type FilterTexts struct {
	Label, Company, Channel     string
	CreatedAfter, CreatedBefore string // RFC 3339, or YYYY-MM-DD as UTC midnight
}

// ReadFilter makes a filter of what a client wrote. ValidationFailed, at a field of where ("query", "body"), for a channel that does not
// exist and for a time that cannot be read.
func ReadFilter(where string, texts FilterTexts) (Filter, error) {
	if texts.Channel != "" && !slices.Contains(Channels, Channel(texts.Channel)) {
		return Filter{}, problem.Invalid(where+".channel", texts.Channel, "There is no such channel; give one of %s.", ChannelNames())
	}
	from, err := moment(where+".createdAfter", texts.CreatedAfter)
	if err != nil {
		return Filter{}, err
	}
	before, err := moment(where+".createdBefore", texts.CreatedBefore)
	if err != nil {
		return Filter{}, err
	}
	return NewFilter(texts.Label, texts.Company, Channel(texts.Channel), from, before)
}

// moment reads a time or a date; the zero time when there is none. The one time that Go takes for none stands a millisecond later:
// no contact is older.
func moment(location, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, format := range []string{time.RFC3339Nano, time.DateOnly} {
		if at, err := time.Parse(format, text); err == nil && at.UTC().Year() >= 1 && at.UTC().Year() <= 9999 {
			if at.IsZero() {
				at = at.Add(time.Millisecond)
			}
			return at.UTC(), nil
		}
	}
	return time.Time{}, problem.Invalid(location, text, "Write the time as 2026-01-31T09:30:00Z or 2026-01-31; a + in a query is %%2B.")
}

// maxFacetKey bounds what is looked up, in bytes: no label or company within its limit has a longer FacetKey, and DynamoDB refuses
// partition keys of more than 2,048.
const maxFacetKey = 1_600

// NewFilter makes a filter of what a client wrote; labels and companies are matched without case. ValidationFailed for a channel
// that does not exist; a label or company that nobody has is an empty list.
func NewFilter(label, company string, channel Channel, from, before time.Time) (Filter, error) {
	if channel != "" && !slices.Contains(Channels, channel) {
		return Filter{}, problem.Invalid("query.channel", string(channel), "There is no such channel; give one of %s.", ChannelNames())
	}
	f := Filter{Label: FacetKey(CleanText(label)), Company: FacetKey(CleanText(company)), Channel: channel, From: whole(from), Before: whole(before)}
	f.Nobody = nobodyHas(label, f.Label) || nobodyHas(company, f.Company) || beyond(f.From)
	if beyond(f.Before) {
		f.Before = time.Time{} // all are before it
	}
	return f, nil
}

// nobodyHas says that a value was asked for that no contact can have: only spaces, or far too long.
func nobodyHas(asked, key string) bool { return asked != "" && key == "" || len(key) > maxFacetKey }

// beyond says that a time was rounded up past the last year that times are written with: nobody was created then.
func beyond(at time.Time) bool { return at.Year() > 9999 }

// whole rounds a time up to the milliseconds in which times of contacts are kept: from there on, and before there, are the same contacts.
func whole(at time.Time) time.Time {
	if cut := at.Truncate(time.Millisecond); cut.Before(at) {
		return cut.Add(time.Millisecond).UTC()
	}
	return at.UTC()
}

// Impossible says that no contact can match: nobody has such a value, or the time ends before it begins.
func (f Filter) Impossible() bool {
	return f.Nobody || !f.From.IsZero() && !f.Before.IsZero() && !f.From.Before(f.Before)
}

// Matches says whether a contact has all that is asked for.
func (f Filter) Matches(c Contact) bool {
	return !f.Nobody && (f.Label == "" || HasLabel(c.Labels, f.Label)) &&
		(f.Company == "" || FacetKey(c.Company) == f.Company) &&
		(f.Channel == "" || c.Channel == f.Channel) &&
		(f.From.IsZero() || !c.CreatedAt.Before(f.From)) &&
		(f.Before.IsZero() || c.CreatedAt.Before(f.Before))
}
