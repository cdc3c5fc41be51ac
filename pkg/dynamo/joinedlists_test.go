package dynamo

import (
	"fmt"
	"strings"
	"testing"

	"github.com/occ/contacts/pkg/contact"
)

// joinedPair are two contacts of which the first one was joined into the second.
func joinedPair(t *testing.T, s *Store) (former, survivor contact.Contact) {
	t.Helper()
	former, survivor = person(1), person(2)
	former.Email, former.Phone = "", ""
	create(t, s, former, survivor)
	return former, survivor
}

func (b *breaker) joins(former, survivor contact.Contact) {
	b.write(b.s.tables.Contacts, contactKey(ws, survivor.ID), func(it item) { it.setTexts("mergedFrom", []string{former.ID}) })
}

// A query of one owner's that DynamoDB ends at 1 MB is not the end of that owner's items.
func TestNotesOfAJoinedContactAreAllShown(t *testing.T) {
	s := fresh(t)
	svc := service(s)
	former, survivor := joinedPair(t, s)
	text := strings.Repeat("😀", 9_000) // 36 KB
	for n := range 40 {
		if _, err := svc.AddNote(ctx, ws, former.ID, user, fmt.Sprint(n)+text, nil); err != nil {
			t.Fatal(err)
		}
	}
	for n := range 3 {
		if _, err := svc.AddNote(ctx, ws, survivor.ID, user, fmt.Sprint("of the survivor ", n), nil); err != nil {
			t.Fatal(err)
		}
	}
	(&breaker{t, s}).joins(former, survivor)
	for _, limit := range []int{1, 7, 43, 100} {
		seen := map[string]int{}
		last := "~"
		for after := ""; ; {
			page, next, err := svc.Notes(ctx, ws, survivor.ID, limit, after)
			if err != nil || len(page) > limit {
				t.Fatalf("%d notes on a page of %d, %v", len(page), limit, err)
			}
			for _, note := range page {
				if seen[note.ID]++; note.ID > last {
					t.Errorf("limit %d: a newer note comes after an older one", limit)
				}
				last = note.ID
			}
			if after = next; next == "" {
				break
			}
		}
		if len(seen) != 43 {
			t.Errorf("limit %d: %d of 43 notes are shown", limit, len(seen))
		}
	}
}

func TestActivityOfAJoinedContactIsAllShown(t *testing.T) {
	s := fresh(t)
	svc := service(s)
	former, survivor := joinedPair(t, s)
	for n := range 20 {
		if _, err := svc.Update(ctx, ws, former.ID, user, attributesPatch(signs(30, "ab"[n%2:n%2+1])), contact.Precondition{}); err != nil { // 120 KB an entry
			t.Fatal(err)
		}
	}
	(&breaker{t, s}).joins(former, survivor)
	for _, limit := range []int{1, 3, 20, 21, 25, 100} {
		count := 0
		for after := ""; ; {
			page, next, err := svc.Activities(ctx, ws, survivor.ID, limit, after)
			if err != nil || len(page) > limit {
				t.Fatalf("%d entries on a page of %d, %v", len(page), limit, err)
			}
			count += len(page)
			if after = next; next == "" {
				break
			}
		}
		if count != 21 { // with the creation
			t.Errorf("limit %d: %d of 21 entries are shown", limit, count)
		}
	}
}

// Entries of one moment and one write stand with both contacts that a join changes.
func TestEntriesOfOneKeyComeBoth(t *testing.T) {
	s := fresh(t)
	former, survivor := joinedPair(t, s)
	for _, c := range []contact.Contact{former, survivor} {
		it, err := activityItem(c, contact.Activity{At: epoch, Actor: user, Action: "of " + c.ID}, "same-0")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.putOne(ctx, s.tables.Timeline, it, condition{}); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string]int{}
	for after, more := "", true; more; more = after != "" {
		page, next, err := s.Activities(ctx, ws, []string{former.ID, survivor.ID}, 1, after)
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range page {
			seen[entry.Action]++
		}
		after = next
	}
	if len(seen) != 2 || seen["of "+former.ID] != 1 || seen["of "+survivor.ID] != 1 {
		t.Errorf("%v", seen)
	}
}

// A list that was begun sorted goes on so although more contacts match meanwhile than one would begin so.
func TestASortedListThatGrowsMissesNobody(t *testing.T) {
	s := fresh(t)
	const n = 495
	stay := make([]contact.Contact, n)
	for i := range stay {
		stay[i] = person(i)
		stay[i].Name, stay[i].Labels = fmt.Sprintf("Name%04d Tester", n-i), []string{"VIP"} // the oldest last
	}
	load(t, s, stay)
	q := contact.Query{Workspace: ws, Sort: contact.SortName, Limit: 100, Filter: contact.Filter{Label: "vip"}}
	page, err := s.List(ctx, q)
	if err != nil || page.Unsorted {
		t.Fatal(err, page.Unsorted)
	}
	more := make([]contact.Contact, 60)
	for i := range more {
		more[i] = person(10_000 + i)
		more[i].Name, more[i].Labels = fmt.Sprintf("AAA%d", i), []string{"VIP"}
	}
	load(t, s, more)
	seen, last := map[string]int{}, ""
	for {
		for _, c := range page.Contacts {
			if seen[c.ID]++; nameSort(c) < last {
				t.Errorf("%s comes out of order", c.Name)
			}
			last = nameSort(c)
		}
		if q.After = page.Next; page.Next == nil {
			break
		}
		if page, err = s.List(ctx, q); err != nil || page.Unsorted {
			t.Fatal(err, page.Unsorted)
		}
	}
	for _, c := range stay {
		if seen[c.ID] != 1 {
			t.Errorf("%s came %d times", c.Name, seen[c.ID])
		}
	}
}
