package dynamo

import "github.com/occ/contacts/pkg/channel"

// accountKey is of a channel's account, by what accountListedID makes of it. It names no workspace, so an account belongs to one of them; no
// workspace's name begins with @.
func accountKey(listedID string) key { return key{"@account#" + listedID, "A"} }

// accountListedID is an account within a list: its channel and its id, without a '#'.
func accountListedID(account channel.AccountKey) string {
	return string(account.Channel) + ":" + escapeHash.Replace(account.ID)
}

// accountsListed is the partition of index "listed" that holds a workspace's channel accounts by time.
func accountsListed(workspace string) string { return workspace + "#accounts" }
