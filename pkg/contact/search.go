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

const (
	// minDigits is how many of a phone's last digits a search needs (pkg/httpapi/README.md, "What q finds").
	minDigits = 4
	// minWhole is the fewest digits that may be a whole number: fewer are last digits, and no region is looked up for them.
	minWhole = 6
	// minTrunk is the fewest digits of a national number with its 0 in front. Among fewer, a 0 may well be one of the last digits.
	minTrunk = 9
)

// Listing is what a client asks a list for.
type Listing struct {
	Q      string // a search; empty for none
	Filter Filter
	Sort   Sort
	Limit  int       // 1 to 100
	After  *Position // nil for the first page
}

// List reads one page. Errors: ValidationFailed for a q or sort that cannot be.
func (s *Service) List(ctx context.Context, workspace string, asked Listing) (Page, error) {
	if !slices.Contains([]Sort{SortDefault, SortNewest, SortOldest, SortName, SortInteraction}, asked.Sort) {
		return Page{}, problem.Invalid("query.sort", string(asked.Sort), "Sort by createdAt, -createdAt, name or -lastInteractionAt.")
	}
	search, err := s.Search(ctx, workspace, "query.q", asked.Q)
	if err != nil {
		return Page{}, err
	}
	return s.store.List(ctx, Query{Workspace: workspace, Search: search, Filter: asked.Filter, Sort: asked.Sort, Limit: asked.Limit, After: asked.After})
}

// Search understands a q with the workspace's default region; nil for an empty one. ValidationFailed, at location, for one that cannot be.
func (s *Service) Search(ctx context.Context, workspace, location, q string) (*Search, error) {
	switch {
	case utf8.RuneCountInString(q) > MaxSearch:
		return nil, problem.Invalid(location, nil, "A search may have at most %d characters; shorten it.", MaxSearch)
	case !utf8.ValidString(q):
		return nil, problem.Invalid(location, nil, "A search has to be UTF-8.")
	}
	return ParseSearch(q, s.phoneReader(ctx, workspace))
}

// ParseSearch understands a q; nil for an empty one, which is no filter. phone reads a number with the default region, and is
// asked only for what may be a whole number. A number is looked up exactly (Phone) and as last digits (Digits), since the
// last digits of one may be the whole of another.
func ParseSearch(q string, phone func(raw string) (string, error)) (*Search, error) {
	if CleanText(q) == "" {
		return nil, nil //nolint:nilnil // no filter is no error
	}
	q = CleanText(strings.Map(seen, q))
	words := fold.Words(q)
	switch at := strings.IndexByte(q, '@'); {
	case len(words) == 0:
		return &Search{Nothing: true}, nil
	case at > 0 && !strings.ContainsFunc(q, unicode.IsSpace): // a username may begin with @, and names surround one with spaces
		return &Search{Email: EmailKey(q)}, nil
	}
	search := &Search{Words: distinct(words), Beginning: beginning(q)}
	if err := search.dial(q, phone); err != nil {
		return nil, err
	}
	return search, nil
}

// dial adds what a q that is written as a phone number asks for.
func (s *Search) dial(q string, phone func(raw string) (string, error)) error {
	digits, international, isNumber := dialled(q)
	if !isNumber || len(digits) < minDigits {
		return nil
	}
	s.Digits = digits
	if len(digits) >= minWhole {
		number, err := phone(q)
		if _, ours := errors.AsType[*regionError](err); ours {
			return err
		}
		s.Phone = number // empty when q is no whole number
	}
	switch {
	case s.Phone != "":
		s.Beginning = "" // whole numbers with signs in them begin no e-mail
		if international {
			s.Digits = strings.TrimPrefix(s.Phone, "+")
		}
	case !international && len(digits) >= minTrunk && digits[0] == '0':
		s.Digits = digits[1:] // no E.164 number holds the 0; what ends with all digits ends with these too
	}
	return nil
}

// seen drops what cannot be seen: marks of direction come along when text is pasted.
func seen(r rune) rune {
	if unicode.Is(unicode.Cf, r) {
		return -1
	}
	return r
}

// dialled returns the ASCII digits of a q that is written as a phone number is. International is one with + or 00 in front.
func dialled(q string) (digits string, international, isNumber bool) {
	text := strings.TrimPrefix(fold.Text(q), "tel:")
	var out strings.Builder
	for _, r := range text {
		switch {
		case r >= '0' && r <= '9':
			out.WriteRune(r)
		case r == '+' && out.Len() == 0:
			international = true
		case !strings.ContainsRune("-().·/−'", r) && !unicode.Is(unicode.Pd, r) && !unicode.IsSpace(r):
			return "", false, false
		}
	}
	digits = out.String()
	return digits, international || strings.HasPrefix(digits, "00"), true
}

// beginning is q as the beginning of an e-mail that words do not find: one that holds a dot or another sign.
func beginning(q string) string {
	sign := func(r rune) bool { return !isLetterDigitOrMark(r) }
	if !strings.ContainsFunc(q, sign) || !validLocalPart(strings.Trim(q, ".")) || strings.HasPrefix(q, ".") {
		return ""
	}
	return EmailKey(q)
}

// distinct drops words that are the beginning of another: whatever begins with the other begins with them. So one word of a
// name may answer several of a q.
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
		return emailBegins(c, s.Email)
	case s.Phone != "" && c.Phone == s.Phone,
		s.Digits != "" && strings.HasSuffix(c.Phone, s.Digits),
		emailBegins(c, s.Digits), emailBegins(c, s.Beginning),
		len(s.Words) == 1 && emailBegins(c, s.Words[0]):
		return true
	default:
		return s.named(c)
	}
}

// emailBegins says that there is such a beginning, and that the contact's e-mail has it.
func emailBegins(c Contact, with string) bool {
	return with != "" && strings.HasPrefix(EmailKey(c.Email), with)
}

// named says that every word is the beginning of one of the name's or of a username's.
func (s Search) named(c Contact) bool {
	words := append(NameWords(c.DisplayName()), c.UsernameWords()...)
	for _, wanted := range s.Words {
		if !slices.ContainsFunc(words, func(word string) bool { return strings.HasPrefix(word, wanted) }) {
			return false
		}
	}
	return len(s.Words) > 0
}
