package httpapi

import (
	"encoding/json"
	"math"

	"github.com/danielgtaylor/huma/v2"
)

// importRequest is the body of POST /v1/imports.
type importRequest struct {
	FileName      string    `json:"fileName" doc:"At most 255 characters; its ending is the format, unless format says another" example:"people.csv"`
	Size          byteCount `json:"size" doc:"Bytes of the file, exactly"`
	Format        *string   `json:"format,omitempty" nullable:"true" example:"csv"`
	OnDuplicate   *string   `json:"onDuplicate,omitempty" nullable:"true" enum:"update,skip,reject" doc:"What to do with rows whose contact is known; update, unless it says otherwise"`
	DryRun        *bool     `json:"dryRun,omitempty" nullable:"true" doc:"Judge every row, with totals and report, and write no contact; false, unless it says otherwise"`
	Mapping       mapping   `json:"mapping,omitempty" nullable:"true" doc:"What columns hold, where their names do not say it"`
	Labels        []string  `json:"labels,omitempty" nullable:"true" doc:"For every contact that is created or updated"`
	DefaultRegion *string   `json:"defaultRegion,omitempty" nullable:"true" doc:"ISO 3166 code of the region of national phone spellings; else the workspace's" example:"EG"`
}

// byteCount is a whole number in any spelling of JSON, as 1e3. One beyond an int64 is as good as the largest.
type byteCount int64

// UnmarshalJSON implements json.Unmarshaler.
func (b *byteCount) UnmarshalJSON(text []byte) error {
	var number float64
	if err := json.Unmarshal(text, &number); err != nil {
		return err
	}
	if *b = math.MaxInt64; number < math.MaxInt64 {
		*b = byteCount(number)
	}
	return nil
}

// Schema implements huma.SchemaProvider.
func (byteCount) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeInteger, Format: "int64", Minimum: new(0.0)}
}

// mapping says which column fills which field.
type mapping map[string]*string

// Schema implements huma.SchemaProvider.
func (mapping) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		Type: huma.TypeObject, AdditionalProperties: &huma.Schema{Type: huma.TypeString, Nullable: true}, Description: mappingDoc,
		Examples: []any{map[string]any{"Who": "name", "Reach at": "email", "Plan": "attr.plan", "Fax": nil}},
	}
}

const mappingDoc = `Columns, as the import's columns name them (case and spaces need not be right), and what each fills: name, firstName, lastName, email, phone, company, notes, ` +
	`labels, channel, createdAt, id, identities or attr.<key>; null: the column is not used. Columns that are not named are recognised by their headers. ` +
	`Only email and phone may have several columns: the first valid value counts.`

// mappingRequest is the body of POST /v1/imports/{id}/mapping.
type mappingRequest struct {
	Mapping mapping `json:"mapping"`
}
