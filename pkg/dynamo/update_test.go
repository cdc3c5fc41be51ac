package dynamo

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/problem"
)

// stored is every item of the contacts table that a contact should have there, by key; contents are the parts that matter.
func wanted(contacts map[string]contact.Contact) map[key]string {
	want := map[key]string{}
	for _, c := range contacts {
		c.Shard = shardOf(c.ID)
		want[contactKey(c.Workspace, c.ID)] = c.Name
		for _, claim := range claims(c) {
			want[claim.key] = c.ID + claim.name
		}
		for _, e := range extras(c) {
			want[e.key] = e.content
		}
	}
	return want
}

// actual is what the table holds.
func actual(t interface{ Fatal(...any) }, s *Store) map[key]string {
	got := map[key]string{}
	for _, it := range everything(t, s, s.tables.Contacts) {
		switch {
		case it.text("id") != "":
			got[it.key()] = it.text("name")
		case it.text("wordKey") != "":
			got[it.key()] = it.text("wordShard") + it.text("wordKey")
		case it.text("value") != "":
			got[it.key()] = it.text("value")
		default:
			got[it.key()] = it.text(attrContactID) + it.text(attrNameText)
		}
	}
	return got
}

// TestChangesLeaveExactlyWhatFollows changes contacts at random; after each change the table holds what follows from the contacts, and
// nothing else.
func TestChangesLeaveExactlyWhatFollows(t *testing.T) {
	names := rapid.SampledFrom([]string{"Mona", "Mona Adel", "mona  adel", "Mona Adel El Sayed", "Adel Mona Adel", "أحمد علي محمد حسن"})
	labels := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"VIP", "b", "c", "Ünï#x"}), 0, 4, rapid.ID)
	rapid.Check(t, func(r *rapid.T) {
		s := fresh(t)
		contacts := map[string]contact.Contact{}
		for range 2 {
			c := person(len(contacts))
			c.Channel = rapid.SampledFrom([]contact.Channel{contact.API, contact.SMS}).Draw(r, "channel")
			create(t, s, c)
			contacts[c.ID] = get(t, s, c.ID)
		}
		ids := slices.Sorted(func(yield func(string) bool) {
			for id := range contacts {
				if !yield(id) {
					return
				}
			}
		})
		for range rapid.IntRange(1, 5).Draw(r, "changes") {
			id := rapid.SampledFrom(ids).Draw(r, "contact")
			err := update(s, contacts[id], func(c *contact.Contact) {
				c.Name = names.Draw(r, "name")
				c.Email = rapid.SampledFrom([]string{"", "a@x.com", "A@x.com", "b@x.com"}).Draw(r, "email")
				c.Phone = rapid.SampledFrom([]string{"", "+20100", "+20101"}).Draw(r, "phone")
				c.Company = rapid.SampledFrom([]string{"", "Acme", "ACME", "Other"}).Draw(r, "company")
				c.Labels = labels.Draw(r, "labels")
				c.Identities = identities(3)[rapid.IntRange(0, 2).Draw(r, "from"):rapid.IntRange(2, 3).Draw(r, "to")]
			})
			if err == nil {
				contacts[id] = get(t, s, id)
			} else if problem.CodeOf(err) != problem.DuplicateContact {
				r.Fatal(err)
			}
			if diff := cmp.Diff(wanted(contacts), actual(r, s), cmp.AllowUnexported(key{})); diff != "" {
				r.Fatal(diff)
			}
		}
	})
}

func TestUpdateRefuses(t *testing.T) {
	s := fresh(t)
	one, other := person(1), person(2)
	create(t, s, one, other)
	one = get(t, s, one.ID)
	rename := func(c *contact.Contact) { c.Name = "New" }

	err := update(s, one, func(c *contact.Contact) { c.Phone, c.Email = other.Phone, other.Email })
	e, _ := errors.AsType[*problem.Error](err)
	if e == nil || e.Code != problem.DuplicateContact || e.ContactID != other.ID || e.Field != "email" {
		t.Errorf("taken e-mail and phone: %+v", e)
	}
	if err := update(s, one, rename); err != nil {
		t.Error(err)
	}
	if err := update(s, one, rename); problem.CodeOf(err) != problem.VersionConflict {
		t.Errorf("an old version: %v", err)
	}
	stranger := person(3)
	if err := update(s, stranger, rename); problem.CodeOf(err) != problem.NotFound {
		t.Errorf("no such contact: %v", err)
	}
}

func TestUpdatesAtOnceLoseNothing(t *testing.T) {
	s, c := fresh(t), person(1)
	create(t, s, c)
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			for {
				err := update(s, get(t, s, c.ID), func(c *contact.Contact) { c.Labels = append(c.Labels, strings.Repeat("x", n+1)) })
				if err == nil {
					return
				}
				if problem.CodeOf(err) != problem.VersionConflict {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	if got := get(t, s, c.ID); len(got.Labels) != 8 || got.Version != 9 {
		t.Errorf("labels %v, version %d", got.Labels, got.Version)
	}
	if entries := activities(t, s, c.ID); len(entries) != 8 {
		t.Errorf("%d activities, want 8", len(entries))
	}
}

// The number of shards may grow: a contact keeps the shard that it was created with, and so do its facets.
func TestAContactKeepsItsShard(t *testing.T) {
	s, c := fresh(t), person(1)
	c.Company = "Acme"
	create(t, s, c)
	moved := get(t, s, c.ID)
	moved.Shard += indexShards // as another number of shards would have placed it
	it, err := contactItem(moved, "w")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.putOne(context.Background(), s.tables.Contacts, it, condition{}); err != nil {
		t.Fatal(err)
	}
	if err := update(s, get(t, s, c.ID), func(c *contact.Contact) { c.Name = "New Name" }); err != nil {
		t.Fatal(err)
	}
	if got := get(t, s, c.ID); got.Shard != moved.Shard {
		t.Errorf("shard %d, want %d", got.Shard, moved.Shard)
	}
}

// The work that a change of a name costs: the contact, its claim for the name beside it, the activity.
func TestUpdateCosts(t *testing.T) {
	s, m := fresh(t), &meter{}
	c := person(1)
	create(t, s, c)
	if err := update(s.through(m), get(t, s, c.ID), func(c *contact.Contact) { c.Company = "Acme" }); err != nil {
		t.Fatal(err)
	}
	if m.units != 6 { // contact, facet and activity; no index key changed
		t.Errorf("a new company cost %v units, want 6", m.units)
	}
}
