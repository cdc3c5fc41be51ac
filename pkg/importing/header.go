package importing

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/fold"
	"github.com/occ/contacts/pkg/sheet/cell"
)

const (
	// maxColumns is how many columns a file may have.
	maxColumns = 500
	// maxColumnName is how many characters of a header are kept, so that 500 of them fit the import's item.
	maxColumnName = 100
)

// layout says where a file's columns lead.
type layout struct {
	names   []string          // of all columns, each once
	mapping map[string]string // column -> field, of those recognised
	single  map[string]int    // field -> column, of the fields that have one
	own     map[int]bool      // columns whose values we answer for: a bad one fails its row
	emails  []int             // in the order in which their values count
	phones  []int
	attrs   []attribute
	more    []int // further columns of notes, in the order of their numbers
	objects []int // columns of objects of attributes
	export  bool  // the header is that of our own exports

	ranks   []int       // of all columns
	kinds   map[int]int // phone column -> column that says what kind of phone it holds
	middle  []int       // middle names: no field of their own, but part of the name where it comes in parts
	dialect dialect
}

// attribute is a column that becomes a custom attribute.
type attribute struct {
	column int
	key    string
}

// layoutOf recognises the columns of a header.
func layoutOf(header []string) layout { return layoutBy(header, columnNames(header), choice{}) }

// layoutBy is layoutOf for columns of the names given, with what else is known of them.
func layoutBy(header, names []string, chosen choice) layout {
	l := layout{names: names, mapping: map[string]string{}, single: map[string]int{}, own: map[int]bool{}}
	words, ranks, keys := foldAll(header), make([]int, len(header)), map[string]bool{}
	means := chosen.meanings(header, l.names)
	for i, name := range l.names {
		meaning := means[i]
		ranks[i] = meaning.rank
		switch {
		case middleName(words[i]) && !meaning.given:
			l.middle = append(l.middle, i)
			continue
		case !meaning.found:
			continue
		case meaning.field == fieldEmail:
			l.emails = append(l.emails, i)
		case meaning.field == fieldPhone:
			l.phones = append(l.phones, i)
		case strings.HasPrefix(meaning.field, attrPrefix):
			key := strings.TrimPrefix(meaning.field, attrPrefix)
			if keys[key] {
				continue
			}
			keys[key] = true
			l.attrs = append(l.attrs, attribute{i, key})
		case meaning.field == fieldNotes && noteNumber(words[i]) > 0:
			l.more = append(l.more, i)
		default:
			if other, taken := l.single[meaning.field]; taken && ranks[other] <= meaning.rank {
				continue
			} else if taken {
				delete(l.mapping, l.names[other])
			}
			l.single[meaning.field] = i
		}
		l.mapping[name], l.own[i] = meaning.field, meaning.own
	}
	byRank := func(a, b int) int { return ranks[a] - ranks[b] }
	slices.SortStableFunc(l.emails, byRank)
	slices.SortStableFunc(l.phones, byRank)
	slices.SortStableFunc(l.more, func(a, b int) int { return noteNumber(words[a]) - noteNumber(words[b]) })
	l.export = ownExport(header)
	l.takeObjects(header, words, means, chosen.objects)
	l.ranks, l.kinds, l.dialect = ranks, kindColumns(telling(words, means), l.phones), dialectOf(words)
	return l
}

// recognise says what a header means, whatever its case, accents, spaces and underscores.
func recognise(header string) (known, bool) {
	header = plainHeader(header)
	if header == fieldID || header == fieldIdentities {
		return known{header, rankOwn, true}, true
	}
	if len(header) > len(attrPrefix) && strings.EqualFold(header[:len(attrPrefix)], attrPrefix) {
		key := header[len(attrPrefix):]
		return known{field: attrPrefix + key, own: true}, contact.CheckAttributeKey(key) == nil
	}
	word := strings.Replace(fold.Header(header), "organization1", "organization", 1) // Google's "Organization 1 - Name"
	if meaning, found := headers()[word]; found {
		return meaning, true
	}
	if noteNumber(word) > 0 {
		return known{fieldNotes, rankOwn, true}, true
	}
	meaning, found := headers()[withoutDigits(word)]
	return meaning, found && numbered(meaning.field)
}

func withoutDigits(word string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return -1
		}
		return r
	}, word)
}

// columnNames are the headers as they are shown: a repeated one becomes "Email (2)", an empty one "Column 3".
func columnNames(header []string) []string {
	names, taken := make([]string, len(header)), map[string]bool{}
	for i, text := range header {
		name := shorten(contact.CleanText(cell.Unescape(text)), maxColumnName)
		if name == "" {
			name = fmt.Sprintf("Column %d", i+1)
		}
		unique := name
		for n := 2; taken[unique]; n++ {
			unique = fmt.Sprintf("%s (%d)", name, n)
		}
		names[i], taken[unique] = unique, true
	}
	return names
}

// shorten cuts a text for people at a number of characters.
func shorten(text string, limit int) string {
	if runes := []rune(text); len(runes) > limit {
		return string(runes[:limit-1]) + "…"
	}
	return text
}

// missing names what the columns lack: a contact needs a name, and an e-mail, a phone or an identity, but in our own exports. Empty when
// nothing is missing.
func (l layout) missing() string {
	var lacks []string
	if !l.has(fieldName) && !l.has(fieldFirstName) && !l.has(fieldLastName) {
		lacks = append(lacks, `for the name (such as "name")`)
	}
	if len(l.emails)+len(l.phones) == 0 && !l.has(fieldIdentities) {
		lacks = append(lacks, `for the e-mail or phone (such as "email" or "phone")`)
	}
	return strings.Join(lacks, " and none ")
}

func (l layout) has(field string) bool {
	_, found := l.single[field]
	return found
}

// holdsData says that a header is really somebody's row: one of its cells is an e-mail or a phone.
func holdsData(header []string) bool {
	return slices.ContainsFunc(header, func(text string) bool {
		return slices.ContainsFunc(several(cell.Unescape(strings.TrimSpace(text))), func(value string) bool {
			_, err := contact.NormalizeEmail(value)
			return err == nil || likePhone(value)
		})
	})
}

// likePhone says that a text is only a phone number: 7 to 15 digits (E.164 allows 15) with the usual punctuation. A date has
// as many, and is no phone.
func likePhone(text string) bool {
	if _, err := readTime(text); err == nil && strings.Count(text, "-") == 2 {
		return false
	}
	digits := 0
	for _, r := range text {
		switch {
		case unicode.IsDigit(r):
			digits++
		case !strings.ContainsRune("+()./", r) && !unicode.In(r, unicode.Pd, unicode.Zs, unicode.Cf): // any hyphen, space and mark of direction
			return false
		}
	}
	return digits >= 7 && digits <= 15
}
