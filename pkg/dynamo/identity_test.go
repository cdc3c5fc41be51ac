package dynamo

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/importing"
	"github.com/occ/contacts/pkg/problem"
)

// identities are n of one person, each of another kind.
func identities(n int) []contact.Identity {
	list := make([]contact.Identity, n)
	for i := range list {
		list[i] = contact.Identity{
			Channel: contact.IdentityChannels[i%len(contact.IdentityChannels)], AccountID: fmt.Sprint("account#", i/8), ExternalID: fmt.Sprint("منى#", i),
			Username: "mona", ProfileName: "Mona", FirstSeenAt: epoch, LastSeenAt: epoch,
		}
	}
	return list
}

// Two identities never share a key, whatever '#' and '%' stand in them.
func TestIdentityKeysAreUnambiguous(t *testing.T) {
	part := rapid.StringMatching(`[ab#%25]{0,5}`)
	rapid.Check(t, func(r *rapid.T) {
		draw := func(name string) contact.IdentityKey {
			return contact.IdentityKey{
				Channel: rapid.SampledFrom(contact.IdentityChannels[:2]).Draw(r, name+" channel"), AccountID: part.Draw(r, name+" account"), ExternalID: part.Draw(r, name+" external id"),
			}
		}
		one, other := draw("one"), draw("other")
		if (one == other) != (identityClaimKey(ws, one) == identityClaimKey(ws, other)) {
			r.Fatalf("%+v and %+v have keys %v and %v", one, other, identityClaimKey(ws, one), identityClaimKey(ws, other))
		}
	})
}

// The longest ids that a contact may have make a key that DynamoDB takes (2,048 bytes).
func TestTheLongestIdentityIsStored(t *testing.T) {
	s, c := fresh(t), person(1)
	c.Workspace = strings.Repeat("w", 63)
	for _, text := range []string{strings.Repeat("#", 256), strings.Repeat("م", 256), strings.Repeat("😀", 128)} {
		c.Identities = append(c.Identities, contact.Identity{Channel: contact.Messenger, AccountID: text, ExternalID: text, FirstSeenAt: epoch, LastSeenAt: epoch})
	}
	for _, identity := range c.Identities {
		if err := contact.CheckIdentity(identity); err != nil {
			t.Fatal(err)
		}
		if k := identityClaimKey(c.Workspace, identity.Key()); len(k.pk) > 2048 {
			t.Errorf("a key of %d bytes", len(k.pk))
		}
	}
	create(t, s, c)
}

func TestIdentitiesAreMatched(t *testing.T) {
	s, one, other := fresh(t), person(1), person(2)
	one.Identities, other.Identities = identities(3)[:2], identities(3)[2:]
	create(t, s, one, other)
	asked := importing.Keys{Phones: []string{other.Phone}}
	want := map[contact.IdentityKey]string{}
	for i, identity := range identities(4) {
		asked.Identities = append(asked.Identities, identity.Key())
		if i < 3 {
			want[identity.Key()] = []string{one.ID, one.ID, other.ID}[i]
		}
	}
	matches, err := s.Match(ctx, ws, asked)
	if diff := cmp.Diff(want, matches.ByIdentity); diff != "" || err != nil || len(matches.ByID) != 2 || matches.ByPhone[other.Phone] != other.ID {
		t.Error(diff, err, matches)
	}
	if diff := cmp.Diff(one.Identities, matches.ByID[one.ID].Identities); diff != "" {
		t.Error(diff)
	}
	if err := service(s).Delete(ctx, ws, one.ID, contact.Precondition{}); err != nil {
		t.Fatal(err)
	}
	if matches, err := s.Match(ctx, ws, asked); err != nil || len(matches.ByIdentity) != 1 {
		t.Errorf("after the deletion: %+v, %v", matches, err)
	}
	late := person(3)
	late.Identities = identities(2)
	create(t, s, late)
}

// Two imports at once bring one identity: one creates the contact, the other's row is returned to be decided again.
func TestTwoImportsBringOneIdentity(t *testing.T) {
	s := fresh(t)
	for round := range 40 {
		shared := contact.Identity{Channel: contact.WhatsApp, AccountID: "1", ExternalID: fmt.Sprint(round), FirstSeenAt: epoch, LastSeenAt: epoch}
		var redone [2][]int
		var both sync.WaitGroup
		for i := range redone {
			c := person(2*round + i)
			c.Identities = []contact.Identity{shared}
			ref := importing.ChunkRef{Ref: importing.Ref{Workspace: ws, ID: fmt.Sprint("import-", round, i)}, Rows: 1}
			both.Go(func() {
				var err error
				if _, redone[i], err = s.Commit(ctx, ref, importing.ChunkState{}, []importing.Write{{Outcome: importing.Created, Create: &c}}); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		if len(redone[0])+len(redone[1]) != 1 {
			t.Fatalf("round %d: %v", round, redone)
		}
	}
	if n := count(t, s, "name"); n != 40 {
		t.Errorf("%d contacts", n)
	}
	found, err := s.Verify(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, breach := range found.Breaches {
		if strings.Contains(breach, "identity") || strings.Contains(breach, "#I#") {
			t.Error(breach)
		}
	}
}

// Rows of one chunk that share an identity go into transactions of their own, in their order.
func TestRowsThatShareAnIdentityGoApart(t *testing.T) {
	s := fresh(t)
	writes := creations(3)
	writes[0].Create.Identities, writes[2].Create.Identities = identities(2), identities(3)[1:]
	state, redo, err := s.Commit(ctx, chunkOf(3), importing.ChunkState{}, writes)
	if err != nil || state.Outcomes != "cc." || len(redo) != 1 || redo[0] != 2 {
		t.Errorf("%+v, redo %v, %v", state, redo, err)
	}
}

func TestAnIdentityOfAnotherContact(t *testing.T) {
	s, one, other := fresh(t), person(1), person(2)
	other.Identities = identities(1)
	create(t, s, one, other)
	err := update(s, get(t, s, one.ID), func(c *contact.Contact) { c.Identities = identities(2) })
	if problem.CodeOf(err) != problem.DuplicateContact || !strings.Contains(err.Error(), "identity") {
		t.Error(err)
	}
	if err := update(s, get(t, s, other.ID), func(c *contact.Contact) { c.Identities = nil }); err != nil {
		t.Fatal(err)
	}
	if err := update(s, get(t, s, one.ID), func(c *contact.Contact) { c.Identities = identities(2) }); err != nil {
		t.Error(err)
	}
}
