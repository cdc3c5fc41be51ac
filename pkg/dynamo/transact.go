package dynamo

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/occ/contacts/pkg/contact"
)

// Limits of one transaction: 100 items and 4 MB by DynamoDB; we stop at 3 MB, as sizes are estimated.
const (
	maxTransactionItems = 100
	maxTransactionBytes = 3 << 20
)

// part is one item of a transaction.
type part struct {
	write types.TransactWriteItem
	bytes int
	field string // "email", "phone" or "identity" for a claim that is taken; empty for everything else
	once  bool   // the pointer of an idempotency key

	follows string // of a facet or word: the contact that it follows from
}

// key is the key of the part's item.
func (p part) key() key {
	switch w := p.write; {
	case w.Put != nil:
		return item(w.Put.Item).key()
	case w.Update != nil:
		return item(w.Update.Key).key()
	case w.Delete != nil:
		return item(w.Delete.Key).key()
	default:
		return item(w.ConditionCheck.Key).key()
	}
}

// following marks the part of a facet or word of a contact: it may be written after the contact's transaction (fitted).
func (p part) following(contactID string) part {
	p.follows = contactID
	return p
}

// table is the table of the part's item.
func (p part) table() string {
	switch w := p.write; {
	case w.Put != nil:
		return *w.Put.TableName
	case w.Update != nil:
		return *w.Update.TableName
	case w.Delete != nil:
		return *w.Delete.TableName
	default:
		return *w.ConditionCheck.TableName
	}
}

// condition is an expression with what it names.
type condition struct {
	text   string
	names  map[string]string
	values item
}

var ifAbsent = condition{text: "attribute_not_exists(pk)"}

// ifMine lets a claim be taken when it is free, and taken or given back when it is the contact's own.
func ifMine(contactID string) condition {
	return condition{text: "attribute_not_exists(pk) OR contactId = :me", values: item{":me": text(contactID)}}
}

func ifVersion(version int) condition {
	return condition{text: "#version = :version", names: map[string]string{"#version": attrVersion}, values: item{":version": number(version)}}
}

// ifUntouched holds while the contact is exactly the one that was read: counts and the last interaction move without the version.
func ifUntouched(c contact.Contact) condition {
	same := ifVersion(c.Version)
	same.text += " AND writeId = :read"
	same.values[":read"] = text(c.WriteID)
	return same
}

// orNil keeps an empty condition out of the request, where DynamoDB would refuse it.
func (c condition) orNil() *string {
	if c.text == "" {
		return nil
	}
	return &c.text
}

func put(table string, it item, c condition) part {
	return part{bytes: it.size(), write: types.TransactWriteItem{Put: &types.Put{
		TableName: &table, Item: it, ConditionExpression: c.orNil(), ExpressionAttributeNames: c.names, ExpressionAttributeValues: c.values,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}}}
}

func remove(table string, k key, c condition) part {
	return part{bytes: len(k.pk) + len(k.sk), write: types.TransactWriteItem{Delete: &types.Delete{
		TableName: &table, Key: k.attributes(), ConditionExpression: c.orNil(), ExpressionAttributeNames: c.names, ExpressionAttributeValues: c.values,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}}}
}

// change updates an item in place by an update expression.
func change(table string, k key, update string, c condition) part {
	return part{bytes: c.values.size() + len(update), write: types.TransactWriteItem{Update: &types.Update{
		TableName: &table, Key: k.attributes(), UpdateExpression: &update,
		ConditionExpression: c.orNil(), ExpressionAttributeNames: c.names, ExpressionAttributeValues: c.values,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}}}
}

// require demands a condition of an item that stays as it is.
func require(table string, k key, c condition) part {
	return part{bytes: len(k.pk) + len(k.sk), write: types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{
		TableName: &table, Key: k.attributes(), ConditionExpression: c.orNil(), ExpressionAttributeNames: c.names, ExpressionAttributeValues: c.values,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}}}
}

// name tells the part's item from every other one: its table and its key.
func (p part) name() string {
	var named item
	switch w := p.write; {
	case w.Put != nil:
		named = w.Put.Item
	case w.Update != nil:
		named = w.Update.Key
	case w.Delete != nil:
		named = w.Delete.Key
	default:
		named = w.ConditionCheck.Key
	}
	return p.table() + sep + named.text(attrPK) + sep + named.text(attrSK)
}

// refusal is a transaction whose conditions failed: by part, whether its own did, and the item that made it fail.
type refusal struct {
	failed []bool
	old    []item // nil where there was none
}

// Error implements error.
func (r *refusal) Error() string { return "dynamo: a condition of the transaction failed" }

// transact does all parts or none. A *refusal tells whose condition failed, once nothing else stood in the way; other
// causes are waited out for so many tries. What DynamoDB would refuse for its size is not sent. writeID is the
// request's token too, so that for ten minutes DynamoDB itself answers a repetition as it answered the first.
func (s *Store) transact(ctx context.Context, writeID string, parts []part, tries int) error {
	if err := s.checkParts(parts); err != nil {
		return err
	}
	writes := make([]types.TransactWriteItem, len(parts))
	for i, p := range parts {
		writes[i] = p.write
	}
	input := &dynamodb.TransactWriteItemsInput{TransactItems: writes, ClientRequestToken: aws.String(writeID)}
	_, err := s.client.TransactWriteItems(ctx, input, attempts(tries))
	return understood(err)
}

// understood turns a cancellation into a refusal when conditions alone caused it. As long as something else did too, the
// conditions of the other parts may not have been looked at, and an e-mail's conflict must be told before a phone's.
func understood(err error) error {
	canceled, ok := errors.AsType[*types.TransactionCanceledException](err)
	if !ok {
		return err
	}
	r := &refusal{failed: make([]bool, len(canceled.CancellationReasons)), old: make([]item, len(canceled.CancellationReasons))}
	found := false
	for i, reason := range canceled.CancellationReasons {
		switch code(reason) {
		case "None":
		case "ConditionalCheckFailed":
			found, r.failed[i], r.old[i] = true, true, reason.Item
		default:
			return err
		}
	}
	if !found {
		return err
	}
	return r
}

// mine says that the item that made the first part fail was left by this very write: its answer was lost, but it was done.
func (r *refusal) mine(writeID string) bool {
	return r.failed[0] && r.old[0].text(attrWriteID) == writeID
}
