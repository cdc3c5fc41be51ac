package sheet

import (
	"fmt"
	"strings"
	"testing"

	"github.com/occ/contacts/pkg/sheet/sheettest"
)

// readCSV reads a file as an import does, to its end.
func readCSV(t *testing.T, text string) func() {
	return func() {
		if CheckUTF8(strings.NewReader(text)) != nil {
			t.Fatal("the file is not in UTF-8")
		}
		c, err := NewCSV(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		for c.Next() {
		}
		if c.Err() != nil {
			t.Fatal(c.Err())
		}
	}
}

// readObjects reads a file as an import does, to its end or until it is refused.
func readObjects(text string) func() {
	return func() {
		if CheckJSON(strings.NewReader(text)) != nil {
			return
		}
		j, err := NewJSON(strings.NewReader(text))
		for err == nil && j.Next() {
		}
	}
}

func TestNoCSVIsSlow(t *testing.T) {
	size := sheettest.Bytes(t)
	pace := sheettest.Measure(readCSV(t, "name,email,phone,company\n"+sheettest.People(size, sheettest.PlainCSV)))
	for name, hostile := range sheettest.CSV {
		pace.Check(t, name, readCSV(t, hostile.File(size)))
	}
	for seed := range uint64(sheettest.Patterns(t)) {
		hostile := sheettest.Chance(seed, "name,email\n", "", sheettest.CSVPieces)
		pace.Check(t, fmt.Sprintf("%.200q (seed %d)", hostile.Repeat, seed), readCSV(t, hostile.File(size)))
	}
}

func TestNoJSONIsSlow(t *testing.T) {
	size := sheettest.Bytes(t)
	pace := sheettest.Measure(readObjects(sheettest.People(size, sheettest.PlainJSON)))
	for name, hostile := range sheettest.JSON {
		pace.Check(t, name, readObjects(hostile.File(size)))
	}
	for seed := range uint64(sheettest.Patterns(t)) {
		for _, begin := range []string{"[", "{\"a\":1}\n", "{"} {
			hostile := sheettest.Chance(seed, begin, "]", sheettest.JSONPieces)
			pace.Check(
				t,
				fmt.Sprintf("%q and %.200q (seed %d)", begin, hostile.Repeat, seed),
				readObjects(hostile.File(size)),
			)
		}
	}
}

// Lines of the form a","b end inside a quoted cell whether they are read from their start or from inside one, so that
// nothing before the end of the file says that a record is torn.
func TestEveryLineOfTornQuotesIsMalformed(t *testing.T) {
	const lines = 5 << 20 / 7
	for _, end := range []string{"\n", "\r", "\r\n"} {
		c, err := NewCSV(strings.NewReader("name,email" + end + strings.Repeat(`a","b`+end, lines)))
		if err != nil {
			t.Fatal(err)
		}
		c.Next()
		count := 0
		for ; c.Next(); count++ {
			if c.Fault() == nil || c.Fault().Code != MalformedRow || len(c.Cells()) != 2 || c.Cells()[1] != `"b` {
				t.Fatalf("record %d: %q, %v", c.Number(), c.Cells(), c.Fault())
			}
		}
		if count != lines || c.Err() != nil {
			t.Errorf("%d records of %d, %v", count, lines, c.Err())
		}
	}
}

// What a reader remembers of torn records may change nothing but the time that it takes: one that remembers nothing
// reads the same.
func TestTornRecordsAreRememberedRightly(t *testing.T) {
	for seed := range uint64(3_000) {
		hostile := sheettest.Chance(seed, "name,email\n", "", sheettest.CSVPieces[:14])
		text := hostile.File(200) + sheettest.Chance(seed+1, "", "", sheettest.CSVPieces[:14]).File(200)
		remembering, forgetful := newCSV(strings.NewReader(text), 0, ','), newCSV(strings.NewReader(text), 0, ',')
		for {
			forgetful.tornFrom, forgetful.tornTo = 0, 0
			more := remembering.Next()
			if forgetful.Next() != more {
				t.Fatalf("%q: one goes on behind record %d", text, remembering.Number())
			}
			if !more {
				break
			}
			got := fmt.Sprintf("%d %q %v", remembering.Number(), remembering.Cells(), remembering.Fault())
			if want := fmt.Sprintf("%d %q %v", forgetful.Number(), forgetful.Cells(), forgetful.Fault()); got != want {
				t.Fatalf("%q: %s, want %s", text, got, want)
			}
		}
	}
}
