package dynamo

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/exporting"
	"github.com/occ/contacts/pkg/plainjson"
)

// walkList visits what a list of contacts would give. Its position is the list's own.
func (s *Store) walkList(ctx context.Context, workspace string, selection exporting.Selection, after string, visit visitor) error {
	q := contact.Query{Workspace: workspace, Search: selection.Search, Filter: selection.Filter, Limit: walkPage}
	if q.Search == nil {
		q.Sort = contact.SortNewest
	}
	if after != "" {
		q.After = new(contact.Position)
		if err := json.Unmarshal([]byte(after), q.After); err != nil { // it may hold a name: not for the log
			return fmt.Errorf("dynamo: the position in a list cannot be read: %w", err)
		}
	}
	for {
		page, err := s.List(ctx, q)
		if err != nil {
			return err
		}
		position := walkEnd
		if page.Next != nil {
			body, _ := plainjson.Marshal(page.Next) // two simple fields
			position = string(body)
		}
		if err := s.visitWithNotes(ctx, page.Contacts, position, visit); err != nil || page.Next == nil {
			return err
		}
		q.After = page.Next
	}
}

// visitWithNotes visits contacts with their notes: few at a time, as the notes of one may be megabytes. Position is
// that after the last one.
func (s *Store) visitWithNotes(ctx context.Context, contacts []contact.Contact, position string, visit visitor) error {
	for {
		records, err := s.withNotes(ctx, contacts)
		if err != nil {
			return err
		}
		if contacts = contacts[len(records):]; len(contacts) == 0 {
			return visit(records, position)
		}
		if err := visit(records, ""); err != nil {
			return err
		}
	}
}

// withNotes reads the notes of contacts that lie apart: of the first ones, until they have many bytes.
func (s *Store) withNotes(ctx context.Context, contacts []contact.Contact) (records []exporting.Record, err error) {
	bytes := 0
	for some := range slices.Chunk(contacts, notesAtOnce) {
		read := make([]exporting.Record, len(some))
		group, grouped := errgroup.WithContext(ctx)
		for i, c := range some {
			read[i].Contact = c
			group.Go(func() (err error) {
				read[i].Notes, err = s.notesOf(grouped, c)
				return err
			})
		}
		if err := group.Wait(); err != nil {
			return nil, err
		}
		for _, record := range read {
			for _, note := range record.Notes {
				bytes += len(note)
			}
		}
		if records = append(records, read...); bytes > walkBytes {
			break
		}
	}
	return records, nil
}

// notesOf reads the texts of a contact's notes, oldest first, those of contacts that were joined into it among them.
func (s *Store) notesOf(ctx context.Context, c contact.Contact) ([]string, error) {
	var notes []item
	for _, owner := range c.Owners() {
		err := s.eachOf(ctx, s.tables.Contacts, contactPartition(c.Workspace, owner), owner+notePrefix, func(it item) error {
			notes = append(notes, it)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(notes, func(a, b item) int { return strings.Compare(a.text("id"), b.text("id")) })
	var texts []string
	for _, it := range notes {
		texts = append(texts, it.text("text"))
	}
	return texts, nil
}
