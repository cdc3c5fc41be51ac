package importing

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/occ/contacts/pkg/phone"
	"github.com/occ/contacts/pkg/problem"
	"github.com/occ/contacts/pkg/sheet"
	"github.com/occ/contacts/pkg/sheet/cell"
)

// readerOf reads rows under a header, whose columns stand between commas.
func readerOf(header, region string) *rowReader {
	return &rowReader{layout: layoutOf(strings.Split(header, ",")), phone: func(raw string) (string, error) { return phone.Parse(raw, region) }}
}

// read makes the row of a record without kinds.
func (r *rowReader) read(number int, cells []string, unreadable *problem.Error) Row {
	return r.decide(draft{row: Row{Number: number, Cells: r.fit(cells)}, cells: len(cells), unreadable: unreadable})
}

func (r *rowReader) decide(d draft) Row {
	r.judge(&d)
	return r.settle(d)
}

// codeOf is a row's code, empty of a row that can be written, whatever contact it names.
func codeOf(row Row) Code {
	switch {
	case row.Verdict != nil:
		return row.Verdict.Code
	case row.Doubt != nil:
		return row.Doubt.Code
	}
	return ""
}

func TestRowCodes(t *testing.T) {
	const header = "name,email,phone,company,labels,notes,channel,createdAt,attr.plan"
	for name, test := range map[string]struct {
		cells []string
		want  Code
	}{
		"good":                       {[]string{"Mona", "mona@example.com", "+201001234567"}, ""},
		"only an e-mail":             {[]string{"Mona", "mona@example.com"}, ""},
		"only a phone":               {[]string{"Mona", "", "+201001234567"}, ""},
		"no name":                    {[]string{" ", "mona@example.com"}, MissingName},
		"neither e-mail nor phone":   {[]string{"Mona", " ", "\t"}, MissingEmailOrPhone},
		"a name that does not show":  {[]string{"\u200b", "mona@example.com"}, MissingName},
		"a name of a filler":         {[]string{"\u3164", "mona@example.com"}, MissingName},
		"a name of marks alone":      {[]string{"\u0301", "mona@example.com"}, InvalidValue},
		"an e-mail that is blank":    {[]string{"Mona", "\u200b", "\u2800"}, MissingEmailOrPhone},
		"blanks beside good values":  {[]string{"Mona", "mona@example.com", "\u200e", "\ufeff", "\u3164;\u200b", "\u115f", "\u200b", "\u2800", "\ufe0f"}, ""},
		"control in the name":        {[]string{"Mo\x00na", "mona@example.com"}, InvalidValue},
		"e-mail":                     {[]string{"Mona", "mona@"}, InvalidEmail},
		"e-mail beside a good phone": {[]string{"Mona", "mona", "+201001234567"}, InvalidEmail},
		"phone":                      {[]string{"Mona", "", "12"}, InvalidPhone},
		"phone beside a good e-mail": {[]string{"Mona", "mona@example.com", "call me"}, InvalidPhone},
		"company":                    {[]string{"Mona", "mona@example.com", "", "A\x01"}, InvalidValue},
		"label":                      {[]string{"Mona", "mona@example.com", "", "", "a/b"}, InvalidValue},
		"note":                       {[]string{"Mona", "mona@example.com", "", "", "", "\x02"}, InvalidValue},
		"channel":                    {[]string{"Mona", "mona@example.com", "", "", "", "", "pigeon"}, InvalidValue},
		"time":                       {[]string{"Mona", "mona@example.com", "", "", "", "", "", "yesterday"}, InvalidValue},
		"attribute":                  {[]string{"Mona", "mona@example.com", "", "", "", "", "", "", "\x1b"}, InvalidValue},
		"too many cells":             {strings.Split("Mona,mona@example.com,,,,,,,,", ","), MalformedRow},
		"exactly as many":            {strings.Split("Mona,mona@example.com,,,,,,,", ","), ""},
	} {
		t.Run(name, func(t *testing.T) {
			row := readerOf(header, "").read(7, test.cells, nil)
			if codeOf(row) != test.want || row.Number != 7 || len(row.Cells) != 9 {
				t.Errorf("%+v, want %q", row, test.want)
			}
			if row.Verdict != nil && (row.Verdict.Outcome != Rejected || !strings.HasSuffix(row.Verdict.Message, ".") || row.Name != "") {
				t.Errorf("%+v: %+v", row, row.Verdict)
			}
		})
	}
}

