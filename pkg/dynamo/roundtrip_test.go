package dynamo

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"
	"pgregory.net/rapid"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/exporting"
	"github.com/occ/contacts/pkg/importing"
	"github.com/occ/contacts/pkg/phone"
	"github.com/occ/contacts/pkg/sheet"
	"github.com/occ/contacts/pkg/sheet/xlsx"
)

// readers are those of functions/import-parse.
var readers = map[string]importing.Format{
	"csv":  {Check: sheet.CheckUTF8, Open: func(file importing.File) (importing.Records, error) { return sheet.NewCSV(file) }},
	"json": {Check: sheet.CheckJSON, Open: func(file importing.File) (importing.Records, error) { return sheet.NewJSON(file) }},
	"xlsx": {Open: func(file importing.File) (importing.Records, error) {
		return xlsx.Open(file, file.Size, file.MaxInflated)
	}},
}

// shelf is a workbench with an uploads bucket of one file, and the parts of exports.
type shelf struct {
	*workbench
	file  []byte
	parts map[string][]byte
}

func (s *shelf) Head(context.Context, string, string, string) (importing.Object, error) {
	return importing.Object{Size: int64(len(s.file)), Version: "1"}, nil
}

func (s *shelf) Download(_ context.Context, _, _, _ string, w io.Writer) error {
	_, err := w.Write(s.file)
	return err
}

func (s *shelf) DeleteWork(_ context.Context, keys []string) error {
	maps.DeleteFunc(s.work, func(key string, _ []byte) bool { return slices.Contains(keys, key) })
	return nil
}

func (s *shelf) BeginUpload(context.Context, string, string) (string, error) { return "u", nil }

func (s *shelf) UploadPart(_ context.Context, key, _ string, number int, body []byte) (string, error) {
	tag := fmt.Sprint(number)
	s.parts[tag] = slices.Clone(body)
	return tag, nil
}

func (s *shelf) CompleteUpload(_ context.Context, key, _ string, tags []string) error {
	var whole []byte
	for _, tag := range tags {
		whole = append(whole, s.parts[tag]...)
	}
	s.work[key] = whole
	return nil
}

func (s *shelf) Size(_ context.Context, key string) (int64, error) {
	return int64(len(s.work[key])), nil
}

func (s *shelf) StartExport(context.Context, exporting.Ref) error { return nil }

// exported is the file of everything in the workspace.
func (s *shelf) exported(format exporting.Format) []byte {
	s.t.Helper()
	job := exporting.Export{Workspace: ws, ID: uuid.NewString(), Status: exporting.Queued, Source: exporting.FromAPI, Format: format, CreatedAt: s.at}
	if err := s.store.CreateExport(ctx, job, nil); err != nil {
		s.t.Fatal(err)
	}
	if _, err := exporting.NewRunner(s.store, s.store, s, s, time.Minute, s.now).Run(ctx, job.Ref()); err != nil {
		s.t.Fatal(err)
	}
	job, err := s.store.Export(ctx, job.Ref())
	if err != nil || job.Status != exporting.Completed {
		s.t.Fatalf("%+v %v", job, err)
	}
	return s.work[job.Key]
}

// imports drops a file into the store and writes all of its chunks.
func (s *shelf) imports(format exporting.Format, file []byte) importing.Import {
	s.t.Helper()
	s.file = file
	finisher := importing.NewFinisher(s.store, s, s.now)
	writer := importing.NewWriter(s.store, s.store, s, finisher, 3, s.now)
	parser := importing.NewParser(importing.ParserDeps{
		Imports: s.store, Chunks: s.store, Files: s, Queue: s, Formats: readers, Finisher: finisher, Writer: writer, Now: s.now,
		Limits: importing.Limits{DropBytes: 1 << 30, DropRows: 1_000_000}, Region: s.store.DefaultRegion, ParsePhone: phone.Parse, ValidRegion: phone.ValidRegion,
	})
	done, err := parser.Arrived(ctx, importing.Arrival{Bucket: "uploads", Key: ws + "/drop/contacts." + string(format), Version: "1"})
	if err != nil || done.Code != "" {
		s.t.Fatalf("%+v %v", done, err)
	}
	var writers errgroup.Group
	writers.SetLimit(8)
	for _, body := range s.sent {
		writers.Go(func() error {
			_, err := writer.Handle(ctx, importing.Delivery{Body: body, Receives: 1})
			return err
		})
	}
	if err := writers.Wait(); err != nil {
		s.t.Fatal(err)
	}
	job, err := s.store.Import(ctx, done.Ref)
	if err != nil || job.Status != importing.Completed {
		s.t.Fatalf("%+v %v", job, err)
	}
	return job
}

