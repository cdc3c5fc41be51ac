package main

import (
	"context"
	"fmt"
	"hash/fnv"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"
)

// The floor is a program that does only what no import can do without: it looks every e-mail and phone up and writes the
// same contacts, each with its three index entries and two claims, in transactions of the same size. It spells the keys
// itself, as it shares no code with what it measures.

// floorTransaction is how many contacts of three items go into one transaction, as in an import.
const floorTransaction = 32

// floorConcurrency are the numbers of workers tried; the best counts.
var floorConcurrency = []int{1, 2, 4, 8}

// floorRate returns contacts a second at the best concurrency, each tried in a workspace of its own.
func floorRate(ctx context.Context, client *dynamodb.Client, table string, rows int) (rate float64, workers int, err error) {
	for _, n := range floorConcurrency {
		workspace := fmt.Sprintf("floor%d-%d", n, time.Now().UnixNano())
		began := time.Now()
		if err := floorWrite(ctx, client, table, workspace, rows, n); err != nil {
			return 0, 0, fmt.Errorf("floor: %w", err)
		}
		if got := float64(rows) / time.Since(began).Seconds(); got > rate {
			rate, workers = got, n
		}
	}
	return rate, workers, nil
}

func floorWrite(ctx context.Context, client *dynamodb.Client, table, workspace string, rows, workers int) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(workers)
	for first := 0; first < rows; first += floorTransaction {
		group.Go(func() error {
			return floorBatch(ctx, client, table, workspace, first, min(first+floorTransaction, rows))
		})
	}
	return group.Wait()
}

// floorBatch looks up and writes the rows from first to before end.
func floorBatch(ctx context.Context, client *dynamodb.Client, table, workspace string, first, end int) error {
	var keys []map[string]types.AttributeValue
	var puts []types.TransactWriteItem
	for row := first; row < end; row++ {
		items := floorItems(workspace, row)
		for _, claim := range items[1:] {
			keys = append(keys, map[string]types.AttributeValue{"pk": claim["pk"], "sk": claim["sk"]})
		}
		for _, item := range items {
			puts = append(puts, types.TransactWriteItem{Put: &types.Put{TableName: aws.String(table), Item: item, ConditionExpression: aws.String("attribute_not_exists(pk)")}})
		}
	}
	_, err := client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{table: {Keys: keys, ConsistentRead: aws.Bool(true)}}})
	if err != nil {
		return err
	}
	_, err = client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: puts})
	return err
}

// floorItems are a contact with its index attributes and its two claims, of the sizes that an import writes.
func floorItems(workspace string, row int) []map[string]types.AttributeValue {
	id := fmt.Sprintf("%08x-0000-4000-8000-%012x", row*2654435761%(1<<32), row)
	first, last := "person"+strconv.Itoa(row), "tester"
	email, phone := fmt.Sprintf("%s@example.com", first), fmt.Sprintf("2010%08d", row)
	shard, now := fmt.Sprint(spread(id, 8)), "2026-01-01T00:00:00.000Z"
	contact := stringItem(map[string]string{
		"pk": workspace + "#C#" + fmt.Sprint(spread(id, 32)), "sk": id + "#A", "id": id, "name": first + " " + last, "email": email, "phone": "+" + phone,
		"channel": "import", "createdAt": now, "updatedAt": now, "writeId": id, "createdShard": workspace + "#L#" + shard, "createdKey": now + "#" + id,
		"nameShard": workspace + "#N#" + shard, "nameKey": first + " " + last + "\x01" + id, "wordShard": workspace + "#W#" + shard, "wordKey": last + " " + first + "\x01" + id,
	})
	claimed := func(kind, value string) map[string]types.AttributeValue {
		return stringItem(map[string]string{"pk": fmt.Sprintf("%s#%s#%d", workspace, kind, spread(value, 16)), "sk": value, "contactId": id, "writeId": id})
	}
	return []map[string]types.AttributeValue{contact, claimed("E", email), claimed("P", reversed(phone))}
}

func stringItem(values map[string]string) map[string]types.AttributeValue {
	item := make(map[string]types.AttributeValue, len(values))
	for name, value := range values {
		item[name] = &types.AttributeValueMemberS{Value: value}
	}
	return item
}

func spread(value string, n uint32) uint32 {
	h := fnv.New32a()
	h.Write([]byte(value))
	return h.Sum32() % n
}

func reversed(digits string) string {
	turned := []byte(digits)
	for i, j := 0, len(turned)-1; i < j; i, j = i+1, j-1 {
		turned[i], turned[j] = turned[j], turned[i]
	}
	return string(turned)
}
