package importing

import (
	"github.com/occ/contacts/pkg/problem"
	"github.com/occ/contacts/pkg/sheet/cell"
)

// Template is a file for people to fill in.
type Template struct {
	FileName    string
	ContentType string
	Body        []byte
}

// templateRows are the header and an example: every field that a person may want to fill in.
var templateRows = [][]string{
	{fieldName, fieldEmail, fieldPhone, fieldCompany, fieldLabels, fieldNotes, attrPrefix + "plan"},
	{"Mona Adel", "mona@example.com", "+201001234567", "Acme", "VIP;new", "Prefers to be called in the morning", "gold"},
}

// NewTemplate returns the template of a format; UnsupportedFormat for one that there is none of.
func NewTemplate(format string) (Template, error) {
	if format != "csv" {
		return Template{}, problem.New(problem.UnsupportedFormat, "There is no template of format %q; ask for csv.", format)
	}
	body := []byte(cell.BOM)
	for _, row := range templateRows {
		body = cell.AppendCSV(body, row)
	}
	return Template{FileName: "contacts.csv", ContentType: "text/csv; charset=utf-8", Body: body}, nil
}
