package importing

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/occ/contacts/pkg/contact"
)

func TestLimitsToTheCharacter(t *testing.T) {
	host := func(n int) string { return strings.Repeat("b.", (n-2)/2) + strings.Repeat("c", n-(n-2)/2*2) }
	for column, limit := range map[string]int{"name": 200, "company": 200, "labels": 50, "notes": 10_000, "attr.plan": 2_000} {
		for over, want := range map[int]Code{0: "", 1: ValueTooLong} {
			value := strings.Repeat("é", limit+over)
			header, cells := "Full Name,email,"+column, []string{"Mona", "m@example.com", value}
			if row := readerOf(header, "").read(2, cells, nil); codeOf(row) != want {
				t.Errorf("%s of %d: %+v", column, limit+over, row.Verdict)
			}
		}
	}
	local := strings.Repeat("ñ", 64) + "@"
	for email, want := range map[string]Code{local + host(189): "", local + host(190): ValueTooLong, "ñ" + local + host(20): InvalidEmail} {
		if row := readerOf("name,email", "").read(2, []string{"Mona", email}, nil); codeOf(row) != want {
			t.Errorf("%d characters: %+v", len([]rune(email)), row.Verdict)
		}
	}
}

func TestAsManyLabelsAndAttributesAsAContactHas(t *testing.T) {
	labels := make([]string, 40)
	for i := range labels {
		labels[i] = fmt.Sprint("label ", i)
	}
	r := readerOf("name,email,labels", "")
	r.labels = []string{"LABEL 0", "label 39"}
	if row := r.read(2, []string{"Mona", "m@example.com", strings.Join(labels, ";") + ";Label 7"}, nil); len(row.Labels) != 40 {
		t.Errorf("%+v", row)
	}
	r.labels = []string{"of the import"}
	if row := r.read(3, []string{"Ali", "ali@example.com", strings.Join(labels, ";")}, nil); codeOf(row) != ValueTooLong {
		t.Errorf("%+v", row)
	}
	header, cells := "name,email", []string{"Mona", "m@example.com"}
	for i := range 101 {
		header, cells = fmt.Sprintf("%s,attr.%d", header, i), append(cells, "x")
	}
	if row := readerOf(header, "").read(2, cells, nil); codeOf(row) != ValueTooLong {
		t.Errorf("%+v", row)
	}
	cells[50] = " "
	if row := readerOf(header, "").read(2, cells, nil); len(row.Attributes) != 100 {
		t.Errorf("%+v", row)
	}
}

// A contact may have so many bytes as it is answered, and not one more.
func TestLimitOfAContactToTheByte(t *testing.T) {
	header := "name,email,channel"
	for i := range 70 {
		header = fmt.Sprintf("%s,attr.%d", header, i)
	}
	for _, channel := range []string{"", "instagram", "sms"} {
		cells := append([]string{"Mona", "m@example.com", channel}, slices.Repeat([]string{strings.Repeat("x", 1860)}, 70)...)
		read := func(last int) Row {
			cells[72] = strings.Repeat("x", last)
			return readerOf(header, "").read(2, cells, nil)
		}
		fits := sort.Search(2001, func(last int) bool { return codeOf(read(last)) != "" }) - 1
		if over := read(fits + 1); codeOf(over) != ValueTooLong {
			t.Fatalf("channel %q, %d: %+v", channel, fits+1, over.Verdict)
		}
		row := read(fits)
		made := create(row)
		if err := contact.CheckSize(contact.Contact{}, made); err != nil || fits == 0 || fits == 2000 {
			t.Fatalf("channel %q, %d: %v", channel, fits, err)
		}
		made.Attributes["69"] = strings.Repeat("x", fits+1)
		if contact.CheckSize(contact.Contact{}, made) == nil {
			t.Errorf("channel %q: one byte more would fit", channel)
		}
	}
}