// kept is what an export and an import keep of the workspace's contacts, in an order of its own.
func (s *shelf) kept() []exporting.Record {
	var all []exporting.Record
	err := s.store.Walk(ctx, ws, exporting.Selection{}, "", func(batch []exporting.Record, _ string) error {
		for _, record := range batch {
			c := record.Contact
			all = append(all, exporting.Record{Notes: slices.Clone(record.Notes), Contact: contact.Contact{
				Name: c.DisplayName(), Email: c.Email, Phone: c.Phone, Company: c.Company, Channel: c.Channel, Identities: c.Identities, Labels: c.Labels,
				Attributes: c.Attributes, CreatedAt: c.CreatedAt,
			}})
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	slices.SortFunc(all, func(a, b exporting.Record) int {
		return cmp.Or(a.Contact.CreatedAt.Compare(b.Contact.CreatedAt), strings.Compare(a.Contact.Name, b.Contact.Name))
	})
	return all
}

// TestAnExportComesBack exports generated contacts in each format and imports the files into empty workspaces: they are the same, ids
// aside.
func TestAnExportComesBack(t *testing.T) {
	people := 5_000
	if testing.Short() {
		people = 500
	}
	from := &shelf{workbench: workbenchOn(t, fresh(t)), parts: map[string][]byte{}}
	generated := rapid.Custom(anybody)
	rows := make([]importing.Row, people)
	for n := range rows {
		rows[n] = generated.Example(n)
		rows[n].Number = n + 2
		at := epoch.Add(time.Duration(n) * time.Millisecond)
		rows[n].CreatedAt = &at
		if rows[n].Email != "" {
			rows[n].Email = fmt.Sprintf("P%d.%s", n, rows[n].Email)
		}
		if rows[n].Phone != "" {
			rows[n].Phone = fmt.Sprintf("+2010%08d", n)
		}
		for i := range rows[n].Identities {
			rows[n].Identities[i].ExternalID = fmt.Sprintf("%d %d %s", n, i, rows[n].Identities[i].ExternalID)
			rows[n].Identities[i].FirstSeenAt, rows[n].Identities[i].LastSeenAt = at, at.Add(time.Hour)
		}
	}
	from.imported("generated", rows...)
	want := from.kept()
	for _, format := range exporting.Formats {
		t.Run(string(format), func(t *testing.T) {
			file := from.exported(format)
			to := &shelf{workbench: workbenchOn(t, fresh(t)), parts: map[string][]byte{}}
			job := to.imports(format, file)
			if job.Totals.Created != people || job.Totals.Rows != people {
				t.Errorf("%+v\n%s", job.Totals, bytes.Join(slices.Collect(maps.Values(to.work)), nil)[:2000])
			}
			got := to.kept()
			for n := range want {
				if n < len(got) {
					if diff := gocmp.Diff(want[n], got[n]); diff != "" {
						t.Fatalf("contact %d: %s", n, diff)
					}
				}
			}
			if again := to.exported(format); format == exporting.CSV && len(again) < len(file)/2 {
				t.Errorf("exported again: %d bytes, not %d", len(again), len(file))
			}
		})
	}
}

// anybody draws a contact of values that are hard to write down.
func anybody(t *rapid.T) importing.Row {
	text := func(label string, limit int) string { return anyText(t, label, limit) }
	row := importing.Row{Name: cmp.Or(text("name", 200), "Mona")}
	if rapid.Bool().Draw(t, "company?") {
		row.Company, _ = contact.NormalizeCompany(text("company", 200))
	}
	addressed := rapid.SampledFrom([]string{"email", "phone", "both", "identity", "nothing"}).Draw(t, "address")
	if addressed == "email" || addressed == "both" {
		row.Email = rapid.SampledFrom([]string{"mona@example.com", "O'Neil+x@sub.example.org", "مونا@example.com"}).Draw(t, "email")
	}
	if addressed == "phone" || addressed == "both" {
		row.Phone = "+"
	}
	if addressed == "identity" || rapid.IntRange(0, 9).Draw(t, "identities?") == 0 {
		for range rapid.IntRange(1, 3).Draw(t, "identities") {
			row.Identities = append(row.Identities, contact.Identity{
				Channel: rapid.SampledFrom(contact.IdentityChannels).Draw(t, "identity"), AccountID: text("account", 40), ExternalID: text("external", 40),
				Username: text("username", 40), ProfileName: text("profile", 40),
			})
		}
	}
	row.Channel = rapid.SampledFrom(contact.Channels).Draw(t, "channel")
	for range rapid.IntRange(0, 4).Draw(t, "labels") {
		if label, err := contact.NormalizeLabel(text("label", 50)); err == nil {
			row.Labels = contact.AddLabels(row.Labels, label)
		}
	}
	for range rapid.IntRange(0, 4).Draw(t, "notes") {
		if note, err := contact.NormalizeNote(text("note", 2_000)); err == nil {
			row.Notes = append(row.Notes, note)
		}
	}
	for range rapid.IntRange(0, 4).Draw(t, "attributes") {
		value, err := contact.NormalizeAttribute(rapid.OneOf(
			rapid.Just[any](true), rapid.Just[any](false), rapid.Map(rapid.Float64Range(-1e15, 1e15), func(f float64) any { return f }),
			rapid.Map(rapid.IntRange(-1_000, 1_000), func(n int) any { return float64(n) }), rapid.Just[any](text("attribute", 2_000)),
			rapid.Map(rapid.SampledFrom([]string{"5", "007", "true", "null", `"x"`, "1e400", "{", "[]", "-0", "9007199254740993", "+1"}), func(s string) any { return s }),
		).Draw(t, "value"))
		if err == nil {
			if row.Attributes == nil {
				row.Attributes = map[string]any{}
			}
			row.Attributes[rapid.SampledFrom([]string{"plan", "Plan", "a.b", "x-y", "9", "z_"}).Draw(t, "key")] = value
		}
	}
	return row
}

// anyText draws a text as it may be stored, or none.
func anyText(t *rapid.T, label string, limit int) string {
	pieces := rapid.SampledFrom([]string{
		"Mona", " ", "عادل", "é", "é", "😀", "\"", "\n", "\r\n", "\r", "\t", "=", "+", "-", "@", "'", ";", ",", "[", "]", "{", "\\", "_x000D_", "<", "&", "\u2028", "0", "12", "#", ":::", "名前", strings.Repeat("long ", 60),
	})
	text := contact.CleanText(strings.Join(rapid.SliceOfN(pieces, 0, 8).Draw(t, label), ""))
	if runes := []rune(text); len(runes) > limit {
		text = contact.CleanText(string(runes[:limit]))
	}
	if name, err := contact.NormalizeName(text); err == nil || label != "name" {
		return cmp.Or(name, text)
	}
	return ""
}
