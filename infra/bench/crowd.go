package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/dynamo"
	"github.com/occ/contacts/pkg/importing"
)

// Names follow Zipf's law: the commonest first name is everywhere, most are rare.
var (
	firstNames = zipf(1, 2_000)
	lastNames  = zipf(2, 20_000)
)

func zipf(seed uint64, n uint64) func() uint64 {
	return rand.NewZipf(rand.New(rand.NewPCG(seed, 7)), 1.1, 2, n-1).Uint64 //nolint:gosec // the same every time, on purpose
}

func nameOf(int) string { return fmt.Sprintf("First%d Last%d", firstNames(), lastNames()) }

// idOf is the same id for the same number.
func idOf(workspace string, n int) string {
	return uuid.NewSHA1(uuid.NameSpaceURL, fmt.Appendf(nil, "%s/%d", workspace, n)).String()
}

// rareContacts is how many contacts of a crowd have the rare label.
const rareContacts = 30

// member is a contact of a crowd: all phones begin alike, a third have the common label, a few the rare one, half a company.
func member(workspace string, n, of int) contact.Contact {
	c := someone(workspace, n)
	if n%3 == 0 {
		c.Labels = append(c.Labels, "VIP")
	}
	if n%(of/rareContacts) == 0 {
		c.Labels = append(c.Labels, "rare")
	}
	if n%2 == 0 {
		c.Company = "Acme"
	}
	if n%4 == 0 {
		c.Channel = contact.WhatsApp
	}
	if n%5 == 0 {
		c.LastInteractionAt = c.CreatedAt.Add(time.Hour)
	}
	return c
}

// crowd writes so many contacts into a workspace, by the way that imports write; of makes the one of a number, and its notes.
func crowd(ctx context.Context, store *dynamo.Store, workspace string, contacts int, of func(n int) (contact.Contact, []contact.Note)) error {
	const chunk = 100
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(4)
	for first := 0; first < contacts; first += chunk {
		var writes []importing.Write
		for i := range min(chunk, contacts-first) {
			c, notes := of(first + i)
			writes = append(writes, importing.Write{Index: i, Outcome: importing.Created, Create: &c, Notes: notes})
		}
		ref := importing.ChunkRef{Ref: importing.Ref{Workspace: workspace, ID: "crowd"}, Number: first / chunk, Rows: len(writes)}
		group.Go(func() error {
			_, again, err := store.Commit(ctx, ref, importing.ChunkState{}, writes)
			if err == nil && len(again) > 0 {
				err = fmt.Errorf("%d contacts of the crowd are taken", len(again))
			}
			return err
		})
	}
	return group.Wait()
}
