package sheet

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"unicode/utf8"

	"github.com/occ/contacts/pkg/problem"
)

// NotUTF8 is the code of a file in another encoding, or of a binary one.
const NotUTF8 problem.Code = "not_utf8"

// What to do about a file in another encoding.
const (
	saveCSV  = `Save it as "CSV UTF-8" and import that file.`
	saveJSON = "Save it in UTF-8 and import that file."
)

// CheckUTF8 reads a text file whole and returns a NotUTF8 problem with the place of the first byte that is not UTF-8
// text: a byte of another encoding, or NUL, which only binary files hold.
func CheckUTF8(file io.Reader) error { return checkText(file, saveCSV) }

// CheckJSON does the same for a JSON file. Whether it is JSON, NewJSON says.
func CheckJSON(file io.Reader) error { return checkText(file, saveJSON) }

func checkText(file io.Reader, remedy string) error {
	check := textCheck{remedy: remedy, line: 1}
	buffer := make([]byte, 64<<10)
	kept := 0 // bytes of a character that the last read cut
	for {
		n, err := file.Read(buffer[kept:])
		block := buffer[:kept+n]
		ended := errors.Is(err, io.EOF)
		if err != nil && !ended {
			return err
		}
		used, fault := check.block(block, ended)
		if fault != nil {
			return fault
		}
		if ended {
			return nil
		}
		kept = copy(buffer, block[used:])
	}
}

// textCheck is how far a check has come.
type textCheck struct {
	remedy string
	read   int64 // bytes before the block
	line   int
	cr     bool // the last character was CR: an LF belongs to the same line end
}

// block checks the next bytes and returns how many are whole characters.
func (c *textCheck) block(block []byte, last bool) (int, error) {
	if c.read == 0 && (bytes.HasPrefix(block, []byte("\xff\xfe")) || bytes.HasPrefix(block, []byte("\xfe\xff"))) {
		return 0, problem.New(NotUTF8, "The file is in UTF-16, as its first two bytes say (line 1, byte 1), not in UTF-8. %s", c.remedy)
	}
	used := 0
	for used < len(block) {
		b := block[used]
		if b < utf8.RuneSelf {
			if b == 0 {
				return 0, problem.New(NotUTF8, "Line %d holds a NUL at byte %d of the file: it is a binary file or in UTF-16, not text in UTF-8. %s", c.line, c.read+int64(used)+1, c.remedy)
			}
			c.count(b)
			used++
			continue
		}
		if !last && !utf8.FullRune(block[used:]) {
			break
		}
		r, size := utf8.DecodeRune(block[used:])
		if r == utf8.RuneError && size == 1 {
			return 0, problem.New(NotUTF8, "Line %d is not in UTF-8: byte %d of the file is 0x%02X, which looks like another encoding. %s", c.line, c.read+int64(used)+1, b, c.remedy)
		}
		c.cr = false
		used += size
	}
	c.read += int64(used)
	return used, nil
}

// locate is the line and the character in it, each from 1, of the byte behind the first n of a file in UTF-8.
func locate(file io.Reader, n int64) (line, column int, err error) {
	before := bufio.NewReader(io.LimitReader(file, n))
	check := textCheck{line: 1}
	for column = 1; ; column++ {
		r, _, err := before.ReadRune()
		if errors.Is(err, io.EOF) {
			return check.line, column, nil
		} else if err != nil {
			return 0, 0, err
		}
		switch {
		case r == '\n' || r == '\r':
			check.count(byte(r))
			column = 0
		case r == '\ufeff' && check.line == 1 && column == 1: // the byte order mark
			column--
		default:
			check.cr = false
		}
	}
}

// count counts lines ended by LF, CR or both.
func (c *textCheck) count(b byte) {
	if b == '\r' || b == '\n' && !c.cr {
		c.line++
	}
	c.cr = b == '\r'
}
