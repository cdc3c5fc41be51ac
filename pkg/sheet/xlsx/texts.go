package xlsx

import (
	"bufio"
	"encoding/binary"
	"errors"
	"os"
	"slices"
	"syscall"

	"github.com/occ/contacts/pkg/problem"
	"github.com/occ/contacts/pkg/sheet"
	"github.com/occ/contacts/pkg/sheet/xmlscan"
)

const (
	// inMemory is how many bytes of shared texts are kept in memory. More of them lie on temporary disk.
	inMemory = 4 << 20
	// groupTexts and groupBytes bound the texts that share an entry of the index: a lookup walks over those before it
	// in the group, on at most two pages.
	groupTexts = 64
	groupBytes = pageBytes
	pageBytes  = 4 << 10
	pageCount  = 1 << 10
)

// texts are the shared texts of a workbook, by number. Each is stored as its length (a varint) and its bytes.
type texts struct {
	count  int
	groups []group // of texts that share an entry of the index
	size   int64   // of all that was stored
	left   int64   // how many bytes of them cells may still say
	memory []byte  // all of it, until there is too much
	length []byte  // of the text that was added last, as it is stored

	file  *os.File // already removed from its folder
	out   *bufio.Writer
	pages []page // of the file, each at its number modulo pageCount

	next       int   // the text behind the one that was looked up last: texts are mostly used in order
	nextOffset int64 // where it begins
}

// group is where some texts that follow each other begin.
type group struct {
	first  int   // number of the first
	offset int64 // where it begins
}

type page struct {
	number int64 // from 1; 0 when the page holds nothing
	bytes  []byte
}

// readTexts reads the shared texts. A workbook without them has no such part.
func (a *archive) readTexts(name string) (*texts, error) {
	t := &texts{left: a.limit}
	if !a.has(name) {
		return t, nil
	}
	in, err := a.open(name)
	if err != nil {
		return nil, err
	}
	scan, text := xmlscan.New(in), []byte(nil)
	for kind := scan.Next(); kind != xmlscan.EOF; kind = scan.Next() {
		if kind != xmlscan.Start || string(scan.Name()) != "si" {
			continue
		}
		text = appendRichText(text[:0], scan)
		if err := t.add(text); err != nil {
			return nil, errors.Join(err, t.close())
		}
	}
	err = scanError(scan, name)
	if err == nil {
		err = t.finish()
	}
	if err != nil {
		return nil, errors.Join(err, t.close())
	}
	return t, nil
}

// appendRichText reads the texts inside the element that started, without readings in another script (rPh). It keeps
// little more than a record may have.
func appendRichText(text []byte, scan *xmlscan.Scanner) []byte {
	for depth := scan.Depth(); scan.Depth() >= depth; {
		switch kind := scan.Next(); {
		case kind == xmlscan.EOF:
			return text
		case kind != xmlscan.Start:
		case string(scan.Name()) == "rPh":
			scan.Skip()
		case string(scan.Name()) == "t":
			start := len(text)
			text = appendText(text, scan)
			text = append(text[:start], unescape(text[start:])...)
		}
	}
	return text
}

// appendText reads the text of the element that started.
func appendText(text []byte, scan *xmlscan.Scanner) []byte {
	for {
		switch scan.Next() {
		case xmlscan.Text:
			if len(text) <= sheet.MaxRecord {
				text = append(text, scan.Text()...)
			}
		case xmlscan.Start:
			scan.Skip()
		default:
			return text
		}
	}
}

