package importing

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/phone"
	"github.com/occ/contacts/pkg/problem"
	"github.com/occ/contacts/pkg/sheet"
	"github.com/occ/contacts/pkg/sheet/cell"
)

// tester is a test, or one round of a property.
type tester interface {
	Helper()
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
}

// clock moves only when a test says so.
type clock struct {
	guard sync.Mutex
	at    time.Time
}

func (c *clock) now() time.Time {
	c.guard.Lock()
	defer c.guard.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.guard.Lock()
	defer c.guard.Unlock()
	c.at = c.at.Add(d)
}

const (
	demo = "demo"
	// retry is the visibility time-out of the queue; an import stands still after twice as long.
	retry       = 30 * time.Second
	maxReceives = 3
)

var dawn = time.Date(2026, 1, 2, 3, 4, 5, 678_000_000, time.UTC)

// world is everything around imports: storage, queue, functions, and the time.
type world struct {
	*memory
	clock
	t       tester
	region  string // the workspace's
	parser  *Parser
	writer  *Writer
	sweeper *Sweeper
	service *Service
}

var csvFormat = Format{
	Check: sheet.CheckUTF8,
	Open:  func(file File) (Records, error) { return sheet.NewCSV(file) },
}

var jsonFormat = Format{
	Check: sheet.CheckJSON,
	Open:  func(file File) (Records, error) { return sheet.NewJSON(file) },
}

func newWorld(t tester) *world {
	w := &world{memory: newMemory(), clock: clock{at: dawn}, t: t}
	finisher := NewFinisher(w, w, w.now)
	w.writer = NewWriter(w, w, w, finisher, maxReceives, w.now)
	w.parser = NewParser(ParserDeps{
		Imports: w, Chunks: w, Files: w, Queue: w, Formats: map[string]Format{"csv": csvFormat, "json": jsonFormat},
		Limits:     Limits{UploadBytes: 5 << 20, UploadRows: 1000, DropBytes: 2 << 20, DropRows: 2000},
		Region:     func(context.Context, string) (string, error) { return w.region, nil },
		ParsePhone: phone.Parse, ValidRegion: phone.ValidRegion, Finisher: finisher, Writer: w.writer, Now: w.now,
	})
	w.sweeper = NewSweeper(w.parser, w, arrivalsIn, retry)
	w.service = NewService(w, w, w, []string{"csv"}, 5<<20, phone.ValidRegion, w.now)
	return w
}

// arrivalsIn reads a failed call, which event left.
func arrivalsIn(body []byte) (arrivals []Arrival, err error) {
	return arrivals, json.Unmarshal(body, &arrivals)
}

// put lays an object into the uploads bucket, as its next version.
func (w *world) put(key, body string, metadata map[string]string) Arrival {
	w.mu.Lock()
	defer w.mu.Unlock()
	place := uploadsBucket + "/" + key
	version := fmt.Sprintf("v%d", len(w.uploads[place])+1)
	w.uploads[place] = append(w.uploads[place], upload{version: version, body: body, metadata: metadata})
	return Arrival{Bucket: uploadsBucket, Key: key, Version: version}
}

// remove deletes every version of an object.
func (w *world) remove(key string) {
	place := uploadsBucket + "/" + key
	for i := range w.uploads[place] {
		w.uploads[place][i].deleted = true
	}
}

// arrived calls import-parse once.
func (w *world) arrived(arrival Arrival) (Parsed, error) {
	return w.parser.Arrived(invocation(), arrival)
}

// event calls import-parse as S3's event does: up to three times, then it lies in the failure destination.
func (w *world) event(arrival Arrival) {
	for range 3 {
		if _, err := w.arrived(arrival); err == nil {
			return
		}
	}
	body, _ := json.Marshal([]Arrival{arrival})
	w.failed = append(w.failed, FailedCall{Body: body, Receipt: fmt.Sprintf("receipt %d", len(w.failed)+len(w.hidden))})
}

// resume lets the runs begin that were asked for, each as Lambda's asynchronous calls do: up to three times.
func (w *world) resume() {
	starts := w.starts
	w.starts = nil
	for _, ref := range starts {
		for range 3 {
			if _, err := w.parser.Resume(invocation(), ref); err == nil {
				break
			}
		}
	}
}

// handle calls import-write with one message. A row that kills the worker ends it.
func (w *world) handle(m message) (done Written, err error) {
	defer func() {
		if cause := recover(); cause == errDied { //nolint:errorlint // the very panic of a lethal row
			err = errDied
		} else if cause != nil {
			panic(cause)
		}
	}()
	return w.writer.Handle(invocation(), Delivery{Body: m.body, Receives: m.receives, Dead: m.dead, PutBack: m.putBack && m.receives == 1})
}

