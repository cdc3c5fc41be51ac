package main

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// overhead is what DynamoDB adds to each item, and to each entry of an index.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
const overhead = 100

// sizeOf is what DynamoDB bills of tables and their indexes, which hold keys alone.
func sizeOf(ctx context.Context, t *testing.T, client *dynamodb.Client, tables ...string) float64 {
	t.Helper()
	sum := 0
	for _, table := range tables {
		described, err := client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &table})
		if err != nil {
			t.Fatal(err)
		}
		pages := dynamodb.NewScanPaginator(client, &dynamodb.ScanInput{TableName: &table})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				t.Fatal(err)
			}
			for _, item := range page.Items {
				sum += overhead + sizeOfMap(item)
				for _, index := range described.Table.GlobalSecondaryIndexes {
					sum += entry(item, described.Table.KeySchema, index.KeySchema)
				}
			}
		}
	}
	return float64(sum)
}

// entry is the size of an item's entry in an index; 0 when it has none.
func entry(item map[string]types.AttributeValue, table, index []types.KeySchemaElement) int {
	size := overhead
	for _, key := range append(append([]types.KeySchemaElement{}, table...), index...) {
		name := aws.ToString(key.AttributeName)
		if item[name] == nil {
			return 0
		}
		size += len(name) + sizeOfValue(item[name])
	}
	return size
}

func sizeOfMap(attributes map[string]types.AttributeValue) (size int) {
	for name, value := range attributes {
		size += len(name) + sizeOfValue(value)
	}
	return size
}

// sizeOfValue follows the documentation, and not the storage code, which it would otherwise only repeat.
func sizeOfValue(value types.AttributeValue) int {
	switch v := value.(type) {
	case *types.AttributeValueMemberS:
		return len(v.Value)
	case *types.AttributeValueMemberN:
		return len(v.Value)/2 + 2
	case *types.AttributeValueMemberB:
		return len(v.Value)
	case *types.AttributeValueMemberL:
		size := 3
		for _, element := range v.Value {
			size += 1 + sizeOfValue(element)
		}
		return size
	case *types.AttributeValueMemberM:
		return 3 + len(v.Value) + sizeOfMap(v.Value)
	case *types.AttributeValueMemberSS:
		size := 0
		for _, element := range v.Value {
			size += len(element)
		}
		return size
	default:
		return 1
	}
}
