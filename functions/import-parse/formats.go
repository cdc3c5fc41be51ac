package main

import (
	"github.com/occ/contacts/pkg/importing"
	"github.com/occ/contacts/pkg/sheet"
	"github.com/occ/contacts/pkg/sheet/xlsx"
)

// formats are the kinds of files that can be read.
var formats = map[string]importing.Format{
	"csv": {
		Check: sheet.CheckUTF8,
		Open:  func(file importing.File) (importing.Records, error) { return sheet.NewCSV(file) },
	},
	"xlsx": {
		Open: func(file importing.File) (importing.Records, error) {
			return xlsx.Open(file, file.Size, file.MaxInflated)
		},
	},
	"json": {
		Check: sheet.CheckJSON,
		Open:  func(file importing.File) (importing.Records, error) { return sheet.NewJSON(file) },
	},
}