func TestAReadersFaultIsTheRows(t *testing.T) {
	row := readerOf("name,email", "").read(3, []string{"Mona", "mona@example.com", "x"}, problem.New(sheet.MalformedRow, "Torn."))
	want := Row{Number: 3, Cells: []string{"Mona", "mona@example.com"}, Verdict: &Verdict{Rejected, MalformedRow, "Torn."}}
	if diff := cmp.Diff(want, row); diff != "" {
		t.Error(diff)
	}
}

func TestPhonesAsSpreadsheetsLeaveThem(t *testing.T) {
	for raw, want := range map[string]struct{ without, inSaudi string }{
		"+966501234567":               {"+966501234567", "+966501234567"},
		"'+966501234567":              {"+966501234567", "+966501234567"},
		"00966501234567":              {"+966501234567", "+966501234567"},
		"\u202a+966501234567\u202c":   {"+966501234567", "+966501234567"},
		"\u202a00966 50 123 4567":     {"+966501234567", "+966501234567"},
		"+٩٦٦٥٠١٢٣٤٥٦٧":               {"+966501234567", "+966501234567"},
		"(+966) 50-123 4567":          {"+966501234567", "+966501234567"},
		"+20 100 123 4567":            {"+201001234567", "+201001234567"},
		"0501234567":                  {"", "+966501234567"},
		"'0501234567":                 {"", "+966501234567"},
		"٠٥٠١٢٣٤٥٦٧":                  {"", "+966501234567"},
		"501234567":                   {"", "+966501234567"},
		"966501234567":                {"", "+966501234567"},
		"966501234567.0":              {"", "+966501234567"},
		"9.66501E+11":                 {"", ""},
		"9,66501E+11":                 {"", ""},
		"+966501234567 / 0501234568":  {"", ""},
		"12":                          {"", ""},
		"+966501234567 ::: 050123456": {"+966501234567", "+966501234567"},
		"x ::: ::: +966501234567":     {"+966501234567", "+966501234567"},
	} {
		for region, want := range map[string]string{"": want.without, "SA": want.inSaudi} {
			row := readerOf("name,phone", region).read(2, []string{"Mona", raw}, nil)
			if row.Phone != want || (want == "") != (codeOf(row) == InvalidPhone) {
				t.Errorf("%q in %q: %q, %+v, want %q", raw, region, row.Phone, row.Verdict, want)
			}
		}
	}
	row := readerOf("name,phone", "SA").read(2, []string{"Mona", "9.66501E+11"}, nil)
	if !strings.Contains(row.Verdict.Message, "rounded by a spreadsheet") || !strings.Contains(row.Verdict.Message, `"phone"`) {
		t.Error(row.Verdict.Message)
	}
}

