package sheettest

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Hostile is a file by what it repeats between a beginning and an end.
type Hostile struct{ Begin, Repeat, End string }

// File is the file with a number of bytes, or a little less.
func (h Hostile) File(size int) string {
	times := max(1, (size-len(h.Begin)-len(h.End))/len(h.Repeat))
	return h.Begin + strings.Repeat(h.Repeat, times) + h.End
}

// Chance returns a file that repeats some pieces by chance. The seed makes it again.
func Chance(seed uint64, begin, end string, pieces []string) Hostile {
	choose := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // a test's
	var repeat strings.Builder
	for range 1 + choose.IntN(8) {
		repeat.WriteString(strings.Repeat(pieces[choose.IntN(len(pieces))], 1+choose.IntN(3)))
	}
	return Hostile{begin, repeat.String(), end}
}

// People are lines of a format, each of one person, of about size bytes together.
func People(size int, format string) string {
	var lines strings.Builder
	for i := 0; lines.Len() < size; i++ {
		fmt.Fprintf(&lines, format, i)
	}
	return lines.String()
}

// PlainCSV is a format of People.
const PlainCSV = "Person%[1]d Tester,person%[1]d@example.com,+2010%08[1]d,\"Acme, Inc.\"\n"

// PlainJSON is a format of People: objects, each on a line.
const PlainJSON = `{"name":"Person%[1]d Tester","email":"person%[1]d@example.com",` +
	`"phone":"+2010%08[1]d","company":"Acme"}` + "\n"

// CSV are files that make a reader of CSV look far ahead, or remember much.
var CSV = map[string]Hostile{
	"an inch sign in each line": {"name,email\n", "a\",\"b\n", ""},
	"... with CR":               {"name,email\r", "a\",\"b\r", ""},
	"... with CR LF":            {"name,email\r\n", "a\",\"b\r\n", ""},
	"... in long lines": {
		"name,email\n",
		strings.Repeat("a", 250) + `","` + strings.Repeat("b", 250) + "\n",
		"",
	},
	"... and a torn end":            {"name,email\n", "a\",\"b\n", "\"x"},
	"torn quotes":                   {"name,email\n", "\"\"x\n", ""},
	"torn quotes over two lines":    {"name,email\n", "\"\n\"x\n", ""},
	"an open quote in each line":    {"name,email\n", "x,\"\n", ""},
	"three quotes":                  {"name,email\n", "\"\"\"\n", ""},
	"nothing but quotes":            {"name,email\n", "\"", ""},
	"one quote, then lines":         {"name,email\n\"", "Mona,m@example.com\n", ""},
	"one cell":                      {"name,email\n", "a", ""},
	"one quoted cell":               {"name,email\n\"", "a", "\"\n"},
	"delimiters alone":              {"name,email\n", ",", ""},
	"lines of delimiters":           {"name,email\n", strings.Repeat(",", 499) + "\n", ""},
	"lines of one byte":             {"name,email\n", "x\n", ""},
	"empty lines":                   {"name,email\n", "\n", ""},
	"empty lines before anything":   {"", "\r\n", "name,email\n"},
	"spaces":                        {"name,email\n", " ", ""},
	"spaces around a quoted cell":   {"name,email\n", "  \"a\"  ,", ""},
	"other delimiters":              {"name;email\n", "a\t\"b;\",c|\n", ""},
	"torn lines of one megabyte":    {"name,email\n", "\"a\"" + strings.Repeat("b", 1<<20) + "\n", ""},
	"open lines of half a megabyte": {"name,email\n", "a\",\"" + strings.Repeat("b", 1<<19) + "\n", ""},
}

// CSVPieces are what Chance makes CSV of.
var CSVPieces = []string{
	`"`,
	`"`,
	",",
	"\n",
	"\r",
	"\r\n",
	"a",
	" ",
	";",
	"\t",
	`""`,
	`","`,
	"\"\n",
	"'=",
	":::",
	"@",
	"+1",
	strings.Repeat("x", 300),
}

// JSON are files that make a reader of JSON read the same again and again, or remember much.
var JSON = map[string]Hostile{
	"lines of nothing":          {"{\"name\":1}\n", "{}\n", ""},
	"lines that are no objects": {"{\"name\":1}\n", "x\n", ""},
	"torn lines":                {"{\"name\":1}\n", "{\"a\":\"\n", ""},
	"many keys":                 {"{\"name\":1}\n", "", ""}, // filled by init
	"many keys, then nothing":   {"", "{}\n", ""},           // filled by init
	"one key often":             {"[{\"name\":1", ",\"a\":1", "}]"},
	"nested lists":              {"[", "{\"a\":" + strings.Repeat("[", 60) + strings.Repeat("]", 60) + "},", "{}]"},
	"deeper than is read":       {"[", "[", ""},
	"nested objects": {
		"[",
		"{\"a\":" + strings.Repeat("{\"a\":", 60) + "1" + strings.Repeat("}", 60) + "},",
		"{}]",
	},
	"one number":              {"[{\"a\":", "9", "}]"},
	"one text":                {"[{\"a\":\"", "a", "\"}]"},
	"one text of escapes":     {"[{\"a\":\"", `\u00e9`, "\"}]"},
	"halves of characters":    {"[", `{"a":"\ud800"},`, "{}]"},
	"lists in a wrapper":      {"{", "\"contacts\":[{}],", "\"contacts\":[]}"},
	"other keys in a wrapper": {"{", "\"x\":[{}],", "\"contacts\":[]}"},
	"elements of other kinds": {"[", "1,", "1]"},
	"space":                   {"[", " ", "]"},
	"empty lines":             {"{\"name\":1}\n", "\n", ""},
	"objects of a megabyte":   {"[", "{\"a\":\"" + strings.Repeat("b", 1<<20) + "\"},", "{}]"},
	"torn at its end":         {"[", "{\"a\":\"b\"},", "{"},
}

// JSONPieces are what Chance makes JSON of.
var JSONPieces = []string{
	`{"a":`,
	`"`,
	`\`,
	`\u00e9`,
	"1",
	"e5",
	"{",
	"}",
	"[",
	"]",
	",",
	":",
	"\n",
	" ",
	"{}",
	"{}\n",
	`{"b":"c"},`,
	`{"name":"x"}` + "\n",
	"null",
	`"a":1,`,
}

func init() {
	var keys, object strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&keys, "{\"key%d\":1}\n", i)
		fmt.Fprintf(&object, ",\"k%d\":1", i)
	}
	JSON["many keys"] = Hostile{"{\"name\":1}\n", keys.String(), ""}
	JSON["many keys, then nothing"] = Hostile{"{" + object.String()[1:] + "}\n", "{}\n", ""}
}
