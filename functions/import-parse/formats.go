package main

import (
	"io"

	"github.com/occ/contacts/pkg/importing"
	"github.com/occ/contacts/pkg/sheet"
)

// formats are the kinds of files that can be read.
var formats = map[string]importing.Format{
	"csv": {
		Check: sheet.CheckUTF8,
		Open:  func(file io.ReaderAt) (importing.Records, error) { return sheet.NewCSV(file) },
	},
	"json": {
		Check: sheet.CheckJSON,
		Open:  func(file io.ReaderAt) (importing.Records, error) { return sheet.NewJSON(file) },
	},
}
