package xlsx

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/occ/contacts/pkg/problem"
	"github.com/occ/contacts/pkg/sheet"
)

func TestRowsAndTheirNumbers(t *testing.T) {
	for name, test := range map[string]struct {
		sheet string
		want  []string
	}{
		"plain":              {cells("name|email", "Mona|m@x.eg"), []string{"1|name|email", "2|Mona|m@x.eg"}},
		"rows left out":      {cells("name|email", "", "", "", "", "", "Mona"), []string{"1|name|email", "7|Mona"}},
		"header at row 3":    {cells("", " | ", "name|email", "Mona", "", "Adel"), []string{"1|name|email", "2|Mona", "4|Adel"}},
		"title above":        {cells("Our people", "name|email"), []string{"1|Our people", "2|name|email"}},
		"gaps":               {cells("a||c", "|2|"), []string{"1|a||c", "2||2"}},
		"blank at the end":   {cells("a|b| ", "1| | "), []string{"1|a|b", "2|1"}},
		"hidden rows":        {rows(`<row r="1" hidden="1"><c><v>1</v></c></row><row r="2" hidden="1"><c><v>2</v></c></row>`), []string{"1|1", "2|2"}},
		"no numbers":         {rows(`<row><c><v>1</v></c><c/><c><v>3</v></c></row><row/><row><c><v>4</v></c></row>`), []string{"1|1||3", "3|4"}},
		"numbers in places":  {rows(`<row><c r="B2"><v>1</v></c></row><row><c r="A9"><v>2</v></c></row>`), []string{"1||1", "8|2"}},
		"numbers go back":    {rows(`<row r="5"><c><v>1</v></c></row><row r="5"><c><v>2</v></c></row><row r="1"><c><v>3</v></c></row>`), []string{"1|1", "2|2", "3|3"}},
		"cells go back":      {rows(`<row r="1"><c r="C1"><v>3</v></c><c r="A1"><v>1</v></c><c><v>2</v></c></row>`), []string{"1|1|2|3"}},
		"a style far right":  {rows(`<row r="1"><c r="A1"><v>1</v></c><c r="XFD1" s="3"/></row>`), []string{"1|1"}},
		"the last column":    {rows(`<row r="1"><c r="XFD1"><v>1</v></c></row>`), []string{"1|" + strings.Repeat("|", 16_383) + "1"}},
		"other elements":     {`<x><row r="1"><c><v>9</v></c></row></x>` + rows(`<z><c/></z><row r="1"><z><c><v>8</v></c></z><c r="A1"><z>7</z><v>1<z>6</z></v></c></row>`) + `<row r="3"><c><v>9</v></c></row>`, []string{"1|1"}},
		"no sheet data":      {`<sheetPr/>`, nil},
		"no rows":            {rows(""), nil},
		"an empty element":   {"<sheetData/>", nil},
		"only blank rows":    {rows(`<row r="1"><c r="A1" s="1"/></row>`), nil},
		"comments in a cell": {rows(`<row><c><v>1<!-- x -->2<?y?></v></c></row>`), []string{"1|12"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, read(t, book{sheets: []string{test.sheet}}.file())); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A merged cell is the text of its first column; the others have none, and are columns nevertheless.
func TestMergedHeader(t *testing.T) {
	header := `<row r="2"><c r="A2" t="str"><v>name</v></c><c r="B2" t="str"><v>phones</v></c><c r="C2" s="1"/><c r="D2" s="1"/><c r="E2" s="1"/></row><row r="3"><c r="A3" t="str"><v>Mona</v></c><c r="C3"><v>12</v></c></row>`
	for name, test := range map[string]struct{ merges, want string }{
		"merged":               {`<mergeCells count="2"><mergeCell ref="A7:E7"/><mergeCell ref="B2:C2"/></mergeCells>`, "1|name|phones|"},
		"not merged":           {``, "1|name|phones"},
		"another row":          {`<mergeCells><mergeCell ref="B3:D3"/></mergeCells>`, "1|name|phones"},
		"beyond the cells":     {`<mergeCells><mergeCell ref="B2:XFD2"/></mergeCells>`, "1|name|phones|||"},
		"what nobody can read": {`<mergeCells><mergeCell/><mergeCell ref="x"/><mergeCell ref="B2"/>`, "1|name|phones"},
	} {
		t.Run(name, func(t *testing.T) {
			got := read(t, book{sheets: []string{rows(header) + test.merges}}.file())
			if diff := cmp.Diff([]string{test.want, "2|Mona||12"}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	if got := read(t, book{sheets: []string{cells("a||b", "1")}}.file()); got[0] != "1|a||b" {
		t.Error(got)
	}
}

func TestWhichSheet(t *testing.T) {
	one, two := cells("one"), cells("two")
	for name, test := range map[string]struct {
		book book
		want []string
	}{
		"the first":              {book{sheets: []string{one, two}}, []string{"1|one"}},
		"the first with a text":  {book{sheets: []string{rows(""), cells(" "), two}}, []string{"1|two"}},
		"not a hidden one":       {book{sheets: []string{one, two}, hidden: map[int]bool{0: true}}, []string{"1|two"}},
		"hidden where all are":   {book{sheets: []string{one}, hidden: map[int]bool{0: true}}, []string{"1|one"}},
		"Contacts":               {book{sheets: []string{one, two}, names: map[int]string{1: "CONTACTS"}}, []string{"1|two"}},
		"Contacts, hidden":       {book{sheets: []string{one, two}, names: map[int]string{1: "contacts"}, hidden: map[int]bool{1: true}}, []string{"1|two"}},
		"Contacts, empty":        {book{sheets: []string{one, rows("")}, names: map[int]string{1: "Contacts"}}, nil},
		"a summary":              {book{sheets: []string{one, two}, names: map[int]string{0: "Export Summary"}}, []string{"1|two"}},
		"only a summary":         {book{sheets: []string{one}, names: map[int]string{0: "Export Summary"}}, []string{"1|one"}},
		"a summary and nothing":  {book{sheets: []string{one, rows("")}, names: map[int]string{0: "Export Summary"}}, []string{"1|one"}},
		"all empty":              {book{sheets: []string{rows(""), rows("")}}, nil},
		"texts in a later sheet": {book{sheets: []string{rows(""), rows(`<row><c t="s"><v>0</v></c></row>`)}, texts: sharedTexts("shared")}, []string{"1|shared"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, read(t, test.book.file())); diff != "" {
				t.Error(diff)
			}
		})
	}
	if got := read(t, nil); got != nil {
		t.Errorf("a file without bytes: %v", got)
	}
}

func TestARowOfAMegabyteCostsOnlyItself(t *testing.T) {
	long := sharedTexts(strings.Repeat("x", 300_000), strings.Repeat("é", 2_000_000), "short")
	four := strings.Repeat(`<c t="s"><v>0</v></c>`, 4)
	for name, giant := range map[string]string{
		"one text":    `<c t="s"><v>1</v></c>`,
		"four texts":  four,
		"inline":      `<c t="inlineStr"><is><t>` + strings.Repeat("y", sheet.MaxRecord) + `</t><r><t>zz</t></r></is></c>`,
		"a number":    `<c><v>` + strings.Repeat("9", 3<<20) + `</v></c>`,
		"many shared": strings.Repeat(`<c t="s"><v>0</v></c>`, 16_384),
	} {
		t.Run(name, func(t *testing.T) {
			r, err := open(book{texts: long, sheets: []string{rows(`<row r="1"><c t="s"><v>2</v></c></row><row r="2">` + giant + `</row><row r="3"><c t="s"><v>2</v></c></row>`)}}.file())
			if err != nil || !r.Next() || !r.Next() || r.Fault() == nil || r.Fault().Code != sheet.ValueTooLong {
				t.Fatal(err, r.Err(), r.Number())
			}
			if size := len(strings.Join(r.Cells(), "")); size > sheet.MaxRecord {
				t.Errorf("%d bytes were kept", size)
			}
			if !r.Next() || r.Fault() != nil || r.Number() != 3 || r.Cells()[0] != "short" || r.Next() || r.Err() != nil {
				t.Error(r.Number(), r.Fault(), r.Err())
			}
		})
	}
}

// Texts that do not fit into memory lie on disk, and come back in any order.
func TestTextsOnDisk(t *testing.T) {
	const count = 200_000
	all := &texts{}
	defer all.close() //nolint:errcheck // a test
	text := func(i int) string {
		if i%1000 == 7 {
			return strings.Repeat(fmt.Sprint(i), 3000)
		}
		return strings.Repeat("é", i%60) + fmt.Sprint(i)
	}
	for i := range count {
		if err := all.add([]byte(text(i))); err != nil {
			t.Fatal(err)
		}
	}
	if err := all.finish(); err != nil {
		t.Fatal(err)
	}
	if all.file == nil || all.memory != nil || all.count != count {
		t.Fatalf("%d texts of %d bytes are in memory", all.count, all.size)
	}
	for i := range 2 * count {
		number := i // in order, then anywhere
		if i >= count {
			number = i * 7919 % count
		}
		got, err := say(all, number)
		if err != nil || string(got) != text(number) {
			t.Fatalf("text %d is %.40q, %v", number, got, err)
		}
	}
}

// say reads a text by its number.
func say(all *texts, number int) ([]byte, error) {
	offset, length, err := all.find(number)
	if err != nil {
		return nil, err
	}
	return all.copy(nil, offset, length)
}

// Whatever the lengths of the texts, a look-up walks over no more of them than lie on two pages.
func TestALookUpReadsFewPages(t *testing.T) {
	for _, length := range []int{0, 1, 60, 1_000, pageBytes - 3, pageBytes, 3 * pageBytes} {
		all, text := &texts{}, bytes.Repeat([]byte("x"), length)
		for range 10_000 {
			if err := all.add(text); err != nil {
				t.Fatal(err)
			}
		}
		if err := errors.Join(all.finish(), all.close()); err != nil {
			t.Fatal(err)
		}
		entry := all.size / int64(all.count)
		for i, g := range all.groups {
			behind := all.count
			if i+1 < len(all.groups) {
				behind = all.groups[i+1].first
			}
			if last := int64(behind-1-g.first) * entry; last > groupBytes || behind-g.first > groupTexts {
				t.Fatalf("texts of %d bytes: a look-up may walk over %d of them, %d bytes", length, behind-g.first-1, last)
			}
		}
	}
}

// A file of few bytes may name one long text in every cell: what cells say together is bounded like what is inflated.
func TestCellsThatRepeatOneTextAreBounded(t *testing.T) {
	row := `<row><c t="s"><v>0</v></c></row>`
	file := book{texts: sharedTexts(strings.Repeat("x", 900_000)), sheets: []string{rows(strings.Repeat(row, 1_000))}}.file()
	if err := fault(file, 200_000_000); problem.CodeOf(err) != problem.FileTooLarge {
		t.Errorf("900 MB of cells in a file that may become 200 MB: %v", err)
	}
	if err := fault(file, plenty); problem.CodeOf(err) != problem.FileTooLarge {
		t.Errorf("... that may become 40 times its %d bytes, or 200 MB: %v", len(file), err)
	}
	few := book{texts: sharedTexts(strings.Repeat("x", 900_000)), sheets: []string{rows(strings.Repeat(row, 200))}}.file()
	if err := fault(few, plenty); err != nil {
		t.Errorf("180 MB of cells: %v", err)
	}
}

// Lists of a workbook are bounded in bytes: of a part that is named often, or at great length, memory holds little.
func TestListsOfAWorkbookAreBounded(t *testing.T) {
	var relations, list strings.Builder
	long := strings.Repeat("n", 500_000)
	for i := range 100 {
		fmt.Fprintf(&relations, `<Relationship Id="x%d" Type="t/worksheet" Target="%s%d.xml"/>`, i, long, i)
		fmt.Fprintf(&list, `<sheet name="%s%d" r:id="x%d"/>`, long, i, i)
	}
	relations.WriteString(`<Relationship Id="r1" Type="t/worksheet" Target="sheet.xml"/>`)
	list.WriteString(strings.Repeat(`<sheet name="people" r:id="r1"/>`, 5_000))
	file := book{parts: map[string]string{
		"xl/workbook.xml":            "<workbook " + mainSpace + "><sheets>" + list.String() + "</sheets></workbook>",
		"xl/_rels/workbook.xml.rels": "<Relationships>" + relations.String() + "</Relationships>",
		"xl/sheet.xml":               "<worksheet>" + cells("name", "Mona") + "</worksheet>",
	}}.file()
	r, err := open(file)
	if err != nil {
		t.Fatal(err)
	}
	if sheets := r.book.sheets; len(sheets) != 1 || sheets[0].name != "people" {
		t.Errorf("%d sheets are listed", len(sheets))
	}
	if got, err := records(r); err != nil || len(got) != 2 {
		t.Errorf("%q, %v", got, err)
	}
}
