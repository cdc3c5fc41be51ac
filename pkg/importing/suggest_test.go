package importing

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/occ/contacts/pkg/phone"
)

// valuesIn looks at a file of lines, the header first, with a default region.
func valuesIn(region string, lines ...string) (header []string, v *values) {
	header = strings.Split(lines[0], ";")
	v = valuesOf(header, func(raw string) bool {
		_, err := phone.Parse(raw, region)
		return err == nil
	})
	for _, line := range lines[1:] {
		v.look(strings.Split(line, ";"))
	}
	return header, v
}

func TestWhatValuesSuggest(t *testing.T) {
	for name, test := range map[string]struct {
		region string
		lines  []string
		want   map[string]string
	}{
		"e-mails":               {"", []string{"A", "a@x.org", "b@x.org ::: c@x.org", "none"}, map[string]string{"A": "email"}},
		"half e-mails":          {"", []string{"A", "a@x.org", "none"}, nil},
		"empty cells":           {"", []string{"A;B", "a@x.org;", ";", " ;"}, map[string]string{"A": "email"}},
		"broken e-mails":        {"", []string{"A", "a@x", "b@x", "c@x.org"}, nil},
		"phones with +":         {"", []string{"A", "+20 100 123 4567", "'+201001234568", "x"}, map[string]string{"A": "phone"}},
		"phones of the region":  {"EG", []string{"A", "0100 123 4567", "01001234568"}, map[string]string{"A": "phone"}},
		"without a region":      {"", []string{"A", "0100 123 4567", "01001234568"}, nil},
		"ids without a region":  {"", []string{"A", "1001234567", "1001234568"}, nil},
		"an id's header":        {"EG", []string{"Customer ID", "1001234567", "1001234568"}, nil},
		"a fax":                 {"", []string{"Fax;Assistant's Phone;Pager", "+201001234567;+201001234567;+201001234567"}, nil},
		"dates of many kinds":   {"DK", []string{"A;B;C;D;E", "2026-01-31;31.01.2026;1/31/26;20260131;2026/1/31", "2026-02-28;28.02.2026;2/28/26;20260228;2026/2/28"}, nil},
		"days before months":    {"TN", []string{"A;B;C", "31.01.2026;25/12/1990;22-04-1990", "28.02.2026;22-04-1990;31.01.2026"}, nil},
		"phones of 8 digits":    {"NO", []string{"A", "22 34 56 78", "22345679"}, map[string]string{"A": "phone"}},
		"small numbers":         {"EG", []string{"A;B", "12;2026", "13;2027"}, nil},
		"amounts":               {"EG", []string{"A", "10012345.67", "10012345.68"}, nil},
		"names":                 {"", []string{"A", "Mona Adel", "Omar El-Said", "منى عادل", "Li"}, map[string]string{"A": "name"}},
		"names of one word":     {"", []string{"A;B", "Mona;Adel", "Omar;Said"}, nil},
		"the same words":        {"", []string{"A", "In progress", "In progress", "In progress", "Not begun"}, nil},
		"the first of names":    {"", []string{"A;B", "Mona Adel;Acme Corp", "Omar Said;Bolt Ltd"}, map[string]string{"A": "name"}},
		"a name by its header":  {"", []string{"Name;B", "Mona;Mona Adel", "Omar;Omar Said"}, map[string]string{"Name": "name"}},
		"a first name is one":   {"", []string{"First Name;B", "Mona;Mona Adel", "Omar;Omar Said"}, map[string]string{"First Name": "firstName"}},
		"texts":                 {"", []string{"A", "She called on Monday, at 9", "Wants a quote for 20 seats"}, nil},
		"a text of many words":  {"", []string{"A", "one two three four five six", "two three four five six seven"}, nil},
		"long texts":            {"", []string{"A", strings.Repeat("a b ", 300), strings.Repeat("c d ", 300)}, nil},
		"recognised otherwise":  {"", []string{"Notes;attr.mail;Middle Name", "a@x.org;a@x.org;a@x.org"}, map[string]string{"Notes": "notes", "attr.mail": "attr.mail"}},
		"beside a known column": {"", []string{"Email;B", "a@x.org;b@x.org"}, map[string]string{"Email": "email", "B": "email"}},
		"one of a kind":         {"", []string{"Kontakt;Wer;Nummer", "a@x.org;Mona Adel;+201001234567"}, map[string]string{"Kontakt": "email", "Wer": "name", "Nummer": "phone"}},
	} {
		header, v := valuesIn(test.region, test.lines...)
		if test.want == nil {
			test.want = map[string]string{}
		}
		if diff := cmp.Diff(test.want, v.suggest(layoutOf(header), nil)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	header, v := valuesIn("", "A;B", "a@x.org;Mona Adel")
	if got := v.suggest(layoutOf(header), map[string]string{"A": "", "B": ""}); len(got) > 0 {
		t.Errorf("what is not to be used is suggested: %v", got)
	}
}

func TestValuesThatNeedNoAsking(t *testing.T) {
	lines := func(n int, of func(i int) string) []string {
		all := []string{"A"}
		for i := range n {
			all = append(all, of(i))
		}
		return all
	}
	for name, test := range map[string]struct {
		lines []string
		want  string
	}{
		"two e-mails":            {[]string{"A", "a@x.org", "b@x.org"}, "email"},
		"the file's only row":    {[]string{"A", "a@x.org"}, "email"},
		"one of two rows":        {[]string{"A;B", "a@x.org;", ";y"}, ""},
		"9 of 10":                {lines(10, func(i int) string { return []string{"none", fmt.Sprintf("a%d@x.org", i)}[min(i, 1)] }), "email"},
		"8 of 10":                {lines(10, func(i int) string { return []string{"none", fmt.Sprintf("a%d@x.org", i)}[min(i/2, 1)] }), ""},
		"whoever is in charge":   {lines(10, func(i int) string { return fmt.Sprintf("sales%d@x.org", i%4) }), ""},
		"phones":                 {[]string{"A", "+201001234567", "+201001234568"}, "phone"},
		"phones and e-mails":     {[]string{"A", "+201001234567", "a@x.org"}, ""},
		"names":                  {[]string{"A", "Mona Adel", "Omar Said"}, ""},
		"nothing":                {[]string{"A", "", ""}, ""},
		"no header says name":    {[]string{"Email", "a@x.org", "b@x.org"}, ""},
		"what begins after them": {lines(sampled+10, func(i int) string { return []string{"", fmt.Sprintf("a%d@x.org", i)}[i/sampled] }), ""},
	} {
		_, v := valuesIn("", test.lines...)
		if got := v.certain()["A"]; got != test.want || len(v.certain()) > 1 {
			t.Errorf("%s: %q of %v, want %q", name, got, v.certain(), test.want)
		}
	}
}

// Values count only where no header and nobody names a column for e-mails or phones.
func TestWhenValuesCount(t *testing.T) {
	guessed := map[string]string{"Kontakt": "email", "Nummer": "phone"}
	for name, test := range map[string]struct {
		header string
		given  map[string]string
		want   map[string]string
	}{
		"by themselves":         {"Name,Kontakt,Nummer", nil, map[string]string{"Name": "name", "Kontakt": "email", "Nummer": "phone"}},
		"beside an e-mail":      {"Name,Email,Kontakt,Nummer", nil, map[string]string{"Name": "name", "Email": "email"}},
		"beside a phone":        {"Name,Mobile,Kontakt,Nummer", nil, map[string]string{"Name": "name", "Mobile": "phone"}},
		"beside what is said":   {"Name,X,Kontakt,Nummer", map[string]string{"X": "phone"}, map[string]string{"Name": "name", "X": "phone"}},
		"said to be otherwise":  {"Name,Kontakt,Nummer", map[string]string{"Kontakt": "attr.k"}, map[string]string{"Name": "name", "Kontakt": "attr.k", "Nummer": "phone"}},
		"not to be used":        {"Name,Kontakt,Nummer", map[string]string{"Nummer": ""}, map[string]string{"Name": "name", "Kontakt": "email"}},
		"when the header's not": {"Name,Email,Kontakt", map[string]string{"Email": ""}, map[string]string{"Name": "name", "Kontakt": "email"}},
	} {
		header := strings.Split(test.header, ",")
		if diff := cmp.Diff(test.want, layoutBy(header, header, choice{given: test.given, guessed: guessed}).mapping); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestSampleRows(t *testing.T) {
	header, v := valuesIn("", "A;B", "'+1;"+strings.Repeat("é", 201), ";", "a;b;c", "a", "5;5", "6;6")
	want := [][]string{{"+1", strings.Repeat("é", 199) + "…"}, {"", ""}, {"a", "b"}, {"a", ""}, {"5", "5"}}
	if diff := cmp.Diff(want, v.samples); diff != "" || len(header) != 2 {
		t.Error(diff)
	}
	wide := slices.Repeat([]string{strings.Repeat("\x01", 300)}, maxColumns)
	sample := sampleOf(wide, maxColumns)
	text, err := json.Marshal(sample)
	if err != nil || len(sample) != maxColumns || len(text) > sampleBytes || sample[499] == "" {
		t.Errorf("%d cells, %d bytes, %v", len(sample), len(text), err)
	}
}
