package dynamo

import (
	"slices"
	"strings"

	"github.com/occ/contacts/pkg/contact"
)

// searchPlan says where a search is answered from (README.md, "Searching").
func searchPlan(workspace string, search contact.Search) []phase {
	switch {
	case search.Nothing:
		return nil
	case search.Email != "":
		return []phase{emailPhase(workspace, search.Email)}
	case search.Phone != "" || search.Digits != "":
		return withBeginning(workspace, search, phonePlan(workspace, search))
	case len(search.Words) == 1:
		return withBeginning(workspace, search, []phase{wordPhase(workspace, search.Words[0])})
	default:
		return withBeginning(workspace, search, wordsPlan(workspace, search.Words))
	}
}

// withBeginning also looks for e-mails that begin as q does, signs included ("mona.ad", "12-34"), unless a single word finds them.
func withBeginning(workspace string, search contact.Search, phases []phase) []phase {
	found := len(search.Words) == 1 && strings.HasPrefix(search.Beginning, search.Words[0])
	if search.Beginning == "" || found {
		return phases
	}
	return append([]phase{emailPhase(workspace, search.Beginning)}, phases...)
}

func emailPhase(workspace, beginning string) phase {
	return phase{
		sources: buckets(workspace, emailPartition, beginning),
		place:   func(c contact.Contact) string { return smallest(beginning, emailSort(c)) },
	}
}

// phonePlan looks a whole number up, then everything that ends or begins with the digits.
func phonePlan(workspace string, search contact.Search) []phase {
	var phases []phase
	if search.Phone != "" {
		phases = append(phases, numberPhase(workspace, search.Phone))
	}
	if search.Digits == "" {
		return phases
	}
	ending := reverse(search.Digits)
	parts := []phase{emailPhase(workspace, search.Digits), {
		sources: buckets(workspace, phonePartition, ending),
		place:   func(c contact.Contact) string { return smallest(ending, phoneSort(c)) },
	}}
	switch {
	case len(search.Words) == 1 && search.Words[0] == search.Digits: // the e-mails are the same
		parts[0] = wordPhase(workspace, search.Digits)
	case len(search.Words) == 1:
		parts = append(parts, wordPhase(workspace, search.Words[0]))
	}
	phases = append(phases, together(parts))
	if len(search.Words) > 1 { // digits in groups: they may be words too
		phases = append(phases, wordsPlan(workspace, search.Words)...)
	}
	return phases
}

// numberPhase is one claim.
func numberPhase(workspace, phone string) phase {
	k := phoneClaimKey(workspace, phone)
	return phase{
		sources: []source{{partition: k.pk, low: k.sk, high: k.sk}},
		place: func(c contact.Contact) string {
			if c.Phone != phone {
				return ""
			}
			return k.sk
		},
	}
}

// together reads several phases as one.
func together(parts []phase) phase {
	one := phase{place: func(c contact.Contact) string {
		var first string
		for _, part := range parts {
			first = least(first, part.place(c))
		}
		return first
	}}
	for _, part := range parts {
		one.sources = append(one.sources, part.sources...)
		if part.accept != nil {
			one.accept = part.accept
		}
	}
	return one
}

// wordPhase finds names with a word that begins so, and e-mails that do.
func wordPhase(workspace, word string) phase {
	return phase{
		sources: append(named(workspace, word), buckets(workspace, emailPartition, word)...),
		accept:  func(e entry) bool { return firstOfName(e, word) },
		place: func(c contact.Contact) string {
			return least(smallest(word, searchSorts(c)...), smallest(word, emailSort(c)))
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
	if len(words) == 2 {
		one, other := words[0]+" "+words[1], words[1]+" "+words[0]
		phases = append(phases, phase{
			sources: append(named(workspace, one), named(workspace, other)...),
			place: func(c contact.Contact) string {
				sorts := searchSorts(c)
				return least(smallest(one, sorts...), smallest(other, sorts...))
			},
		})
	}
	driver := slices.MaxFunc(words, func(a, b string) int { return len(a) - len(b) })
	return append(phases, phase{
		sources: named(workspace, driver), sparse: true,
		accept: func(e entry) bool {
			name, whole := wordsOfText(textOfSort(e.sort))
			return !whole || begin(name, words)
		},
		place: func(c contact.Contact) string {
			if !begin(append(contact.NameWords(c.DisplayName()), c.UsernameWords()...), words) {
				return ""
			}
			return smallest(driver, searchSorts(c)...)
		},
	})
}

// begin says that each of words is the beginning of one of the name's.
func begin(name, words []string) bool {
	return !slices.ContainsFunc(words, func(word string) bool {
		return !slices.ContainsFunc(name, func(full string) bool { return strings.HasPrefix(full, word) })
	})
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
