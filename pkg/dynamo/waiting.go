package dynamo

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/occ/contacts/pkg/channel"
)

// Wait implements channel.CaseStore.
func (s *Store) Wait(ctx context.Context, w channel.Waiting) error {
	it := newItem(waitingKey(w.Event.Workspace, w.Event.ID), newWriteID(), 3)
	it[attrWorkspace] = text(w.Event.Workspace)
	it.setTime("since", w.Since)
	if err := it.setJSON("event", w.Event); err != nil {
		return err
	}
	_, err := s.putOne(ctx, s.tables.Jobs, it, ifAbsent)
	return err
}

// waitingShare is how many events of a workspace in a partition are visited before it is the turn of the next.
const waitingShare = 50

// EachWaiting implements channel.CaseStore. The events of all workspaces share four partitions, and a walk may be
// stopped before its end. So it begins anywhere, in the order of workspaces as well as among the events of one, and
// each workspace gets its share in turn.
func (s *Store) EachWaiting(ctx context.Context, visit func(channel.Waiting) error) error {
	var open []*waitingLine
	for _, b := range rand.Perm(openBuckets) { //nolint:gosec // an order is no secret
		from := string(rune('!' + rand.IntN('z'-'!'))) //nolint:gosec // no secret; names of workspaces begin with letters and digits
		for _, stretch := range [][2]string{{from, last}, {"!", from}} {
			lines, err := s.waitingLines(ctx, waitingPartition(b), stretch[0], stretch[1], visit)
			if err != nil {
				return err
			}
			open = append(open, lines...)
		}
	}
	for len(open) > 0 {
		var left []*waitingLine
		for _, line := range open {
			if err := s.visitShare(ctx, line, visit); err != nil {
				return err
			}
			if !line.ended {
				left = append(left, line)
			}
		}
		open = left
	}
	return nil
}

// waitingLine is the events of a workspace that wait in a partition, with what is left of them to visit.
type waitingLine struct {
	partition string
	low, high string // sort keys between which the next ones lie, both exclusive
	rest      string // where the second stretch begins, once the first is done; empty: this is the last
	place     string // where the first began
	ended     bool
}

// waitingLines finds the workspaces of a partition between two sort keys, and visits the first share of each. It
// returns those of which more is left.
func (s *Store) waitingLines(ctx context.Context, partition, low, high string, visit func(channel.Waiting) error) (open []*waitingLine, err error) {
	for {
		found, err := s.between(ctx, partition, low, high, 1)
		if err != nil || len(found) == 0 {
			return open, err
		}
		workspace := found[0].text(attrWorkspace)
		start, end := workspace+"#", workspace+"#"+last
		place := fmt.Sprintf("%s%04x", start, rand.IntN(1<<16)) //nolint:gosec // ids of events are hashes
		line := &waitingLine{partition: partition, low: place, high: end, rest: start, place: place}
		if err := s.visitShare(ctx, line, visit); err != nil {
			return nil, err
		}
		if !line.ended {
			open = append(open, line)
		}
		low = end
	}
}

// visitShare visits the next events of a line.
func (s *Store) visitShare(ctx context.Context, line *waitingLine, visit func(channel.Waiting) error) error {
	for left := waitingShare; left > 0; {
		found, err := s.between(ctx, line.partition, line.low, line.high, left)
		if err != nil {
			return err
		}
		for _, it := range found {
			line.low = it.text(attrSK)
			w := channel.Waiting{Since: it.time("since")}
			if err := it.json("event", &w.Event); err != nil {
				return err
			}
			if err := visit(w); err != nil {
				return err
			}
		}
		left -= len(found)
		switch {
		case len(found) > 0: // the page may have been cut; the next one tells
		case line.rest == "":
			line.ended = true
			return nil
		default: // what lies before the place where it began
			line.low, line.high, line.rest = line.rest, line.place, ""
		}
	}
	return nil
}

// between reads the first items of a partition of table jobs whose sort keys lie between two, strongly.
func (s *Store) between(ctx context.Context, partition, low, high string, limit int) ([]item, error) {
	out, err := s.client.Query(ctx, &dynamodb.QueryInput{
		TableName: &s.tables.Jobs, ConsistentRead: aws.Bool(true), Limit: aws.Int32(int32(limit + 1)), //nolint:gosec // a small number
		KeyConditionExpression:    aws.String("pk = :pk AND sk BETWEEN :low AND :high"),
		ExpressionAttributeValues: item{":pk": text(partition), ":low": text(low), ":high": text(high)},
	})
	if err != nil {
		return nil, fmt.Errorf("dynamo: walk %s: %w", s.tables.Jobs, err)
	}
	var items []item
	for _, it := range out.Items {
		if item(it).text(attrSK) != low && len(items) < limit {
			items = append(items, it)
		}
	}
	return items, nil
}

// EndWait implements channel.CaseStore.
func (s *Store) EndWait(ctx context.Context, w channel.Waiting) error {
	return s.removeKeys(ctx, s.tables.Jobs, []key{waitingKey(w.Event.Workspace, w.Event.ID)})
}
