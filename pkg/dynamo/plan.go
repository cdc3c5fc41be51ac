package dynamo

import (
	"strings"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/fold"
)

// phase is one stage of a list: sources that are read as one. A contact comes once, in the first phase that has a place for it.
type phase struct {
	sources    []source
	descending bool
	// place is the sort key at which the phase gives the contact out, by what the contact is now: the smallest of its keys that
	// match. Empty when the phase does not give it out.
	place func(c contact.Contact) string
	// accept looks at an entry before its contact is read, to leave out what place would refuse; nil accepts all.
	accept func(e entry) bool
	// sparse says that only some of what is read is given out, so that it is read further ahead and up to a budget.
	sparse bool
}

// plan lays a query out in phases.
func plan(q contact.Query) []phase {
	switch {
	case q.Search != nil:
		return searchPlan(q.Workspace, *q.Search)
	case q.Sort == contact.SortName:
		return []phase{{
			sources: shards("name", q.Workspace, nameShard, ""),
			place:   func(c contact.Contact) string { return nameSorts(c.Name, c.ID)[0] },
		}}
	case q.Sort == contact.SortInteraction:
		return interactionPlan(q.Workspace)
	default:
		return []phase{{
			sources: shards("created", q.Workspace, createdShard, ""), descending: q.Sort != contact.SortOldest, place: createdSort,
		}}
	}
}

// interactionPlan gives out those spoken to, the latest first, and then the rest, newest first.
func interactionPlan(workspace string) []phase {
	spoken := phase{sources: shards("spoken", workspace, spokenShard, ""), descending: true, place: func(c contact.Contact) string {
		if c.LastInteractionAt.IsZero() {
			return ""
		}
		return timeSort(stamp(c.LastInteractionAt), c.ID)
	}}
	rest := phase{sources: shards("created", workspace, createdShard, ""), descending: true, sparse: true, place: func(c contact.Contact) string {
		if !c.LastInteractionAt.IsZero() {
			return ""
		}
		return createdSort(c)
	}}
	return []phase{spoken, rest}
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

// searchPlan says where a search is answered from (README.md, "Searching").
func searchPlan(workspace string, search contact.Search) []phase {
	switch {
	case search.Nothing:
		return nil
	case search.Email != "":
		return []phase{{
			sources: buckets(workspace, emailPartition, search.Email),
			place:   func(c contact.Contact) string { return smallest(search.Email, emailSort(c)) },
		}}
	case search.Phone != "" || search.Digits != "":
		return phonePlan(workspace, search)
	case len(search.Words) == 1:
		return []phase{wordPhase(workspace, search.Words[0])}
	case len(search.Words) > 1:
		return wordsPlan(workspace, search.Words)
	default:
		return nil
	}
}

// phonePlan looks a whole number up, then everything that ends or begins with the digits.
func phonePlan(workspace string, search contact.Search) []phase {
	var phases []phase
	exact := func(contact.Contact) bool { return false }
	if search.Phone != "" {
		k := phoneClaimKey(workspace, search.Phone)
		exact = func(c contact.Contact) bool { return c.Phone == search.Phone }
		phases = append(phases, phase{
			sources: []source{{partition: k.pk, low: k.sk, high: k.sk}},
			place: func(c contact.Contact) string {
				if !exact(c) {
					return ""
				}
				return k.sk
			},
		})
	}
	if search.Digits == "" {
		return phases
	}
	words := wordPhase(workspace, search.Digits)
	ending := reverse(search.Digits)
	return append(phases, phase{
		sources: append(words.sources, buckets(workspace, phonePartition, ending)...), accept: words.accept,
		place: func(c contact.Contact) string {
			if exact(c) {
				return ""
			}
			return least(words.place(c), smallest(ending, phoneSort(c)))
		},
	})
}

// wordPhase finds names with a word that begins so, and e-mails that do.
func wordPhase(workspace, word string) phase {
	return phase{
		sources: append(named(workspace, word), buckets(workspace, emailPartition, word)...),
		accept:  func(e entry) bool { return firstOfName(e, word) },
		place: func(c contact.Contact) string {
			return least(smallest(word, nameSorts(c.Name, c.ID)...), smallest(word, emailSort(c)))
		},
	}
}

// firstOfName says that the contact is not found by its name at a smaller key than this one, as far as the entry tells.
// Half of those called Mona have an e-mail that begins so: each would be read twice.
func firstOfName(e entry, word string) bool {
	name := e.name
	if name == "" {
		name = textOfSort(e.sort)
	}
	words, whole := wordsOfText(name)
	best := smallest(word, rotations(words, e.id)...)
	return !whole || best == "" || best >= e.sort
}

// named are the shards of both indexes of names, bounded to a prefix.
func named(workspace, prefix string) []source {
	return append(shards("name", workspace, nameShard, prefix), shards("word", workspace, wordShard, prefix)...)
}

// wordsPlan finds two words first where they stand side by side in the name. Then, and for more words, the longest one
// drives and the others are looked for inside the key, which holds all the words of the name.
func wordsPlan(workspace string, words []string) []phase {
	var phases []phase
	given := func(contact.Contact) bool { return false }
	if len(words) == 2 && words[0] != words[1] {
		one, other := words[0]+" "+words[1], words[1]+" "+words[0]
		side := func(c contact.Contact) string {
			sorts := nameSorts(c.Name, c.ID)
			return least(smallest(one, sorts...), smallest(other, sorts...))
		}
		given = func(c contact.Contact) bool { return side(c) != "" }
		phases = append(phases, phase{sources: append(named(workspace, one), named(workspace, other)...), place: side})
	}
	driver := words[0]
	for _, word := range words {
		if len(word) > len(driver) {
			driver = word
		}
	}
	return append(phases, phase{
		sources: named(workspace, driver), sparse: true,
		accept: func(e entry) bool {
			name, whole := wordsOfText(textOfSort(e.sort))
			return !whole || begin(name, words)
		},
		place: func(c contact.Contact) string {
			if given(c) || !begin(searched(fold.Words(c.Name)), words) {
				return ""
			}
			return smallest(driver, nameSorts(c.Name, c.ID)...)
		},
	})
}

// begin says that each of words is the beginning of one of the name's.
func begin(name, words []string) bool {
	for _, word := range words {
		found := false
		for _, full := range name {
			found = found || strings.HasPrefix(full, word)
		}
		if !found {
			return false
		}
	}
	return true
}

func emailSort(c contact.Contact) string {
	if c.Email == "" {
		return ""
	}
	return contact.EmailKey(c.Email)
}

func phoneSort(c contact.Contact) string { return reverse(strings.TrimPrefix(c.Phone, "+")) }

// smallest of the sort keys that begin with prefix; empty when none does.
func smallest(prefix string, sorts ...string) string {
	var found string
	for _, sort := range sorts {
		if strings.HasPrefix(sort, prefix) {
			found = least(found, sort)
		}
	}
	return found
}

// least is the smaller of two sort keys, where an empty one is none.
func least(a, b string) string {
	if a == "" || b != "" && b < a {
		return b
	}
	return a
}
