package xlsx

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/flate"
	"errors"
	"hash"
	"hash/crc32"
	"io"
	"io/fs"
	"path"
	"strings"
	"sync/atomic"

	"github.com/occ/contacts/pkg/problem"
)

const (
	// maxParts is how many files a workbook may consist of. Each picture is one, so real ones have hundreds.
	maxParts = 10_000
	// maxDirectory is how many bytes the list of them may have: archive/zip reads it into memory whole.
	maxDirectory = 4 << 20
	// maxRatio is how many times its size a file may inflate that becomes more than largeInflated: sheets of contacts become some ten
	// times as large, bombs a hundred times and more.
	maxRatio      = 40
	largeInflated = 200 << 20
)

// archive is the zip file that a workbook is.
type archive struct {
	parts map[string]*zip.File // by path, in lower case and with slashes: programs do not agree on either
	limit int64                // of bytes that may be inflated
	left  int64                // of the limit
}

func openArchive(file io.ReaderAt, size, limit int64) (*archive, error) {
	head := make([]byte, 8)
	if n, err := file.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	} else if string(head[:n]) == "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" {
		return nil, problem.New(problem.UnsupportedFormat,
			"The file is protected by a password, or it is in the old Excel format (.xls) whatever its name. Open it in Excel, remove the password, %s", remedy)
	}
	directory := &directoryReader{file: file}
	directory.left.Store(maxDirectory)
	listed, err := zip.NewReader(directory, size)
	switch {
	case directory.left.Load() < 0, err == nil && len(listed.File) > maxParts:
		return nil, problem.New(problem.FileTooLarge,
			"The file consists of more than %d parts. Copy the sheet with the contacts into a new workbook and import that one.", maxParts)
	case errors.Is(err, zip.ErrFormat) && !bytes.HasPrefix(head, []byte("PK")):
		return nil, corrupt("The file is no XLSX workbook, whatever its name")
	case err != nil:
		return nil, damaged(err, "")
	}
	directory.left.Store(1 << 62)
	limit = min(limit, max(largeInflated, maxRatio*size))
	a := &archive{parts: make(map[string]*zip.File, len(listed.File)), limit: limit, left: limit}
	declared := uint64(0)
	for _, part := range listed.File {
		if declared += min(part.UncompressedSize64, 1<<62); declared > uint64(limit) { //nolint:gosec // a limit is positive
			return nil, a.tooLarge()
		}
		name := partName(part.Name)
		if _, taken := a.parts[name]; !taken {
			a.parts[name] = part
		}
	}
	return a, a.checkKind()
}

// directoryReader bounds what is read while archive/zip lists the parts.
type directoryReader struct {
	file io.ReaderAt
	left atomic.Int64
}

func (d *directoryReader) ReadAt(into []byte, offset int64) (int, error) {
	if d.left.Add(-int64(len(into))) < 0 {
		return 0, errors.New("xlsx: the list of parts is too long")
	}
	return d.file.ReadAt(into, offset)
}

// checkKind recognises archives that are other kinds of files.
func (a *archive) checkKind() error {
	for name, kind := range map[string]string{
		"xl/workbook.bin": "a binary workbook (.xlsb)", "content.xml": "an OpenDocument file (.ods)", "index/document.iwa": "a Numbers file", "index.zip": "a Numbers file",
	} {
		if a.has(name) {
			return problem.New(problem.UnsupportedFormat, "The file is %s, whatever its name. Open it, %s", kind, remedy)
		}
	}
	return nil
}

func (a *archive) has(name string) bool { return a.parts[name] != nil }

func (a *archive) tooLarge() error {
	return problem.New(problem.FileTooLarge, "The file inflates to more than %d bytes. Split it into smaller files.", a.limit)
}

// partName is a path inside the archive as it is compared.
func partName(name string) string {
	return strings.ToLower(strings.TrimPrefix(path.Clean("/"+strings.ReplaceAll(name, `\`, "/")), "/"))
}

// part is one of the files of an archive, being read. Its errors are problems, but for those of the disk. It inflates by itself,
// because archive/zip goes by the size that the archive declares.
type part struct {
	in      io.Reader
	archive *archive
	listed  *zip.File
	sum     hash.Hash32
	size    uint64 // of what was read
	err     error
}

func (a *archive) open(name string) (*part, error) {
	found := a.parts[name]
	switch {
	case found == nil:
		return nil, corrupt("The file lacks its part %s", name)
	case found.Flags&1 != 0:
		return nil, problem.New(problem.UnsupportedFormat, "The file is protected by a password. Open it, remove the password, %s", remedy)
	}
	in, err := found.OpenRaw()
	switch {
	case err != nil:
		return nil, damaged(err, name)
	case found.Method == zip.Deflate:
		in = flate.NewReader(bufio.NewReaderSize(in, 64<<10))
	case found.Method != zip.Store:
		return nil, damaged(zip.ErrAlgorithm, name)
	}
	return &part{in: in, archive: a, listed: found, sum: crc32.NewIEEE()}, nil
}

// Read implements io.Reader. Sizes in the archive are not trusted: what comes out is counted.
func (p *part) Read(into []byte) (int, error) {
	if p.err != nil {
		return 0, p.err
	}
	n, err := p.in.Read(into)
	p.archive.left -= int64(n)
	p.size += uint64(n) //nolint:gosec // not negative
	p.sum.Write(into[:n])
	switch {
	case p.archive.left < 0:
		p.err = p.archive.tooLarge()
	case errors.Is(err, io.EOF) && (p.size != p.listed.UncompressedSize64 || p.sum.Sum32() != p.listed.CRC32):
		p.err = damaged(zip.ErrChecksum, p.listed.Name)
	case err != nil && !errors.Is(err, io.EOF):
		p.err = damaged(err, p.listed.Name)
	default:
		p.err = err
	}
	return n, p.err
}

// damaged turns an error of reading a part, or the list of parts (no name), into a problem. An error of the disk is none of the file's.
func damaged(err error, name string) error {
	if _, ok := errors.AsType[*fs.PathError](err); ok {
		return err
	}
	fault := corrupt("The file is cut off or damaged")
	if name != "" {
		fault = corrupt("Part %s of the file is cut off or damaged", name)
	}
	fault.Cause = err
	return fault
}
