package contact

import (
	"context"
	"errors"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/occ/contacts/pkg/fold"
	"github.com/occ/contacts/pkg/problem"
)

// minDigits is how many of a phone's last digits a search needs (CONTRACT.md, "Contacts", q).
const minDigits = 4

// List reads one page. Errors: ValidationFailed for a q or sort that cannot be.
func (s *Service) List(ctx context.Context, workspace, q string, sort Sort, limit int, after *Position) (Page, error) {
	if !slices.Contains([]Sort{SortDefault, SortNewest, SortOldest, SortName, SortInteraction}, sort) {
		return Page{}, problem.Invalid("query.sort", string(sort), "Sort by createdAt, -createdAt, name or -lastInteractionAt.")
	}
	if utf8.RuneCountInString(q) > MaxSearch {
		return Page{}, problem.Invalid("query.q", nil, "A search may have at most %d characters; shorten it.", MaxSearch)
	}
	search, err := ParseSearch(q, s.phoneReader(ctx, workspace))
	if err != nil {
		return Page{}, err
	}
	return s.store.List(ctx, Query{Workspace: workspace, Search: search, Sort: sort, Limit: limit, After: after})
}

// ParseSearch understands a q; nil for an empty one, which is no filter. A number that reads as a whole one is looked up
// exactly (Phone) and, beside it, as last digits (Digits).
func ParseSearch(q string, phone func(raw string) (string, error)) (*Search, error) {
	q = CleanText(q)
	words := fold.Words(q)
	switch {
	case q == "":
		return nil, nil //nolint:nilnil // no filter is no error
	case len(words) == 0:
		return &Search{Nothing: true}, nil
	case strings.Contains(q, "@"):
		return &Search{Email: EmailKey(q)}, nil
	}
	digits, isNumber := phoneDigits(q)
	if !isNumber || len(digits) < minDigits {
		return &Search{Words: distinct(words)}, nil
	}
	search := &Search{Digits: digits, Words: distinct(words)}
	number, err := phone(q)
	if _, ours := errors.AsType[*regionError](err); ours {
		return nil, err
	}
	search.Phone = number // empty when q is no whole number
	return search, nil
}

// phoneDigits returns the digits of a q that is written as a phone number is, without the zeros that stand for an
// international prefix: no E.164 number holds those.
func phoneDigits(q string) (digits string, isNumber bool) {
	var out strings.Builder
	for _, r := range q {
		if digit, ok := fold.Digit(r); ok {
			out.WriteByte(digit)
			continue
		}
		if !strings.ContainsRune("+-().\t /", r) && !unicode.Is(unicode.Cf, r) && !unicode.Is(unicode.Pd, r) && !unicode.IsSpace(r) {
			return "", false
		}
	}
	return strings.TrimPrefix(out.String(), "00"), true
}

// distinct drops words that are the beginning of another: whatever begins with the other begins with them.
func distinct(words []string) []string {
	var kept []string
	for i, word := range words {
		implied := false
		for j, other := range words {
			if i != j && strings.HasPrefix(other, word) && (other != word || j < i) {
				implied = true
			}
		}
		if !implied {
			kept = append(kept, word)
		}
	}
	return kept
}

// Matches says whether a contact is what the search asks for, by the contact itself.
func (s Search) Matches(c Contact) bool {
	switch {
	case s.Nothing:
		return false
	case s.Email != "":
		return strings.HasPrefix(EmailKey(c.Email), s.Email)
	case s.Phone != "" && c.Phone == s.Phone:
		return true
	case s.Digits != "" && (strings.HasSuffix(c.Phone, s.Digits) || strings.HasPrefix(EmailKey(c.Email), s.Digits)):
		return true
	case len(s.Words) == 1 && strings.HasPrefix(EmailKey(c.Email), s.Words[0]):
		return true
	}
	words := NameWords(c.Name)
	for _, identity := range c.Identities {
		words = append(words, fold.Words(identity.Username)...)
	}
	for _, wanted := range s.Words {
		if !slices.ContainsFunc(words, func(word string) bool { return strings.HasPrefix(word, wanted) }) {
			return false
		}
	}
	return len(s.Words) > 0
}
