package contact

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// NormalizeEmail returns an e-mail trimmed, in NFC, with its domain in lower case.
func NormalizeEmail(s string) (string, error) {
	email := CleanText(s)
	if err := checkText("An e-mail", email, MaxEmail); err != nil {
		return "", err
	}
	local, domain, found := cutLast(email, '@')
	domain = norm.NFC.String(strings.ToLower(domain))
	switch {
	case !found || local == "" || domain == "":
		return "", refuse("An e-mail has a name, an @ and a domain, as in mona@example.com.")
	case utf8.RuneCountInString(local) > MaxLocalPart:
		return "", refuse("The part of an e-mail before the @ has at most %d characters.", MaxLocalPart)
	case !validLocalPart(local):
		return "", refuse("The part before the @ holds a character or a dot that an e-mail cannot have there.")
	case !validDomain(domain):
		return "", refuse("The domain after the @ needs a dot and only letters, digits and hyphens, as in example.com.")
	}
	return local + "@" + domain, nil
}

func cutLast(s string, separator byte) (before, after string, found bool) {
	if i := strings.LastIndexByte(s, separator); i >= 0 {
		return s[:i], s[i+1:], true
	}
	return s, "", false
}

// validLocalPart takes RFC 5322's dot-atom, and RFC 6531's letters beyond ASCII. Quoted local parts are legal and unused:
// in customers' files they are typing errors.
func validLocalPart(local string) bool {
	if strings.HasPrefix(local, ".") || strings.HasSuffix(local, ".") || strings.Contains(local, "..") {
		return false
	}
	for _, r := range local {
		if r < utf8.RuneSelf && !asciiLetterOrDigit(r) && !strings.ContainsRune(".!#$%&'*+/=?^_`{|}~-", r) {
			return false
		}
		if r >= utf8.RuneSelf && (unicode.IsSpace(r) || !unicode.IsGraphic(r)) {
			return false
		}
	}
	return true
}

// validDomain takes host names of at least two labels (RFC 1123 §2.1), and letters beyond ASCII as in IDNA.
func validDomain(domain string) bool {
	labels := strings.Split(domain, ".")
	if len(labels) < 2 {
		return false
	}
	for _, label := range labels {
		if label == "" || len(label) > 63 || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
			return false
		}
		for _, r := range label {
			if r != '-' && !asciiLetterOrDigit(r) && (r < utf8.RuneSelf || !isLetterDigitOrMark(r)) {
				return false
			}
		}
	}
	return true
}

func isLetterDigitOrMark(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
}

func asciiLetterOrDigit(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}
