package contact

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/occ/contacts/pkg/fold"
)

// The limits of pkg/httpapi/README.md, "Limits". Lengths are in code points.
const (
	MaxName       = 200
	MaxCompany    = 200
	MaxEmail      = 254 // RFC 5321 §4.5.3.1.3, less the angle brackets
	MaxLocalPart  = 64  // RFC 5321 §4.5.3.1.1
	MaxNote       = 10_000
	MaxNotes      = 1_000 // of a contact
	MaxLabels     = 40
	MaxLabel      = 50
	MaxAttributes = 100
	MaxString     = 2_000
	MaxSize       = 131_072 // bytes of UTF-8 as answered
	MaxSearch     = 200

	maxAttributeKey = 64 // ASCII letters, digits and signs
)

// MaxExactNumber is the largest whole number that readers of JSON agree on (RFC 7493 §2.2): 2^53 is already what
// 2^53+1 is rounded to, and an account number would change.
const MaxExactNumber = 1<<53 - 1

// ErrTooLong is wrapped by the errors of values over their length.
var ErrTooLong = errors.New("too long")

// ValueError is what is wrong with one value, as a sentence for the person who wrote it.
type ValueError struct {
	Reason string
	Cause  error // ErrTooLong, or nil
}

// Error implements error.
func (e *ValueError) Error() string { return e.Reason }

// Unwrap returns the cause.
func (e *ValueError) Unwrap() error { return e.Cause }

func refuse(format string, args ...any) error {
	return &ValueError{Reason: fmt.Sprintf(format, args...)}
}

func tooLong(what string, limit int) error {
	return &ValueError{Reason: fmt.Sprintf("%s may have at most %d characters; shorten it.", what, limit), Cause: ErrTooLong}
}

var (
	errEmpty  = refuse("An empty text is no value; use null for absent.")
	errNoName = refuse("A contact needs a name.")
)

// CleanText returns a text of one line as it is stored: trimmed, in NFC, with a space for the separators U+2028 and
// U+2029, which programs take for line ends. It returns an empty text for one that shows nothing (fold.Blank).
func CleanText(s string) string { return cleanText(s, oneLine) }

// CleanLines returns a text of several lines, a note or the value of an attribute, as CleanText does; U+2028 and
// U+2029 become line feeds.
func CleanLines(s string) string { return cleanText(s, severalLines) }

var (
	oneLine      = strings.NewReplacer("\u2028", " ", "\u2029", " ")
	severalLines = strings.NewReplacer("\u2028", "\n", "\u2029", "\n")
)

func cleanText(s string, separators *strings.Replacer) string {
	if fold.Blank(s) {
		return ""
	}
	return norm.NFC.String(strings.TrimSpace(separators.Replace(s)))
}

// checkText demands a text of at most limit characters that is neither empty nor unreadable. CR, LF and tab are text.
func checkText(what, s string, limit int) error {
	switch {
	case s == "":
		return errEmpty
	case !utf8.ValidString(s):
		return refuse("%s is not valid UTF-8; save it as UTF-8.", what)
	case strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && !strings.ContainsRune("\r\n\t", r) }):
		return refuse("%s holds a control character; remove it.", what)
	case utf8.RuneCountInString(s) > limit:
		return tooLong(what, limit)
	default:
		return nil
	}
}

// NormalizeName returns the name trimmed and in NFC.
func NormalizeName(s string) (string, error) {
	return cleanVisible("A name", s, MaxName)
}

// NormalizeLine returns a text of one line, as the name of something, trimmed and in NFC. The error calls it what.
func NormalizeLine(what, s string, limit int) (string, error) { return cleanVisible(what, s, limit) }

// cleanVisible returns a text of one line as it is stored; it refuses one of combining marks alone, which show only
// upon a letter.
func cleanVisible(what, s string, limit int) (string, error) {
	text, err := clean(what, CleanText(s), limit)
	visible := func(r rune) bool { return unicode.IsGraphic(r) && !unicode.IsSpace(r) && !unicode.IsMark(r) }
	if err == nil && !strings.ContainsFunc(text, visible) {
		return "", refuse("%s needs a character that can be seen.", what)
	}
	return text, err
}

// NormalizeCompany returns the company trimmed and in NFC.
func NormalizeCompany(s string) (string, error) {
	return clean("A company", CleanText(s), MaxCompany)
}

// NormalizeNote returns the text of a note trimmed and in NFC.
func NormalizeNote(s string) (string, error) {
	return clean("A note", CleanLines(s), MaxNote)
}

// clean returns a cleaned text, empty when it cannot be stored.
func clean(what, text string, limit int) (string, error) {
	if err := checkText(what, text, limit); err != nil {
		return "", err
	}
	return text, nil
}

// EmailKey is the form in which e-mails are matched: all of it without case. Unlike fold.Text it keeps accents, which
// make another mailbox.
func EmailKey(email string) string { return norm.NFC.String(strings.ToLower(email)) }

// FacetKey is the form in which labels and companies are matched: without case.
func FacetKey(s string) string {
	return norm.NFC.String(strings.ToLower(strings.ToUpper(norm.NFC.String(s))))
}

// NameWords are the folded words of a name that a search looks at: the first 8.
func NameWords(name string) []string {
	words := fold.Words(name)
	return words[:min(len(words), maxSearchedWords)]
}

const maxSearchedWords = 8
