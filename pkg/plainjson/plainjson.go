// Package plainjson encodes values as JSON in the form in which the service stores, measures and sends them: without
// the escapes that only HTML needs. json.Marshal writes < > and & as six bytes each, so a size that was judged in one
// encoding must not be stored in the other.
package plainjson

import (
	"bytes"
	"encoding/json"
)

// Marshal returns value as JSON without the escapes that only HTML needs.
func Marshal(value any) ([]byte, error) {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(body.Bytes(), []byte("\n")), nil // Encode ends with a line feed
}