// Marks that are escaped when they are answered count as they are answered.
func TestEscapedTextCounts(t *testing.T) {
	header, cells := "name,email", []string{"Mona", "m@example.com"}
	for i := range 40 {
		header, cells = fmt.Sprintf("%s,attr.%d", header, i), append(cells, strings.Repeat(`\`, 1_700))
	}
	if row := readerOf(header, "").read(2, cells, nil); codeOf(row) != ValueTooLong {
		t.Errorf("%+v", row.Verdict)
	}
}

// create makes the contact of a row.
func create(row Row) contact.Contact {
	work := chunkWork{chunk: Chunk{Workspace: demo, CreatedAt: dawn, Rows: []Row{row}}}
	return *work.create(0).Create
}

func TestTimesOfCreation(t *testing.T) {
	for text, want := range map[string]string{
		"2026-01-31T09:30:00Z": "2026-01-31T09:30:00.000Z", "2026-01-31T09:30:00.123456+02:00": "2026-01-31T07:30:00.123Z", "2026-01-31": "2026-01-31T00:00:00.000Z",
		" 2026-01-31 09:30 ": "2026-01-31T09:30:00.000Z", "2026-01-31 09:30:15": "2026-01-31T09:30:15.000Z", "1900-01-01": "1900-01-01T00:00:00.000Z", "9999-12-31 23:59:59": "9999-12-31T23:59:59.000Z",
		"61": "1900-03-01T00:00:00.000Z", "45000": "2023-03-15T00:00:00.000Z", "45000.5": "2023-03-15T12:00:00.000Z", "45000.3958333333": "2023-03-15T09:30:00.000Z", "45000.999999999": "2023-03-16T00:00:00.000Z",
		"2958465": "9999-12-31T00:00:00.000Z", "'45000": "2023-03-15T00:00:00.000Z",
		"60": "", "0": "", "-45000": "", "2958466": "", "2958465.9999999999": "", "1899-12-31": "", "10000-01-01": "", "9999-12-31T23:59:59-01:00": "", "0001-01-01": "", "2026-02-30": "", "31/01/2026": "", "01.02.2026": "",
		"2026-01-31T09:30": "", "today": "", "4.5e4": "", "0xAFC8": "", "45_000": "", "45,5": "", "NaN": "", "Inf": "", "2026": "1905-07-18T00:00:00.000Z",
	} {
		row := readerOf("name,email,created_at", "").read(2, []string{"Mona", "m@example.com", text}, nil)
		switch {
		case want == "" && codeOf(row) != InvalidValue:
			t.Errorf("%q: %+v", text, row)
		case want != "" && (row.CreatedAt == nil || contact.FormatTime(*row.CreatedAt) != want):
			t.Errorf("%q is %v, %v, want %s", text, row.CreatedAt, row.Verdict, want)
		}
		other := readerOf("name,email,Created On", "").read(2, []string{"Mona", "m@example.com", text}, nil)
		if other.Verdict != nil || (other.CreatedAt == nil) != (want == "") {
			t.Errorf("%q of another product: %+v", text, other)
		}
	}
}

func TestTimesThatWeWriteComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		millis := rapid.Int64Range(earliest.UnixMilli(), latest.UnixMilli()).Draw(t, "millis")
		want := time.UnixMilli(millis).UTC()
		if got, err := readTime(contact.FormatTime(want)); err != nil || !got.Equal(want) {
			t.Fatalf("%s came back as %s, %v", want, got, err)
		}
		days := want.Sub(time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)).Hours() / 24
		if days < 61 || days > 106_000 { // a Duration holds 292 years
			return
		}
		if got, err := readTime(fmt.Sprintf("%.10f", days)); err != nil || !got.Equal(want) {
			t.Fatalf("%s as %.10f came back as %s, %v", want, days, got, err)
		}
	})
}

func TestLabelsOfACell(t *testing.T) {
	for text, want := range map[string][]string{
		"VIP":           {"VIP"},
		"VIP;new, old ": {"VIP", "new", "old"},
		";; ,VIP,":      {"VIP"},
		"VIP;vip;new":   {"VIP", "new"},
		"* myContacts ::: friends ::: * myContacts": {"* myContacts", "friends"},
		`["a;b","c,d","[e"," f "," "]`:              {"a;b", "c,d", "[e", "f"},
		"[]":                                        nil,
		"[draft]":                                   {"[draft]"},
		"  ":                                        nil,
	} {
		row := readerOf("name,email,labels", "").read(2, []string{"Mona", "m@example.com", text}, nil)
		if diff := cmp.Diff(want, row.Labels); diff != "" || row.Verdict != nil {
			t.Errorf("%q: %s %v", text, diff, row.Verdict)
		}
	}
}

func TestNotesOfACell(t *testing.T) {
	for text, want := range map[string][]string{
		"Call her; not him, please": {"Call her; not him, please"},
		" a ::: b ":                 {"a ::: b"},
		`["one"," two ","one",""]`:  {"one", "two", "one"},
		`["[1]"]`:                   {"[1]"},
		"[1, 2]":                    {"[1, 2]"},
		`["torn`:                    {`["torn`},
		" ":                         nil,
	} {
		row := readerOf("name,email,notes", "").read(2, []string{"Mona", "m@example.com", text}, nil)
		if diff := cmp.Diff(want, row.Notes); diff != "" || row.Verdict != nil {
			t.Errorf("%q: %s %v", text, diff, row.Verdict)
		}
	}
}

func TestAttributesHaveTheTypeThatTheyReadAs(t *testing.T) {
	for text, want := range map[string]any{
		"gold": "gold", " gold ": "gold", "": nil, " ": nil, "null": nil, "true": true, "false": false, "TRUE": "TRUE", "0": 0.0, "-0": 0.0, "5": 5.0, " 5 ": 5.0, "-1.50": -1.5, "1e5": 1e5, "1E-2": 0.01,
		"007": "007", "+5": "+5", ".5": ".5", "5.": "5.", "0x10": "0x10", "1_000": "1_000", "1,5": "1,5", "٥": "٥", "NaN": "NaN", "Infinity": "Infinity", "1e400": "1e400", "1e300": "1e300",
		"9007199254740991": 9007199254740991.0, "-9007199254740991": -9007199254740991.0, "9007199254740992": "9007199254740992", "9007199254740993": "9007199254740993", "-9007199254740992": "-9007199254740992",
		"12345678901234567890": "12345678901234567890", "9007199254740992.0": "9007199254740992.0",
		`"5"`: "5", `"true"`: "true", `"null"`: "null", `"a\nb"`: "a\nb", `""`: nil, `"`: `"`, `"a" b`: `"a" b`, `"a`: `"a`, `"\"a\""`: `"a"`, "[1]": "[1]", "{}": "{}", `"[1]"`: "[1]",
	} {
		row := readerOf("name,email,attr.plan", "").read(2, []string{"Mona", "m@example.com", text}, nil)
		if got := row.Attributes["plan"]; got != want || row.Verdict != nil || want == 0.0 && math.Signbit(got.(float64)) {
			t.Errorf("%q is %#v, want %#v: %v", text, got, want, row.Verdict)
		}
	}
}

func TestChannelsOfACell(t *testing.T) {
	for text, want := range map[string]contact.Channel{"": contact.Import, "WhatsApp": contact.WhatsApp, " sms ": contact.SMS, "api": contact.API} {
		row := readerOf("name,email,channel", "").read(2, []string{"Mona", "m@example.com", text}, nil)
		if made := create(row); made.Channel != want || row.Verdict != nil {
			t.Errorf("%q: %+v", text, row)
		}
	}
}
