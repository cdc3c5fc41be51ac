package importing

import (
	"archive/zip"
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/occ/contacts/pkg/problem"
	"github.com/occ/contacts/pkg/sheet/xlsx"
)

// xlsxWorld reads XLSX too.
func xlsxWorld(t *testing.T) *world {
	w := newWorld(t)
	w.parser.Formats["xlsx"] = Format{Open: func(file File) (Records, error) { return xlsx.Open(file, file.Size, file.MaxInflated) }}
	return w
}

func TestImportsXLSX(t *testing.T) {
	for _, program := range []string{"excelize", "exceljs", "libreoffice"} {
		t.Run(program, func(t *testing.T) {
			file, err := os.ReadFile("../sheet/xlsx/testdata/" + program + ".xlsx")
			if err != nil {
				t.Fatal(err)
			}
			w := xlsxWorld(t)
			if _, err := w.arrived(w.put(demo+"/drop/people.xlsx", string(file), map[string]string{"default-region": "EG"})); err != nil {
				t.Fatal(err)
			}
			w.settle()
			job := w.all()[0]
			w.checkEnd(job)
			if diff := cmp.Diff([]string{"3 skipped duplicate_in_file", "5 failed invalid_phone"}, w.reasons(job)); diff != "" || job.Totals.Created != 1 {
				t.Errorf("%+v, %v, %s", job.Totals, job.Error, diff)
			}
			mona := w.named("Mona Adel")
			if len(mona) != 1 || mona[0].Phone != "+201001234567" {
				t.Errorf("%+v", mona)
			}
		})
	}
}

// book makes an XLSX file of a sheet; without texts, so that any number of a shared one is wrong.
func book(t *testing.T, rows string) string {
	var file bytes.Buffer
	w := zip.NewWriter(&file)
	for name, text := range map[string]string{
		"xl/workbook.xml":            `<workbook><sheets><sheet name="a" r:id="r1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="r1" Type="x/worksheet" Target="sheet.xml"/></Relationships>`,
		"xl/sheet.xml":               "<worksheet><sheetData>" + rows + "</sheetData></worksheet>",
	} {
		part, err := w.Create(name)
		if err == nil {
			_, err = part.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return file.String()
}

func TestXLSXThatCannotBeRead(t *testing.T) {
	const header = `<row><c t="str"><v>name</v></c><c t="str"><v>email</v></c></row>`
	const person = `<row><c t="str"><v>Mona</v></c><c t="str"><v>mona@example.com</v></c></row>`
	for name, test := range map[string]struct {
		file string
		want Code
		says string
	}{
		"text":             {"name,email\nMona,mona@example.com\n", CorruptFile, "no XLSX workbook"},
		"empty":            {"", EmptyFile, "is empty"},
		"no rows":          {book(t, ""), EmptyFile, "is empty"},
		"damaged header":   {book(t, `<row><c t="s"><v>7</v></c></row>`), CorruptFile, "Cell A1"},
		"damaged at last":  {book(t, header+person+`<row r="9"><c r="A9" t="s"><v>7</v></c></row>`), CorruptFile, "Cell A9"},
		"many columns":     {book(t, `<row><c r="SG1"><v>1</v></c></row>`+person), TooManyColumns, "501 columns"},
		"inflates too far": {book(t, header+strings.Repeat(person, 600_000)), FileTooLarge, "inflates to more than 41943040 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			w := xlsxWorld(t)
			done, err := w.arrived(w.put(demo+"/drop/people.xlsx", test.file, nil))
			if err != nil || done.Status != Failed || done.Code != test.want {
				t.Fatalf("%+v, %v", done, err)
			}
			if job := w.all()[0]; !strings.Contains(job.Error.Detail, test.says) || len(w.messages)+len(w.contacts) > 0 {
				t.Errorf("%+v, want %q", job.Error, test.says)
			}
		})
	}
}

// closing are records that count their closings.
type closing struct {
	Records
	closed *int
}

func (c closing) Close() error { *c.closed++; return nil }

// What a format is given, and what becomes of what it returns.
func TestFormatsAreGivenTheirBounds(t *testing.T) {
	var files []File
	closed, refusal := 0, error(nil)
	w := newWorld(t)
	w.parser.Formats["csv"] = Format{Open: func(file File) (Records, error) {
		files = append(files, file)
		records, err := csvFormat.Open(file)
		return closing{records, &closed}, errors.Join(err, refusal)
	}}
	const file = "name,email\nMona,mona@example.com\n"
	w.importFile(UpdateKnown, file)
	if len(files) != 2 || closed != 2 || files[0].Size != int64(len(file)) || files[0].MaxInflated != 20*2<<20 || files[1].MaxInflated != 20*2<<20 {
		t.Errorf("%+v, closed %d times", files, closed)
	}
	started, err := w.service.Start(invocation(), demo, "sub-1", Request{FileName: "people.csv", Size: 3}, nil)
	if err == nil {
		_, err = w.arrived(w.put(started.Job.Key, file, nil))
	}
	if err != nil || len(files) != 4 || files[2].MaxInflated != 20*5<<20 {
		t.Errorf("%v, %+v", err, files[2:])
	}
	refusal = problem.New("corrupt_file", "It is torn.")
	done, err := w.arrived(w.put(demo+"/drop/torn.csv", "name,email\n", nil))
	if err != nil || done.Code != CorruptFile {
		t.Errorf("%+v, %v", done, err)
	}
}
