package main

import (
	"archive/zip"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path"

	"github.com/nyaruka/phonenumbers"
)

// The floors of parsing are programs that do only what no import can do without: the standard library's reader goes over the file
// once, and each row's phone is parsed, checked and written as E.164. They share no code with what they are the floors of.

// phoneColumn is where people have their phone.
const phoneColumn = 2

func floorPhone(raw string) error {
	number, err := phonenumbers.Parse(raw, "")
	if err != nil {
		return err
	}
	if !phonenumbers.IsValidNumber(number) || phonenumbers.Format(number, phonenumbers.E164) != raw {
		return fmt.Errorf("%s is no valid phone", raw)
	}
	return nil
}

// floorCSV reads a file with a bare encoding/csv and returns its rows.
func floorCSV(file *os.File) (rows int, err error) {
	in := csv.NewReader(file)
	in.ReuseRecord = true
	if _, err := in.Read(); err != nil { // the header
		return 0, err
	}
	for ; ; rows++ {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		if err := floorPhone(record[phoneColumn]); err != nil {
			return rows, err
		}
	}
}

// floorJSON decodes the objects of an array with encoding/json. Which keys they have is not known before.
func floorJSON(file *os.File) (rows int, err error) {
	in := json.NewDecoder(file)
	if _, err := in.Token(); err != nil { // the bracket
		return 0, err
	}
	for ; in.More(); rows++ {
		var object map[string]any
		if err := in.Decode(&object); err != nil {
			return rows, err
		}
		raw, _ := object[peopleColumns[phoneColumn]].(string)
		if err := floorPhone(raw); err != nil {
			return rows, err
		}
	}
	return rows, nil
}

// floorXLSX goes over the tokens of a workbook's sheets.
func floorXLSX(file *os.File) (rows int, err error) {
	info, err := file.Stat()
	if err != nil {
		return 0, err
	}
	book, err := zip.NewReader(file, info.Size())
	if err != nil {
		return 0, err
	}
	for _, entry := range book.File {
		if matched, _ := path.Match("xl/worksheets/*.xml", entry.Name); !matched {
			continue
		}
		sheet, err := entry.Open()
		if err != nil {
			return rows, err
		}
		inSheet, err := floorSheet(sheet)
		if err = errors.Join(err, sheet.Close()); err != nil {
			return rows, err
		}
		rows += inSheet
	}
	return rows, nil
}

// floorSheet goes over the tokens of a sheet; what stands in the phones' column is a phone, but for the header.
func floorSheet(sheet io.Reader) (rows int, err error) {
	in := xml.NewDecoder(sheet)
	all, column := 0, 0
	for {
		token, err := in.Token()
		if errors.Is(err, io.EOF) {
			return all - 1, nil // without the header
		}
		if err != nil {
			return 0, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "row":
				all, column = all+1, -1
			case "c":
				column++
			}
		case xml.CharData:
			if all > 1 && column == phoneColumn {
				if err := floorPhone(string(t)); err != nil {
					return 0, err
				}
			}
		}
	}
}
