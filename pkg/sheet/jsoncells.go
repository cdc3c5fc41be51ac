package sheet

import (
	"bytes"
	"slices"

	"github.com/occ/contacts/pkg/problem"
	"github.com/occ/contacts/pkg/sheet/cell"
)

// members goes over the members of an object that was walked over before.
type members struct {
	scan
	i          int
	key, value []byte
}

// next takes the next member; false at the end.
func (m *members) next() bool {
	m.i = m.space(m.i + 1) // behind { or ,
	if m.text[m.i] == '}' {
		return false
	}
	end := m.string(m.i)
	m.key = m.text[m.i:end]
	begin := m.space(m.space(end) + 1)
	end = m.scan.value(begin, 0)
	m.value = m.text[begin:end]
	m.i = m.space(end)
	if m.text[m.i] == '}' {
		m.i--
	}
	return true
}

// keySet are the keys of a file.
type keySet struct {
	keys   []string
	index  map[string]int
	bytes  int // of all keys
	likely int // the column behind the last one that was looked for
	spare  []byte
}

// gather adds the keys of an object. As many are kept as a record of a table may have.
func (c *keySet) gather(object []byte) {
	c.likely = 0
	for m := (members{scan: scan{text: object, whole: true}}); m.next(); {
		if c.of(m.key) >= 0 || len(c.keys) == maxCells || c.bytes > MaxRecord {
			continue
		}
		key := string(unquote(nil, m.key))
		c.index[key] = len(c.keys)
		c.keys, c.bytes = append(c.keys, key), c.bytes+len(key)
	}
}

// fault is that of the header.
func (c *keySet) fault() *problem.Error {
	if c.bytes > MaxRecord {
		return problem.New(
			ValueTooLong,
			"The keys of the objects have more than %d bytes together. Shorten them.",
			MaxRecord,
		)
	}
	return nil
}

// of is the column of a key in quotes; -1 when there is none. Objects tend to have the same keys in the same order.
func (c *keySet) of(key []byte) int {
	if bytes.IndexByte(key, '\\') >= 0 {
		c.spare = unquote(c.spare[:0], key)
		key = c.spare
	} else {
		key = key[1 : len(key)-1]
	}
	if c.likely >= len(c.keys) || c.keys[c.likely] != string(key) {
		column, found := c.index[string(key)]
		if !found {
			return -1
		}
		c.likely = column
	}
	c.likely++
	return c.likely - 1
}

// jsonRecord is one element as a row of cells.
type jsonRecord struct {
	cells []string    // what is shown of it
	kinds []cell.Kind // theirs

	wide      []string // the cells of objects, by column; empty but for the columns in filled
	wideKinds []cell.Kind
	filled    []filledCell // those that the last object has
	text      []byte       // its cells, one after another
}

// filledCell is where a cell's text lies in that of its record.
type filledCell struct{ column, start, end int }

func (r *jsonRecord) header(columns *keySet) {
	r.cells, r.kinds = columns.keys, slices.Repeat([]cell.Kind{cell.String}, len(columns.keys))
}

// unreadable takes an element that cannot be told apart.
func (r *jsonRecord) unreadable(raw []byte) {
	r.cells, r.kinds = []string{string(raw)}, []cell.Kind{cell.String}
}

// split takes an object apart, with one allocation a record. Its work is that of the members that this object and the
// one before it have, however many keys the file has.
func (r *jsonRecord) split(object []byte, columns *keySet) {
	r.reset(len(columns.keys))
	columns.likely = 0
	for m := (members{scan: scan{text: object, whole: true}}); m.next(); {
		if column := columns.of(m.key); column >= 0 {
			start := len(r.text)
			r.wideKinds[column] = r.take(m.value)
			r.filled = append(r.filled, filledCell{column, start, len(r.text)})
		}
	}
	all := string(r.text)
	for _, at := range r.filled {
		r.wide[at.column] = all[at.start:at.end]
	}
	r.cells, r.kinds = r.wide, r.wideKinds
}

func (r *jsonRecord) reset(width int) {
	if len(r.wide) != width {
		r.wide, r.wideKinds = make([]string, width), make([]cell.Kind, width)
	}
	for _, at := range r.filled {
		r.wide[at.column], r.wideKinds[at.column] = "", cell.Absent
	}
	r.filled, r.text = r.filled[:0], r.text[:0]
}

// take keeps a value as text.
func (r *jsonRecord) take(raw []byte) cell.Kind {
	switch raw[0] {
	case '"':
		r.text = unquote(r.text, raw)
		return cell.String
	case '{':
		r.text = compact(r.text, raw)
		return cell.Object
	case '[':
		r.text = compact(r.text, raw)
		return cell.List
	case 'n':
		return cell.Absent
	}
	r.text = append(r.text, raw...)
	if raw[0] == 't' || raw[0] == 'f' {
		return cell.Boolean
	}
	return cell.Number
}

// compact appends JSON without the space between its values.
func compact(to, raw []byte) []byte {
	s := scan{text: raw, whole: true}
	for i := 0; i < len(raw); {
		switch {
		case raw[i] == '"':
			end := s.string(i)
			to = append(to, raw[i:end]...)
			i = end
		case isSpace(raw[i]):
			i++
		default:
			to = append(to, raw[i])
			i++
		}
	}
	return to
}
