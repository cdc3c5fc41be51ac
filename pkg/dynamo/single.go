package dynamo

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// putOne writes one item on a condition. It returns nil, nil when the item is now stored, and the item that stands in its way
// when the condition failed (an empty one when there is none). An answer that was lost is recognised by the writeId.
func (s *Store) putOne(ctx context.Context, table string, it item, c condition) (item, error) {
	if err := s.checkItem(table, it); err != nil {
		return nil, err
	}
	input := &dynamodb.PutItemInput{
		TableName: &table, Item: it, ConditionExpression: c.orNil(), ExpressionAttributeNames: c.names, ExpressionAttributeValues: c.values,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}
	_, err := s.client.PutItem(ctx, input)
	return settled("write to "+table, err, it.text(attrWriteID))
}

// changeOne updates one item in place, as putOne puts one.
func (s *Store) changeOne(ctx context.Context, p part, writeID string) (item, error) {
	u := p.write.Update
	input := &dynamodb.UpdateItemInput{
		TableName: u.TableName, Key: u.Key, UpdateExpression: u.UpdateExpression, ConditionExpression: u.ConditionExpression,
		ExpressionAttributeNames: u.ExpressionAttributeNames, ExpressionAttributeValues: u.ExpressionAttributeValues,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}
	_, err := s.client.UpdateItem(ctx, input)
	return settled("update of "+*u.TableName, err, writeID)
}

// deleteOne deletes an item on a condition. That it is not there, or that the condition failed, is no error.
func (s *Store) deleteOne(ctx context.Context, table string, k key, c condition) error {
	_, err := s.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName: &table, Key: k.attributes(), ConditionExpression: c.orNil(), ExpressionAttributeNames: c.names, ExpressionAttributeValues: c.values,
	})
	if _, failed := errors.AsType[*types.ConditionalCheckFailedException](err); err == nil || failed {
		return nil
	}
	return fmt.Errorf("dynamo: delete from %s: %w", table, err)
}

func settled(action string, err error, writeID string) (item, error) {
	failed, ok := errors.AsType[*types.ConditionalCheckFailedException](err)
	switch {
	case err == nil:
		return nil, nil //nolint:nilnil // nothing stood in the way
	case !ok:
		return nil, fmt.Errorf("dynamo: %s: %w", action, err)
	}
	if old := item(failed.Item); old.text(attrWriteID) != writeID {
		if old == nil {
			old = item{}
		}
		return old, nil
	}
	return nil, nil //nolint:nilnil // our own write stood there
}
