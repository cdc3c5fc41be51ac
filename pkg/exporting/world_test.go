package exporting

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/problem"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// errDown is what a service answers that is down, or whose answer is lost.
var errDown = errors.New("the service is down")

// world is everything that a Runner works with, in memory. The call number failAt fails, before it does anything or after it did.
type world struct {
	sync.Mutex
	t       *testing.T
	people  []Record
	batch   int
	jobs    map[Ref]Export
	objects map[string][]byte
	uploads map[string]map[int][]byte // by id; nil once completed
	sizes   map[string][]int          // of the parts of uploads
	started []Ref
	clock   time.Time
	slow    time.Duration // of each batch of a walk
	onWalk  func()
	onGet   func(context.Context)
	onPart  func() error

	calls, failAt int
	afterwards    bool
	busy          func() bool // whether a call is refused because its service is busy
}

func newWorld(t *testing.T, people ...Record) *world {
	return &world{t: t, people: people, batch: 3, jobs: map[Ref]Export{}, objects: map[string][]byte{}, uploads: map[string]map[int][]byte{}, sizes: map[string][]int{}, clock: noon}
}

func (w *world) runner() *Runner {
	r := NewRunner(w, w, w, w, 20*time.Second, w.now)
	r.limits = limits{fragment: 2_000, piece: 2, part: 3_000, every: time.Hour}
	return r
}

func (w *world) now() time.Time {
	w.Lock()
	defer w.Unlock()
	return w.clock
}

func (w *world) later(d time.Duration) {
	w.Lock()
	defer w.Unlock()
	w.clock = w.clock.Add(d)
}

// do runs a call, or lets it fail.
func (w *world) do(call func() error) error {
	w.Lock()
	defer w.Unlock()
	w.calls++
	if w.busy != nil && w.busy() {
		return problem.New(problem.Unavailable, "The service is busy.")
	}
	if w.calls != w.failAt {
		return call()
	}
	if w.afterwards {
		_ = call()
	}
	return errDown
}

func (w *world) CountOpenExports(_ context.Context, workspace string, _ int) (open int, err error) {
	w.Lock()
	defer w.Unlock()
	for ref, job := range w.jobs {
		if ref.Workspace == workspace && job.Status.Open() {
			open++
		}
	}
	return open, nil
}

func (w *world) Kept(context.Context, string, *contact.Once) ([]byte, error) { return nil, nil }

func (w *world) CreateExport(_ context.Context, job Export, _ *contact.Once) error {
	return w.do(func() error {
		if _, taken := w.jobs[job.Ref()]; taken {
			return ErrExists
		}
		w.jobs[job.Ref()] = job
		return nil
	})
}

func (w *world) Export(_ context.Context, ref Ref) (job Export, err error) {
	return job, w.do(func() error {
		var found bool
		if job, found = w.jobs[ref]; !found {
			return problem.New(problem.NotFound, "There is no such export.")
		}
		return nil
	})
}

func (w *world) UpdateExport(_ context.Context, job Export) (Export, error) {
	return job, w.do(func() error {
		if w.jobs[job.Ref()].Version != job.Version {
			return ErrStale
		}
		job.Version++
		w.jobs[job.Ref()] = job
		return nil
	})
}

func (w *world) ListExports(context.Context, string, int, string) ([]Export, string, error) {
	return slices.SortedFunc(maps.Values(w.jobs), func(a, b Export) int { return b.CreatedAt.Compare(a.CreatedAt) }), "", nil
}

func (w *world) OpenExports(context.Context) ([]Ref, error) {
	var refs []Ref
	for ref, job := range w.jobs {
		if job.Status.Open() {
			refs = append(refs, ref)
		}
	}
	return refs, nil
}

func (w *world) Walk(_ context.Context, workspace string, _ Selection, after string, visit func([]Record, string) error) error {
	first, _ := strconv.Atoi(cmp.Or(after, "0"))
	for first < len(w.people) {
		time.Sleep(w.slow)
		if w.onWalk != nil {
			w.onWalk()
		}
		next := min(first+w.batch, len(w.people))
		if err := w.do(func() error { return nil }); err != nil {
			return err
		}
		if err := visit(slices.Clone(w.people[first:first+1]), ""); err != nil { // a batch may come in pieces
			return err
		}
		if err := visit(slices.Clone(w.people[first+1:next]), strconv.Itoa(next)); err != nil {
			return err
		}
		first = next
	}
	if workspace == "" {
		w.t.Error("a walk of no workspace")
	}
	return nil
}

