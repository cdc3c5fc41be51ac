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

// tablePatience is how long another server may take to make a table.
const tablePatience = time.Minute

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
		if err := copyTable(ctx, to, described.Table, s.template.expiry(name)); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// EmptyTables takes everything out of the tables, by making them anew. Functions that are at work meanwhile fail.
func (s *Stack) EmptyTables(ctx context.Context) error {
	client := dynamodb.NewFromConfig(Config(s.DynamoDBURL))
	listed, err := client.ListTables(ctx, &dynamodb.ListTablesInput{})
	if err != nil {
		return err
	}
	for _, name := range listed.TableNames {
		if _, err := client.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &name}); err != nil {
			return fmt.Errorf("empty %s: %w", name, err)
		}
	}
	if err := s.copyTables(ctx); err != nil {
		return err
	}
	for _, name := range listed.TableNames {
		if err := emptied(ctx, client, name); err != nil {
			return err
		}
	}
	return nil
}

// emptied waits until a table that was made anew holds nothing: the server goes on deleting the items of the one before it.
func emptied(ctx context.Context, client *dynamodb.Client, name string) error {
	for {
		page, err := client.Scan(ctx, &dynamodb.ScanInput{TableName: &name, Limit: aws.Int32(1), ConsistentRead: aws.Bool(true)})
		if err != nil || len(page.Items) == 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("empty %s: %w", name, ctx.Err())
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// copyTable makes a table with the keys and indexes of another; expiry is the attribute by which its items expire, if they do.
func copyTable(ctx context.Context, to *dynamodb.Client, table *types.TableDescription, expiry string) error {
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
		if err := addIndexes(ctx, to, create); err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	if err := active(ctx, to, table.TableName); err != nil {
		return err
	}
	return expire(ctx, to, table.TableName, expiry)
}

func active(ctx context.Context, client *dynamodb.Client, table *string) error {
	waiter := dynamodb.NewTableExistsWaiter(client, func(o *dynamodb.TableExistsWaiterOptions) { o.MinDelay, o.MaxDelay = 50*time.Millisecond, time.Second })
	return waiter.Wait(ctx, &dynamodb.DescribeTableInput{TableName: table}, tablePatience)
}

// addIndexes gives a table of an earlier run the indexes that template.yaml has gained since.
func addIndexes(ctx context.Context, to *dynamodb.Client, wanted *dynamodb.CreateTableInput) error {
	found, err := to.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: wanted.TableName})
	if err != nil {
		return err
	}
	have := map[string]bool{}
	for _, index := range found.Table.GlobalSecondaryIndexes {
		have[aws.ToString(index.IndexName)] = true
	}
	for _, index := range wanted.GlobalSecondaryIndexes {
		if have[aws.ToString(index.IndexName)] {
			continue
		}
		add := &types.CreateGlobalSecondaryIndexAction{IndexName: index.IndexName, KeySchema: index.KeySchema, Projection: index.Projection}
		_, err := to.UpdateTable(ctx, &dynamodb.UpdateTableInput{
			TableName: wanted.TableName, AttributeDefinitions: wanted.AttributeDefinitions,
			GlobalSecondaryIndexUpdates: []types.GlobalSecondaryIndexUpdate{{Create: add}},
		})
		if err != nil {
			return fmt.Errorf("add index %s (`make reset` empties the local data and begins anew): %w", aws.ToString(index.IndexName), err)
		}
		if err := active(ctx, to, wanted.TableName); err != nil {
			return err
		}
	}
	return nil
}

// expire turns expiry on; a server on which it is on already may refuse that.
func expire(ctx context.Context, to *dynamodb.Client, table *string, attribute string) error {
	if attribute == "" {
		return nil
	}
	found, err := to.DescribeTimeToLive(ctx, &dynamodb.DescribeTimeToLiveInput{TableName: table})
	if err == nil && found.TimeToLiveDescription != nil && aws.ToString(found.TimeToLiveDescription.AttributeName) == attribute {
		return nil
	}
	_, err = to.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{
		TableName: table, TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: aws.String(attribute), Enabled: aws.Bool(true)},
	})
	return err
}
