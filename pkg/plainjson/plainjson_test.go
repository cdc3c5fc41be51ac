package plainjson_test

import (
	"encoding/json"
	"testing"

	"github.com/occ/contacts/pkg/plainjson"
)

func TestMarshalEscapesNothingForHTML(t *testing.T) {
	for _, test := range []struct {
		value any
		want  string
	}{
		{"<a href='x'>R&D</a>\n", `"<a href='x'>R&D</a>\n"`},
		{map[string]any{"a<b": []string{"&"}}, `{"a<b":["&"]}`},
		{json.RawMessage(`{"x":1}`), `{"x":1}`},
	} {
		if got, err := plainjson.Marshal(test.value); err != nil || string(got) != test.want {
			t.Errorf("%v became %s, %v; want %s", test.value, got, err, test.want)
		}
	}
	if _, err := plainjson.Marshal(func() {}); err == nil {
		t.Error("a function was encoded")
	}
}
