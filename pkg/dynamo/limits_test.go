package dynamo

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/importing"
	"github.com/occ/contacts/pkg/problem"
)

// signs are n attributes of 2,000 times a sign each.
func signs(n int, sign string) map[string]any {
	attributes := map[string]any{}
	for i := range n {
		attributes[fmt.Sprintf("html%d", i)] = strings.Repeat(sign, contact.MaxString)
	}
	return attributes
}

func attributesPatch(attributes map[string]any) contact.Patch {
	return contact.Patch{Attributes: contact.Field[map[string]any]{Set: true, Value: attributes}}
}

// What JSON for web pages escapes six bytes long is stored as one byte, as it is measured.
func TestAttributesFullOfHTMLAreStored(t *testing.T) {
	s := fresh(t)
	svc, name := service(s), "Mona"
	made, err := svc.Create(ctx, ws, user, contact.Draft{Name: &name, Attributes: signs(60, "<")}, &contact.Once{Route: "POST /contacts", Key: "k", Body: "b"})
	if err != nil {
		t.Fatal(err)
	}
	for _, sign := range []string{">", "&", "'"} {
		if _, err := svc.Update(ctx, ws, made.ID, user, attributesPatch(signs(18, sign)), contact.Precondition{}); err != nil {
			t.Errorf("%s: %v", sign, err)
		}
	}
	if got := get(t, s, made.ID).Attributes["html0"]; got != strings.Repeat("'", contact.MaxString) {
		t.Errorf("the attribute is %.20v", got)
	}
	if entries, _, err := svc.Activities(ctx, ws, made.ID, 10, ""); err != nil || len(entries) != 4 || len(fmt.Sprint(entries[2].Changes[0].From)) != contact.MaxString {
		t.Errorf("%d entries, %v", len(entries), err)
	}
}

// What a contact has by joins may be more than the limit of one; the entry of its change then holds the beginnings of
// its texts.
func TestTheActivityOfALargeChangeIsCut(t *testing.T) {
	s, c := fresh(t), person(1)
	c.Attributes = signs(160, "a")
	create(t, s, c)
	if err := update(s, get(t, s, c.ID), func(c *contact.Contact) { c.Attributes = signs(60, "b") }); err != nil {
		t.Fatal(err)
	}
	entries, _, err := s.Activities(ctx, ws, c.Owners(), 10, "")
	if err != nil || len(entries) != 1 || len(entries[0].Changes) != 160 {
		t.Fatalf("%d entries, %v", len(entries), err)
	}
	if want := strings.Repeat("a", shownText) + "…"; entries[0].Changes[0].From != want {
		t.Errorf("the entry says %.300v", entries[0].Changes[0].From)
	}
}

// What DynamoDB would refuse for its size is refused with a sentence, before it is sent.
func TestWhatIsTooLargeForAnItem(t *testing.T) {
	s, m := fresh(t), &meter{}
	large := person(1)
	large.Attributes = signs(210, "a")
	if err := s.through(m).Create(ctx, large, nil); problem.CodeOf(err) != problem.ContactTooLarge || !strings.Contains(err.Error(), "Shorten") {
		t.Errorf("an item of 420 KB: %v", err)
	}
	many := person(2)
	for n := range 120 {
		many.Identities = append(many.Identities, contact.Identity{Channel: contact.Telegram, AccountID: "bot", ExternalID: fmt.Sprint(n), FirstSeenAt: epoch, LastSeenAt: epoch})
	}
	if err := s.through(m).Create(ctx, many, nil); problem.CodeOf(err) != problem.ContactTooLarge {
		t.Errorf("120 claims: %v", err)
	}
	if m.calls["TransactWriteItems"] != 0 {
		t.Errorf("calls %v", m.calls)
	}
	heavy := make([]part, 11)
	for n := range heavy {
		heavy[n] = put(s.tables.Contacts, item{attrPK: text("a"), attrSK: text(fmt.Sprint(n)), "x": text(strings.Repeat("x", 390<<10))}, condition{})
	}
	if err := s.through(m).transact(ctx, newWriteID(), heavy, 1); problem.CodeOf(err) != problem.ContactTooLarge {
		t.Errorf("4.2 MB at once: %v", err)
	}
	if m.calls["TransactWriteItems"] != 0 {
		t.Errorf("calls %v", m.calls)
	}
	if _, err := s.putOne(ctx, s.tables.Timeline, item{attrPK: text("a"), attrSK: text("b"), "x": text(strings.Repeat("x", maxItemBytes))}, condition{}); problem.CodeOf(err) != problem.ContactTooLarge {
		t.Errorf("one item alone: %v", err)
	}
}