func (t *texts) add(text []byte) error {
	if len(text) > sheet.MaxRecord {
		text = text[:sheet.MaxRecord+1] // still more than a record may have
	}
	last := len(t.groups) - 1
	if last < 0 || t.count-t.groups[last].first == groupTexts || t.size-t.groups[last].offset >= groupBytes {
		t.groups = append(t.groups, group{t.count, t.size})
	}
	t.count++
	t.length = binary.AppendUvarint(t.length[:0], uint64(len(text)))
	t.size += int64(len(t.length) + len(text))
	if t.out == nil && t.size <= inMemory {
		t.memory = append(append(t.memory, t.length...), text...)
		return nil
	}
	if err := t.spill(); err != nil {
		return err
	}
	_, err := t.out.Write(t.length)
	if err == nil {
		_, err = t.out.Write(text)
	}
	return diskFault(err)
}

// spill moves the texts to temporary disk, once.
func (t *texts) spill() error {
	if t.out != nil {
		return nil
	}
	file, err := os.CreateTemp("", "xlsx-*")
	if err != nil {
		return err
	}
	t.file, t.out, t.pages = file, bufio.NewWriterSize(file, 64<<10), make([]page, pageCount)
	_, err = t.out.Write(t.memory)
	t.memory = nil
	return errors.Join(diskFault(err), os.Remove(file.Name()))
}

func (t *texts) finish() error {
	if t.out == nil {
		return nil
	}
	return diskFault(t.out.Flush())
}

// diskFault tells a disk that is full, which trying again does not help.
func diskFault(err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return problem.New(
			problem.FileTooLarge,
			"The texts of the file need more room than there is. Split it into smaller files.",
		)
	}
	return err
}

// close gives the disk back.
func (t *texts) close() error {
	if t == nil || t.file == nil {
		return nil
	}
	return t.file.Close()
}

// find returns where a text begins, by its number, which is less than count, and its length.
func (t *texts) find(number int) (offset, length int64, err error) {
	at, offset := t.next, t.nextOffset
	if g := t.groupOf(number); at > number || at < g.first {
		at, offset = g.first, g.offset
	}
	for ; ; at++ {
		length, width, err := t.lengthAt(offset)
		if err != nil {
			return 0, 0, err
		}
		offset += width
		if at == number {
			t.next, t.nextOffset = number+1, offset+length
			return offset, length, nil
		}
		offset += length
	}
}

// groupOf is the group of a text.
func (t *texts) groupOf(number int) group {
	behind, _ := slices.BinarySearchFunc(t.groups, number+1, func(g group, number int) int { return g.first - number })
	return t.groups[behind-1]
}

// lengthAt reads the length of the text whose entry begins at offset, and how many bytes it takes itself.
func (t *texts) lengthAt(offset int64) (length, width int64, err error) {
	view, err := t.view(offset)
	if value, n := binary.Uvarint(view); err == nil && n > 0 {
		return int64(value), int64(n), nil //nolint:gosec // at most MaxRecord + 1
	}
	entry, err := t.copy(nil, offset, min(binary.MaxVarintLen32, t.size-offset)) // a page ends inside it
	value, n := binary.Uvarint(entry)
	return int64(value), int64(n), err //nolint:gosec // at most MaxRecord + 1
}

func (t *texts) copy(into []byte, offset, length int64) ([]byte, error) {
	for length > 0 {
		view, err := t.view(offset)
		if err != nil {
			return into, err
		}
		view = view[:min(int64(len(view)), length)]
		into = append(into, view...)
		offset, length = offset+int64(len(view)), length-int64(len(view))
	}
	return into, nil
}

// view returns what is stored from offset on, as much of it as lies together.
func (t *texts) view(offset int64) ([]byte, error) {
	if t.file == nil {
		return t.memory[offset:], nil
	}
	number := offset/pageBytes + 1
	p := &t.pages[number%pageCount]
	if p.number != number {
		if p.bytes == nil {
			p.bytes = make([]byte, pageBytes)
		}
		p.number = 0
		start := (number - 1) * pageBytes
		p.bytes = p.bytes[:min(pageBytes, t.size-start)]
		if _, err := t.file.ReadAt(p.bytes, start); err != nil {
			return nil, err
		}
		p.number = number
	}
	return p.bytes[offset%pageBytes:], nil
}
