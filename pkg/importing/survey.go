package importing

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/occ/contacts/pkg/problem"
)

// surveyed is what is known of a file that was read whole.
type surveyed struct {
	header []string
	values *values
	rows   int
}

// survey reads a file whole: encoding, header, number of rows, and what the first of them hold. A *FileError says why it cannot be
// imported. phone says whether a text is a valid phone.
func survey(format Format, file File, maxRows int, phone func(raw string) bool) (surveyed, error) {
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
	if found.header, err = readHeader(records); err != nil {
		return found, fileFault(err)
	}
	found.values = valuesOf(found.header, phone)
	for records.Next() {
		if isRow(records) {
			found.rows++
			if records.Fault() == nil {
				found.values.look(records.Cells())
			}
		}
		if found.rows > maxRows {
			return found, &FileError{TooManyRows, fmt.Sprintf("The file has more than %d rows. Split it into files of at most %d rows each.", maxRows, maxRows)}
		}
	}
	switch {
	case records.Err() != nil:
		return found, fileFault(records.Err())
	case found.rows == 0:
		return found, &FileError{EmptyFile, "The file has a header but no rows. Add a row for each contact."}
	}
	return found, nil
}

// readHeader reads the first record, and refuses one that cannot be a header.
func readHeader(records Records) ([]string, error) {
	if !records.Next() {
		if err := records.Err(); err != nil {
			return nil, err
		}
		return nil, &FileError{EmptyFile, "The file is empty. Fill in the template and import that file."}
	}
	header := records.Cells()
	switch {
	case len(header) > maxColumns:
		return nil, &FileError{TooManyColumns, fmt.Sprintf("The file has %d columns, and %d are the most. Remove those that are not needed.", len(header), maxColumns)}
	case records.Kinds() == nil && holdsData(header): // a key is no data
		return nil, &FileError{NoHeader, "The first row holds an e-mail or a phone and not the names of the columns. Put a row of column names (such as name,email,phone) above it."}
	case records.Fault() != nil:
		return nil, &FileError{CorruptFile, "The header (row 1) cannot be read: " + records.Fault().Detail}
	}
	return slices.Clone(header), nil
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
