package importing

import (
	"encoding/json"

	"github.com/occ/contacts/pkg/problem"
	"github.com/occ/contacts/pkg/sheet/cell"
	"github.com/occ/contacts/pkg/sheet/workbook"
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

// templateObject is the example as an object, with values of the kinds that suit them best.
type templateObject struct {
	Name       string            `json:"name"`
	Email      string            `json:"email"`
	Phone      string            `json:"phone"`
	Company    string            `json:"company"`
	Labels     []string          `json:"labels"`
	Notes      []string          `json:"notes"`
	Attributes map[string]string `json:"customAttributes"`
}

// NewTemplate returns the template of a format; UnsupportedFormat for one that there is none of.
func NewTemplate(format string) (Template, error) {
	switch format {
	case "csv":
		return csvTemplate(), nil
	case formatJSON:
		return jsonTemplate()
	case "xlsx":
		return xlsxTemplate()
	}
	return Template{}, problem.New(problem.UnsupportedFormat, "There is no template of format %q; ask for csv, xlsx or json.", format)
}

func csvTemplate() Template {
	body := []byte(cell.BOM)
	for _, row := range templateRows {
		body = cell.AppendCSV(body, row)
	}
	return Template{FileName: "contacts.csv", ContentType: "text/csv; charset=utf-8", Body: body}
}

func jsonTemplate() (Template, error) {
	example := templateRows[1]
	body, err := json.MarshalIndent([]templateObject{{
		Name: example[0], Email: example[1], Phone: example[2], Company: example[3], Labels: readLabels(example[4]), Notes: example[5:6],
		Attributes: map[string]string{"plan": example[6]},
	}}, "", "  ")
	return Template{FileName: "contacts.json", ContentType: "application/json", Body: append(body, '\n')}, err
}

func xlsxTemplate() (Template, error) {
	book := workbook.New(templateRows[0], nil)
	body := book.Begin()
	if err := book.Row(templateRows[1]); err != nil {
		return Template{}, err
	}
	end, err := book.End()
	return Template{
		FileName: "contacts.xlsx", ContentType: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", Body: append(body, end...),
	}, err
}
