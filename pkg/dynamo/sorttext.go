package dynamo

import (
	"strings"
	"unicode/utf8"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/fold"
)

// nameText is a folded name as sort keys hold it; wordsOfText takes it apart again, whole being false when words may be missing
// or stand in another order than in all of the name's sort keys. The words of usernames come after those of the name.
func nameText(c contact.Contact) string {
	name := fold.SortText(c.DisplayName())
	if words := c.UsernameWords(); len(words) > 0 {
		name = strings.Join(append(contact.NameWords(c.DisplayName()), words...), " ")
	}
	return cut(name, maxSortText)
}

func wordsOfText(text string) (words []string, whole bool) {
	words = strings.Split(text, " ")
	return words, len(words) < maxSearchedWords && len(text) <= maxSortText-utf8.UTFMax
}

// maxSearchedWords is how many words of a name are searched (pkg/httpapi/README.md, "Limits").
const maxSearchedWords = 8

func cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	for limit > 0 && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit]
}

func reverse(digits string) string {
	reversed := []byte(digits)
	for i, j := 0, len(reversed)-1; i < j; i, j = i+1, j-1 {
		reversed[i], reversed[j] = reversed[j], reversed[i]
	}
	return string(reversed)
}
