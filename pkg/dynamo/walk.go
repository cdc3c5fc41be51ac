package dynamo

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/exporting"
	"github.com/occ/contacts/pkg/plainjson"
)

const (
	walkPage    = 100 // contacts of a page of a selection
	notesAtOnce = 16  // contacts of it whose notes are read at once
	walkEnd     = "end"
)

// visitor is called with some contacts and the position after them.
type visitor = func(batch []exporting.Record, position string) error

// Walk implements exporting.Contacts. Everything is read bucket by bucket, contacts and their notes side by side; a selection as the
// list of contacts is. Both are eventually consistent but for the contacts of a list.
func (s *Store) Walk(ctx context.Context, workspace string, selection exporting.Selection, after string, visit visitor) error {
	switch {
	case after == walkEnd || selection.Filter.Impossible():
		return nil
	case !selection.All():
		return s.walkList(ctx, workspace, selection, after, visit)
	}
	number, id, _ := strings.Cut(after, "#")
	first := 0
	if after != "" {
		var err error
		if first, err = strconv.Atoi(number); err != nil {
			return fmt.Errorf("dynamo: position %q: %w", after, err)
		}
	}
	for b := first; b < contactBuckets; b, id = b+1, "" {
		err := s.walkBucket(ctx, bucketPartition(workspace, b), id, func(batch []exporting.Record) error {
			if err := s.addMergedNotes(ctx, batch); err != nil {
				return err
			}
			return visit(batch, strconv.Itoa(b)+"#"+batch[len(batch)-1].Contact.ID)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// walkBucket visits the contacts of a partition with ids after one, in order of their ids, those of a page together. The next page
// is read while one is at work. The last contact of a page waits for the next, where more of its notes may be.
func (s *Store) walkBucket(ctx context.Context, partition, after string, visit func([]exporting.Record) error) error {
	group, reading := errgroup.WithContext(ctx)
	pages := make(chan []map[string]types.AttributeValue)
	group.Go(func() error {
		err := s.readPages(reading, partition, after, pages)
		if err == nil {
			close(pages) // and only then: of the contact that waits, more may have been to come
		}
		return err
	})
	group.Go(func() error {
		var batch []exporting.Record
		for {
			page, more, err := nextPage(reading, pages)
			switch {
			case err != nil:
				return err
			case !more && len(batch) == 0:
				return nil
			case !more:
				return visit(batch)
			}
			if batch, err = addRecords(batch, page); err != nil {
				return err
			}
			if whole := len(batch) - 1; whole > 0 {
				if err := visit(batch[:whole]); err != nil {
					return err
				}
				batch = append(batch[:0], batch[whole])
			}
		}
	})
	return group.Wait()
}

// nextPage waits for a page, or for the end of the reading.
func nextPage(ctx context.Context, pages <-chan []map[string]types.AttributeValue) (page []map[string]types.AttributeValue, more bool, err error) {
	select {
	case page, more = <-pages:
		return page, more, nil
	case <-ctx.Done():
		return nil, false, ctx.Err()
	}
}

// readPages sends the items of a partition of contacts after one's, page by page.
func (s *Store) readPages(ctx context.Context, partition, after string, pages chan<- []map[string]types.AttributeValue) error {
	input := &dynamodb.QueryInput{
		TableName: &s.tables.Contacts, KeyConditionExpression: aws.String("pk = :pk AND sk > :after"),
		ExpressionAttributeValues: item{":pk": text(partition), ":after": text(afterContact(after))},
	}
	for more := dynamodb.NewQueryPaginator(s.client, input); more.HasMorePages(); {
		page, err := more.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("dynamo: walk contacts: %w", err)
		}
		select {
		case pages <- page.Items:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// addRecords adds the contacts and notes of a page. Notes come after their contact, oldest first; other items are passed over, and so
// are notes whose contact is gone.
func addRecords(batch []exporting.Record, page []map[string]types.AttributeValue) ([]exporting.Record, error) {
	for _, it := range page {
		if item(it).became() {
			continue
		}
		if isContact(it) {
			c, err := contactOf(it)
			if err != nil {
				return nil, err
			}
			batch = append(batch, exporting.Record{Contact: c})
		} else if last := len(batch) - 1; last >= 0 && isNoteOf(it, batch[last].Contact.ID) {
			batch[last].Notes = append(batch[last].Notes, item(it).text("text"))
		}
	}
	return batch, nil
}

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
		contacts := page.Contacts
		for ; len(contacts) > notesAtOnce; contacts = contacts[notesAtOnce:] {
			if err := s.visitWithNotes(ctx, contacts[:notesAtOnce], "", visit); err != nil {
				return err
			}
		}
		position := walkEnd
		if page.Next != nil {
			body, _ := plainjson.Marshal(page.Next) // two simple fields
			position = string(body)
		}
		if err := s.visitWithNotes(ctx, contacts, position, visit); err != nil || page.Next == nil {
			return err
		}
		q.After = page.Next
	}
}

// visitWithNotes visits contacts with their notes: few at a time, as the notes of one may be megabytes.
func (s *Store) visitWithNotes(ctx context.Context, contacts []contact.Contact, position string, visit visitor) error {
	records, err := s.withNotes(ctx, contacts)
	if err != nil {
		return err
	}
	return visit(records, position)
}

// withNotes reads the notes of contacts that lie apart.
func (s *Store) withNotes(ctx context.Context, contacts []contact.Contact) ([]exporting.Record, error) {
	records := make([]exporting.Record, len(contacts))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(notesAtOnce)
	for i, c := range contacts {
		records[i].Contact = c
		group.Go(func() error {
			texts, err := s.notesOf(ctx, c)
			records[i].Notes = texts
			return err
		})
	}
	return records, group.Wait()
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

// addMergedNotes reads the notes of those contacts that others were joined into: they do not lie beside them.
func (s *Store) addMergedNotes(ctx context.Context, batch []exporting.Record) (err error) {
	for i, record := range batch {
		if len(record.Contact.MergedFrom) == 0 {
			continue
		}
		if batch[i].Notes, err = s.notesOf(ctx, record.Contact); err != nil {
			return err
		}
	}
	return nil
}
