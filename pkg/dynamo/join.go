package dynamo

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"
)

// attrLeap is where a join goes on beyond the place that it has scanned to, in the state between two of its queries.
const attrLeap = "leap"

// join reads the sort keys that several partitions have in common: facets of a contact share shard and sort key. It reads one stretch
// of each; the next query goes on where the one that is ahead stands, and so leaps over what the others hold before. It may find
// nothing: whoever asks goes on as far as the budget of the page allows.
func (s *Store) join(ctx context.Context, src source, o order, limit int, start map[string]types.AttributeValue) (result, error) {
	if done := item(start).text(attrSK); done != "" {
		o.after = done
	}
	windows, err := s.windows(ctx, src, o, limit, item(start).text(attrLeap))
	if err != nil {
		return result{}, err
	}
	found, scanned, ahead, ended := o.common(windows)
	total := result{entries: found, scanned: scanned}
	for _, w := range windows {
		total.units += w.units
	}
	if !ended {
		total.next = item{attrSK: text(scanned), attrLeap: text(ahead)}
	}
	return total, nil
}

// windows reads a stretch of each partition, none of it before leap.
func (s *Store) windows(ctx context.Context, src source, o order, limit int, leap string) ([]result, error) {
	partitions := append([]string{src.partition}, src.also...)
	windows := make([]result, len(partitions))
	group, ctx := errgroup.WithContext(ctx)
	for i, partition := range partitions {
		one := source{partition: partition, low: src.low, high: src.high}
		switch {
		case leap != "" && o.descending:
			one.high = leap
		case leap != "":
			one.low = leap
		}
		group.Go(func() (err error) {
			windows[i], err = s.query(ctx, one, o, limit, nil)
			return err
		})
	}
	return windows, group.Wait()
}

// common are the entries of all windows, as far as every one of them has been read (scanned: to where the nearest one ends that goes
// on), and where the one that is ahead stands beyond that. It has ended when one of them has nothing more.
func (o order) common(windows []result) (found []entry, scanned, ahead string, ended bool) {
	for _, w := range windows {
		if end := item(w.next).text(attrSK); w.next != nil && (scanned == "" || o.before(end, scanned)) {
			scanned = end
		}
	}
	for _, e := range windows[0].entries {
		inAll := !slices.ContainsFunc(windows[1:], func(w result) bool { return !holds(w.entries, e.sort, o) })
		if inAll && (scanned == "" || !o.before(scanned, e.sort)) {
			found = append(found, e)
		}
	}
	if scanned == "" { // every window is the last of its partition
		return found, "", "", true
	}
	ahead = scanned
	for _, w := range windows {
		first := firstBeyond(w.entries, scanned, o)
		if first == "" && w.next == nil {
			return found, scanned, "", true
		}
		if first != "" && o.before(ahead, first) {
			ahead = first
		}
	}
	return found, scanned, ahead, false
}

// before says that a stands before b in the order.
func (o order) before(a, b string) bool {
	if o.descending {
		return a > b
	}
	return a < b
}

func holds(entries []entry, sort string, o order) bool {
	_, found := slices.BinarySearchFunc(entries, sort, func(e entry, sort string) int {
		if o.descending {
			return strings.Compare(sort, e.sort)
		}
		return strings.Compare(e.sort, sort)
	})
	return found
}

// firstBeyond is the first sort key after another one; empty when there is none.
func firstBeyond(entries []entry, sort string, o order) string {
	for _, e := range entries {
		if o.before(sort, e.sort) {
			return e.sort
		}
	}
	return ""
}