// handled gives the writer a chunk of rows of a new import and returns the import as it then is.
func (w *workbench) handled(rows ...importing.Row) importing.Import {
	w.t.Helper()
	ref := importing.Ref{Workspace: ws, ID: "i-1"}
	body := w.chunk(ref.ID, rows...)
	_, writer := w.on(nil)
	if _, err := writer.Handle(ctx, importing.Delivery{Body: body, Receives: 1}); err != nil {
		w.t.Fatal(err)
	}
	job, err := w.store.Import(ctx, ref)
	if err != nil {
		w.t.Fatal(err)
	}
	return job
}

// chunk makes an import at work and returns the message of its only chunk.
func (w *workbench) chunk(id string, rows ...importing.Row) []byte {
	w.t.Helper()
	job := importing.Import{
		Workspace: ws, ID: id, Status: importing.Processing, Source: importing.FromBucket, Format: "json", OnDuplicate: importing.UpdateKnown,
		Columns: []string{"name"}, CreatedBy: "bucket", CreatedAt: w.at, StartedAt: w.at, ProgressAt: w.at, Totals: importing.Totals{Rows: len(rows)},
	}
	if err := w.store.CreateImport(ctx, job, nil); err != nil {
		w.t.Fatal(err)
	}
	body, err := json.Marshal(importing.Chunk{Schema: 1, Workspace: ws, Import: id, OnDuplicate: importing.UpdateKnown, CreatedAt: w.at, Rows: rows})
	if err != nil {
		w.t.Fatal(err)
	}
	return body
}

func TestARowFullOfHTML(t *testing.T) {
	w := workbenchOn(t, fresh(t))
	job := w.handled(fileRow(2, nil), fileRow(3, func(r *importing.Row) { r.Attributes = signs(60, "<") }), fileRow(4, nil))
	if job.Totals.Created != 3 || job.Status != importing.Completed {
		t.Errorf("%+v", job)
	}
}

// A row that can never be stored fails at once, by the code of its kind, and costs its chunk no second delivery.
func TestARowThatIsTooLargeFailsAtOnce(t *testing.T) {
	w := workbenchOn(t, fresh(t))
	job := w.handled(fileRow(2, nil), fileRow(3, func(r *importing.Row) { r.Attributes = signs(210, "a") }), fileRow(4, nil))
	if job.Totals.Created != 2 || job.Totals.Failed != 1 || job.Status != importing.Completed {
		t.Errorf("%+v", job)
	}
	if report := strings.Join(w.report(importing.Ref{Workspace: ws, ID: "i-1"}), "\n"); !strings.Contains(report, "failed,value_too_long,") {
		t.Errorf("the report says %q", report)
	}
}

func TestMappingsThatAreEscapedInJSON(t *testing.T) {
	svc, field := importing.NewService(fresh(t), fakeLinks{}, nil, []string{"csv"}, 1<<20, nil, time.Now), "name"
	for _, column := range []string{strings.Repeat("<", 90_000), strings.Repeat("&", 60_000), strings.Repeat("\u0001", 16_000)} {
		for _, once := range []*contact.Once{nil, {Route: "POST /imports", Key: column[:1], Body: "b"}} {
			if _, err := svc.Start(ctx, ws, "sub", importing.Request{FileName: "a.csv", Size: 1, Mapping: importing.Mapping{column: &field}}, once); err != nil {
				t.Errorf("%q: %.200v", column[:1], err)
			}
		}
	}
	long := importing.Mapping{strings.Repeat("\u0001", 90_000): &field} // 540 KB of JSON
	if _, err := svc.Start(ctx, ws, "sub", importing.Request{FileName: "a.csv", Size: 1, Mapping: long}, nil); problem.CodeOf(err) != problem.InvalidMapping {
		t.Errorf("%.200v", err)
	}
}

type fakeLinks struct{}

func (fakeLinks) PresignUpload(_ context.Context, key string, _ int64, until time.Time) (importing.UploadLink, error) {
	return importing.UploadLink{Method: "PUT", URL: "https://x/" + key, ExpiresAt: until}, nil
}

func (fakeLinks) PresignDownload(_ context.Context, key, _ string, _ time.Duration) (string, error) {
	return "https://x/" + key, nil
}
