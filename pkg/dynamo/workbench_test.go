package dynamo

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/occ/contacts/pkg/importing"
)

// workbench drives imports and undos on a store as the functions do; files and messages lie in memory, uploads are gone.
type workbench struct {
	importing.FileStore

	t     testing.TB
	store *Store
	mu    sync.Mutex
	work  map[string][]byte
	sent  [][]byte
	at    time.Time
}

func workbenchOn(t testing.TB, s *Store) *workbench {
	return &workbench{t: t, store: s, work: map[string][]byte{}, at: time.Now().UTC().Truncate(time.Millisecond)}
}

func (w *workbench) now() time.Time { return w.at }

func (w *workbench) PutWork(_ context.Context, key string, body []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.work[key] = slices.Clone(body)
	return nil
}

func (w *workbench) GetWork(_ context.Context, key string) ([]byte, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.work[key], nil
}

func (w *workbench) ListWork(_ context.Context, prefix string) (keys []string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for key := range w.work {
		if strings.HasPrefix(key, prefix) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys, nil
}

func (w *workbench) WriteWork(ctx context.Context, key, _ string, body io.Reader) error {
	text, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	return w.PutWork(ctx, key, text)
}

func (w *workbench) Download(context.Context, string, string, string, io.Writer) error {
	return importing.ErrNoObject
}

func (w *workbench) Send(_ context.Context, messages [][]byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sent = append(w.sent, messages...)
	return nil
}

// on is the writer by way of another transport, or of none.
func (w *workbench) on(transport http.RoundTripper) (*importing.Parser, *importing.Writer) {
	s := w.store
	if transport != nil {
		s = s.through(transport)
	}
	finisher := importing.NewFinisher(s, w, w.now)
	writer := importing.NewWriter(s, s, w, finisher, 3, w.now)
	return importing.NewParser(importing.ParserDeps{Imports: s, Chunks: s, Files: w, Queue: w, Finisher: finisher, Writer: writer, Now: w.now}), writer
}

// imported writes rows in chunks of a hundred, as an import of that id.
func (w *workbench) imported(id string, rows ...importing.Row) importing.Ref {
	w.t.Helper()
	job := importing.Import{
		Workspace: ws, ID: id, Status: importing.Processing, Source: importing.FromBucket, Format: "csv", OnDuplicate: importing.UpdateKnown,
		Columns: []string{"name"}, CreatedBy: "bucket", CreatedAt: w.at, StartedAt: w.at, ProgressAt: w.at, Totals: importing.Totals{Rows: len(rows)},
	}
	if err := w.store.CreateImport(ctx, job, nil); err != nil {
		w.t.Fatal(err)
	}
	_, writer := w.on(nil)
	for number := 0; len(rows) > 0; number++ {
		chunk := importing.Chunk{Schema: 1, Workspace: ws, Import: id, Number: number, OnDuplicate: importing.UpdateKnown, CreatedAt: w.at, Rows: rows[:min(len(rows), 100)]}
		rows = rows[len(chunk.Rows):]
		body, err := json.Marshal(chunk)
		if err != nil {
			w.t.Fatal(err)
		}
		if _, err := writer.Handle(ctx, importing.Delivery{Body: body, Receives: 1}); err != nil {
			w.t.Fatal(err)
		}
	}
	ref := importing.Ref{Workspace: ws, ID: id}
	if job, err := w.store.Import(ctx, ref); err != nil || job.Status != importing.Completed {
		w.t.Fatalf("%+v, %v", job, err)
	}
	return ref
}

// begun starts an undo and returns its messages.
func (w *workbench) begun(ref importing.Ref) [][]byte {
	w.t.Helper()
	service := importing.NewService(w.store, nil, nil, nil, 0, nil, w.now)
	if _, err := service.Undo(ctx, ref); err != nil {
		w.t.Fatal(err)
	}
	w.sent = nil
	parser, _ := w.on(nil)
	if _, err := parser.Resume(ctx, ref); err != nil {
		w.t.Fatal(err)
	}
	return w.sent
}

// undone undoes an import by way of a transport and returns it as it then is.
func (w *workbench) undone(ref importing.Ref, transport http.RoundTripper) importing.Import {
	w.t.Helper()
	messages := w.begun(ref)
	_, writer := w.on(transport)
	for _, message := range messages {
		if _, err := writer.Handle(ctx, importing.Delivery{Body: message, Receives: 1}); err != nil {
			w.t.Fatal(err)
		}
	}
	return w.ended(ref)
}

func (w *workbench) ended(ref importing.Ref) importing.Import {
	w.t.Helper()
	job, err := w.store.Import(ctx, ref)
	if err != nil || job.Status != importing.Undone {
		w.t.Fatalf("%+v, %v", job, err)
	}
	found, err := w.store.Verify(ctx)
	if err != nil || len(found.Breaches) > 0 {
		w.t.Errorf("%q, %v", found.Breaches, err)
	}
	return job
}

// report is what an undo reports, a line a row.
func (w *workbench) report(ref importing.Ref) []string {
	return strings.Split(strings.TrimSpace(string(w.work[importing.ReportKey(ref)])), "\n")[1:]
}

// stored is table contacts without what every write moves.
func stored(t *testing.T, s *Store) map[key]item {
	t.Helper()
	all := map[key]item{}
	for _, it := range everything(t, s, s.tables.Contacts) {
		delete(it, attrWriteID)
		if isContact(it) {
			delete(it, attrVersion)
			delete(it, "updatedAt")
		}
		all[it.key()] = it
	}
	return all
}

func (w *workbench) same(before map[key]item) {
	w.t.Helper()
	t, ok := w.t.(*testing.T)
	if !ok {
		return
	}
	after := stored(t, w.store)
	for k := range before {
		if !reflect.DeepEqual(before[k], after[k]) {
			t.Errorf("%v was %v and is %v", k, before[k], after[k])
		}
	}
	for k := range after {
		if before[k] == nil {
			t.Errorf("%v is left: %v", k, after[k])
		}
	}
}

// BenchmarkUndo undoes an import of 10,000 new contacts, four chunks at once, as one import-write does.
func BenchmarkUndo(b *testing.B) {
	const rows = 10_000
	for range b.N {
		b.StopTimer()
		s := fresh(b)
		w := workbenchOn(b, s)
		all := make([]importing.Row, rows)
		for n := range all {
			all[n] = fileRow(n+2, func(r *importing.Row) { r.Phone = fmt.Sprintf("+2010%08d", n) })
		}
		ref := w.imported("i-1", all...)
		messages := w.begun(ref)
		_, writer := w.on(nil)
		b.StartTimer()
		var workers sync.WaitGroup
		for worker := range 4 {
			workers.Go(func() {
				for n := worker; n < len(messages); n += 4 {
					if _, err := writer.Handle(ctx, importing.Delivery{Body: messages[n], Receives: 1}); err != nil {
						b.Error(err)
					}
				}
			})
		}
		workers.Wait()
		b.StopTimer()
		if job, err := s.Import(ctx, ref); err != nil || job.Undo.Undone != rows {
			b.Errorf("%+v, %v", job, err)
		}
	}
}
