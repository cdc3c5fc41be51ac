package xlsx

import (
	"archive/zip"
	"bytes"
	"fmt"
	"maps"
	"strings"
	"testing"
)

// plenty is a bound that no test's file reaches unless it is meant to.
const plenty = 1 << 30

const (
	packageRelations = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
		`<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`
	relationType = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
	mainSpace    = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"`
)

// book is a workbook as a test spells it: sheets by the inside of their worksheet element.
type book struct {
	sheets  []string          // in order
	names   map[int]string    // of sheets, "Sheet1" and so on when they have none
	hidden  map[int]bool      // sheets
	texts   string            // inside of sst; none when empty
	styles  string            // inside of styleSheet; none when empty
	setting string            // attributes of workbookPr
	parts   map[string]string // further ones, or in place of ours
}

// file makes the zip file.
func (b book) file() []byte {
	parts := map[string]string{"[Content_Types].xml": `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`, "_rels/.rels": packageRelations}
	var list, relations strings.Builder
	for i, sheet := range b.sheets {
		name, state := b.names[i], ""
		if name == "" {
			name = fmt.Sprint("Sheet", i+1)
		}
		if b.hidden[i] {
			state = ` state="hidden"`
		}
		fmt.Fprintf(&list, `<sheet name="%s" sheetId="%d"%s r:id="rId%d"/>`, name, i+1, state, i+1)
		fmt.Fprintf(&relations, `<Relationship Id="rId%d" Type="%sworksheet" Target="worksheets/sheet%d.xml"/>`, i+1, relationType, i+1)
		parts[fmt.Sprintf("xl/worksheets/sheet%d.xml", i+1)] = "<worksheet " + mainSpace + ">" + sheet + "</worksheet>"
	}
	if b.texts != "" {
		parts["xl/sharedStrings.xml"] = "<sst " + mainSpace + ">" + b.texts + "</sst>"
		fmt.Fprintf(&relations, `<Relationship Id="rId98" Type="%ssharedStrings" Target="/xl/sharedStrings.xml"/>`, relationType)
	}
	if b.styles != "" {
		parts["xl/styles.xml"] = "<styleSheet " + mainSpace + ">" + b.styles + "</styleSheet>"
		fmt.Fprintf(&relations, `<Relationship Id="rId99" Type="%sstyles" Target="styles.xml"/>`, relationType)
	}
	parts["xl/workbook.xml"] = "<workbook " + mainSpace + "><workbookPr " + b.setting + "/><sheets>" + list.String() + "</sheets></workbook>"
	parts["xl/_rels/workbook.xml.rels"] = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` + relations.String() + "</Relationships>"
	maps.Copy(parts, b.parts)
	return zipped(parts)
}

// rows makes a sheet of rows.
func rows(inside string) string { return "<sheetData>" + inside + "</sheetData>" }

// cells makes rows of inline texts; row i of lines is i+1, an empty line is no row.
func cells(lines ...string) string {
	var sheet strings.Builder
	for i, line := range lines {
		if line == "" {
			continue
		}
		fmt.Fprintf(&sheet, `<row r="%d">`, i+1)
		for column, text := range strings.Split(line, "|") {
			fmt.Fprintf(&sheet, `<c r="%s%d" t="inlineStr"><is><t>%s</t></is></c>`, columnName(column), i+1, text)
		}
		sheet.WriteString("</row>")
	}
	return rows(sheet.String())
}

func zipped(parts map[string]string) []byte {
	var file bytes.Buffer
	w := zip.NewWriter(&file)
	for name, text := range parts {
		part, err := w.Create(name)
		if err == nil {
			_, err = part.Write([]byte(text))
		}
		if err != nil {
			panic(err)
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return file.Bytes()
}

func open(file []byte) (*Reader, error) {
	return Open(bytes.NewReader(file), int64(len(file)), plenty)
}

// records reads all, each as "number|cell|cell", a faulty one with its code before the cells.
func records(r *Reader) ([]string, error) {
	var all []string
	for r.Next() {
		record := fmt.Sprint(r.Number())
		if fault := r.Fault(); fault != nil {
			record += "!" + string(fault.Code)
		}
		all = append(all, record+"|"+strings.Join(r.Cells(), "|"))
	}
	return all, r.Err()
}

// read reads a file that can be read.
func read(t *testing.T, file []byte) []string {
	t.Helper()
	r, err := open(file)
	if err != nil {
		t.Fatal(err)
	}
	all, err := records(r)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// fault reads a file to its end, or to what stops it.
func fault(file []byte, limit int64) error {
	r, err := Open(bytes.NewReader(file), int64(len(file)), limit)
	if err != nil {
		return err
	}
	_, err = records(r)
	return err
}
