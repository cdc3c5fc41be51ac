package httpapi

import (
	"encoding/json"
	"math"

	"github.com/danielgtaylor/huma/v2"

	"github.com/occ/contacts/pkg/problem"
)

// importRequest is the body of POST /v1/imports.
type importRequest struct {
	FileName      string    `json:"fileName" doc:"At most 255 characters; its ending is the format, unless format says another" example:"people.csv"`
	Size          byteCount `json:"size" doc:"Bytes of the file, exactly"`
	Format        *string   `json:"format,omitempty" nullable:"true" example:"csv"`
	OnDuplicate   *string   `json:"onDuplicate,omitempty" nullable:"true" enum:"update,skip,reject" doc:"What to do with rows whose contact is known; update, unless it says otherwise"`
	DryRun        *bool     `json:"dryRun,omitempty" nullable:"true" doc:"Only false is possible"`
	Mapping       mapping   `json:"mapping,omitempty" doc:"Only null is possible: columns are recognised by their names"`
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
type mapping map[string]any

// Schema implements huma.SchemaProvider.
func (mapping) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, Nullable: true, AdditionalProperties: true}
}

// check refuses what the domain does not know.
func (r importRequest) check() error {
	switch {
	case r.DryRun != nil && *r.DryRun:
		return problem.Invalid("body.dryRun", true, "Trial runs are not possible; give false or leave it out.")
	case r.Mapping != nil:
		return problem.Invalid("body.mapping", nil, "A mapping of your own is not possible; leave it out, and name the columns as in the template.")
	default:
		return nil
	}
}