func (w *world) PutWork(_ context.Context, key string, body []byte) error {
	return w.do(func() error {
		w.objects[key] = slices.Clone(body)
		return nil
	})
}

func (w *world) GetWork(ctx context.Context, key string) (body []byte, err error) {
	if w.onGet != nil {
		w.onGet(ctx)
	}
	return body, w.do(func() error {
		var found bool
		if body, found = w.objects[key]; !found {
			return ErrNoObject
		}
		return nil
	})
}

func (w *world) ListWork(_ context.Context, prefix string) (keys []string, err error) {
	return keys, w.do(func() error {
		for key := range w.objects {
			if strings.HasPrefix(key, prefix) {
				keys = append(keys, key)
			}
		}
		return nil
	})
}

func (w *world) DeleteWork(_ context.Context, keys []string) error {
	return w.do(func() error {
		for _, key := range keys {
			delete(w.objects, key)
		}
		return nil
	})
}

func (w *world) BeginUpload(context.Context, string, string) (upload string, err error) {
	return upload, w.do(func() error {
		upload = fmt.Sprintf("upload-%d", len(w.uploads))
		w.uploads[upload] = map[int][]byte{}
		return nil
	})
}

func (w *world) UploadPart(_ context.Context, _, upload string, number int, body []byte) (tag string, err error) {
	if w.onPart != nil {
		if err := w.onPart(); err != nil {
			return "", err
		}
	}
	return tag, w.do(func() error {
		parts, there := w.uploads[upload]
		if !there || parts == nil {
			return ErrNoUpload
		}
		parts[number] = slices.Clone(body)
		w.sizes[upload] = append(w.sizes[upload], len(body))
		tag = strconv.Itoa(len(body))
		return nil
	})
}

func (w *world) CompleteUpload(_ context.Context, key, upload string, tags []string) error {
	return w.do(func() error {
		parts := w.uploads[upload]
		if parts == nil {
			return ErrNoUpload
		}
		var whole []byte
		for i, tag := range tags {
			if tag != strconv.Itoa(len(parts[i+1])) {
				return errors.New("a part is another one")
			}
			whole = append(whole, parts[i+1]...)
		}
		if _, there := w.objects[key]; there {
			w.t.Errorf("%s is made twice", key)
		}
		w.objects[key], w.uploads[upload] = whole, nil
		return nil
	})
}

func (w *world) Size(_ context.Context, key string) (size int64, err error) {
	return size, w.do(func() error {
		body, found := w.objects[key]
		if !found {
			return ErrNoObject
		}
		size = int64(len(body))
		return nil
	})
}

func (w *world) StartExport(_ context.Context, ref Ref) error {
	return w.do(func() error {
		w.started = append(w.started, ref)
		return nil
	})
}

func (w *world) PresignDownload(_ context.Context, key, fileName string, life time.Duration) (string, error) {
	return "https://exports.example/" + key + "?name=" + fileName + "&life=" + life.String(), nil
}

// queue makes an export that waits to run.
func (w *world) queue(format Format, selection Selection) Ref {
	job := Export{Workspace: "demo", ID: "e-1", Status: Queued, Source: FromAPI, Format: format, Selection: selection, CreatedBy: "s-1", CreatedAt: noon}
	w.jobs[job.Ref()] = job
	return job.Ref()
}

// person is a contact of many values.
func person(n int) Record {
	record := Record{Contact: contact.Contact{
		Workspace: "demo", ID: fmt.Sprintf("c-%03d", n), Name: fmt.Sprintf("Mona %d", n), Email: fmt.Sprintf("m%d@example.com", n), Phone: fmt.Sprintf("+2010%08d", n),
		Channel: contact.WhatsApp, Labels: []string{"VIP", "new"}, Attributes: map[string]any{"plan": "gold", "seats": float64(n)}, CreatedAt: noon, UpdatedAt: noon, Version: 1,
	}}
	if n%2 == 0 {
		record.Notes = []string{"First", "Second"}
	}
	return record
}

func people(n int) []Record {
	all := make([]Record, n)
	for i := range all {
		all[i] = person(i)
	}
	return all
}
