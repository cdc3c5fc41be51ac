package exporting

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/occ/contacts/pkg/problem"
	"github.com/occ/contacts/pkg/sheet/cell"
	"github.com/occ/contacts/pkg/sheet/xlsx"
)

// ownKeys are contacts each of which has keys that nobody else has, beside those of person.
func ownKeys(count, each int) []Record {
	all := people(count)
	for i := range all {
		for k := range each {
			all[i].Contact.Attributes[fmt.Sprintf("order_%d_%d", i, k)] = fmt.Sprint("x;=", k)
		}
	}
	return all
}

// rowsOf reads a file of CSV or XLSX.
func rowsOf(t *testing.T, format Format, file string) (rows [][]string) {
	t.Helper()
	if format == CSV {
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(file, cell.BOM))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	r, err := xlsx.Open(strings.NewReader(file), int64(len(file)), 1<<30)
	for err == nil && r.Next() {
		rows = append(rows, slices.Clone(r.Cells()))
	}
	if err != nil || r.Err() != nil {
		t.Fatal(err, r.Err())
	}
	return rows
}

// attributesOf are a row's, whether they have a column or not.
func attributesOf(t *testing.T, header, row []string) map[string]any {
	t.Helper()
	attributes := map[string]any{}
	for i, text := range row {
		key, hasColumn := strings.CutPrefix(header[i], attrPrefix)
		switch text = cell.Unescape(text); {
		case text == "":
		case hasColumn:
			attributes[key] = cell.ParseAttribute(text)
		case strings.HasPrefix(header[i], colAttributes):
			var others map[string]any
			if err := json.Unmarshal([]byte(text), &others); err != nil {
				t.Fatalf("%q: %v", text, err)
			}
			maps.Copy(attributes, others)
		}
	}
	return attributes
}

// However many keys the contacts have, a table grows with the contacts and can be imported; no attribute is lost.
func TestContactsWithKeysOfTheirOwn(t *testing.T) {
	const each = 90
	for _, format := range []Format{CSV, XLSX} {
		var sizes []int
		for _, count := range []int{50, 100, 200} {
			records := ownKeys(count, each)
			file := export(t, format, Selection{}, records...)
			sizes = append(sizes, len(contents(t, file)))
			rows := rowsOf(t, format, file)
			header := rows[0]
			// Our import takes 500 columns.
			if len(header) != len(columns)+maxAttributeColumns+1 || len(header) > 500 ||
				header[len(header)-1] != colAttributes {
				t.Fatalf("%s: %d columns, the last %s", format, len(header), header[len(header)-1])
			}
			for i, row := range rows[1:] {
				if diff := cmp.Diff(records[i].Contact.Attributes, attributesOf(t, header, row)); diff != "" {
					t.Fatalf("%s: contact %d: %s", format, i, diff)
				}
			}
		}
		// Twice the contacts take about twice the room.
		if grown := float64(sizes[2]-sizes[1]) / float64(sizes[1]-sizes[0]); grown > 2.5 {
			t.Errorf("%s: %d bytes", format, sizes)
		}
	}
}

func TestAsManyKeysAsThereAreColumns(t *testing.T) {
	records := ownKeys(1, maxAttributeColumns-2) // and plan and seats
	header := rowsOf(t, CSV, export(t, CSV, Selection{}, records...))[0]
	if len(header) != len(columns)+maxAttributeColumns || slices.Contains(header, colAttributes) {
		t.Errorf("%d columns, the last %s", len(header), header[len(header)-1])
	}
}

// A cell of XLSX is too short for all attributes that a contact may have.
func TestAttributesTooLongForACell(t *testing.T) {
	records := ownKeys(6, 90)
	for i := range 50 {
		records[5].Contact.Attributes[fmt.Sprint("long", i)] = strings.Repeat("\U0001F600", 1_000)
		records[5].Contact.Attributes[fmt.Sprint("quotes", i)] = strings.Repeat(`"`, 1_000)
	}
	rows := rowsOf(t, XLSX, export(t, XLSX, Selection{}, records...))
	header, last := rows[0], rows[len(rows)-1]
	if !slices.Contains(header, "customAttributes 2") {
		t.Fatalf("the columns end with %s", header[len(header)-1])
	}
	for i, text := range last {
		if units16(text) > maxCell {
			t.Errorf("cell %d has %d code units", i, units16(text))
		}
	}
	if diff := cmp.Diff(records[5].Contact.Attributes, attributesOf(t, header, last)); diff != "" {
		t.Error(diff)
	}
	one := rowsOf(t, CSV, export(t, CSV, Selection{}, records...))
	if header := one[0]; header[len(header)-1] != colAttributes {
		t.Errorf("the columns of CSV end with %s", header[len(header)-1])
	}
}

func TestTooManyFields(t *testing.T) {
	fields := []string{"name"}
	for i := range maxAttributeColumns {
		fields = append(fields, fmt.Sprint("attr.", i))
	}
	if err := CheckFields(fields, "body.fields"); err != nil {
		t.Error(err)
	}
	if err := CheckFields(append(fields, "attr.more"), "body.fields"); problem.CodeOf(err) != problem.ValidationFailed {
		t.Error(err)
	}
}

// A batch of any size is gathered in objects of bounded size, and the file is made of pieces of bounded size.
func TestLargeBatchesAndFragments(t *testing.T) {
	records := people(60)
	for i := range records {
		records[i].Notes = []string{strings.Repeat("n", 500)}
	}
	want := export(t, CSV, Selection{}, records...)
	w := newWorld(t, records...)
	w.batch = len(records)
	largest := 0
	w.onPart = func() error {
		for key, body := range w.objects {
			if strings.HasSuffix(key, ".ndjson") {
				largest = max(largest, len(body))
			}
		}
		return nil
	}
	ref := w.queue(CSV, Selection{})
	if _, err := w.runner().Run(t.Context(), ref); err != nil || w.file(ref) != want {
		t.Fatal(err)
	}
	limits := w.runner().limits
	if most := 2*limits.fragment + 1_000; largest == 0 || largest > most {
		t.Errorf("an object of %d bytes; at most %d were meant", largest, most)
	}
	for upload, sizes := range w.sizes {
		for _, size := range sizes {
			if most := limits.part + limits.piece*1_000; size > most {
				t.Errorf("%s has a part of %d bytes; at most %d were meant", upload, size, most)
			}
		}
	}
}
