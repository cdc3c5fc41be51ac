package importing

import (
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/fold"
	"github.com/occ/contacts/pkg/sheet/cell"
)

// sampled is how many rows are looked at for what a column holds.
const sampled = 200

// values is what the first rows of a file say of the columns whose headers say nothing.
type values struct {
	phone   func(raw string) bool // whether a text is a valid phone, with the import's default region
	names   []string
	columns map[int]*column
	rows    int
	samples [][]string
}

// column counts the cells of a column that are not empty, by what they hold.
type column struct {
	filled, emails, phones, fullNames int
	distinct                          map[string]bool
	noPhones                          bool // its header speaks of what is no phone of the person
}

func valuesOf(header []string, phone func(raw string) bool) *values {
	v := &values{phone: phone, names: columnNames(header), columns: map[int]*column{}}
	for i, text := range header {
		if _, found := recognise(text); found || middleName(fold.Header(text)) {
			continue
		}
		v.columns[i] = &column{distinct: map[string]bool{}, noPhones: namesNoPhone(text)}
	}
	return v
}

// namesNoPhone says that what stands under a header is no phone of the person: a fax, an assistant's, or an id that looks like one.
func namesNoPhone(header string) bool {
	word := fold.Header(header)
	return strings.HasSuffix(word, "id") || slices.ContainsFunc(notPhones, func(part string) bool { return strings.Contains(word, part) })
}

// look takes a row in.
func (v *values) look(cells []string) {
	if v.rows == sampled {
		return
	}
	v.rows++
	if len(v.samples) < sampleRows {
		v.samples = append(v.samples, sampleOf(cells, len(v.names)))
	}
	for i, c := range v.columns {
		if i < len(cells) {
			c.look(cells[i], v.phone)
		}
	}
}

// maxTelling is how many bytes a cell may have that is an e-mail, a phone or a name; text that is longer is none.
const maxTelling = 1_000

func (c *column) look(text string, phone func(raw string) bool) {
	if len(text) > maxTelling {
		c.filled++
		return
	}
	if text = contact.CleanText(cell.Unescape(text)); text == "" {
		return
	}
	c.filled++
	c.distinct[text] = true
	switch parts := several(text); {
	case all(parts, isEmail):
		c.emails++
	case !c.noPhones && all(parts, func(part string) bool { return isPhone(part) && phone(part) }):
		c.phones++
	case isFullName(text):
		c.fullNames++
	}
}

func all(texts []string, is func(string) bool) bool {
	return len(texts) > 0 && !slices.ContainsFunc(texts, func(text string) bool { return !is(text) })
}

func isEmail(text string) bool {
	_, err := contact.NormalizeEmail(text)
	return err == nil
}

// mostly says that more than half of the column's cells are of a kind; clearly that nearly all are, and that they tell people apart: the
// e-mail of whoever is in charge is none of the contact.
func (c *column) mostly(count int) bool { return 2*count > c.filled }

func (c *column) clearly(count, rows int) bool {
	return c.filled > 0 && 10*count >= 9*c.filled && (c.filled > 1 || rows == 1) && 2*len(c.distinct) >= c.filled
}

// certain are the columns that clearly hold e-mails or phones, by name.
func (v *values) certain() map[string]string {
	var found map[string]string
	for i, c := range v.columns {
		var field string
		switch {
		case c.clearly(c.emails, v.rows):
			field = fieldEmail
		case c.clearly(c.phones, v.rows):
			field = fieldPhone
		default:
			continue
		}
		if found == nil {
			found = map[string]string{}
		}
		found[v.names[i]] = field
	}
	return found
}

// suggest is the mapping of a layout with what the values say of the columns that lead nowhere and of which nobody has said anything.
func (v *values) suggest(l layout, given map[string]string) map[string]string {
	suggestion := maps.Clone(l.mapping)
	named := l.has(fieldName) || l.has(fieldFirstName) || l.has(fieldLastName)
	for i, name := range v.names {
		c := v.columns[i]
		if _, said := given[name]; said || c == nil || suggestion[name] != "" {
			continue
		}
		switch {
		case c.mostly(c.emails):
			suggestion[name] = fieldEmail
		case c.mostly(c.phones):
			suggestion[name] = fieldPhone
		case !named && c.mostly(c.fullNames) && c.mostly(len(c.distinct)):
			suggestion[name], named = fieldName, true
		}
	}
	return suggestion
}

// isFullName says that a text is two to five words of letters.
func isFullName(text string) bool {
	words := strings.Fields(text)
	return len(words) >= 2 && len(words) <= 5 && all(words, func(word string) bool {
		letter := false
		for _, r := range word {
			letter = letter || unicode.IsLetter(r)
			if !unicode.IsLetter(r) && !unicode.IsMark(r) && !strings.ContainsRune(".'’-", r) && !unicode.In(r, unicode.Cf) {
				return false
			}
		}
		return letter
	})
}
