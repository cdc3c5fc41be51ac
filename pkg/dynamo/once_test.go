package dynamo

import (
	"context"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/importing"
	"github.com/occ/contacts/pkg/problem"
)

// keyed is a fresh request with the key "k".
func keyed(body string) *contact.Once {
	return &contact.Once{Route: "POST /v1/contacts", Key: "k", Body: body}
}

func draft(email string) contact.Draft {
	name := "Mona Adel"
	return contact.Draft{Name: &name, Email: &email, Labels: []string{"VIP"}, Attributes: map[string]any{"seats": 2.0}}
}

func TestTheSameKeyMakesOneContact(t *testing.T) {
	s, ctx := fresh(t), context.Background()
	const requests = 12
	made := make([]contact.Contact, requests)
	var all sync.WaitGroup
	for i := range made {
		all.Go(func() {
			var err error
			if made[i], err = service(s).Create(ctx, ws, user, draft("mona@example.com"), keyed("b")); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, other := range made[1:] {
		if diff := gocmp.Diff(made[0], other); diff != "" {
			t.Fatal(diff)
		}
	}
	company := contact.Patch{Company: contact.Field[string]{Set: true, Value: "Acme"}}
	if _, err := service(s).Update(ctx, ws, made[0].ID, user, company, contact.Precondition{}); err != nil {
		t.Fatal(err)
	}
	if again, err := service(s).Create(ctx, ws, user, draft("mona@example.com"), keyed("b")); err != nil || again.Version != 1 || again.Company != "" {
		t.Errorf("the answer is not the first one: %+v, %v", again, err)
	}
	if _, err := service(s).Create(ctx, ws, user, draft("other@example.com"), keyed("c")); problem.CodeOf(err) != problem.IdempotencyKeyReused {
		t.Errorf("another body passes: %v", err)
	}
	if _, err := service(s).Create(ctx, "other", user, draft("mona@example.com"), keyed("c")); err != nil {
		t.Errorf("another workspace: %v", err)
	}
}

func TestAKeyGoesWithItsContact(t *testing.T) {
	s, ctx := fresh(t), context.Background()
	first, err := service(s).Create(ctx, ws, user, draft("mona@example.com"), keyed("b"))
	if err != nil {
		t.Fatal(err)
	}
	if err := service(s).Delete(ctx, ws, first.ID, contact.Precondition{}); err != nil {
		t.Fatal(err)
	}
	second, err := service(s).Create(ctx, ws, user, draft("else@example.com"), keyed("c"))
	if err != nil || second.ID == first.ID {
		t.Fatalf("%+v, %v", second, err)
	}
	if again, err := service(s).Create(ctx, ws, user, draft("else@example.com"), keyed("c")); err != nil || again.ID != second.ID {
		t.Errorf("%+v, %v", again, err)
	}
}

func TestAKeyEndsWithItsDay(t *testing.T) {
	s, ctx := fresh(t), context.Background()
	first, err := service(s).Create(ctx, ws, user, draft("mona@example.com"), keyed("b"))
	if err != nil {
		t.Fatal(err)
	}
	s.now = func() time.Time { return time.Now().Add(onceLife + time.Minute) }
	if second, err := service(s).Create(ctx, ws, user, draft("else@example.com"), keyed("c")); err != nil || second.ID == first.ID {
		t.Errorf("%+v, %v", second, err)
	}
}

func TestErrorsAreNotKept(t *testing.T) {
	s, ctx := fresh(t), context.Background()
	taken := person(1)
	create(t, s, taken)
	if _, err := service(s).Create(ctx, ws, user, draft(taken.Email), keyed("b")); problem.CodeOf(err) != problem.DuplicateContact {
		t.Fatal(err)
	}
	if _, err := service(s).Create(ctx, ws, user, draft("free@example.com"), keyed("c")); err != nil {
		t.Error(err)
	}
}

func TestALostAnswerIsFoundByItsKey(t *testing.T) {
	s, ctx := fresh(t), context.Background()
	made, err := service(s.through(&lossy{action: "TransactWriteItems", losses: 1})).Create(ctx, ws, user, draft("mona@example.com"), keyed("b"))
	if err != nil {
		t.Fatal(err)
	}
	if again, err := service(s).Create(ctx, ws, user, draft("mona@example.com"), keyed("b")); err != nil || again.ID != made.ID {
		t.Errorf("%+v, %v", again, err)
	}
}

func TestTheSameKeyWritesOneNote(t *testing.T) {
	s, c, ctx := fresh(t), person(1), context.Background()
	create(t, s, c)
	var ids [8]string
	var all sync.WaitGroup
	for i := range ids {
		all.Go(func() {
			note, err := service(s).AddNote(ctx, ws, c.ID, user, "once", keyed("b"))
			if ids[i] = note.ID; err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Errorf("notes %v", ids)
		}
	}
	if notes := noteTexts(t, s, c.ID); len(notes) != 1 || get(t, s, c.ID).Version != 2 {
		t.Errorf("%v, version %d", notes, get(t, s, c.ID).Version)
	}
}

func TestTheSameKeyStartsOneImport(t *testing.T) {
	s, ctx := fresh(t), context.Background()
	jobs := importing.NewService(s, links{}, nil, []string{"csv"}, 1000, func(string) bool { return true }, time.Now)
	ask := importing.Request{FileName: "people.csv", Size: 10}
	first, err := jobs.Start(ctx, ws, "sub", ask, keyed("b"))
	if err != nil {
		t.Fatal(err)
	}
	again, err := jobs.Start(ctx, ws, "sub", ask, keyed("b"))
	if diff := gocmp.Diff(first, again); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if _, err := jobs.Start(ctx, ws, "sub", ask, keyed("c")); problem.CodeOf(err) != problem.IdempotencyKeyReused {
		t.Error(err)
	}
	if all, _, err := s.ListImports(ctx, ws, 10, ""); err != nil || len(all) != 1 {
		t.Errorf("%d imports, %v", len(all), err)
	}
}

// links signs nothing.
type links struct{}

func (links) PresignUpload(_ context.Context, key string, _ int64, until time.Time) (importing.UploadLink, error) {
	return importing.UploadLink{Method: "PUT", URL: "https://uploads.example/" + key, ExpiresAt: until}, nil
}

func (links) PresignDownload(context.Context, string, string, time.Duration) (string, error) {
	return "", nil
}
