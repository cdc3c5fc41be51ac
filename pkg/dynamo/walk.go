package dynamo

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/exporting"
	"github.com/occ/contacts/pkg/problem"
)

const (
	walkPage    = 100 // contacts of a page of a selection
	notesAtOnce = 8   // contacts of it whose notes are read at once
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
	first, id, began, err := s.walkPosition(after)
	if err != nil {
		return err
	}
	for b := first; b < contactBuckets; b, id = b+1, "" {
		err := s.walkBucket(ctx, bucketPartition(workspace, b), id, func(batch []met) error {
			return s.visitMet(ctx, batch, began, func(records []exporting.Record, last string) error {
				return visit(records, fmt.Sprintf("%d#%s#%s", b, last, stamp(began)))
			})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// walkPosition reads a position in everything: the bucket, the contact that was visited last, and when the walk began.
func (s *Store) walkPosition(after string) (bucket int, id string, began time.Time, err error) {
	if after == "" {
		return 0, "", s.now(), nil
	}
	number, rest, _ := strings.Cut(after, "#")
	id, at, timed := strings.Cut(rest, "#")
	bucket, err = strconv.Atoi(number)
	if err == nil && timed { // positions of before do not say when
		began, err = time.Parse(time.RFC3339, at)
	}
	if err != nil {
		err = fmt.Errorf("dynamo: position %q: %w", after, err)
	}
	return bucket, id, began, err
}

// met is what a walk meets: a contact with the notes beside it, or what became of one that was joined into another.
type met struct {
	exporting.Record
	joined item
}

const (
	// walkBytes is how many bytes of notes are held at once, but for those of one contact.
	walkBytes = 8 << 20
	// clockSkew is by how much the clocks of those who join contacts and of those who walk may differ.
	clockSkew = time.Minute
)

// visitMet visits what a walk met, some at a time where there are many notes, with the id of the last one. A contact
// into which another was joined since the walk began is given again: it may have been visited before, without what it
// got, and the joined one was not visited.
func (s *Store) visitMet(ctx context.Context, batch []met, began time.Time, visit func(records []exporting.Record, last string) error) error {
	var records []exporting.Record
	bytes := 0
	for i, m := range batch {
		record, there := m.Record, m.joined == nil
		var err error
		switch {
		case m.joined != nil && m.joined.time(attrJoinedAt).After(began.Add(-clockSkew)):
			record, there, err = s.survivor(ctx, m.joined)
		case len(record.Contact.MergedFrom) > 0: // their notes do not lie beside it
			record.Notes, err = s.notesOf(ctx, record.Contact)
		}
		if err != nil {
			return err
		}
		if there {
			records = append(records, record)
		}
		for _, note := range record.Notes {
			bytes += len(note)
		}
		if bytes > walkBytes || i == len(batch)-1 {
			if err := visit(records, m.Contact.ID); err != nil {
				return err
			}
			records, bytes = nil, 0
		}
	}
	return nil
}

// survivor is the contact that another one was joined into, given again.
func (s *Store) survivor(ctx context.Context, joined item) (record exporting.Record, there bool, err error) {
	record.Again = 1
	record.Contact, err = s.Get(ctx, joined.text(attrWorkspace), joined.text(attrBecame))
	if problem.CodeOf(err) == problem.NotFound {
		return record, false, nil
	}
	if err == nil {
		record.Notes, err = s.notesOf(ctx, record.Contact)
	}
	return record, true, err
}

// walkBucket visits the contacts of a partition with ids after one, in order of their ids, those of a page together. The next page
// is read while one is at work. The last contact of a page waits for the next, where more of its notes may be.
func (s *Store) walkBucket(ctx context.Context, partition, after string, visit func([]met) error) error {
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
		var batch []met
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
// are notes whose contact is gone or was joined.
func addRecords(batch []met, page []map[string]types.AttributeValue) ([]met, error) {
	for _, it := range page {
		if isContact(it) && item(it).became() {
			batch = append(batch, met{exporting.Record{Contact: contact.Contact{ID: item(it).text("id")}}, it})
			continue
		}
		if isContact(it) {
			c, err := contactOf(it)
			if err != nil {
				return nil, err
			}
			batch = append(batch, met{exporting.Record{Contact: c}, nil})
		} else if last := len(batch) - 1; last >= 0 && batch[last].joined == nil && isNoteOf(it, batch[last].Contact.ID) {
			batch[last].Notes = append(batch[last].Notes, item(it).text("text"))
		}
	}
	return batch, nil
}
