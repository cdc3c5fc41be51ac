package dynamo

import (
	"fmt"
	"slices"

	"github.com/occ/contacts/pkg/importing"
)

// columnField is what an import's item says of one column: its place in columns, or while those are not known its name; and the field.
// 500 long names would not fit the item three times.
type columnField struct {
	Column int    `json:"c"`
	Name   string `json:"n,omitempty"` // when it is none of columns
	Field  string `json:"f,omitempty"`
}

// mappings are an import's own, by their attributes.
func mappings(job *importing.Import) map[string]*map[string]string {
	return map[string]*map[string]string{"mapped": &job.Mapping, "given": &job.Given, "guessed": &job.Guessed}
}

func setMappings(it item, job importing.Import) error {
	for name, mapping := range mappings(&job) {
		if *mapping == nil {
			continue
		}
		list := make([]columnField, 0, len(*mapping))
		for column, field := range *mapping {
			at := columnField{Column: slices.Index(job.Columns, column), Field: field}
			if at.Column < 0 {
				at.Name = column
			}
			list = append(list, at)
		}
		if err := it.setJSON(name, list); err != nil {
			return err
		}
	}
	return nil
}

// readMappings reads what setMappings wrote. Items of before have attribute mapping, a JSON object.
func readMappings(it item, job *importing.Import) error {
	if err := it.json("mapping", &job.Mapping); err != nil {
		return err
	}
	for name, mapping := range mappings(job) {
		var list []columnField
		if err := it.json(name, &list); err != nil {
			return err
		}
		if list == nil {
			continue
		}
		*mapping = make(map[string]string, len(list))
		for _, at := range list {
			if at.Column >= len(job.Columns) {
				return fmt.Errorf("dynamo: attribute %s of %s: there is no column %d", name, it.text(attrSK), at.Column)
			}
			if at.Column >= 0 {
				at.Name = job.Columns[at.Column]
			}
			(*mapping)[at.Name] = at.Field
		}
	}
	return nil
}
