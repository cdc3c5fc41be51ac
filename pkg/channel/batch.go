package channel

import (
	"slices"
	"time"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/plainjson"
)

// BatchSchema is the version of Batch's and Letter's layout; readers accept the one before.
const BatchSchema = 1

const (
	// MaxBatchBytes is the most that a batch takes as JSON.
	MaxBatchBytes = 200 << 10
	// mixedEvents is the most events of a batch that are of several people: batches are worked on side by side.
	mixedEvents = 50
)

// Batch is a message of the queue between the webhooks and the function channel-events: events of one workspace, those of one person together
// and in the order in which they came.
type Batch struct {
	Schema    int     `json:"schema"`
	Workspace string  `json:"workspace"`
	Events    []Event `json:"events"`
}

// Letter is a message that the webhooks put among the dead letters: a body that was signed and cannot be used.
type Letter struct {
	Schema     int             `json:"schema"`
	Workspace  string          `json:"workspace"`
	Channel    contact.Channel `json:"channel"` // of the account that the address named
	AccountID  string          `json:"accountId"`
	ReceivedAt time.Time       `json:"receivedAt"`
	Reason     string          `json:"reason"`
	Body       string          `json:"body,omitempty"`     // as the provider would send it
	Gzipped    []byte          `json:"gzipBody,omitempty"` // instead of body, where that would be too long
}

// Batches packs events into messages. Those of one person come together, as far as they fit, so that a burst of one sender is one piece of work.
func Batches(workspace string, events []Event) ([]Batch, error) {
	var batches []Batch
	var current Batch
	used := 0
	end := func() {
		if len(current.Events) > 0 {
			batches = append(batches, current)
		}
		current, used = Batch{Schema: BatchSchema, Workspace: workspace}, 0
	}
	end()
	for _, group := range byPerson(events) {
		sizes, total, err := sizesOf(group)
		if err != nil {
			return nil, err
		}
		if used+total > MaxBatchBytes-batchFrame || len(current.Events)+len(group) > mixedEvents {
			end()
		}
		for i, event := range group {
			if used+sizes[i] > MaxBatchBytes-batchFrame {
				end()
			}
			current.Events = append(current.Events, event)
			used += sizes[i]
		}
	}
	end()
	return batches, nil
}

// batchFrame is what a batch takes around its events, and more.
const batchFrame = 512

func sizesOf(events []Event) (sizes []int, total int, err error) {
	for _, event := range events {
		text, err := plainjson.Marshal(event)
		if err != nil {
			return nil, 0, err
		}
		sizes = append(sizes, len(text)+1)
		total += len(text) + 1
	}
	return sizes, total, nil
}

// byPerson groups events of one person, in order. Two events are of one person when they share an address, a phone or an e-mail, directly or
// through others.
func byPerson(events []Event) [][]Event {
	parent := make([]int, len(events))
	root := func(i int) int {
		for parent[i] != i {
			parent[i] = parent[parent[i]]
			i = parent[i]
		}
		return i
	}
	first := map[string]int{}
	for i, event := range events {
		parent[i] = i
		for _, key := range personKeys(event) {
			if earlier, seen := first[key]; seen {
				a, b := root(earlier), root(i)
				parent[max(a, b)] = min(a, b)
			} else {
				first[key] = i
			}
		}
	}
	groups := map[int][]Event{}
	for i, event := range events {
		groups[root(i)] = append(groups[root(i)], event)
	}
	roots := make([]int, 0, len(groups))
	for r := range groups {
		roots = append(roots, r)
	}
	slices.Sort(roots)
	ordered := make([][]Event, len(roots))
	for i, r := range roots {
		ordered[i] = groups[r]
	}
	return ordered
}

// personKeys are the texts that an event names its person by.
func personKeys(event Event) (keys []string) {
	people := []Person{event.Person}
	if event.Former != nil {
		people = append(people, *event.Former)
	}
	for _, person := range people {
		for _, address := range person.Addresses {
			for _, id := range append([]string{address.ExternalID}, address.Spellings...) {
				keys = append(keys, string(event.Channel)+" "+id)
			}
		}
		if person.Phone != "" {
			keys = append(keys, "phone "+person.Phone)
		}
		if person.Email != "" {
			keys = append(keys, "email "+contact.EmailKey(person.Email))
		}
	}
	return keys
}