// deliver hands the ith message to the writer. What fails comes back, after maxReceives times as a dead letter; what
// a busy service kept from being dealt with is put back as a new message.
func (w *world) deliver(i int) error {
	m := w.messages[i]
	w.messages = slices.Delete(w.messages, i, i+1)
	m.receives++
	_, err := w.handle(m)
	if err != nil {
		if m.putBack = problem.CodeOf(err) == problem.Unavailable; m.putBack {
			m.receives = 0
		} else if !m.dead && m.receives >= w.writer.maxReceives {
			m.dead, m.receives = true, 0
		}
		w.messages = append(w.messages, m)
	}
	return err
}

// deliverAll delivers until nothing waits.
func (w *world) deliverAll() {
	w.t.Helper()
	for round := 0; len(w.messages) > 0; round++ {
		if round > 1000 {
			w.t.Fatalf("messages never end: %s", w.messages[0].body)
		}
		_ = w.deliver(0)
	}
}

// sweep lets the patience with standing imports pass, and sweeps. Failed calls that were not taken up come back.
func (w *world) sweep() Swept {
	w.pass(2*retry + time.Second)
	w.failed, w.hidden = append(w.failed, w.hidden...), nil
	done, err := w.sweeper.Sweep(invocation())
	done.Failed = append(done.Failed, err)
	return done
}

// settle delivers and sweeps until no import is at work.
func (w *world) settle() {
	w.t.Helper()
	for range 50 {
		w.resume()
		w.deliverAll()
		if len(w.failed)+len(w.hidden) == 0 && !slices.ContainsFunc(w.all(), func(job Import) bool {
			return job.Status.Open() && job.Status != AwaitingUpload && job.Status != AwaitingMapping
		}) {
			return
		}
		w.sweep()
	}
	w.t.Fatalf("no end in sight: %+v", w.all())
}

// all are the imports, those of one name after the other.
func (w *world) all() (jobs []Import) {
	for _, job := range w.imports {
		jobs = append(jobs, job)
	}
	slices.SortFunc(jobs, func(a, b Import) int { return strings.Compare(a.Key+a.ObjectVersion, b.Key+b.ObjectVersion) })
	return jobs
}

// importFile drops a file and waits for the end of its import.
func (w *world) importFile(mode OnDuplicate, lines ...string) Import {
	w.t.Helper()
	arrival := w.put(demo+"/drop/people.csv", strings.Join(lines, "\n"), map[string]string{metaOnDuplicate: string(mode)})
	if _, err := w.arrived(arrival); err != nil {
		w.t.Fatalf("%v", err)
	}
	w.settle()
	job := w.imports[w.refOf(arrival)]
	w.checkEnd(job)
	return job
}

func (w *world) refOf(arrival Arrival) Ref {
	return Ref{targetOf(arrival.Key).workspace, NewImportID(arrival.Bucket, arrival.Key, arrival.Version)}
}

// checkEnd demands what holds at the end of every import.
func (w *world) checkEnd(job Import) {
	w.t.Helper()
	sum := job.Totals.Created + job.Totals.Updated + job.Totals.Skipped + job.Totals.Failed
	if job.Status.Open() || job.Status != Failed && (sum != job.Totals.Rows || sum != job.Totals.Processed) || job.FinishedAt.IsZero() {
		w.t.Errorf("%s with %+v, finished at %s", job.Status, job.Totals, job.FinishedAt)
	}
	if _, reported := w.work[ReportKey(Ref{job.Workspace, job.ID})]; reported != (job.Totals.Skipped+job.Totals.Failed > 0) || reported != job.HasReport {
		w.t.Errorf("%+v, report %v, said to be there %v", job.Totals, reported, job.HasReport)
	}
}

// report returns the records of an import's report, the header first.
func (w *world) report(job Import) (records [][]string) {
	w.t.Helper()
	text, marked := strings.CutPrefix(string(w.work[ReportKey(Ref{job.Workspace, job.ID})]), cell.BOM)
	records, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || job.HasReport && !marked {
		w.t.Fatalf("the report cannot be read: %v, byte order mark %v", err, marked)
	}
	return records
}

// reasons are the reported rows, each as "row outcome code".
func (w *world) reasons(job Import) (reasons []string) {
	w.t.Helper()
	for i, record := range w.report(job) {
		if i > 0 {
			reasons = append(reasons, strings.Join(record[len(job.Columns):][:3], " "))
		}
	}
	return reasons
}

// know stores contacts that are there before an import.
func (w *world) know(contacts ...contact.Contact) {
	for _, c := range contacts {
		c.Workspace, c.Version, c.CreatedAt, c.UpdatedAt = demo, 1, dawn.Add(-time.Hour), dawn.Add(-time.Hour)
		w.keep(c)
	}
}

// named returns the contacts of a name.
func (w *world) named(name string) (found []contact.Contact) {
	for _, c := range w.contacts {
		if c.Name == name {
			found = append(found, c)
		}
	}
	return found
}
