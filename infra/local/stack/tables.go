package stack

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// copyTables makes the tables that the deployment made in the emulator on the DynamoDB server that the functions use. Those
// that are there keep their data.
func (s *Stack) copyTables(ctx context.Context) error {
	from, to := dynamodb.NewFromConfig(Config(s.EmulatorURL)), dynamodb.NewFromConfig(Config(s.DynamoDBURL))
	listed, err := from.ListTables(ctx, &dynamodb.ListTablesInput{})
	if err != nil {
		return err
	}
	for _, name := range listed.TableNames {
		if !strings.HasPrefix(name, Name+"-") {
			continue
		}
		described, err := from.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: aws.String(name)})
		if err != nil {
			return err
		}
		if err := copyTable(ctx, to, described.Table); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func copyTable(ctx context.Context, to *dynamodb.Client, table *types.TableDescription) error {
	create := &dynamodb.CreateTableInput{
		TableName: table.TableName, AttributeDefinitions: table.AttributeDefinitions, KeySchema: table.KeySchema, BillingMode: types.BillingModePayPerRequest,
	}
	for _, index := range table.GlobalSecondaryIndexes {
		create.GlobalSecondaryIndexes = append(create.GlobalSecondaryIndexes, types.GlobalSecondaryIndex{
			IndexName: index.IndexName, KeySchema: index.KeySchema, Projection: index.Projection,
		})
	}
	_, err := to.CreateTable(ctx, create)
	if _, exists := errors.AsType[*types.ResourceInUseException](err); exists {
		return sameIndexes(ctx, to, table)
	}
	if err != nil {
		return err
	}
	waiter := dynamodb.NewTableExistsWaiter(to, func(o *dynamodb.TableExistsWaiterOptions) { o.MinDelay = 100 * time.Millisecond })
	if err := waiter.Wait(ctx, &dynamodb.DescribeTableInput{TableName: table.TableName}, time.Minute); err != nil {
		return err
	}
	return expire(ctx, to, *table.TableName)
}

// expire turns on the expiry that template.yaml gives the jobs table; the emulator does not pass it on.
func expire(ctx context.Context, to *dynamodb.Client, table string) error {
	if table != Name+"-jobs" {
		return nil
	}
	_, err := to.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{
		TableName:               aws.String(table),
		TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: aws.String("expiresAt"), Enabled: aws.Bool(true)},
	})
	return err
}

// sameIndexes demands that a table left by an earlier run has the indexes that template.yaml wants now.
func sameIndexes(ctx context.Context, to *dynamodb.Client, wanted *types.TableDescription) error {
	found, err := to.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: wanted.TableName})
	if err != nil {
		return err
	}
	have := map[string]bool{}
	for _, index := range found.Table.GlobalSecondaryIndexes {
		have[aws.ToString(index.IndexName)] = true
	}
	for _, index := range wanted.GlobalSecondaryIndexes {
		if !have[aws.ToString(index.IndexName)] {
			return fmt.Errorf("the table of an earlier run lacks index %s; `make reset` empties the local data", aws.ToString(index.IndexName))
		}
	}
	return nil
}
