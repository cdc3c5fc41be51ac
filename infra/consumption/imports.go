package consumption

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/occ/contacts/pkg/dynamo"
	"github.com/occ/contacts/pkg/importing"
	"github.com/occ/contacts/pkg/sheet"
)

// Import imports a CSV file into a workspace of a store, parser and writer in this process, the chunks one after the
// other; all its rows have to become contacts. It returns how many messages the queue of chunks held.
func Import(ctx context.Context, store *dynamo.Store, workspace, file string, rows int) (messages int, err error) {
	folder, line := &folder{file: file, objects: map[string][]byte{}}, &line{}
	finisher := importing.NewFinisher(store, folder, time.Now)
	writer := importing.NewWriter(store, store, folder, finisher, 3, time.Now)
	parser := importing.NewParser(importing.ParserDeps{
		Imports: store, Chunks: store, Files: folder, Queue: line, Limits: importing.Limits{DropBytes: 1 << 30, DropRows: 1 << 30},
		Formats: map[string]importing.Format{"csv": {
			Check: sheet.CheckUTF8, Open: func(f importing.File) (importing.Records, error) { return sheet.NewCSV(f) },
		}},
		Region: store.DefaultRegion, ParsePhone: func(raw, _ string) (string, error) { return raw, nil },
		ValidRegion: func(string) bool { return true }, Finisher: finisher, Writer: writer, Now: time.Now,
	})
	parsed, err := parser.Arrived(ctx, importing.Arrival{
		Bucket: "consumption", Key: workspace + "/drop/people.csv", Version: fmt.Sprint(time.Now().UnixNano()),
	})
	if err != nil {
		return 0, err
	}
	for _, message := range line.messages {
		if _, err := writer.Handle(ctx, importing.Delivery{Body: message, Receives: 1}); err != nil {
			return 0, err
		}
	}
	job, err := store.Import(ctx, parsed.Ref)
	if err != nil || job.Status != importing.Completed || job.Totals.Created != rows {
		return 0, fmt.Errorf("the import ended as %s, %+v, %w", job.Status, job.Totals, err)
	}
	return len(line.messages), nil
}

// folder is an importing.FileStore in memory that holds one uploaded file.
type folder struct {
	file    string
	objects map[string][]byte
}

func (f *folder) Download(_ context.Context, _, _, _ string, w io.Writer) error {
	_, err := io.Copy(w, strings.NewReader(f.file))
	return err
}

func (f *folder) Head(context.Context, string, string, string) (importing.Object, error) {
	return importing.Object{Size: int64(len(f.file)), Version: "1"}, nil
}

func (f *folder) PutWork(_ context.Context, key string, body []byte) error {
	f.objects[key] = body
	return nil
}

func (f *folder) GetWork(_ context.Context, key string) ([]byte, error) { return f.objects[key], nil }

func (f *folder) ListWork(context.Context, string) ([]string, error) { return nil, nil }

func (f *folder) WriteWork(_ context.Context, _, _ string, body io.Reader) error {
	_, err := io.Copy(io.Discard, body)
	return err
}

// line is an importing.ChunkQueue in memory.
type line struct{ messages [][]byte }

func (l *line) Send(_ context.Context, messages [][]byte) error {
	l.messages = append(l.messages, messages...)
	return nil
}
