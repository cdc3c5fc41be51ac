package dynamo

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/problem"
)

// lived is a contact with everything that may hang on one.
func lived(t *testing.T, s *Store) contact.Contact {
	t.Helper()
	c := person(1)
	c.Name, c.Company, c.Labels, c.Channel = "Mona Adel El Sayed", "Acme", []string{"VIP", "new"}, contact.WhatsApp
	c.Identities = identities(2)
	create(t, s, c)
	for n := range 30 {
		if _, err := service(s).AddNote(context.Background(), ws, c.ID, user, fmt.Sprint(n), nil); err != nil {
			t.Fatal(err)
		}
	}
	return get(t, s, c.ID)
}

// cleaned is what the sweep does once the index can hide nothing any more.
func cleaned(t *testing.T, s *Store) {
	t.Helper()
	before := s.now
	s.now = func() time.Time { return before().Add(ticketLife) }
	defer func() { s.now = before }()
	for n := 1; n > 0; {
		var err error
		if n, err = s.CleanUp(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
}

// leftovers are the items of all tables that name the contact.
func leftovers(t *testing.T, s *Store, c contact.Contact) []string {
	t.Helper()
	var left []string
	for _, table := range []string{s.tables.Contacts, s.tables.Timeline, s.tables.Jobs} {
		for _, it := range everything(t, s, table) {
			if text := fmt.Sprint(it.key(), it.text(attrContactID), it.text("id")); strings.Contains(text, c.ID) {
				left = append(left, table+" "+text)
			}
		}
	}
	return left
}

func TestDeletedIsGone(t *testing.T) {
	s, ctx := fresh(t), context.Background()
	c := lived(t, s)
	if err := service(s).Delete(ctx, ws, c.ID, at(c.ID, 1)); problem.CodeOf(err) != problem.VersionConflict {
		t.Errorf("an old version passes: %v", err)
	}
	if err := service(s).Delete(ctx, ws, c.ID, contact.Precondition{}); err != nil {
		t.Fatal(err)
	}
	if left := leftovers(t, s, c); len(left) != 1 || !strings.Contains(left[0], "cleanup#") {
		t.Errorf("left but the ticket: %v", left)
	}
	cleaned(t, s)
	if left := leftovers(t, s, c); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
	if err := service(s).Delete(ctx, ws, c.ID, contact.Precondition{}); problem.CodeOf(err) != problem.NotFound {
		t.Errorf("deleted twice: %v", err)
	}
	again := person(2)
	again.Email, again.Phone, again.Identities = c.Email, c.Phone, c.Identities
	create(t, s, again)
}

func TestACrashAfterTheDeletionIsCleanedUp(t *testing.T) {
	s, ctx := fresh(t), context.Background()
	c := lived(t, s)
	err := s.through(&refusing{action: "BatchWriteItem", times: 100, body: `{"__type":"com.amazon.coral.service#AccessDeniedException"}`}).Delete(ctx, c)
	if err != nil || len(leftovers(t, s, c)) < 30 {
		t.Fatalf("nothing is left to clean up: %v", err)
	}
	if n, err := s.CleanUp(ctx); err != nil || n != 1 {
		t.Errorf("%d cleaned up, %v", n, err)
	}
	if left := leftovers(t, s, c); len(left) != 1 {
		t.Errorf("left but the ticket: %v", left)
	}
	cleaned(t, s)
	if left := leftovers(t, s, c); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
	if n, err := s.CleanUp(ctx); err != nil || n != 0 {
		t.Errorf("%d cleaned up again, %v", n, err)
	}
}

func TestDeletionKnowsItsOwnSuccess(t *testing.T) {
	s := fresh(t)
	c := lived(t, s)
	if err := s.through(&lossy{action: "TransactWriteItems", losses: 2}).Delete(context.Background(), c); err != nil {
		t.Error(err)
	}
	cleaned(t, s)
	if left := leftovers(t, s, c); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

func TestAContactWithRequestsStays(t *testing.T) {
	s, c := fresh(t), person(1)
	c.RequestCount = 2
	create(t, s, c)
	err := service(s).Delete(context.Background(), ws, c.ID, contact.Precondition{})
	if problem.CodeOf(err) != problem.ContactHasRequests {
		t.Error(err)
	}
	c.RequestCount = 0 // as if it had been read before the request came
	if err := s.Delete(context.Background(), c); problem.CodeOf(err) != problem.ContactHasRequests {
		t.Error(err)
	}
}

func TestDeletionAmongChanges(t *testing.T) {
	s, c := fresh(t), person(1)
	create(t, s, c)
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			patch := contact.Patch{Email: contact.Field[string]{Set: true, Value: fmt.Sprintf("mail%d@example.com", n)}}
			_, err := service(s).Update(context.Background(), ws, c.ID, user, patch, contact.Precondition{})
			if code := problem.CodeOf(err); err != nil && code != problem.NotFound && code != problem.Unavailable {
				t.Error(err)
			}
			_, _ = service(s).AddNote(context.Background(), ws, c.ID, user, "late", nil)
		})
	}
	all.Go(func() {
		for service(s).Delete(context.Background(), ws, c.ID, contact.Precondition{}) != nil {
		}
	})
	all.Wait()
	cleaned(t, s)
	if left := leftovers(t, s, c); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

func TestLabelsInUse(t *testing.T) {
	s, ctx := fresh(t), context.Background()
	one, two := person(1), person(2)
	one.Labels, two.Labels = []string{"VIP", "old"}, []string{"vip", "Zoë"}
	create(t, s, one, two)
	labels := func(want ...string) {
		t.Helper()
		got, err := service(s).Labels(ctx, ws)
		if err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	labels("old", "VIP", "Zoë")
	for range 2 {
		if err := service(s).RemoveLabel(ctx, ws, one.ID, user, "OLD"); err != nil {
			t.Fatal(err)
		}
		if err := service(s).AddLabel(ctx, ws, one.ID, user, "ZOË"); err != nil {
			t.Fatal(err)
		}
	}
	labels("VIP", "Zoë")
	if got := get(t, s, one.ID); got.Version != 3 || fmt.Sprint(got.Labels) != "[VIP ZOË]" {
		t.Errorf("%+v", got)
	}
	for n := range contact.MaxLabels - 2 {
		if err := service(s).AddLabel(ctx, ws, one.ID, user, fmt.Sprint("label", n)); err != nil {
			t.Fatal(err)
		}
	}
	if err := service(s).AddLabel(ctx, ws, one.ID, user, "one too many"); problem.CodeOf(err) != problem.ValidationFailed {
		t.Error(err)
	}
	if err := service(s).AddLabel(ctx, ws, one.ID, user, "a/b"); problem.CodeOf(err) != problem.ValidationFailed {
		t.Error(err)
	}
	if got, err := service(s).Labels(ctx, "other"); err != nil || len(got) != 0 {
		t.Errorf("another workspace sees %v, %v", got, err)
	}
	m := &meter{}
	if _, err := service(s.through(m)).Labels(ctx, ws); err != nil || m.calls["Query"] > 2+8*(contact.MaxLabels+2) {
		t.Errorf("%v, %v", m.calls, err)
	}
}
