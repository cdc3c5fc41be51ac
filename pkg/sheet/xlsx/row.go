package xlsx

import (
	"bytes"
	"strings"

	"github.com/occ/contacts/pkg/problem"
	"github.com/occ/contacts/pkg/sheet"
	"github.com/occ/contacts/pkg/sheet/xmlscan"
)

// readRow reads the cells of the row that started; false when that failed.
func (s *sheetReader) readRow() bool {
	s.column, s.written, s.text, s.filled, s.long = -1, 0, s.text[:0], s.filled[:0], false
	number, numbered := digits(s.scan.Attr("r"))
	if numbered && number > maxRow {
		s.err = corrupt("Sheet %q has a row numbered beyond %d", s.listed.name, maxRow)
		return false
	}
	s.row = max(s.row+1, number) // so that no two rows have the same number, whatever the file says
	for depth := s.scan.Depth(); s.scan.Depth() >= depth; {
		switch kind := s.scan.Next(); {
		case kind == xmlscan.EOF:
			s.end()
			return false
		case kind != xmlscan.Start:
		case string(s.scan.Name()) != "c":
			s.scan.Skip()
		case !s.readCell(!numbered):
			return false
		}
	}
	return true
}

// readCell reads the cell that started; false when that failed. Its place may name the row.
func (s *sheetReader) readCell(naming bool) bool {
	column, row := position(s.scan.Attr("r"))
	if column < 0 {
		column = s.column + 1
	} else if naming && row > s.row && row <= maxRow {
		s.row = row
	}
	s.column = column
	if column >= maxColumns {
		return s.fail("lies beyond the %d columns of a sheet", maxColumns)
	}
	s.written = max(s.written, column+1)
	kind := kindOf(s.scan.Attr("t"))
	if style, _ := digits(s.scan.Attr("s")); kind == numberCell && style < len(s.book.dates) && s.book.dates[style] {
		kind = dateCell
	}
	s.value = s.value[:0]
	for depth := s.scan.Depth(); s.scan.Depth() >= depth; {
		switch next := s.scan.Next(); {
		case next == xmlscan.EOF:
			s.end()
			return false
		case next != xmlscan.Start:
		case string(s.scan.Name()) == "v" && kind != richCell:
			s.value = appendText(s.value[:0], s.scan)
		case string(s.scan.Name()) == "is":
			s.value, kind = appendRichText(s.value[:0], s.scan), richCell
		default:
			s.scan.Skip()
		}
	}
	return len(s.value) == 0 || s.put(kind)
}

// put adds the text of a cell to the row.
func (s *sheetReader) put(kind cellKind) bool {
	start := len(s.text)
	if kind == sharedCell {
		number, ok := digits(bytes.TrimSpace(s.value))
		if !ok || number >= s.book.texts.count {
			return s.fail("refers to a shared text that is not among the %d of the file", s.book.texts.count)
		}
		if !s.putShared(number) {
			return false
		}
	} else {
		s.text = appendValue(s.text, kind, s.value, s.book.date1904)
	}
	if len(s.text) > sheet.MaxRecord {
		s.text, s.long = s.text[:start], true
	}
	s.filled = append(s.filled, filled{s.column, start, len(s.text)})
	return true
}

// putShared adds a shared text to the row, unless it makes the row too long; false when that failed. A file of few
// bytes can name one long text in every cell, so what such cells say counts like what is inflated.
func (s *sheetReader) putShared(number int) bool {
	texts := s.book.texts
	offset, length, err := texts.find(number)
	if err == nil && int64(len(s.text))+length > sheet.MaxRecord {
		s.long = true
		return true
	}
	if texts.left -= length; err == nil && texts.left < 0 {
		err = s.book.tooLarge()
	}
	if err == nil {
		s.text, err = texts.copy(s.text, offset, length)
	}
	s.err = err
	return err == nil
}

// finishRow makes the cells out of the text, up to the last that is not blank, with one allocation a row; false when
// all are. It looks only at the cells that this row and the one before it have: one cell far to the right costs no
// more than one at the left.
func (s *sheetReader) finishRow() bool {
	for _, column := range s.used {
		s.wide[column] = ""
	}
	s.used, s.fault = s.used[:0], nil
	all, count := string(s.text), 0
	for _, at := range s.filled {
		s.widen(at.column + 1)
		s.wide[at.column] = all[at.start:at.end]
		s.used = append(s.used, at.column)
	}
	for _, column := range s.used {
		if column >= count && strings.TrimSpace(s.wide[column]) != "" {
			count = column + 1
		}
	}
	s.cells = s.wide[:count]
	if count == 0 && !s.long {
		return false
	}
	if s.long {
		s.fault = errLong
	}
	return true
}

// errLong is the fault of every row that is too long. Nobody changes it.
var errLong = problem.New(sheet.ValueTooLong,
	"The row has more than %d bytes. Shorten its values, or move some of them to another row.", sheet.MaxRecord)

// widen gives wide at least as many cells.
func (s *sheetReader) widen(columns int) {
	if columns > len(s.wide) {
		s.wide = append(s.wide, make([]string, columns-len(s.wide))...)
	}
}

// position reads the place of a cell, as "C7": column from 0, row from 1. Without a place the column is -1, and
// maxColumns when it lies beyond.
func position(text []byte) (column, row int) {
	i := 0
	for ; i < len(text) && letter(text[i]) > 0; i++ {
		column = min(column*26+letter(text[i]), maxColumns+1)
	}
	row, _ = digits(text[i:])
	return column - 1, row
}

// letter is a letter's place in the alphabet, from 1; 0 for other bytes.
func letter(b byte) int {
	if b |= 'a' - 'A'; b >= 'a' && b <= 'z' {
		return int(b-'a') + 1
	}
	return 0
}

// columnName is how a column from 0 is called.
func columnName(column int) string {
	name := ""
	for column++; column > 0; column = (column - 1) / 26 {
		name = string(rune('A'+(column-1)%26)) + name
	}
	return name
}

// digits reads a whole number; too large ones are maxRow + 1, which is more than anything counts.
func digits(text []byte) (int, bool) {
	number := 0
	for _, b := range text {
		if b < '0' || b > '9' {
			return 0, false
		}
		number = min(number*10+int(b-'0'), maxRow+1)
	}
	return number, len(text) > 0
}