func TestTheFirstValidValueCounts(t *testing.T) {
	const header = "name,Work Email,email,Home Phone,Mobile,Fax"
	for name, test := range map[string]struct {
		cells []string
		want  string // e-mail and phone, or the code
	}{
		"best columns":              {[]string{"Mona", "w@x.com", "e@x.com", "+201001234561", "+201001234562", "+201001234563"}, "e@x.com +201001234562"},
		"the better one is empty":   {[]string{"Mona", "w@x.com", "", "+201001234561", "", ""}, "w@x.com +201001234561"},
		"the better one is invalid": {[]string{"Mona", "w@x.com", "e@", "+201001234561", "12", ""}, "w@x.com +201001234561"},
		"several in a cell":         {[]string{"Mona", "", "a@ ::: b@x.com ::: c@x.com", "", "", ""}, "b@x.com "},
		"no e-mail is valid":        {[]string{"Mona", "w@", "a@ ::: b", "", "+201001234562", ""}, "invalid_email"},
		"no phone is valid":         {[]string{"Mona", "", "e@x.com", "1 ::: 2", "3", ""}, "invalid_phone"},
		"only a fax":                {[]string{"Mona", "", "", "", "", "+201001234563"}, "missing_email_or_phone"},
		"only separators":           {[]string{"Mona", ":::", " ::: ::: ", "", "", ""}, "missing_email_or_phone"},
	} {
		t.Run(name, func(t *testing.T) {
			row := readerOf(header, "").read(2, test.cells, nil)
			got := row.Email + " " + row.Phone
			if row.Verdict != nil {
				got = string(row.Verdict.Code)
			}
			if got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

// What is told is the fault of the value that would have counted.
func TestTheFaultOfTheFirstValueIsTold(t *testing.T) {
	row := readerOf("name,email,Work Email", "").read(2, []string{"Mona", "a@ ::: x", strings.Repeat("a", 255) + "@example.com"}, nil)
	if codeOf(row) != InvalidEmail || !strings.HasPrefix(row.Verdict.Message, `Column "email": `) {
		t.Error(row.Verdict)
	}
}

func TestDuplicatesInTheFile(t *testing.T) {
	r := readerOf("name,email,phone", "")
	for i, test := range []struct {
		cells string
		want  Code
	}{
		{"Mona,Mona@Example.com,+201001234567", ""},
		{"other e-mail and phone,ali@example.com,+201001234568", ""},
		{"same e-mail,mONA@exaMPLE.com,", DuplicateInFile},
		{"same phone,,0020 100 123 4567", DuplicateInFile},
		{"same e-mail and a new phone,mona@example.com,+201001234569", DuplicateInFile},
		{"the new phone of a row that was not used,,+201001234569", ""},
		{"invalid phone,lea@example.com,12", InvalidPhone},
		{"the e-mail of an invalid row,lea@example.com,", ""},
		{",nina@example.com,", MissingName},
		{"the e-mail of a row without name,NINA@example.com,", ""},
		{"and again,nina@example.com,", DuplicateInFile},
	} {
		row := r.read(i+2, strings.Split(test.cells, ","), nil)
		if codeOf(row) != test.want {
			t.Errorf("%s: %+v", test.cells, row.Verdict)
		}
		if test.want == DuplicateInFile && row.Verdict.Outcome != Skipped {
			t.Errorf("%s has outcome %c", test.cells, row.Verdict.Outcome)
		}
	}
}

func TestRaggedRows(t *testing.T) {
	row := readerOf("name,email,company", "").read(2, []string{"Mona", "mona@example.com"}, nil)
	if diff := cmp.Diff(Row{Number: 2, Name: "Mona", Email: "mona@example.com", Cells: []string{"Mona", "mona@example.com", ""}}, row); diff != "" {
		t.Error(diff)
	}
}

func TestLeadingApostrophes(t *testing.T) {
	for text, want := range map[string]string{"'=1+1": "=1+1", "'t Hooft": "'t Hooft", "''t Hooft": "'t Hooft", "'007": "007", "'@sum": "@sum", "'90s": "'90s"} {
		row := readerOf("name,email,company,attr.plan", "").read(2, []string{text, "m@example.com", text, text}, nil)
		if row.Name != want || row.Company != want || row.Attributes["plan"] != want || row.Cells[0] != want {
			t.Errorf("%q is read as %+v, want %q", text, row, want)
		}
	}
}

func TestLinesAndTabsAreText(t *testing.T) {
	const text = "a\r\nb\tc\rd\ne"
	row := readerOf("name,email,company,notes,attr.plan", "").read(2, []string{text, "m@example.com", text, "  " + text + "\n", text}, nil)
	if row.Verdict != nil || row.Name != text || row.Company != text || row.Attributes["plan"] != text || !slices.Equal(row.Notes, []string{text}) {
		t.Errorf("%+v", row)
	}
}

func TestNamesOfTwoColumns(t *testing.T) {
	for cells, want := range map[string]string{
		",Mona,Adel": "Mona Adel", ",Mona,": "Mona", ",,Adel": "Adel", "Dr Mona,Mona,Adel": "Dr Mona", " , Mona , Adel ": "Mona Adel", ",e,\u0301x": "e \u0301x", ",Jose\u0301,": "José",
	} {
		row := readerOf("name,first name,last name,email", "").read(2, append(strings.Split(cells, ","), "m@example.com"), nil)
		if row.Name != want {
			t.Errorf("%q is %q, want %q: %v", cells, row.Name, want, row.Verdict)
		}
	}
}

func TestSeenIsASet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s seen
		set := map[string]bool{}
		first := rapid.IntRange(0, 5000).Draw(t, "first")
		for i := range rapid.IntRange(0, 3000).Draw(t, "n") {
			key := fmt.Sprint((first + i*i) % 2500)
			if s.has(hashOf(key)) != set[key] {
				t.Fatalf("%q: %v", key, s.has(hashOf(key)))
			}
			s.add(hashOf(key))
			set[key] = true
		}
		if s.count != len(set) {
			t.Fatalf("%d of %d", s.count, len(set))
		}
	})
}

// FuzzRow checks that no record stops the reader, that each gives as many cells as there are columns, and that what a report says of
// it reads again as the same row.
func FuzzRow(f *testing.F) {
	f.Add("name,email,phone", "Mona,mona@example.com,+201001234567", "EG")
	f.Add("first name,last name,E-mail 2,createdAt,attr.x", "'=a,\"b\r\nc\",x ::: y@z.com,45000.5,1e5", "")
	f.Add("name,email,labels,notes", "'t,\xff@x.com,\"[\"\"a\"\"]\",\"[1]\"", "SA")
	f.Add("name,phone,channel", "\u200b,9.66501E+11,EMAIL,,,", "XX")
	f.Add("attr.a,name,email,attr.b", "9007199254740992,Mona,m@x.com,\"\"\"\"\"\"", "")
	f.Add("id,name,identities,createdAt,notes 2", `x,Mona,"[{""channel"":""sms"",""externalId"":""1""}]",2026-01-02,[`, "")
	f.Fuzz(func(t *testing.T, header, text, region string) {
		records, err := sheet.NewCSV(strings.NewReader("a" + text))
		if err != nil || !records.Next() || records.Fault() != nil {
			return
		}
		cells := records.Cells()
		cells[0] = cells[0][1:]
		row := readerOf(header, region).read(2, cells, nil)
		if len(row.Cells) != strings.Count(header, ",")+1 {
			t.Fatalf("%q has %d cells under %q", text, len(row.Cells), header)
		}
		if row.Verdict == nil && (row.Name == "" || row.Email == "" && row.Phone == "") && len(row.Identities) == 0 && !ownExport(strings.Split(header, ",")) {
			t.Fatalf("%q has no fault: %+v", text, row)
		}
		if len(cells) > len(row.Cells) {
			return // what was too much is gone
		}
		reported, err := sheet.NewCSV(strings.NewReader("a,b\r\n" + string(cell.AppendCSV(nil, append(row.Cells, "end")))))
		if err != nil || !reported.Next() || !reported.Next() || reported.Fault() != nil {
			t.Fatalf("the report's record of %q cannot be read: %v", text, err)
		}
		again := reported.Cells()
		if diff := cmp.Diff(row, readerOf(header, region).read(2, again[:len(again)-1], nil)); diff != "" {
			t.Fatal(diff)
		}
	})
}

// A column of numbers that is mapped to labels would fill the picker of the workspace.
func TestAFileHasABoundedNumberOfLabels(t *testing.T) {
	r := readerOf("name,email,labels", "")
	failed := 0
	for n := range maxFileLabels + 3 {
		row := Row{Number: n + 2, Name: "Mona", Email: fmt.Sprintf("m%d@example.com", n), Labels: []string{fmt.Sprint("order ", n)}}
		if got := r.settle(draft{row: row}); got.Verdict != nil {
			if failed++; got.Verdict.Code != InvalidValue || !strings.Contains(got.Verdict.Message, "custom attribute") {
				t.Errorf("%+v", got.Verdict)
			}
		}
	}
	known := Row{Number: 1, Name: "Mona", Email: "other@example.com", Labels: []string{"ORDER 7"}}
	if got := r.settle(draft{row: known}); failed != 3 || got.Verdict != nil {
		t.Errorf("%d rows failed; a label that is known: %+v", failed, got.Verdict)
	}
}
