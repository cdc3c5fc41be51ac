package dynamo

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/phone"
	"github.com/occ/contacts/pkg/problem"
)

var user = contact.Actor{Type: contact.ByUser, ID: "sub"}

// service is what the API uses, on a store.
func service(s *Store) *contact.Service {
	return contact.NewService(s, phone.Parse, phone.ValidRegion, time.Now)
}

// at is an If-Match of one version of one resource.
func at(id string, version int) contact.Precondition {
	return contact.Precondition{Revisions: []contact.Revision{{ID: id, Version: version}}}
}

// noteTexts walks a contact's notes, newest first.
func noteTexts(t *testing.T, s *Store, id string) []string {
	t.Helper()
	var all []string
	for after := ""; ; {
		page, next, err := service(s).Notes(context.Background(), ws, id, 7, after)
		if err != nil {
			t.Fatal(err)
		}
		for _, note := range page {
			all = append(all, note.Text)
		}
		if after = next; next == "" {
			return all
		}
	}
}

func TestNotesGoWithTheirContact(t *testing.T) {
	s, c, ctx := fresh(t), person(1), context.Background()
	create(t, s, c)
	first, err := service(s).AddNote(ctx, ws, c.ID, user, "  one ", nil)
	if err != nil || first.Text != "one" || first.Author != "sub" || first.Version != 1 {
		t.Fatalf("%+v, %v", first, err)
	}
	second, err := service(s).AddNote(ctx, ws, c.ID, user, "two", nil)
	if err != nil || get(t, s, c.ID).Version != 3 {
		t.Fatalf("the contact is at version %d after two notes, %v", get(t, s, c.ID).Version, err)
	}
	changed, err := service(s).UpdateNote(ctx, ws, c.ID, first.ID, user, "uno", at(first.ID, 1))
	if err != nil || changed.Version != 2 || !changed.CreatedAt.Equal(first.CreatedAt) {
		t.Fatalf("%+v, %v", changed, err)
	}
	if same, err := service(s).UpdateNote(ctx, ws, c.ID, first.ID, user, "uno", contact.Precondition{}); err != nil || same.Version != 2 || get(t, s, c.ID).Version != 4 {
		t.Errorf("the same text moved something: %+v, %v", same, err)
	}
	if _, err := service(s).UpdateNote(ctx, ws, c.ID, first.ID, user, "x", at(first.ID, 1)); problem.CodeOf(err) != problem.VersionConflict {
		t.Errorf("an old version passes: %v", err)
	}
	if diff := gocmp.Diff([]string{"two", "uno"}, noteTexts(t, s, c.ID)); diff != "" {
		t.Error(diff)
	}
	if err := service(s).DeleteNote(ctx, ws, c.ID, second.ID, user, contact.Precondition{}); err != nil {
		t.Fatal(err)
	}
	if err := service(s).DeleteNote(ctx, ws, c.ID, second.ID, user, contact.Precondition{}); problem.CodeOf(err) != problem.NotFound {
		t.Errorf("deleted twice: %v", err)
	}
	for name, err := range map[string]error{
		"empty": func() error { _, err := service(s).AddNote(ctx, ws, c.ID, user, " ", nil); return err }(),
		"too long": func() error {
			_, err := service(s).AddNote(ctx, ws, c.ID, user, strings.Repeat("é", 10_001), nil)
			return err
		}(),
	} {
		if problem.CodeOf(err) != problem.ValidationFailed {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := service(s).AddNote(ctx, "other", c.ID, user, "x", nil); problem.CodeOf(err) != problem.NotFound {
		t.Errorf("another workspace writes: %v", err)
	}
	history(t, s, c.ID, []string{"note_deleted two>", "note_changed one>uno", "note_added >two", "note_added >one", "created"})
}

// history compares a contact's activity, newest first, with what is wanted: the action and the first change.
func history(t *testing.T, s *Store, id string, want []string) {
	t.Helper()
	var got []string
	for after := ""; ; {
		page, next, err := service(s).Activities(context.Background(), ws, id, 2, after)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range page {
			line := a.Action
			if len(a.Changes) > 0 {
				text := func(v any) string {
					if v == nil {
						return ""
					}
					return fmt.Sprint(v)
				}
				line += " " + text(a.Changes[0].From) + ">" + text(a.Changes[0].To)
			}
			got = append(got, line)
		}
		if after = next; next == "" {
			break
		}
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestManyNotesAtOnceAreAllThere(t *testing.T) {
	s, c := fresh(t), person(1)
	create(t, s, c)
	const notes = 30
	var writers sync.WaitGroup
	for n := range notes {
		writers.Go(func() {
			for { // a 503 asks for another try
				_, err := service(s).AddNote(context.Background(), ws, c.ID, user, fmt.Sprint(n), nil)
				if err == nil {
					return
				}
				if problem.CodeOf(err) != problem.Unavailable {
					t.Error(err)
					return
				}
			}
		})
	}
	writers.Wait()
	all := noteTexts(t, s, c.ID)
	slices.Sort(all)
	if got := get(t, s, c.ID).Version; len(slices.Compact(all)) != notes || got != 1+notes {
		t.Errorf("%d different notes, version %d", len(slices.Compact(all)), got)
	}
}

func TestALostAnswerWritesANoteOnce(t *testing.T) {
	s, c := fresh(t), person(1)
	create(t, s, c)
	if _, err := service(s.through(&lossy{action: "TransactWriteItems", losses: 1})).AddNote(context.Background(), ws, c.ID, user, "once", nil); err != nil {
		t.Fatal(err)
	}
	if got := noteTexts(t, s, c.ID); len(got) != 1 || get(t, s, c.ID).Version != 2 {
		t.Errorf("notes %v, version %d", got, get(t, s, c.ID).Version)
	}
}
