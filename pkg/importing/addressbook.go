package importing

import (
	"encoding/csv"
	"slices"
	"strings"

	"github.com/occ/contacts/pkg/fold"
	"github.com/occ/contacts/pkg/sheet/cell"
)

// dialect is whose habits a file follows where products write the same kind of cell differently. testdata/README.md says
// where each habit is described.
type dialect int

const (
	plain   dialect = iota
	google          // "Phone 1 - Value" beside "Phone 1 - Label"; labels are "* myContacts ::: VIP"
	zendesk         // tags hold no spaces, and stand one space apart
)

// dialectOf knows a product by columns that only it has.
func dialectOf(words []string) dialect {
	has := func(word string) bool { return slices.Contains(words, word) }
	switch {
	case slices.ContainsFunc(words, func(word string) bool {
		bare := withoutDigits(word)
		return word != bare && (bare == "emailvalue" || bare == "phonevalue") || word == "groupmembership"
	}):
		return google
	case has("externalid") && has("restriction"):
		return zendesk
	}
	return plain
}

// kindColumns finds, for every phone column of Google's, the column that says what kind of phone its cells hold: "Phone 1 -
// Type" before 2024, "Phone 1 - Label" since.
func kindColumns(words []string, phones []int) map[int]int {
	var kinds map[int]int
	for _, phone := range phones {
		stem, found := strings.CutSuffix(words[phone], "value")
		if !found {
			continue
		}
		for _, ending := range []string{"label", "type"} {
			if column := slices.Index(words, stem+ending); column >= 0 {
				if kinds == nil {
					kinds = map[int]int{}
				}
				kinds[phone] = column
				break
			}
		}
	}
	return kinds
}

// noPhone is the rank of what is no phone of the person, whatever column it stands in.
const noPhone = -1

// Parts of words for kinds of phones, which people may write themselves ("Work Fax", "iPhone").
var (
	notPhones = []string{"fax", "pager", "assist", "telex", "فاكس"}
	mobiles   = []string{"mobil", "movil", "cell", "celular", "iphone", "whatsapp", "handy", "موبايل", "جوال", "محمول"}
)

// rankOfKind says how a phone counts by what its kind is called.
func rankOfKind(kind string) int {
	word := fold.Header(kind)
	within := func(part string) bool { return strings.Contains(word, part) }
	if slices.ContainsFunc(notPhones, within) {
		return noPhone
	}
	if slices.ContainsFunc(mobiles, within) {
		return rankOwn
	}
	if meaning, found := headers()[word+"phone"]; found && meaning.field == fieldPhone { // "Work", "Home"
		return meaning.rank
	}
	return rankUsual
}

// phonesOf are the columns of a row's phones, in the order in which their values count.
func (r *rowReader) phonesOf(row *Row) []int {
	if len(r.kinds) == 0 {
		return r.phones
	}
	ranks := map[int]int{}
	var columns []int
	for _, phone := range r.phones {
		if row.Cells[phone] == "" {
			continue
		}
		rank := r.ranks[phone]
		if kind, found := r.kinds[phone]; found {
			rank = rankOfKind(row.Cells[kind])
		}
		if rank != noPhone {
			ranks[phone], columns = rank, append(columns, phone)
		}
	}
	slices.SortStableFunc(columns, func(a, b int) int { return ranks[a] - ranks[b] })
	return columns
}

// labelTexts are the labels of a row's cell, by the habits of who wrote it.
func (r *rowReader) labelTexts(row *Row) []string {
	if list, ok := r.listOf(row, fieldLabels); ok {
		return list
	}
	text := r.cell(row, fieldLabels)
	switch {
	case r.export: // a label may hold the separator of several
		return cell.ParseLabels(text)
	case r.dialect == google:
		return groups(text)
	case r.own[r.single[fieldLabels]]:
		return readLabels(text)
	case r.dialect == zendesk:
		text = strings.Join(strings.Fields(text), ";")
	}
	return slices.DeleteFunc(foreignLabels(text), func(label string) bool { return fold.Header(label) == "mycontacts" })
}

// groups reads a cell of Google's labels. Those that begin with "* " are its own groups ("* myContacts", "* starred"), which
// say nothing of the person. A label of a user may hold commas, and what we refuse in labels ("Imported on 9/25", which Google
// gives by itself) becomes a hyphen, so that it costs nobody the row.
func groups(cell string) []string {
	var labels []string
	for _, label := range several(cell) {
		if !strings.HasPrefix(label, "*") {
			labels = append(labels, refusedInLabels.Replace(label))
		}
	}
	return labels
}

var refusedInLabels = strings.NewReplacer("/", "-", "?", "-", "#", "-", "%", "-")

// foreignLabels reads a cell of another product's tags: as ours, or each in quotes ("VIP","new"), as Mailchimp writes them.
func foreignLabels(cell string) []string {
	if strings.HasPrefix(cell, `"`) {
		list := csv.NewReader(strings.NewReader(cell))
		list.TrimLeadingSpace = true
		if labels, err := list.Read(); err == nil {
			return present(labels)
		}
	}
	return readLabels(cell)
}
