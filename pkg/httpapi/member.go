package httpapi

import (
	"encoding/json"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/occ/contacts/pkg/contact"
)

// member is one member of a merge patch: left out, null, or a value.
type member[T any] struct{ contact.Field[T] }

// UnmarshalJSON implements json.Unmarshaler; it is called only for members that are there.
func (m *member[T]) UnmarshalJSON(text []byte) error {
	m.Field = contact.Field[T]{Set: true, Null: string(text) == "null"}
	if m.Null {
		return nil
	}
	return json.Unmarshal(text, &m.Value)
}

// Schema implements huma.SchemaProvider: the value's own, or null.
func (m *member[T]) Schema(registry huma.Registry) *huma.Schema {
	schema := registry.Schema(reflect.TypeFor[T](), false, "")
	schema.Nullable = true
	return schema
}

// attributes are the custom attributes of a request. The domain judges keys and values, with better sentences than a schema's.
type attributes map[string]any

// Schema implements huma.SchemaProvider.
func (attributes) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, Nullable: true, AdditionalProperties: true}
}
