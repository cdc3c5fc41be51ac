package contact_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/phone"
)

func TestParseSearch(t *testing.T) {
	for q, want := range map[string]*contact.Search{
		"":                 nil,
		"  ":               nil,
		"!?":               {Nothing: true},
		"Mona@Exa":         {Email: "mona@exa"},
		"Adel  Mo":         {Words: []string{"adel", "mo"}},
		"al Ali":           {Words: []string{"ali"}},
		"123":              {Words: []string{"123"}},
		"4567":             {Digits: "4567", Words: []string{"4567"}},
		"+20 100 123-4567": {Digits: "201001234567", Phone: "+201001234567", Words: []string{"20", "100", "123", "4567"}},
		"00201001234567":   {Digits: "201001234567", Phone: "+201001234567", Words: []string{"00201001234567"}},
		"٤٥٦٧":             {Digits: "4567", Words: []string{"4567"}},
		"12-34-5":          {Digits: "12345", Words: []string{"12", "34", "5"}, Beginning: "12-34-5"},
		"agent 4567":       {Words: []string{"agent", "4567"}},
		"\u200f":           nil, "\u3164 \u2800": nil, "\u200f.": {Nothing: true},
		"\u20e3 @":          {Nothing: true},
		" MONA@Example.com": {Email: "mona@example.com"},
		"\u202amona@\u202c": {Email: "mona@"},
		"@mona":             {Words: []string{"mona"}},
		"Mona @ Acme":       {Words: []string{"mona", "acme"}},
		"أَحْمَد ٱل":        {Words: []string{"احمد", "ال"}},
		"ali ALI":           {Words: []string{"ali"}},
		"王小":                {Words: []string{"王", "小"}},
		"mona.ad":           {Words: []string{"mona", "ad"}, Beginning: "mona.ad"},
		"M_1":               {Words: []string{"m", "1"}, Beginning: "m_1"},
		"a.al":              {Words: []string{"al"}, Beginning: "a.al"},
		"O'Brien":           {Words: []string{"o", "brien"}, Beginning: "o'brien"},
		"mona, adel":        {Words: []string{"mona", "adel"}},
		"+123":              {Words: []string{"123"}, Beginning: "+123"},
		// Last digits, whatever they begin with.
		"0045":    {Digits: "0045", Words: []string{"0045"}},
		"0000045": {Digits: "0000045", Words: []string{"0000045"}},
		"01234":   {Digits: "01234", Words: []string{"01234"}},
		// A national spelling without a region to read it: the 0 in front is in no E.164 number.
		"0100 123 4567":        {Digits: "1001234567", Words: []string{"0100", "123", "4567"}},
		"tel:+20-100-123-4567": {Digits: "201001234567", Phone: "+201001234567", Words: []string{"tel", "20", "100", "123", "4567"}},
		"+44 (0)20 7946 0958":  {Digits: "442079460958", Phone: "+442079460958", Words: []string{"44", "20", "7946", "0958"}},
		"+٢٠١٠٠١٢٣٤٥٦٧":        {Digits: "201001234567", Phone: "+201001234567", Words: []string{"201001234567"}},
		"（０１００） 123−4567":      {Digits: "1001234567", Words: []string{"0100", "123", "4567"}},
		"4567 ext 5":           {Words: []string{"4567", "ext", "5"}},
		"12345678901234567":    {Digits: "12345678901234567", Words: []string{"12345678901234567"}},
		"\u202a4567\u202c ":    {Digits: "4567", Words: []string{"4567"}},
	} {
		got, err := contact.ParseSearch(q, func(raw string) (string, error) { return phone.Parse(raw, "") })
		if err != nil {
			t.Errorf("%q: %v", q, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: %s", q, diff)
		}
	}
}

func TestMatches(t *testing.T) {
	mona := contact.Contact{Name: "Mona Ahmed Adel", Email: "m.adel@example.com", Phone: "+201001234567"}
	for _, c := range []struct {
		search contact.Search
		want   bool
	}{
		{contact.Search{Words: []string{"ad", "mon"}}, true},
		{contact.Search{Words: []string{"ona"}}, false},
		{contact.Search{Words: []string{"mona", "x"}}, false},
		{contact.Search{Words: []string{"m.adel"}}, true},
		{contact.Search{Email: "m.adel@"}, true},
		{contact.Search{Email: "adel@"}, false},
		{contact.Search{Digits: "4567", Words: []string{"4567"}}, true},
		{contact.Search{Digits: "3456", Words: []string{"3456"}}, false},
		{contact.Search{Nothing: true}, false},
	} {
		if got := c.search.Matches(mona); got != c.want {
			t.Errorf("%+v matches: %v", c.search, got)
		}
	}
}

func TestParseSearchReadsNationalNumbersOfTheRegion(t *testing.T) {
	asked := 0
	read := func(raw string) (string, error) {
		asked++
		return phone.Parse(raw, "EG")
	}
	for q, want := range map[string]*contact.Search{
		"0100 123 4567": {Digits: "01001234567", Phone: "+201001234567", Words: []string{"0100", "123", "4567"}},
		"1001234567":    {Digits: "1001234567", Phone: "+201001234567", Words: []string{"1001234567"}},
		"1234567":       {Digits: "1234567", Words: []string{"1234567"}},
	} {
		got, err := contact.ParseSearch(q, read)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%q: %v %s", q, err, diff)
		}
	}
	asked = 0
	if _, err := contact.ParseSearch("4567", read); err != nil || asked != 0 {
		t.Errorf("%v; a region was asked for to read last digits", err)
	}
}

