package dynamo

import (
	"slices"
	"strings"
	"testing"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/phone"
)

// people are contacts that differ in what a search may find them by; each is called by the key.
func people() map[string]contact.Contact {
	all := map[string]contact.Contact{}
	for i, one := range [][4]string{
		{"mona", "Mona Ahmed Adel", "Mona.Adel@example.com", "+201001234567"},
		{"monica", "Moñica O'Brien", "o'brien@example.com", "+201001230045"},
		{"ahmed", "أَحْمَد علي", "m_1@example.com", "+14155552671"},
		{"digits", "Agent 4567", "12-34.5@example.com", ""},
		{"dots", "Ali", "4567.8@example.com", ""},
		{"initial", "Zed", "a.al@example.com", ""},
		{"wang", "王小明", "wang@example.com", ""},
		{"al", "Nobody", "al@example.com", ""},
	} {
		c := person(i)
		c.Name, c.Email, c.Phone = one[1], one[2], one[3]
		all[one[0]] = c
	}
	return all
}

// Every kind of q that pkg/httpapi/README.md, "What q finds", names finds whom it should, in every order.
func TestEveryKindOfSearchFinds(t *testing.T) {
	s, known := fresh(t), people()
	called := map[string]string{}
	for key, c := range known {
		create(t, s, c)
		called[c.ID] = key
	}
	for q, want := range map[string]string{
		// words of names, in any order, without case and accents
		"mon": "mona monica", "AHM": "mona", "adel mo": "mona", "ahmed adel": "mona", "adel ahm mon": "mona", "monica": "monica", "o'br": "monica", "brien mon": "monica",
		"احمد": "ahmed", "علي أحمد": "ahmed", "小": "wang", "王小": "wang", "ona": "", "mona x": "", "al": "al dots", "agent 45": "digits",
		// e-mails and their beginnings, signs included
		"mona.adel@example.com": "mona", "MONA.ADEL@ex": "mona", "mona@": "", "mona.ad": "mona", "MONA.": "mona", "m_1": "ahmed", "m_": "ahmed mona monica", "wang": "wang",
		"12-34": "digits", "12-34.5": "digits", "12-": "digits", "4567.": "digits dots mona", "4567.8": "dots", "a.al": "al dots initial", "a.": "al digits dots initial mona",
		// phones and their last digits
		"+201001234567": "mona", "0020 100 123 4567": "mona", "+20 (100) 123-4567": "mona", "4567": "digits dots mona", "٤٥٦٧": "digits dots mona", "0045": "monica", "1230045": "monica",
		"(415) 555-2671": "ahmed", "045": "", "3004": "", "4568": "",
		"!?": "", "@": "",
	} {
		search, err := contact.ParseSearch(q, func(raw string) (string, error) { return phone.Parse(raw, "") })
		if err != nil || search == nil {
			t.Fatalf("%q: %v, %v", q, search, err)
		}
		for _, sort := range []contact.Sort{contact.SortDefault, contact.SortName} {
			ids, _, _, err := walk(s, contact.Query{Workspace: ws, Search: search, Sort: sort}, fixed(3))
			var got []string
			for _, id := range ids {
				got = append(got, called[id])
			}
			slices.Sort(got)
			if strings.Join(got, " ") != want || err != nil {
				t.Errorf("%q (%+v) sorted by %q finds %q, want %q, %v", q, *search, sort, got, want, err)
			}
		}
	}
}
