package dynamo

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/problem"
)

var _ channel.AccountStore = (*Store)(nil)

// Accounts implements channel.AccountStore.
func (s *Store) Accounts(ctx context.Context, keys []channel.AccountKey) (map[channel.AccountKey]channel.Account, error) {
	stored := make([]key, len(keys))
	for i, account := range keys {
		stored[i] = accountKey(accountListedID(account))
	}
	items, err := s.readAll(ctx, s.tables.Jobs, stored, true)
	if err != nil {
		return nil, err
	}
	found := make(map[channel.AccountKey]channel.Account, len(items))
	for _, it := range items {
		account := accountOf(it)
		found[account.Key()] = account
	}
	return found, nil
}

// PutAccount implements channel.AccountStore. The item is the account's in all workspaces, so whoever puts it first has it.
func (s *Store) PutAccount(ctx context.Context, account channel.Account) (channel.Account, error) {
	if err := s.RegisterWorkspace(ctx, account.Workspace); err != nil {
		return channel.Account{}, err
	}
	allowed := ifAbsent
	if account.Version > 0 {
		allowed = accountUnchanged(account)
	}
	account.Version++
	other, err := s.putOne(ctx, s.tables.Jobs, accountItem(account, newWriteID()), allowed)
	if err == nil && other != nil {
		err = channel.ErrAccountStale
	}
	if err != nil {
		return channel.Account{}, err
	}
	return account, nil
}

// accountUnchanged demands the account at its version. One that was deleted and registered anew may have the version too, but not the workspace
// or the time.
func accountUnchanged(account channel.Account) condition {
	same := ifVersion(account.Version)
	same.text += " AND #workspace = :workspace AND createdAt = :createdAt"
	same.names["#workspace"] = "workspace"
	same.values[":workspace"], same.values[":createdAt"] = text(account.Workspace), text(stamp(account.CreatedAt))
	return same
}

// DeleteAccount implements channel.AccountStore. It looks first: a deletion whose answer was lost finds nothing, and was one all the same.
func (s *Store) DeleteAccount(
	ctx context.Context, workspace string, account channel.AccountKey, read *channel.Account,
) error {
	none := problem.New(problem.NotFound, "There is no such account.")
	found, err := s.Accounts(ctx, []channel.AccountKey{account})
	if err != nil {
		return err
	}
	if found[account].Workspace != workspace {
		return none
	}
	owned := condition{
		"attribute_not_exists(pk) OR #workspace = :workspace",
		map[string]string{"#workspace": "workspace"}, item{":workspace": text(workspace)},
	}
	if read != nil {
		owned = accountUnchanged(*read)
		owned.text = "attribute_not_exists(pk) OR " + owned.text
	}
	k := accountKey(accountListedID(account))
	_, err = s.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName: &s.tables.Jobs, Key: k.attributes(), ConditionExpression: &owned.text,
		ExpressionAttributeNames: owned.names, ExpressionAttributeValues: owned.values,
	})
	other, err := settled("delete from "+s.tables.Jobs, err, "-")
	switch {
	case err != nil || other == nil:
		return err
	case read != nil:
		return channel.ErrAccountStale
	default: // it changed hands meanwhile
		return none
	}
}

// ListAccounts implements channel.AccountStore.
func (s *Store) ListAccounts(ctx context.Context, workspace string, limit int, after string) (accounts []channel.Account, next string, err error) {
	items, next, err := s.listJobs(ctx, accountsListed(workspace), limit, after, accountKey)
	for _, it := range items {
		accounts = append(accounts, accountOf(it))
	}
	accounts = slices.DeleteFunc(accounts, func(a channel.Account) bool { return a.Workspace != workspace }) // it changed hands a moment ago
	return accounts, next, err
}

func accountItem(account channel.Account, writeID string) item {
	id := accountListedID(account.Key())
	it := newItem(accountKey(id), writeID, 10)
	it["listedShard"], it["listedKey"] = text(accountsListed(account.Workspace)), text(timeSort(stamp(account.CreatedAt), id))
	it["workspace"], it["channel"], it["id"], it[attrVersion] = text(account.Workspace), text(string(account.Channel)), text(account.ID), number(account.Version)
	it["name"], it["sealed"] = text(account.Name), &types.AttributeValueMemberB{Value: account.Sealed}
	it.setTime("createdAt", account.CreatedAt)
	it.setTime("updatedAt", account.UpdatedAt)
	return it
}

func accountOf(it item) channel.Account {
	account := channel.Account{
		Workspace: it.text("workspace"), Channel: contact.Channel(it.text("channel")), ID: it.text("id"), Name: it.text("name"),
		CreatedAt: it.time("createdAt"), UpdatedAt: it.time("updatedAt"), Version: it.number(attrVersion),
	}
	if sealed, ok := it["sealed"].(*types.AttributeValueMemberB); ok {
		account.Sealed = sealed.Value
	}
	return account
}
