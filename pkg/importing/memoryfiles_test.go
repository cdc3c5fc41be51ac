package importing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/occ/contacts/pkg/problem"
)

// fault is what becomes of a call.
type fault int

const (
	noFault   fault = iota
	failing         // the service is busy, and nothing is done
	losing          // it is done, but the answer is an error
	dying           // the process ends before it is done
	dyingThen       // the process ends when it is done
	outdated        // somebody else seems to have been faster; other calls than conditional writes fail
	broken          // an error that does not pass by itself
	full            // the temporary disk has no room
)

var (
	errBusy = problem.New(problem.Unavailable, "The storage is busy.")
	errDied = errors.New("the process ended")
	errWorn = errors.New("the storage is broken")
)

// process is one invocation of a function. Once it ended, what its code still calls has no effect.
type process struct{ ended atomic.Bool }

type processKey struct{}

// invocation is the context of a new process.
func invocation() context.Context {
	return context.WithValue(context.Background(), processKey{}, &process{})
}

// do is a call: effect happens under the lock, unless a fault strikes.
func (m *memory) do(ctx context.Context, call string, effect func() error) error {
	p, known := ctx.Value(processKey{}).(*process)
	must(known, "%s is called with another context than the process's", call)
	if p.ended.Load() {
		return errDied
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	struck := noFault
	if m.strike != nil {
		m.striking.Lock()
		struck = m.strike(call)
		m.striking.Unlock()
	}
	switch struck {
	case dying:
		p.ended.Store(true)
		return errDied
	case failing:
		return errBusy
	case broken:
		return errWorn
	case full:
		return &fs.PathError{Op: "write", Path: "/tmp/import-1", Err: syscall.ENOSPC}
	case outdated:
		if slices.Contains([]string{"UpdateImport", "Commit", "MarkTrying", "Close", "SaveUndo", "CountUndo", "RemoveImported", "RestoreImported"}, call) {
			return ErrStale
		}
		return errBusy
	}
	m.mu.Lock()
	err := effect()
	m.mu.Unlock()
	switch struck {
	case dyingThen:
		p.ended.Store(true)
		return errDied
	case losing:
		return errBusy
	}
	return err
}

// upload is one version of an object of the uploads bucket.
type upload struct {
	version  string
	body     string
	metadata map[string]string
	deleted  bool
}

const uploadsBucket = "uploads"

// find returns a version of an uploaded object, the latest one for an empty version.
func (m *memory) find(bucket, key, version string) (upload, error) {
	if bucket == "" {
		bucket = uploadsBucket
	}
	for _, u := range slices.Backward(m.uploads[bucket+"/"+key]) {
		if (version == "" || version == u.version) && !u.deleted {
			return u, nil
		}
	}
	return upload{}, fmt.Errorf("read %s: %w", key, ErrNoObject)
}

func (m *memory) Download(ctx context.Context, bucket, key, version string, w io.Writer) error {
	return m.do(ctx, "Download", func() error {
		found, err := m.find(bucket, key, version)
		if err == nil {
			_, err = io.WriteString(w, found.body)
		}
		return err
	})
}

func (m *memory) Head(ctx context.Context, bucket, key, version string) (object Object, err error) {
	err = m.do(ctx, "Head", func() error {
		found, err := m.find(bucket, key, version)
		object = Object{Size: int64(len(found.body)), Version: found.version, Metadata: found.metadata}
		return err
	})
	return object, err
}

func (m *memory) PutWork(ctx context.Context, key string, body []byte) error {
	return m.do(ctx, "PutWork", func() error {
		m.work[key] = slices.Clone(body)
		return nil
	})
}

func (m *memory) GetWork(ctx context.Context, key string) (body []byte, err error) {
	err = m.do(ctx, "GetWork", func() error {
		var found bool
		if body, found = m.work[key]; !found {
			return fmt.Errorf("read %s: %w", key, ErrNoObject)
		}
		return nil
	})
	return body, err
}

func (m *memory) ListWork(ctx context.Context, prefix string) (keys []string, err error) {
	err = m.do(ctx, "ListWork", func() error {
		for _, key := range slices.Sorted(maps.Keys(m.work)) {
			if strings.HasPrefix(key, prefix) {
				keys = append(keys, key)
			}
		}
		return nil
	})
	return keys, err
}

func (m *memory) WriteWork(ctx context.Context, key, _ string, body io.Reader) error {
	return m.do(ctx, "WriteWork", func() error {
		m.mu.Unlock() // what is written is read from here meanwhile
		text, err := io.ReadAll(body)
		m.mu.Lock()
		if err == nil {
			m.work[key] = text
		}
		return err
	})
}

// message lies in the queue of chunks, or among its dead letters.
type message struct {
	body     []byte
	receives int
	dead     bool
	putBack  bool
}

func (m *memory) Send(ctx context.Context, messages [][]byte) error {
	return m.do(ctx, "Send", func() error {
		bytes := 0
		for _, body := range messages {
			bytes += len(body)
			m.messages = append(m.messages, message{body: body})
		}
		must(len(messages) <= 10 && bytes <= 256<<10, "%d messages of %d bytes are sent at once", len(messages), bytes)
		return nil
	})
}

func (m *memory) StartParse(ctx context.Context, ref Ref) error {
	return m.do(ctx, "StartParse", func() error {
		m.starts = append(m.starts, ref)
		return nil
	})
}

func (m *memory) Receive(ctx context.Context) (calls []FailedCall, err error) {
	err = m.do(ctx, "Receive", func() error {
		calls, m.failed = m.failed, nil
		m.hidden = append(m.hidden, calls...)
		return nil
	})
	return calls, err
}

func (m *memory) Delete(ctx context.Context, receipt string) error {
	return m.do(ctx, "Delete", func() error {
		m.hidden = slices.DeleteFunc(m.hidden, func(call FailedCall) bool { return call.Receipt == receipt })
		return nil
	})
}

func (m *memory) Release(ctx context.Context, receipt string) error {
	return m.do(ctx, "Release", func() error {
		for _, call := range m.hidden {
			if call.Receipt == receipt {
				m.released = append(m.released, call)
			}
		}
		return nil
	})
}

func (m *memory) PresignUpload(_ context.Context, key string, size int64, until time.Time) (UploadLink, error) {
	return UploadLink{Method: "PUT", URL: fmt.Sprintf("https://uploads/%s?size=%d", key, size), ExpiresAt: until}, nil
}

func (m *memory) PresignDownload(_ context.Context, key, fileName string, life time.Duration) (string, error) {
	return fmt.Sprintf("https://exports/%s?name=%s&life=%s", key, fileName, life), nil
}
