package dynamo

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/importing"
)

// sound is a store with a bit of everything in it: contacts, notes, an import, a deletion, a key. It returns one contact and the import.
func sound(t *testing.T) (*Store, contact.Contact, importing.Import) {
	t.Helper()
	s, ctx := fresh(t), context.Background()
	c := lived(t, s)
	other := person(2)
	create(t, s, other)
	if err := service(s).Delete(ctx, ws, other.ID, contact.Precondition{}); err != nil {
		t.Fatal(err)
	}
	if _, err := service(s).Create(ctx, ws, user, draft("kept@example.com"), keyed("b")); err != nil {
		t.Fatal(err)
	}
	job := importing.Import{Workspace: ws, ID: "i-1", Status: importing.Processing, Format: "csv", CreatedAt: epoch, Totals: importing.Totals{Rows: 3}}
	if err := s.CreateImport(ctx, job, nil); err != nil {
		t.Fatal(err)
	}
	made := person(3)
	made.CreatedBy = contact.Actor{Type: contact.ByImport, ID: job.ID}
	ref := importing.ChunkRef{Ref: importing.Ref{Workspace: ws, ID: job.ID}, Number: 0, Rows: 3}
	state, _, err := s.Commit(ctx, ref, importing.ChunkState{}, []importing.Write{
		{Index: 0, Outcome: importing.Created, Create: &made}, {Index: 1, Outcome: importing.Skipped}, {Index: 2, Outcome: importing.Unchanged},
	})
	if err != nil {
		t.Fatal(err)
	}
	totals := importing.Totals{Processed: 3, Created: 1, Updated: 1, Skipped: 1}
	if err := s.Close(ctx, ref, state, totals); err != nil {
		t.Fatal(err)
	}
	totals.Rows = 3
	job.Status, job.Totals, job.FinishedAt = importing.Completed, totals, s.now()
	if job, err = s.UpdateImport(ctx, job); err != nil {
		t.Fatal(err)
	}
	return s, c, job
}

func TestSoundDataHasNoBreach(t *testing.T) {
	s, _, _ := sound(t)
	found, err := s.Verify(context.Background())
	if err != nil || len(found.Breaches) != 0 || found.Contacts != 3 || found.Imports != 1 || found.Items < 42 {
		t.Errorf("%+v, %v", found, err)
	}
}

func TestEveryBreachIsFound(t *testing.T) {
	for name, sabotage := range map[string]func(b *breaker, c contact.Contact, job importing.Import){
		"its email": func(b *breaker, c contact.Contact, _ importing.Import) {
			b.remove(emailClaimKey(ws, contact.EmailKey(c.Email)))
		},
		"its phone": func(b *breaker, c contact.Contact, _ importing.Import) { b.remove(phoneClaimKey(ws, c.Phone)) },
		"its identity": func(b *breaker, c contact.Contact, _ importing.Import) {
			b.remove(identityClaimKey(ws, c.Identities[0].Key()))
		},
		"contact y's": func(b *breaker, c contact.Contact, _ importing.Import) {
			b.set(identityClaimKey(ws, c.Identities[1].Key()), attrContactID, "y")
		},
		"sms##lost I} belongs to no contact": func(b *breaker, c contact.Contact, _ importing.Import) { // it names one, but that has no such identity
			b.set(identityClaimKey(ws, contact.IdentityKey{Channel: contact.SMS, ExternalID: "lost"}), attrContactID, c.ID)
		},
		"contact x's": func(b *breaker, c contact.Contact, _ importing.Import) {
			b.set(phoneClaimKey(ws, c.Phone), attrContactID, "x")
		},
		"facet or word": func(b *breaker, c contact.Contact, _ importing.Import) { b.remove(wordItemKey(ws, c.ID, 2)) },
		"belongs to no contact": func(b *breaker, c contact.Contact, _ importing.Import) {
			b.set(key{facetPartition(ws, "label", "vip", c.Shard), timeSort("2026-01-01T00:00:00.000Z", "gone")}, attrContactID, "gone")
		},
		"that is there": func(b *breaker, c contact.Contact, _ importing.Import) {
			b.set(noteKey(ws, "gone", "n"), "text", "orphan")
		},
		"index keys": func(b *breaker, c contact.Contact, _ importing.Import) {
			b.set(contactKey(ws, c.ID), "nameKey", "another"+sep+c.ID)
		},
		"is not as the contact implies": func(b *breaker, c contact.Contact, _ importing.Import) {
			b.set(emailClaimKey(ws, contact.EmailKey(c.Email)), attrNameText, "another")
		},
		"ticket":               func(b *breaker, c contact.Contact, _ importing.Import) { b.job(cleanUpKey(ws, c.ID), "workspace", ws) },
		"not among those ever": func(b *breaker, c contact.Contact, _ importing.Import) { b.removeJob(labelKey(ws, "vip")) },
		"still among the open": func(b *breaker, _ contact.Contact, job importing.Import) {
			b.job(openImportKey(ws, job.ID), "id", job.ID)
		},
		"no sweep would find": func(b *breaker, _ contact.Contact, job importing.Import) {
			b.job(importKey(ws, job.ID), "status", "processing")
		},
		"its rows ended as": func(b *breaker, _ contact.Contact, job importing.Import) {
			b.job(chunkKey(ws, job.ID, 0), "outcomes", "cfn")
		},
		"made 1 contacts": func(b *breaker, _ contact.Contact, job importing.Import) {
			b.count(importKey(ws, job.ID), "created", 0)
		},
		"do not add up": func(b *breaker, _ contact.Contact, job importing.Import) {
			b.count(importKey(ws, job.ID), "skipped", 2)
		},
		"its chunks counted": func(b *breaker, _ contact.Contact, job importing.Import) {
			b.count(totalsKey(ws, job.ID, 0), "failed", 1)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, c, job := sound(t)
			sabotage(&breaker{t, s}, c, job)
			found, err := s.Verify(context.Background())
			if err != nil || !strings.Contains(strings.Join(found.Breaches, "\n"), name) {
				t.Errorf("found %q, %v", found.Breaches, err)
			}
		})
	}
}

