package sheet

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/occ/contacts/pkg/problem"
	"github.com/occ/contacts/pkg/sheet/cell"
)

// read returns each record as "number|cell|cell", a faulty one with its code before the cells.
func read(t interface {
	Helper()
	Fatal(...any)
}, text string) []string {
	t.Helper()
	c, err := NewCSV(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	var records []string
	for c.Next() {
		record := fmt.Sprint(c.Number())
		if fault := c.Fault(); fault != nil {
			record += "!" + string(fault.Code)
		}
		records = append(records, record+"|"+strings.Join(c.Cells(), "|"))
	}
	if c.Err() != nil {
		t.Fatal(c.Err())
	}
	return records
}

func TestReadsWhatPeopleSave(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		want []string
	}{
		"plain":                {"a,b\n1,2\n", []string{"1|a|b", "2|1|2"}},
		"no end":               {"a,b\n1,2", []string{"1|a|b", "2|1|2"}},
		"crlf":                 {"a,b\r\n1,2\r\n", []string{"1|a|b", "2|1|2"}},
		"cr":                   {"a,b\r1,2\r", []string{"1|a|b", "2|1|2"}},
		"mark":                 {"\ufeffa,b\n1,2\n", []string{"1|a|b", "2|1|2"}},
		"mark before a quote":  {"\ufeff\"a\",b\n", []string{"1|a|b"}},
		"semicolons":           {"a;b\n1,5;2\n", []string{"1|a|b", "2|1,5|2"}},
		"tabs":                 {"a\tb, c\n1\t2\n", []string{"1|a|b, c", "2|1|2"}},
		"quoted delimiter":     {"\"a;b;c;d\",b\n1,2\n", []string{"1|a;b;c;d|b", "2|1|2"}},
		"sep line":             {"sep=;\na;b,c\n", []string{"1|a|b,c"}},
		"quoted sep line":      {"\ufeff\"SEP=|\"\r\na|b\n", []string{"1|a|b"}},
		"one column":           {"a\n1\n", []string{"1|a", "2|1"}},
		"ragged":               {"a,b\n1\n1,2,3\n", []string{"1|a|b", "2|1", "3|1|2|3"}},
		"blank":                {"\n , \na,b\n\n,\n1,2\n", []string{"1|a|b", "2|", "3||", "4|1|2"}},
		"empty":                {"", nil},
		"only mark":            {"\ufeff", nil},
		"line ends in a cell":  {"a,b\n\"x\r\ny\rz\n\",2\n", []string{"1|a|b", "2|x\r\ny\rz\n|2"}},
		"doubled quotes":       {"a,b\n\"say \"\"hi\"\"\",\"\"\n", []string{"1|a|b", "2|say \"hi\"|"}},
		"quote in plain text":  {"a,b\n5\" pipe,2\n", []string{"1|a|b", "2|5\" pipe|2"}},
		"spaces before quotes": {"a, \"b, c\" , d\n", []string{"1|a|b, c| d"}},
		"unclosed to the end":  {"a,b\n\"1,2\n3,4\n", []string{"1|a|b", "2!malformed_row|\"1|2", "3|3|4"}},
		"unclosed, then quotes": {"a,b\n1,\"2\n\"3\",\"4\"\n5,6\n", []string{
			"1|a|b", "2!malformed_row|1|\"2", "3|3|4", "4|5|6",
		}},
		"unclosed at the end":   {"a,b\n1,2\n3,\"4", []string{"1|a|b", "2|1|2", "3!malformed_row|3|\"4"}},
		"text behind quotes":    {"a,b\n\"1\" x,2\n3,4\n", []string{"1|a|b", "2!malformed_row|\"1\" x|2", "3|3|4"}},
		"torn over cr lf":       {"a,b\r\n\"1,2\r\n3,4\r\n", []string{"1|a|b", "2!malformed_row|\"1|2", "3|3|4"}},
		"each line is unclosed": {"a,b\n\"1,2\n\"3,4\n\"5,6\n", []string{"1|a|b", "2!malformed_row|\"1|2", "3!malformed_row|\"3|4", "4!malformed_row|\"5|6"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, read(t, test.text)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestARecordOfAMegabyteCostsOnlyItself(t *testing.T) {
	for name, giant := range map[string]string{
		"plain":           strings.Repeat("é", 600_000) + ",x",
		"quoted":          `"` + strings.Repeat("line\n", 300_000) + `",x`,
		"of many cells":   strings.Repeat("x,", 600_000),
		"and many quotes": `"` + strings.Repeat(`""`, 1_200_000) + `",x`,
	} {
		t.Run(name, func(t *testing.T) {
			c, err := NewCSV(strings.NewReader("a,b\n" + giant + "\n1,2\n"))
			if err != nil {
				t.Fatal(err)
			}
			c.Next()
			if !c.Next() || c.Fault() == nil || c.Fault().Code != ValueTooLong {
				t.Fatalf("fault %v", c.Fault())
			}
			if len(c.Cells()) > maxCells || !validAll(c.Cells()) {
				t.Errorf("%d cells kept", len(c.Cells()))
			}
			if !c.Next() || c.Fault() != nil || c.Number() != 3 || c.Cells()[1] != "2" {
				t.Errorf("then record %d: %v, %v", c.Number(), c.Cells(), c.Fault())
			}
		})
	}
}

func validAll(cells []string) bool {
	for _, text := range cells {
		if CheckUTF8(strings.NewReader(text)) != nil {
			return false
		}
	}
	return true
}

func TestCheckUTF8(t *testing.T) {
	long := strings.Repeat("Mona Adel \u0645\u0646\u0649,x\r\n", 10_000)
	for name, test := range map[string]struct{ text, says string }{
		"empty":        {"", ""},
		"arabic":       {long, ""},
		"windows-1256": {"name\r\n\xc7\xcd\xe3\xcf\n", "Line 2 is not in UTF-8: byte 7 of the file is 0xC7"},
		"cr lines":     {"a\rb\rc\xff", "Line 3 is"},
		"cut":          {"ab\xd9", "Line 1 is not in UTF-8: byte 3"},
		"utf-16 le":    {"\xff\xfea\x00", "UTF-16"},
		"utf-16 be":    {"\xfe\xff\x00a", "UTF-16"},
		"nul":          {"PK\x03\x04\n\x00", "Line 2 holds a NUL at byte 6"},
		"late":         {long + "\xe9", "Line 10001 is not in UTF-8: byte " + fmt.Sprint(len(long)+1)},
	} {
		t.Run(name, func(t *testing.T) {
			err := CheckUTF8(strings.NewReader(test.text))
			if test.says == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if problem.CodeOf(err) != NotUTF8 || !strings.Contains(err.Error(), test.says) || !strings.Contains(err.Error(), "CSV UTF-8") {
				t.Errorf("%v, want a sentence with %q", err, test.says)
			}
		})
	}
}

func TestWhatWeWriteComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(2, 5).Draw(t, "width")
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[ ",;\t\r\n'=+\-x]{0,8}`)).
			Filter(func(s string) bool { return !strings.Contains(s, "\x00") })
		rows := rapid.SliceOfN(rapid.SliceOfN(text, width, width), 1, 6).Draw(t, "rows")
		file := []byte(cell.BOM + "header one,header two" + strings.Repeat(",more", width-2) + "\r\n")
		for _, row := range rows {
			file = cell.AppendCSV(file, row)
		}
		c, err := NewCSV(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		c.Next()
		for _, want := range rows {
			if !c.Next() || c.Fault() != nil {
				t.Fatalf("%q ended early: %v", file, c.Fault())
			}
			for i, text := range c.Cells() {
				if got := cell.Unescape(text); got != want[i] {
					t.Fatalf("%q came back as %q", want[i], got)
				}
			}
		}
		if c.Next() {
			t.Fatalf("another record: %q", c.Cells())
		}
	})
}

// FuzzCSV checks that no file stops the reader, that records are numbered without gaps, and that files which encoding/csv
// reads in its strict mode give the same cells.
func FuzzCSV(f *testing.F) {
	for _, seed := range []string{
		"name,email\nMona,mona@example.com\n", "sep=;\r\na;b\r\n\"x\"\"y\";2\r\n", "\ufeff\"a\",b\r1,\"2\r3,4", "a\tb\n\"\n\"\t\"\"\"", "\"\"\"\n\"\"\"\n",
		"a,b\n \"1\" ,2\n", "\n\n,\n", "a,\"b\nc,\"d\ne,f", "a,b\n'=1,'t\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := NewCSV(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		var rows [][]string
		faults := false
		for c.Next() {
			if c.Number() != len(rows)+1 {
				t.Fatalf("record %d after %d", c.Number(), len(rows))
			}
			faults = faults || c.Fault() != nil
			rows = append(rows, append([]string{}, c.Cells()...))
		}
		if c.Err() != nil {
			t.Fatal(c.Err())
		}
		if faults || strings.ContainsAny(text, "\r\x00 \ufeff") || strings.HasPrefix(strings.ToLower(text), "sep=") || strings.HasPrefix(strings.ToLower(text), "\"sep=") {
			return
		}
		strict := csv.NewReader(strings.NewReader(text))
		strict.Comma, strict.FieldsPerRecord = rune(c.Delimiter()), -1
		want, err := strict.ReadAll()
		if err != nil {
			return
		}
		if diff := cmp.Diff(withoutBlank(want), withoutBlank(rows)); diff != "" {
			t.Fatalf("%q: %s", text, diff)
		}
	})
}

func withoutBlank(rows [][]string) [][]string {
	var kept [][]string
	for _, row := range rows {
		if !blank(row) {
			kept = append(kept, row)
		}
	}
	return kept
}

func BenchmarkCSV(b *testing.B) {
	text := benchText()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		c, _ := NewCSV(strings.NewReader(text))
		for c.Next() {
		}
	}
}

func BenchmarkEncodingCSV(b *testing.B) {
	text := benchText()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := csv.NewReader(strings.NewReader(text)).ReadAll(); err != nil {
			b.Fatal(err)
		}
	}
}

func benchText() string {
	var text strings.Builder
	text.WriteString("name,email,phone,notes\n")
	for i := range 10_000 {
		fmt.Fprintf(&text, "Person%d Tester,person%d@example.com,+2010%08d,\"a note, quoted\"\n", i, i, i)
	}
	return text.String()
}
