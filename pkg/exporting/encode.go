package exporting

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/plainjson"
	"github.com/occ/contacts/pkg/sheet/cell"
	"github.com/occ/contacts/pkg/sheet/workbook"
)

// encoder writes a file in pieces, which one after another are the file. What a piece depends on beside its records
// is in the state, which another process can go on with.
type encoder interface {
	// head is what the file begins with.
	head() ([]byte, error)
	// piece appends records to dst.
	piece(dst []byte, records []Record) ([]byte, error)
	// tail is what the file ends with.
	tail() ([]byte, error)
	// state is what restore takes.
	state() ([]byte, error)
}

// newEncoder makes the encoder of a format; state is empty at the beginning of a file. A cell of CSV may be as long
// as need be.
func newEncoder(format Format, columns []string, notes, others int, state []byte) (encoder, error) {
	switch format {
	case CSV:
		return &csvEncoder{table: newTable(columns, 1, 1)}, nil
	case JSON:
		e := &jsonEncoder{columns: columns}
		return e, restore(state, &e.written)
	case XLSX:
		t := newTable(columns, notes, others)
		e := &xlsxEncoder{table: t, book: workbook.New(t.header(), t.numeric())}
		return e, restore(state, e.book)
	default:
		return nil, fmt.Errorf("exporting: there is no format %q", format)
	}
}

func restore(state []byte, into any) error {
	if len(state) == 0 {
		return nil
	}
	if err := json.Unmarshal(state, into); err != nil {
		return fmt.Errorf("exporting: read the state of a file: %w", err)
	}
	return nil
}

type csvEncoder struct {
	table
	cells []string
}

func (e *csvEncoder) head() ([]byte, error) {
	return cell.AppendCSV([]byte(cell.BOM), e.header()), nil
}

func (e *csvEncoder) piece(dst []byte, records []Record) ([]byte, error) {
	var err error
	for _, record := range records {
		if e.cells, err = e.row(e.cells[:0], record); err != nil {
			return nil, err
		}
		dst = cell.AppendCSV(dst, e.cells)
	}
	return dst, nil
}

func (e *csvEncoder) tail() ([]byte, error)  { return nil, nil }
func (e *csvEncoder) state() ([]byte, error) { return nil, nil }

type xlsxEncoder struct {
	table
	book  *workbook.Writer
	cells []string
}

func (e *xlsxEncoder) head() ([]byte, error) { return e.book.Begin(), nil }

func (e *xlsxEncoder) piece(dst []byte, records []Record) ([]byte, error) {
	var err error
	for _, record := range records {
		if e.cells, err = e.row(e.cells[:0], record); err != nil {
			return nil, err
		}
		if err := e.book.Row(e.cells); err != nil {
			return nil, err
		}
	}
	return e.book.Flush(dst)
}

func (e *xlsxEncoder) tail() ([]byte, error)  { return e.book.End() }
func (e *xlsxEncoder) state() ([]byte, error) { return json.Marshal(e.book) }

// jsonEncoder writes an array of one object a contact, each on a line. Its state is whether there was one.
type jsonEncoder struct {
	columns []string
	written bool
}

func (e *jsonEncoder) head() ([]byte, error)  { return []byte("["), nil }
func (e *jsonEncoder) tail() ([]byte, error)  { return []byte("\n]\n"), nil }
func (e *jsonEncoder) state() ([]byte, error) { return json.Marshal(e.written) }

func (e *jsonEncoder) piece(dst []byte, records []Record) ([]byte, error) {
	for _, record := range records {
		if e.written {
			dst = append(dst, ',')
		}
		e.written = true
		object, err := jsonObject(record, e.columns)
		if err != nil {
			return nil, err
		}
		dst = append(append(dst, '\n'), object...)
	}
	return dst, nil
}

// exported is a contact in a JSON file. Members that are not asked for are left out.
type exported struct {
	ID                *string                 `json:"id,omitzero"`
	Name              *string                 `json:"name,omitzero"`
	Email             **string                `json:"email,omitzero"`
	Phone             **string                `json:"phone,omitzero"`
	Company           **string                `json:"company,omitzero"`
	Channel           *contact.Channel        `json:"channel,omitzero"`
	Labels            *[]string               `json:"labels,omitzero"`
	Notes             *[]string               `json:"notes,omitzero"`
	Identities        *[]contact.IdentityView `json:"identities,omitzero"`
	ConversationCount *int                    `json:"conversationCount,omitzero"`
	RequestCount      *int                    `json:"requestCount,omitzero"`
	LastInteractionAt **string                `json:"lastInteractionAt,omitzero"`
	CreatedAt         *string                 `json:"createdAt,omitzero"`
	CustomAttributes  map[string]any          `json:"customAttributes,omitzero"`
}

// jsonObject writes the columns of a record, absent values as null.
func jsonObject(record Record, columns []string) ([]byte, error) {
	view, notes := record.Contact.View(), append([]string{}, record.Notes...)
	var object exported
	for _, column := range columns {
		switch column {
		case colID:
			object.ID = &view.ID
		case colName:
			object.Name = &view.Name
		case colEmail:
			object.Email = &view.Email
		case colPhone:
			object.Phone = &view.Phone
		case colCompany:
			object.Company = &view.Company
		case colChannel:
			object.Channel = &view.Channel
		case colLabels:
			object.Labels = &view.Labels
		case colNotes:
			object.Notes = &notes
		case colIdentities:
			object.Identities = &view.Identities
		case colConversationCount:
			object.ConversationCount = &view.ConversationCount
		case colRequestCount:
			object.RequestCount = &view.RequestCount
		case colLastInteractionAt:
			object.LastInteractionAt = &view.LastInteractionAt
		case colCreatedAt:
			object.CreatedAt = &view.CreatedAt
		case colAttributes:
			object.CustomAttributes = view.CustomAttributes
		default:
			key := strings.TrimPrefix(column, attrPrefix)
			if object.CustomAttributes == nil {
				object.CustomAttributes = map[string]any{}
			}
			if value, has := view.CustomAttributes[key]; has {
				object.CustomAttributes[key] = value
			}
		}
	}
	return plainjson.Marshal(object)
}
