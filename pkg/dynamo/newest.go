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

// newestOf reads a page of what hangs on several owners, as one list.
func (s *Store) newestOf(
	ctx context.Context, table string, owners []string, limit int, after string, place func(owner string) (partition, prefix string),
) (items []item, next string, err error) {
	if len(owners) == 1 {
		partition, prefix := place(owners[0])
		return s.newest(ctx, table, partition, prefix, limit, after)
	}
	sorts := map[key]string{} // without the prefix, by which they compare
	for _, owner := range owners {
		partition, prefix := place(owner)
		some, _, err := s.newest(ctx, table, partition, prefix, limit+1, after)
		if err != nil {
			return nil, "", err
		}
		for _, it := range some {
			sorts[it.key()] = it.text(attrSK)[len(prefix):]
			items = append(items, it)
		}
	}
	slices.SortFunc(items, func(a, b item) int { return strings.Compare(sorts[b.key()], sorts[a.key()]) })
	if len(items) > limit {
		items = items[:limit]
		next = sorts[items[limit-1].key()]
	}
	return items, next, nil
}
