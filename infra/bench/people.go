package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"github.com/occ/contacts/pkg/sheet/workbook"
)

// peopleColumns are the columns of the files that are measured; a file has all of them, or the first few.
var peopleColumns = []string{"name", "email", "phone", "company", "labels", "notes", "attr.plan", "attr.seats"}

const (
	allColumns = 8
	fewColumns = 5
)

// person is a row, about 100 bytes as CSV: names, e-mails and phones are distinct.
func person(n int) []string {
	return []string{
		fmt.Sprintf("Person%06d Tester", n), fmt.Sprintf("person%d@example.com", n), fmt.Sprintf("+2010%08d", n),
		"Acme", "VIP;new", "Asked for prices today", "gold", strconv.Itoa(n % 100),
	}
}

// writePeople writes a file of rows of people.
type writePeople func(w io.Writer, columns, rows int) error

// peopleFile makes a temporary file of people in dir.
func peopleFile(dir, format string, write writePeople, columns, rows int) (string, error) {
	file, err := os.Create(filepath.Join(dir, fmt.Sprintf("people%d.%s", rows, format))) //nolint:gosec // a folder of our own
	if err != nil {
		return "", err
	}
	defer file.Close() //nolint:errcheck // closed below where it matters
	out := bufio.NewWriterSize(file, 1<<20)
	if err := write(out, columns, rows); err != nil {
		return "", err
	}
	if err := out.Flush(); err != nil {
		return "", err
	}
	return file.Name(), file.Close()
}

func peopleCSV(w io.Writer, columns, rows int) error {
	out := csv.NewWriter(w)
	if err := out.Write(peopleColumns[:columns]); err != nil {
		return err
	}
	for n := range rows {
		if err := out.Write(person(n)[:columns]); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// peopleJSON writes an array of objects whose keys are the columns.
func peopleJSON(w io.Writer, columns, rows int) error {
	separator := "["
	for n := range rows {
		for i, text := range person(n)[:columns] {
			key, _ := json.Marshal(peopleColumns[i]) // text is always JSON
			value, _ := json.Marshal(text)
			if i == 0 {
				separator += "\n{"
			}
			if _, err := fmt.Fprintf(w, "%s%s:%s", separator, key, value); err != nil {
				return err
			}
			separator = ","
		}
		separator = "},"
	}
	_, err := io.WriteString(w, "}\n]\n")
	return err
}

// peopleXLSX writes a workbook of one sheet.
func peopleXLSX(w io.Writer, columns, rows int) error {
	const flushRows = 10_000
	book := workbook.New(peopleColumns[:columns], nil)
	piece := book.Begin()
	for n := range rows {
		if err := book.Row(person(n)[:columns]); err != nil {
			return err
		}
		if n%flushRows != flushRows-1 {
			continue
		}
		var err error
		if piece, err = book.Flush(piece); err != nil {
			return err
		}
		if _, err := w.Write(piece); err != nil {
			return err
		}
		piece = piece[:0]
	}
	end, err := book.End()
	if err != nil {
		return err
	}
	_, err = w.Write(append(piece, end...))
	return err
}
