package sheet

import (
	"bytes"

	"github.com/occ/contacts/pkg/problem"
)

// place is where in a record the reader stands.
type place int

const (
	atStart  place = iota // of a cell
	leading               // in spaces at the start of a cell
	plain                 // in an unquoted cell
	quoted                // in a quoted cell
	closing               // after a quote inside a quoted cell: its end, or the first of two
	trailing              // in spaces after a quoted cell
	done                  // after the record
	torn                  // the record cannot be told apart
)

// record reads one record into c.cells and c.fault. The quotes of a record decide where it ends, so one that is torn
// is taken to be its first line alone: reading goes on at the second.
func (c *CSV) record() {
	start := c.offset()
	c.text, c.ends, c.long, c.fault = c.text[:0], c.ends[:0], false, nil
	at := atStart
	for at != done && at != torn {
		b, ok := c.next()
		if !ok {
			at = c.endOfFile(at)
			break
		}
		at = c.step(at, b)
		switch at {
		case plain:
			c.run(c.cellEnds)
		case quoted:
			c.run(c.quotedEnds())
		}
	}
	switch {
	case c.err != nil:
	case at == torn:
		if end := c.offset(); end > c.tornTo {
			c.tornFrom, c.tornTo = start, end
		}
		c.rawLine(start)
		c.fault = errTorn
	default:
		c.split()
		if c.offset()-start > MaxRecord {
			c.fault = errLong
		}
	}
}

// errTorn is the fault of every torn record. Nobody changes it.
var errTorn = problem.New(MalformedRow,
	`A quoted cell of this row is not closed properly. `+
		`End it with a quotation mark, and write quotation marks inside it twice ("").`)

// errLong is the fault of every record that is too long. Nobody changes it.
var errLong = problem.New(ValueTooLong,
	"The row has more than %d bytes. Shorten its values, or move some of them to another row.", MaxRecord)

// step takes one byte and says where it leads.
//
// A torn record is noticed only far behind its first line, often at the end of the file, and the next line may be
// torn in the same way. If every one of them were read as far, a file of lines like
//
//	a","b
//
// would be read once for each line. But a reader does not look back: two that are inside a quoted cell at the same
// byte go the same way from there. A record goes on behind the end of a line only inside a quoted cell, so a torn
// record was inside one at each line end that it was read over. A record that is inside one at such a line end is
// torn as well, and is read no further.
func (c *CSV) step(at place, b byte) place {
	switch at {
	case quoted:
		if b == '"' {
			return closing
		}
		if (b == '\n' || b == '\r') && c.tornHere() {
			return torn
		}
		c.keep(b)
		return quoted
	case closing, trailing:
		return c.afterQuote(at, b)
	}
	switch {
	case b == c.delimiter:
		return c.endCell()
	case b == '\n' || b == '\r':
		return c.endRecord(b)
	case b == '"' && (at == atStart || at == leading):
		c.text = c.text[:c.cellStart()] // the spaces before it
		return quoted
	case b == ' ' && (at == atStart || at == leading):
		c.keep(b)
		return leading
	}
	c.keep(b)
	return plain
}

// tornHere reports whether a torn record was read over the next byte.
func (c *CSV) tornHere() bool {
	at := c.offset()
	return c.tornFrom < at && at < c.tornTo
}

// quotedEnds are the bytes that mean something in a quoted cell: line ends only where the record may turn out to be
// torn.
func (c *CSV) quotedEnds() string {
	if c.tornHere() {
		return "\"\r\n"
	}
	return `"`
}

func (c *CSV) afterQuote(at place, b byte) place {
	switch {
	case b == '"' && at == closing:
		c.keep(b)
		return quoted
	case b == c.delimiter:
		return c.endCell()
	case b == '\n' || b == '\r':
		return c.endRecord(b)
	case b == ' ':
		return trailing
	}
	return torn
}

func (c *CSV) endOfFile(at place) place {
	if at == quoted {
		return torn
	}
	c.endCell()
	return done
}

// run keeps the text of a cell up to the next byte that may end it, as far as it is read already.
func (c *CSV) run(ends string) {
	ahead := c.block[c.pos:]
	if end := bytes.IndexAny(ahead, ends); end >= 0 {
		ahead = ahead[:end]
	}
	room := max(0, MaxRecord-len(c.text))
	c.long = c.long || len(ahead) > room
	c.text = append(c.text, ahead[:min(len(ahead), room)]...)
	c.pos += len(ahead)
}

func (c *CSV) keep(b byte) {
	if len(c.text) >= MaxRecord {
		c.long = true
		return
	}
	c.text = append(c.text, b)
}

func (c *CSV) cellStart() int {
	if len(c.ends) == 0 {
		return 0
	}
	return c.ends[len(c.ends)-1]
}

func (c *CSV) endCell() place {
	if len(c.ends) < maxCells {
		c.ends = append(c.ends, len(c.text))
	}
	return atStart
}

func (c *CSV) endRecord(b byte) place {
	c.lineEnd(b)
	c.endCell()
	return done
}

// split makes the cells out of text, with one allocation a record.
func (c *CSV) split() {
	if c.long {
		c.text = bytes.ToValidUTF8(c.text, nil) // the cut may be inside a character
	}
	all, start := string(c.text), 0
	c.cells = c.cells[:0]
	for _, end := range c.ends {
		end = min(end, len(all))
		c.cells = append(c.cells, all[start:end])
		start = end
	}
}

// rawLine goes back to where a record began and takes its first line, quotes being text.
func (c *CSV) rawLine(start int64) {
	c.seek(start)
	c.text, c.ends, c.long = c.text[:0], c.ends[:0], false
	for {
		c.run(c.cellEnds)
		b, ok := c.next()
		switch {
		case !ok || b == '\n' || b == '\r':
			c.lineEnd(b)
			c.endCell()
			c.split()
			return
		case b == c.delimiter && len(c.ends) < maxCells-1:
			c.endCell()
		default:
			c.keep(b)
		}
	}
}