// What an agent would type to find a contact finds it.
func TestWhatPeopleTypeFindsThem(t *testing.T) {
	mona := contact.Contact{
		Name: "Mona El-Sayed O'Brien أحمد", Email: "Mona.el_sayed+crm@example.com", Phone: "+201001230045",
		Identities: []contact.Identity{{Channel: contact.Telegram, Username: "nile_rider"}},
	}
	read := func(raw string) (string, error) { return phone.Parse(raw, "") }
	for q, want := range map[string]bool{
		"mona": true, "MON": true, "el-say": true, "sayed mona": true, "o'br": true, "احمد": true, "إحمد": true, "rider": true, "@nile_r": true, "nile mona": true,
		"mona.el": true, "MONA.EL_SAYED+": true, "mona.el_sayed+crm@exa": true, "mona.el_sayed+crm@example.com": true, "ona.el": false, "el_sayed+crm@": false,
		"0045": true, "1230045": true, "3004": false, "+20 100 123 0045": true, "0020-100-123-0045": true, "(0100) 123-0045": true, "٠٠٤٥": true, "0046": false,
		"ona": false, "mona adel": false, "!": false,
	} {
		search, err := contact.ParseSearch(q, read)
		if err != nil {
			t.Fatal(err)
		}
		if search.Matches(mona) != want {
			t.Errorf("%q (%+v) finds: %v", q, search, !want)
		}
	}
	if search, _ := contact.ParseSearch("ninth", read); search.Matches(contact.Contact{Name: "1 2 3 4 5 6 7 8 ninth"}) {
		t.Error("a ninth word of a name is searched")
	}
}

// Every contact is found by each beginning of each of its words and of its e-mail, and by its last digits from four on.
func TestEveryBeginningFinds(t *testing.T) {
	letters := rapid.StringOfN(rapid.RuneFrom([]rune("aBéأى٣王が-'._ \u200c")), 1, 12, -1)
	local := rapid.StringMatching(`[a-zA-Z0-9]([._+'-]?[a-zA-Z0-9]){0,12}`)
	digits := rapid.StringMatching(`[0-9]{8}`)
	rapid.Check(t, func(t *rapid.T) {
		c := contact.Contact{Name: letters.Draw(t, "name"), Email: local.Draw(t, "local") + "@example.com", Phone: "+2010" + digits.Draw(t, "digits")}
		find := func(q string) {
			search, err := contact.ParseSearch(q, func(raw string) (string, error) { return phone.Parse(raw, "") })
			if err != nil || search == nil || !search.Matches(c) {
				t.Fatalf("%q (%+v, %v) does not find %+v", q, search, err, c)
			}
		}
		if words := contact.NameWords(c.Name); len(words) > 0 {
			word := []rune(rapid.SampledFrom(words).Draw(t, "word"))
			find(string(word[:rapid.IntRange(1, len(word)).Draw(t, "letters")]))
			find(strings.Join(words, " "))
		}
		find(c.Email[:rapid.IntRange(1, len(c.Email)).Draw(t, "of the e-mail")])
		find(c.Phone[len(c.Phone)-rapid.IntRange(4, 11).Draw(t, "last digits"):])
		find(c.Phone)
	})
}
