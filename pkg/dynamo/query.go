package dynamo

import (
	"context"
	"fmt"
	"math"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// source is one partition that lists contacts (or imports, or what hangs on a contact) in order: a shard of an index, or a bucket of claims or facets.
type source struct {
	index     string // empty: the items themselves
	partition string
	also      []string // further partitions: only entries that all of them hold count
	low, high string   // bounds of the sort key, both inclusive; empty: none
}

// entry is one line of a list: where it stands and whom it names; of an e-mail's claim also the folded name of its contact.
type entry struct{ sort, id, name string }

// indexKeys are the key attributes of each index and how its sort key names the id. The items themselves hold it as an attribute.
var indexKeys = map[string]struct {
	partition, sort string
	id              func(sort string) string
}{
	"":        {attrPK, attrSK, nil},
	"created": {"createdShard", "createdKey", idOfTimeSort},
	"spoken":  {"spokenShard", "spokenKey", idOfTimeSort},
	"name":    {"nameShard", "nameKey", idOfTextSort},
	"word":    {"wordShard", "wordKey", idOfTextSort},
	"listed":  {"listedShard", "listedKey", idOfTimeSort},
	"owner":   {attrOwnerShard, attrOwnerKey, idOfOwnerSort},
}

// last sorts after every text that begins with a prefix.
const last = "\U0010FFFF"

// beginning bounds a source to the sort keys that begin with prefix, of which keys hold no more than their text is cut to.
func (src source) beginning(prefix string) source {
	prefix = cut(prefix, maxSortText)
	src.low, src.high = prefix, prefix+last
	return src
}

// order is the direction of a list and the place to go on after.
type order struct {
	descending bool
	after      string
}

// result is what one query gave: entries, where to go on (nil at the end), and about what it cost in read units.
type result struct {
	entries []entry
	next    map[string]types.AttributeValue
	scanned string // the sort key to which everything was read, where there is more
	units   float64
}

// query reads up to limit entries of a source beyond o.after, or beyond the key at which the query before stopped. It is eventually
// consistent: indexes know nothing else, and every contact found is read strongly afterwards.
func (s *Store) query(ctx context.Context, src source, o order, limit int, start map[string]types.AttributeValue) (result, error) {
	if len(src.also) > 0 {
		return s.join(ctx, src, o, limit, start)
	}
	names := indexKeys[src.index]
	low, high := src.low, src.high
	if o.after != "" && o.descending && (high == "" || o.after < high) {
		high = o.after
	} else if o.after > low && !o.descending {
		low = o.after
	}
	if high != "" && low > high {
		return result{}, nil
	}
	table := s.tables.Contacts
	switch src.index {
	case "listed":
		table = s.tables.Jobs
	case "owner":
		table = s.tables.Timeline
	}
	input := &dynamodb.QueryInput{
		TableName: &table, Limit: aws.Int32(int32(limit)), ScanIndexForward: aws.Bool(!o.descending), ExclusiveStartKey: start, //nolint:gosec // a page's size
		ExpressionAttributeNames:  map[string]string{"#pk": names.partition},
		ExpressionAttributeValues: item{":pk": text(src.partition)},
	}
	if src.index != "" {
		input.IndexName = aws.String(src.index)
	}
	bound(input, names.sort, low, high)
	out, err := s.client.Query(ctx, input)
	if err != nil {
		return result{}, fmt.Errorf("dynamo: query %s %s: %w", table, src.index, err)
	}
	return entriesOf(out, names.sort, names.id, o.after), nil
}

// bound adds the limits of the sort key to a query.
func bound(input *dynamodb.QueryInput, sort, low, high string) {
	var clause string
	switch {
	case low != "" && high != "":
		clause = " AND #sk BETWEEN :low AND :high"
	case low != "":
		clause = " AND #sk >= :low"
	case high != "":
		clause = " AND #sk <= :high"
	}
	input.KeyConditionExpression = aws.String("#pk = :pk" + clause)
	if clause != "" {
		input.ExpressionAttributeNames["#sk"] = sort
	}
	if low != "" {
		input.ExpressionAttributeValues[":low"] = text(low)
	}
	if high != "" {
		input.ExpressionAttributeValues[":high"] = text(high)
	}
}

// unitBytes is what half a read unit pays for when it need not be consistent.
const unitBytes = 4096

// entriesOf takes the entries out of an answer. The bounds include the place to go on after, so it is left out here.
func entriesOf(out *dynamodb.QueryOutput, sort string, id func(string) string, after string) result {
	r := result{next: out.LastEvaluatedKey, scanned: item(out.LastEvaluatedKey).text(sort)}
	bytes := 0
	for _, found := range out.Items {
		it := item(found)
		bytes += it.size()
		e := entry{sort: it.text(sort)}
		if id != nil {
			e.id = id(e.sort)
		} else {
			e.id, e.name = it.text(attrContactID), it.text(attrNameText)
		}
		if e.sort != after {
			r.entries = append(r.entries, e)
		}
	}
	r.units = max(1, math.Ceil(float64(bytes)/unitBytes)) / 2
	return r
}
