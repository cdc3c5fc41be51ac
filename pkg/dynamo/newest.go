package dynamo

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// newest reads a page of one partition backwards, strongly: what hangs on a contact, or its activity. after and next are sort keys
// without the prefix; a full page always says where to go on, though nothing may follow.
func (s *Store) newest(ctx context.Context, table, partition, prefix string, limit int, after string) (items []item, next string, err error) {
	low, high := cmp.Or(prefix, "0"), prefix+last // times begin with a digit, and a key's bound may not be empty
	if after != "" {
		high = prefix + after
	}
	out, err := s.client.Query(ctx, &dynamodb.QueryInput{
		TableName: &table, ConsistentRead: aws.Bool(true), ScanIndexForward: aws.Bool(false), Limit: aws.Int32(int32(limit + 1)), //nolint:gosec // a page's size
		KeyConditionExpression:    aws.String("pk = :pk AND sk BETWEEN :low AND :high"),
		ExpressionAttributeValues: item{":pk": text(partition), ":low": text(low), ":high": text(high)},
	})
	if err != nil {
		return nil, "", fmt.Errorf("dynamo: query %s: %w", table, err)
	}
	for _, it := range out.Items {
		if sort := item(it).text(attrSK); after == "" || sort != high {
			items = append(items, it)
		}
	}
	if len(items) > limit {
		items = items[:limit]
	}
	if len(items) == limit || len(items) > 0 && out.LastEvaluatedKey != nil {
		next = items[len(items)-1].text(attrSK)[len(prefix):]
	}
	return items, next, nil
}

// placed is an item with its place in the list of several owners: the sort key without the prefix, then the owner.
type placed struct {
	item        item
	sort, owner string
}

func (p placed) compare(other placed) int {
	return cmp.Or(strings.Compare(p.sort, other.sort), strings.Compare(p.owner, other.owner))
}

// newestOf reads a page of what hangs on several owners, as one list. after and next name the owner too, as two
// owners may have items of one sort key. An owner's query may end before its items do, at 1 MB or at limit: nothing
// older than that place is given out, or the rest of that owner would be passed.
func (s *Store) newestOf(
	ctx context.Context, table string, owners []string, limit int, after string, place func(owner string) (partition, prefix string),
) (items []item, next string, err error) {
	after, afterOwner, _ := strings.Cut(after, sep)
	if len(owners) == 1 {
		partition, prefix := place(owners[0])
		return s.newest(ctx, table, partition, prefix, limit, after)
	}
	var found []placed
	bound, more := "", false
	for _, owner := range owners {
		partition, prefix := place(owner)
		from := after
		if after != "" && owner < afterOwner {
			from += sep // an item of that very key is still to come
		}
		some, end, err := s.newest(ctx, table, partition, prefix, limit, from)
		if err != nil {
			return nil, "", err
		}
		more, bound = more || end != "", max(bound, end)
		for _, it := range some {
			found = append(found, placed{it, it.text(attrSK)[len(prefix):], owner})
		}
	}
	slices.SortFunc(found, func(a, b placed) int { return b.compare(a) })
	read := len(found)
	found = slices.DeleteFunc(found, func(p placed) bool { return p.sort < bound })
	found = found[:min(len(found), limit)]
	for _, p := range found {
		items = append(items, p.item)
	}
	if n := len(found); n > 0 && (more || n < read || n == limit) {
		next = found[n-1].sort + sep + found[n-1].owner
	}
	return items, next, nil
}
