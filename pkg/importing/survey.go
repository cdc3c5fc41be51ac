package importing

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/occ/contacts/pkg/problem"
)

// surveyed is what is known of a file that was read whole.
type surveyed struct {
	layout
	rows int
}

// survey reads a file whole: encoding, header, number of rows. A *FileError says why it cannot be imported.
func survey(format Format, file File, maxRows int) (surveyed, error) {
	if format.Check != nil {
		if err := format.Check(io.NewSectionReader(file, 0, math.MaxInt64)); err != nil {
			return surveyed{}, fileFault(err)
		}
	}
	records, err := format.Open(file)
	if err != nil {
		return surveyed{}, fileFault(err)
	}
	defer finish(records)
	found := surveyed{}
	if found.layout, err = readHeader(records); err != nil {
		return found, fileFault(err)
	}
	for records.Next() {
		if isRow(records) {
			found.rows++
		}
		if found.rows > maxRows {
			return found, &FileError{TooManyRows, fmt.Sprintf("The file has more than %d rows. Split it into files of at most %d rows each.", maxRows, maxRows)}
		}
	}
	switch lacks := found.missing(); {
	case records.Err() != nil:
		return found, fileFault(records.Err())
	case found.rows == 0:
		return found, &FileError{EmptyFile, "The file has a header but no rows. Add a row for each contact."}
	case lacks != "":
		return found, &FileError{MissingColumns, "The header has no column " + lacks + ". Name the columns as in the template."}
	}
	return found, nil
}

// readHeader reads the first record and recognises its columns.
func readHeader(records Records) (layout, error) {
	if !records.Next() {
		if err := records.Err(); err != nil {
			return layout{}, err
		}
		return layout{}, &FileError{EmptyFile, "The file is empty. Fill in the template and import that file."}
	}
	header := records.Cells()
	switch {
	case len(header) > maxColumns:
		return layout{}, &FileError{TooManyColumns, fmt.Sprintf("The file has %d columns, and %d are the most. Remove those that are not needed.", len(header), maxColumns)}
	case holdsData(header):
		return layout{}, &FileError{NoHeader, "The first row holds an e-mail or a phone and not the names of the columns. Put a row of column names (such as name,email,phone) above it."}
	case records.Fault() != nil:
		return layout{}, &FileError{CorruptFile, "The header (row 1) cannot be read: " + records.Fault().Detail}
	}
	return layoutOf(header), nil
}

// finish closes records that hold something, such as room on the temporary disk.
func finish(records Records) {
	if closer, ok := records.(io.Closer); ok {
		_ = closer.Close()
	}
}

// isRow says that a record is a row: records of only empty cells are none.
func isRow(records Records) bool {
	if records.Fault() != nil {
		return true
	}
	for _, text := range records.Cells() {
		if strings.TrimSpace(text) != "" {
			return true
		}
	}
	return false
}

// fileFault turns a reader's problem into the import's.
func fileFault(err error) error {
	if fault, ok := errors.AsType[*problem.Error](err); ok {
		return &FileError{Code(fault.Code), fault.Detail}
	}
	return err
}
