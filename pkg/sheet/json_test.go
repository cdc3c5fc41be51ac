package sheet

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/occ/contacts/pkg/problem"
	"github.com/occ/contacts/pkg/sheet/cell"
)

var kindLetters = map[cell.Kind]string{cell.Absent: "-", cell.String: "s", cell.Number: "n", cell.Boolean: "b", cell.List: "l", cell.Object: "o"}

// readJSON returns each record as "number|cell|cell", each cell with the letter of its kind, a faulty one with its
// code before the cells.
func readJSON(text string) ([]string, error) {
	if err := CheckJSON(strings.NewReader(text)); err != nil {
		return nil, err
	}
	j, err := NewJSON(strings.NewReader(text))
	if err != nil {
		return nil, err
	}
	var records []string
	for j.Next() {
		record := fmt.Sprint(j.Number())
		if fault := j.Fault(); fault != nil {
			record += "!" + string(fault.Code)
		}
		for i, text := range j.Cells() {
			record += "|" + kindLetters[j.Kinds()[i]] + text
		}
		records = append(records, record)
	}
	return records, j.Err()
}

func TestJSONInEveryShape(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		want []string
	}{
		"list":                       {`[{"a":"1","b":"2"},{"a":"3"}]`, []string{"1|sa|sb", "2|s1|s2", "3|s3|-"}},
		"list over lines":            {"\ufeff [\r\n {\r\n \"a\" : \"1\" ,\r\n\t\"b\":\"2\" } \r\n,{}\n]\n\n", []string{"1|sa|sb", "2|s1|s2", "3|-|-"}},
		"keys of all":                {`[{"b":"1"},{"a":"2","b":"3"},{"c":null}]`, []string{"1|sb|sa|sc", "2|s1|-|-", "3|s3|s2|-", "4|-|-|-"}},
		"kinds":                      {`[{"s":"","n":-1.50E+2,"t":true,"f":false,"z":null,"l":[1, "a  b",[ ]],"o":{"x" : {"y":"\" "} }}]`, []string{"1|ss|sn|st|sf|sz|sl|so", `2|s|n-1.50E+2|btrue|bfalse|-|l[1,"a  b",[]]|o{"x":{"y":"\" "}}`}},
		"escapes":                    {`[{"\u0061\/\\":"\"\\\/\b\f\n\r\t\u0645\ud83d\ude00"},{"a/\\":"x"}]`, []string{`1|sa/\`, "2|s\"\\/\b\f\n\r\tم😀", "3|sx"}},
		"a repeated key":             {`[{"a":"1","b":"x","a":2},{"a":"1","\u0061":null}]`, []string{"1|sa|sb", "2|n2|sx", "3|-|-"}},
		"an empty key":               {`[{"":"1"}]`, []string{"1|s", "2|s1"}},
		"apostrophes stay":           {`[{"a":"'=1"}]`, []string{"1|sa", "2|s'=1"}},
		"elements that are none":     {`[{"a":"1"},"x",[{"a":"2"}],null,5,{"a":"3"}]`, []string{"1|sa", "2|s1", `3!malformed_row|s"x"`, `4!malformed_row|s[{"a":"2"}]`, "5!malformed_row|snull", "6!malformed_row|s5", "7|s3"}},
		"half characters":            {`[{"a":"\ud800"},{"a":"\ude00\ud83d"},{"\ud83d\u0061":1},{"b":["\ud83dx"]},{"a":"\ud83d\ude00"}]`, []string{"1|sa", `2!malformed_row|s{"a":"\ud800"}`, `3!malformed_row|s{"a":"\ude00\ud83d"}`, `4!malformed_row|s{"\ud83d\u0061":1}`, `5!malformed_row|s{"b":["\ud83dx"]}`, "6|s😀"}},
		"wrapper":                    {`{"contacts":[{"a":"1"},{"a":"2"}]}`, []string{"1|sa", "2|s1", "3|s2"}},
		"wrapper over lines":         {"{\n\"contacts\": [\n{\"a\":\"1\"}\n,\n{\"a\":\"2\"}\n]\n}\n", []string{"1|sa", "2|s1", "3|s2"}},
		"wrapper with other keys":    {`{"meta":{"contacts":[{"z":0}]},"n":[1,2],"contacts":[{"a":"1"}],"next":null}`, []string{"1|sa", "2|s1"}},
		"wrapper, the last list":     {`{"contacts":null,"contacts":[{"b":"1"}],"cont\u0061cts":[{"a":"2"}]}`, []string{"1|sa", "2|s2"}},
		"one object a line":          {"{\"a\":\"1\"}\n{\"b\":\"2\"}\n", []string{"1|sa|sb", "2|s1|-", "3|-|s2"}},
		"lines with crlf and spaces": {"\ufeff{\"a\":\"1\"} \r\n\r\n \t\n  {\"a\":\"2\"}\r\n\n", []string{"1|sa", "2|s1", "3|s2"}},
		"lines without the last end": {"\n{\"a\":\"1\"}\n{\"a\":\"2\"}", []string{"1|sa", "2|s1", "3|s2"}},
		"lines with a key contacts":  {"{\"contacts\":[]}\n{\"a\":\"2\"}", []string{"1|scontacts|sa", "2|l[]|-", "3|-|s2"}},
		"one object":                 {`{"a":"1"}`, []string{"1|sa", "2|s1"}},
		"one object over lines":      {"\n{\n\"a\":\n\"1\"}\n", []string{"1|sa", "2|s1"}},
		"an object of nothing":       {`{}`, []string{"1", "2"}},
		"nothing":                    {"", nil},
		"space":                      {"\ufeff \r\n\t", nil},
		"an empty list":              {" [ ] ", nil},
		"an empty wrapper":           {`{"contacts":[ ]}`, nil},
		"the deepest that may be":    {`[{"a":` + strings.Repeat("[", 63) + strings.Repeat("]", 63) + `}]`, []string{"1|sa", "2|l" + strings.Repeat("[", 63) + strings.Repeat("]", 63)}},
		"broken lines": {"{\"a\":\"1\"}\n{\"a\":\"2\"\n[1]\nnull\n{\"a\":'3'}\n{\"a\":\"4\"},\n{\"a\":\"\\ud800\"}\n{\"a\":NaN}\n{\"a\":\"5\"}", []string{
			"1|sa", "2|s1", `3!malformed_row|s{"a":"2"`, "4!malformed_row|s[1]", "5!malformed_row|snull", `6!malformed_row|s{"a":'3'}`, `7!malformed_row|s{"a":"4"},`, `8!malformed_row|s{"a":"\ud800"}`,
			`9!malformed_row|s{"a":NaN}`, "10|s5",
		}},
		"a first line without its end":   {"{\"a\":\"1\n{\"a\":\"2\"}\n", []string{"1|sa", `2!malformed_row|s{"a":"1`, "3|s2"}},
		"a first line without its brace": {"{\"a\":\"1\",\n\n{\"a\":\"2\"}\n", []string{"1|sa", `2!malformed_row|s{"a":"1",`, "3|s2"}},
		"a first line of other text":     {"name\n{\"a\":\"2\"}\n", []string{"1|sa", "2!malformed_row|sname", "3|s2"}},
		"a first line too deep":          {strings.Repeat(`{"a":`, 10_000) + "1\n{\"a\":\"2\"}\n", []string{"1|sa", "2!malformed_row|s" + strings.Repeat(`{"a":`, 10_000) + "1", "3|s2"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := readJSON(test.text)
			if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
				t.Error(diff, err)
			}
		})
	}
}

func TestFilesThatAreNoJSON(t *testing.T) {
	for name, test := range map[string]struct {
		text, says string
	}{
		"cut in a list":             {"[{\"a\":\"1\"},\n{\"a\":\"2\"}", "Line 2, column 10: the end comes before"},
		"cut behind a comma":        {"[{\"a\":\"1\"},\n", "Line 2, column 1: the end comes"},
		"cut in an object":          {`[{"a":"1"`, "Line 1, column 10: the end comes"},
		"cut in a key":              {`[{"a`, "Line 1, column 5: the end comes"},
		"cut in a text":             {`[{"a":"م`, "Line 1, column 9: the end comes"},
		"cut in an escape":          {`[{"a":"\u06`, "column 12: the end comes"},
		"cut in a number":           {`[{"a":-`, "column 8: the end comes"},
		"cut in a word":             {`[{"a":tru`, "column 10: the end comes"},
		"cut in a wrapper":          {`{"contacts":[{"a":"1"},`, "column 24: the end comes"},
		"cut behind a wrapped list": {`{"contacts":[{"a":"1"}]`, "column 24: the end comes"},
		"cut in one object":         {"{\"a\":\"1\",", "column 10: the end comes"},
		"single quotes":             {"[{'a':'1'}]", "Line 1, column 3: a key in double quotes"},
		"single quotes of a value":  {"[{\"a\":'1'}]", "Line 1, column 7: a value is missing"},
		"a comma behind a member":   {`[{"a":"1",}]`, "column 11: a key in double quotes"},
		"a comma behind an element": {`[{"a":"1"},]`, "column 12: a value is missing"},
		"no comma":                  {`[{"a":"1"} {"a":"2"}]`, "column 12: a comma or ] is missing"},
		"no comma of members":       {`[{"a":"1" "b":"2"}]`, "column 11: a comma or } is missing"},
		"no colon":                  {`[{"a" "1"}]`, "column 7: a colon is missing"},
		"a comment":                 {"[\n// people\n{\"a\":\"1\"}]", "Line 2, column 1: a value is missing"},
		"NaN":                       {`[{"a":NaN}]`, "column 7: a value is missing"},
		"Infinity":                  {`[{"a":-Infinity}]`, "column 8: a digit is missing"},
		"leading zero":              {`[{"a":007}]`, "column 8: a comma or } is missing"},
		"leading plus":              {`[{"a":+5}]`, "column 7: a value is missing"},
		"no fraction":               {`[{"a":5.}]`, "column 9: a digit is missing"},
		"no exponent":               {`[{"a":5e}]`, "column 9: a digit is missing"},
		"a word cut":                {`[{"a":nul}]`, "column 7: a value is missing"},
		"True":                      {`[{"a":True}]`, "column 7: a value is missing"},
		"a line break in a text":    {"\ufeff[{\"é\":\"1\n2\"}]", "Line 1, column 9: a text holds a line break"},
		"a tab in a text":           {"[{\"a\":\"1\t2\"}]", "column 9: a text holds a line break or another control"},
		"an unknown escape":         {`[{"a":"\x41"}]`, "column 8: this escape does not exist"},
		"a short escape":            {`[{"a":"\u12g4"}]`, "column 8: this escape does not exist"},
		"text behind the list":      {"[{\"a\":\"1\"}]\n[]", "Line 2, column 1: the file goes on"},
		"text behind the object":    {"{\"a\":\n\"1\"}\n{\"a\":\n\"2\"}", "Line 3, column 1: the file goes on"},
		"lines counted by cr":       {"[\r\r\n\n'", "Line 4, column 1:"},
		"too deep":                  {"[{\"a\":" + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + "}]", "column 70: values are nested more than 64 deep"},
		"too deep and cut":          {strings.Repeat("[", 100_000), "column 66: values are nested"},
		"too deep in a wrapper":     {`{"a":` + strings.Repeat(`{"a":`, 10_000), "nested more than 64 deep"},
		"contacts is an object":     {`{"contacts":{"a":"1"}}`, `column 13: "contacts" has to be a list`},
		"contacts is null":          {`{"contacts":[],"contacts":null}`, `column 27: "contacts" has to be a list`},
		"a key of a wrapper":        {`{"x":1,contacts:[]}`, "column 8: a key in double quotes"},
		"a colon of a wrapper":      {`{"contacts" []}`, "column 13: a colon is missing"},
		"members of a wrapper":      {`{"contacts":[] "x":1}`, "column 16: a comma or } is missing"},
		"a wrapper in quotes":       {"{'contacts':[\n{\"a\":\"1\"}\n]}", "Line 1, column 2: a key in double quotes"},
		"a wrapper's other key":     {"{\"n\":[1,],\n\"contacts\":[\n{\"a\":\"1\"}\n]}", "Line 1, column 9: a value is missing"},
		"a wrapped object":          {"{\"contacts\":[\n{\"a\":\"1\"},\n{\"a\":\"2}\n]}", "Line 3, column 9: a text holds a line break"},
		"CSV":                       {"name,email\nMona,mona@example.com\n", "No line of the file is a JSON object. Line 1, column 1: an object in braces"},
		"a number":                  {"5", "Line 1, column 1: an object in braces"},
		"broken lines":              {"{\"a\":\"1\"},\n{\"a\":\"2\"},\n", "No line of the file is a JSON object. Line 1, column 10: the line goes on behind its object"},
		"two objects in a line":     {"\n{\"a\":\"1\"}{\"a\":\"2\"}", "Line 2, column 10: the line goes on"},
		"half characters in lines":  {"{\"a\":\"\\ud800\"}\n{\"a\":\"\\ud800\"}", "Line 1 holds an escape of half"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := readJSON(test.text)
			if problem.CodeOf(err) != corruptJSON || !strings.Contains(err.Error(), test.says) || !strings.HasSuffix(err.Error(), ".") {
				t.Errorf("%v, want a sentence with %q", err, test.says)
			}
		})
	}
}

func TestJSONInOtherEncodings(t *testing.T) {
	for name, text := range map[string]string{
		"utf-16 le": "\xff\xfe[\x00", "utf-16 be": "\xfe\xff\x00[", "utf-16 without mark": "[\x00]\x00", "latin 1": "[{\"a\":\"\xe9\"}]", "a surrogate": "[{\"a\":\"\xed\xa0\x80\"}]", "NUL": "[{\"a\":\"\x00\"}]",
	} {
		if _, err := readJSON(text); problem.CodeOf(err) != NotUTF8 || !strings.Contains(err.Error(), "Save it in UTF-8") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What is wrong with a line is said with its place, and what to do.
func TestTheFaultsOfElements(t *testing.T) {
	for text, says := range map[string]string{
		"{\"a\":\"1\"}\n\n{\"é\":'2'}":       "Line 3, column 6: a value is missing",
		"{\"a\":\"1\"}\n{\"é\":2":            "Line 2, column 7: the end comes before",
		"{\"a\":\"1\"}\n5":                   "Line 2, column 1: an object in braces is missing",
		"{\"a\":\"1\"}\n{\"a\":\"\\udc00\"}": "Line 2 holds an escape of half a character",
		`[{"a":"1"},5]`:                      "Element 2 of the list is no object",
		`[{"a":"1"},{"a":"\ud800"}]`:         "Element 2 of the list holds an escape of half a character",
	} {
		j, err := NewJSON(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		for j.Number() < 3 && j.Next() {
		}
		if fault := j.Fault(); fault == nil || fault.Code != MalformedRow || !strings.Contains(fault.Detail, says) || !strings.HasSuffix(fault.Detail, ".") {
			t.Errorf("%q: %v, want a sentence with %q", text, fault, says)
		}
	}
}

func TestAnObjectOfAMegabyteCostsOnlyItself(t *testing.T) {
	text := strings.Repeat("é", 700_000)
	for name, giant := range map[string]string{
		"a text":        `{"b":"` + text + `"}`,
		"many members":  "{" + strings.Repeat(`"b":[{"x":"]}\""}], `, 100_000) + `"c":1}`,
		"no object":     `"` + text + `"`,
		"a number":      strings.Repeat("9", 1_000_001),
		"nested lists":  "[" + strings.Repeat("[[],{}],", 300_000) + "1]",
		"just too long": `{"b":"` + strings.Repeat("x", MaxRecord-7) + `"}`,
	} {
		for shape, file := range map[string]string{
			"list": `[{"a":"1"},` + giant + `,{"a":"2"}]`, "wrapper": `{"x":` + giant + `,"contacts":[{"a":"1"},` + giant + ` ,{"a":"2"}]}`, "lines": "{\"a\":\"1\"}\n" + giant + "\n{\"a\":\"2\"}\n",
			"the first line": giant + "\n{\"a\":\"2\"}\n",
		} {
			if shape == "the first line" && giant[0] == '[' {
				continue // it begins as a list does
			}
			t.Run(name+" in "+shape, func(t *testing.T) {
				j, err := NewJSON(strings.NewReader(file))
				if err != nil {
					t.Fatal(err)
				}
				var records []string
				for j.Next() {
					switch {
					case j.Fault() == nil:
						records = append(records, strings.Join(j.Cells(), "|"))
					case j.Fault().Code != MalformedRow || !strings.Contains(j.Fault().Detail, "1000000 bytes") || !validAll(j.Cells()) || len(j.Cells()[0]) < MaxRecord-utf8Max:
						t.Errorf("%v, %d bytes kept", j.Fault(), len(j.Cells()[0]))
					default:
						records = append(records, "!")
					}
				}
				want := []string{"a", "1", "!", "2"}
				if shape == "the first line" {
					want = []string{"a", "!", "2"}
				}
				if diff := cmp.Diff(want, records); diff != "" || j.Err() != nil {
					t.Error(diff, j.Err())
				}
			})
		}
	}
}

const utf8Max = 4

func TestTheLargestObject(t *testing.T) {
	text := strings.Repeat("x", MaxRecord-8)
	for _, file := range []string{`[{"b":"` + text + `"}]`, `{"b":"` + text + `"}`, `{"b":"` + text + "\"}\n{}"} {
		j, err := NewJSON(strings.NewReader(file))
		if err != nil || !j.Next() || !j.Next() || j.Fault() != nil || j.Cells()[0] != text {
			t.Errorf("%v", err)
		}
	}
}

// What is wrong inside a giant element is found where it keeps its end from being found.
func TestAGiantThatNeverEnds(t *testing.T) {
	text := strings.Repeat("x", 2*MaxRecord)
	for file, says := range map[string]string{
		`[{"a":"` + text:                                       "the end comes before",
		`[{"a":"` + text + "\n\"}]":                            "a text holds a line break",
		`[{"a":"` + text + `"]}]`:                              "this bracket closes nothing",
		`[{"a":"` + text + `","b":` + strings.Repeat("[", 100): "nested more than 64 deep",
	} {
		if _, err := NewJSON(strings.NewReader(file)); problem.CodeOf(err) != corruptJSON || !strings.Contains(err.Error(), says) {
			t.Errorf("%.200v, want %q", err, says)
		}
	}
}

func TestManyKeysAreNotGathered(t *testing.T) {
	keys := func(n, length int) io.ReaderAt {
		var text strings.Builder
		text.WriteString("[{}")
		for i := range n {
			fmt.Fprintf(&text, `,{"%0*d":1}`, length, i)
		}
		return strings.NewReader(text.String() + "]")
	}
	j, err := NewJSON(keys(12_000, 10))
	if err != nil || !j.Next() || len(j.Cells()) != maxCells || j.Fault() != nil || !j.Next() {
		t.Errorf("%d keys, %v, %v", len(j.Cells()), j.Fault(), err)
	}
	j, err = NewJSON(keys(400, 10_000))
	if err != nil || !j.Next() || len(j.Cells()) != 101 || j.Fault() == nil || j.Fault().Code != ValueTooLong {
		t.Errorf("%d keys, %v, %v", len(j.Cells()), j.Fault(), err)
	}
}

// failing reads as far as it goes.
type failing struct {
	text  string
	until int64
}

var errDisk = errors.New("the disk is gone")

func (f failing) ReadAt(p []byte, at int64) (int, error) {
	if at+int64(len(p)) <= f.until || int64(len(f.text)) <= f.until {
		return strings.NewReader(f.text).ReadAt(p, at)
	}
	return 0, errDisk
}

func TestAFailureOfTheDiskIsNoFaultOfTheFile(t *testing.T) {
	object := `{"a":"` + strings.Repeat("x", 1000) + `"}`
	for _, text := range []string{
		"[" + strings.Repeat(object+",", 1000) + "{}]", strings.Repeat(object+"\n", 1000), `{"contacts":[` + strings.Repeat(object+",", 1000) + "{}]}", "{" + strings.Repeat(`"a":1,`, 200_000) + `"b":"c"}`,
		"[" + strings.Repeat("[],", 1_000_000) + "1]",
	} {
		for _, until := range []int64{0, 70_000, 300_000} {
			if _, err := NewJSON(failing{text, until}); !errors.Is(err, errDisk) {
				t.Errorf("%.20s until %d: %v", text, until, err)
			}
		}
		j, err := NewJSON(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		j.walk.file = failing{text, 0}
		for j.Next() {
		}
		if !errors.Is(j.Err(), errDisk) {
			t.Errorf("%.20s: %v", text, j.Err())
		}
	}
}