// breaker writes what no code of ours would.
type breaker struct {
	t *testing.T
	s *Store
}

func (b *breaker) write(table string, k key, edit func(it item)) {
	b.t.Helper()
	it, err := b.s.read(context.Background(), table, k)
	if err != nil {
		b.t.Fatal(err)
	}
	if it == nil {
		it = newItem(k, newWriteID(), 2)
	}
	edit(it)
	if _, err := b.s.client.PutItem(context.Background(), &dynamodb.PutItemInput{TableName: &table, Item: it}); err != nil {
		b.t.Fatal(err)
	}
}

func (b *breaker) set(k key, name, value string) {
	b.write(b.s.tables.Contacts, k, func(it item) { it[name] = text(value) })
}

func (b *breaker) job(k key, name, value string) {
	b.write(b.s.tables.Jobs, k, func(it item) { it[name] = text(value) })
}

func (b *breaker) count(k key, name string, n int) {
	b.write(b.s.tables.Jobs, k, func(it item) { it[name] = number(n) })
}

func (b *breaker) remove(k key) { b.delete(b.s.tables.Contacts, k) }

func (b *breaker) removeJob(k key) { b.delete(b.s.tables.Jobs, k) }

func (b *breaker) delete(table string, k key) {
	if err := b.s.removeKeys(context.Background(), table, []key{k}); err != nil {
		b.t.Fatal(err)
	}
}

// undoneAndSound is a store with an import that was undone: of its three rows one contact was kept.
func undoneAndSound(t *testing.T) (*Store, importing.Ref, contact.Contact) {
	s := fresh(t)
	c, w := known(t, s), workbenchOn(t, s)
	ref := w.imported("i-1", fileRow(2, func(r *importing.Row) { r.Email, r.Company = c.Email, "Imported" }), fileRow(3, nil), fileRow(4, nil))
	if err := update(s, get(t, s, importing.ContactID("i-1", 3)), func(c *contact.Contact) { c.Company = "By hand" }); err != nil {
		t.Fatal(err)
	}
	w.undone(ref, nil)
	return s, ref, c
}

func TestEveryBreachOfAnUndoIsFound(t *testing.T) {
	for name, sabotage := range map[string]func(b *breaker, ref importing.Ref, c contact.Contact){
		"undo of its chunks counted": func(b *breaker, ref importing.Ref, _ contact.Contact) { b.count(importKey(ws, ref.ID), "keptRows", 2) },
		"its rows were undone as": func(b *breaker, ref importing.Ref, _ contact.Contact) {
			b.job(chunkKey(ws, ref.ID, 0), "undone", "xk-")
		},
		"that it made is there": func(b *breaker, ref importing.Ref, _ contact.Contact) {
			b.job(chunkKey(ws, ref.ID, 0), "undone", "xxk")
		},
		"is undone and kept": func(b *breaker, ref importing.Ref, c contact.Contact) {
			c.ID, c.Email, c.Phone, c.Identities, c.CreatedBy = "another", "", "", nil, contact.Actor{Type: contact.ByImport, ID: ref.ID}
			create(b.t, b.s, c)
		},
		"could still be": func(b *breaker, ref importing.Ref, c contact.Contact) {
			b.write(b.s.tables.Contacts, beforeImageKey(ws, c.ID, ref.ID), func(it item) { it[attrImage] = mapOf(item{}) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, ref, c := undoneAndSound(t)
			sabotage(&breaker{t, s}, ref, c)
			found, err := s.Verify(context.Background())
			if err != nil || !strings.Contains(strings.Join(found.Breaches, "\n"), name) {
				t.Errorf("found %q, %v", found.Breaches, err)
			}
		})
	}
}
