package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
	"time"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/importing"
	"github.com/occ/contacts/pkg/phone"
	"github.com/occ/contacts/pkg/sheet"
	"github.com/occ/contacts/pkg/sheet/xlsx"
)

const (
	parseRows   = 100_000
	parseRounds = 3
	parseLeast  = 0.60 // of the floor
)

// format is a format of files that is measured.
type format struct {
	name  string           // as files end
	read  importing.Format // as functions/import-parse has it
	write writePeople
	floor func(file *os.File) (rows int, err error)
}

var formats = []format{
	{"csv", importing.Format{Check: sheet.CheckUTF8, Open: func(f importing.File) (importing.Records, error) { return sheet.NewCSV(f) }}, peopleCSV, floorCSV},
	{"xlsx", importing.Format{Open: func(f importing.File) (importing.Records, error) { return xlsx.Open(f, f.Size, f.MaxInflated) }}, peopleXLSX, floorXLSX},
	{"json", importing.Format{Check: sheet.CheckJSON, Open: func(f importing.File) (importing.Records, error) { return sheet.NewJSON(f) }}, peopleJSON, floorJSON},
}

// parsing measures rows a second from a file on disk to the messages of its chunks, beside the floor of its format. Both take turns;
// the medians are compared.
func (b *bench) parsing(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "contacts-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // temporary
	fmt.Printf("parsing of %d rows of %d columns, survey to chunk messages, one phone a row, median of %d:\n", parseRows, allColumns, parseRounds)
	for _, f := range formats {
		path, err := peopleFile(dir, f.name, f.write, allColumns, parseRows)
		if err != nil {
			return err
		}
		var took, floors []time.Duration
		for range parseRounds {
			floor, err := timed(func() error { return f.runFloor(path) })
			if err != nil {
				return fmt.Errorf("floor of %s: %w", f.name, err)
			}
			ours, err := timed(func() error { return f.parse(ctx, path) })
			if err != nil {
				return fmt.Errorf("parse %s: %w", f.name, err)
			}
			took, floors = append(took, ours), append(floors, floor)
		}
		ours, floor := median(took).Seconds(), median(floors).Seconds()
		fmt.Printf("  %-4s %7.0f rows/s, floor %7.0f rows/s, %s\n", f.name, parseRows/ours, parseRows/floor,
			b.atLeast("parsing of "+f.name, floor/ours, parseLeast))
	}
	return nil
}

// timed runs something on a heap that holds nothing of what ran before.
func timed(do func() error) (time.Duration, error) {
	runtime.GC()
	began := time.Now()
	err := do()
	return time.Since(began), err
}

func (f format) runFloor(path string) error {
	file, err := os.Open(path) //nolint:gosec // our own
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // only read
	rows, err := f.floor(file)
	if err == nil && rows != parseRows {
		err = fmt.Errorf("%d rows of %d", rows, parseRows)
	}
	return err
}

// parse does what import-parse does with a file, but for queue and storage.
func (f format) parse(ctx context.Context, path string) error {
	desk := &desk{path: path}
	finisher := importing.NewFinisher(desk, desk, time.Now)
	parser := importing.NewParser(importing.ParserDeps{
		Imports: desk, Files: desk, Queue: desk, Limits: importing.Limits{DropBytes: 1 << 30, DropRows: parseRows},
		Formats: map[string]importing.Format{f.name: f.read},
		Region:  func(context.Context, string) (string, error) { return "", nil }, ParsePhone: phone.Parse, ValidRegion: phone.ValidRegion,
		Finisher: finisher, Now: time.Now,
	})
	parsed, err := parser.Arrived(ctx, importing.Arrival{Bucket: "bench", Key: "bench/drop/people." + f.name, Version: "1"})
	if err != nil {
		return err
	}
	if parsed.Status != importing.Processing || parsed.Rows != parseRows || desk.sent != parsed.Sent || desk.judged > 0 {
		return fmt.Errorf("%d messages arrived of %+v, %d with rows that were refused", desk.sent, parsed, desk.judged)
	}
	return nil
}

// desk is all that a parser needs around it: one import's record, its file, a queue that only counts. What a parse that runs through does
// not call is not there.
type desk struct {
	importing.ImportStore
	importing.FileStore
	path string
	job  importing.Import

	mu           sync.Mutex
	sent, judged int // messages
}

func (d *desk) CreateImport(_ context.Context, job importing.Import, _ *contact.Once) error {
	d.job = job
	return nil
}

func (d *desk) Import(context.Context, importing.Ref) (importing.Import, error) { return d.job, nil }

func (d *desk) UpdateImport(_ context.Context, job importing.Import) (importing.Import, error) {
	job.Version++
	d.job = job
	return job, nil
}

func (d *desk) Counted(context.Context, importing.Ref) (importing.Totals, error) {
	return importing.Totals{}, nil
}

func (d *desk) Head(context.Context, string, string, string) (importing.Object, error) {
	info, err := os.Stat(d.path)
	if err != nil {
		return importing.Object{}, err
	}
	return importing.Object{Size: info.Size(), Version: "1"}, nil
}

func (d *desk) Download(_ context.Context, _, _, _ string, w io.Writer) error {
	file, err := os.Open(d.path)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, file)
	return errors.Join(err, file.Close())
}

// Send is called by several senders at once.
func (d *desk) Send(_ context.Context, messages [][]byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sent += len(messages)
	for _, message := range messages {
		if bytes.Contains(message, []byte(`"verdict":`)) {
			d.judged++
		}
	}
	return nil
}
