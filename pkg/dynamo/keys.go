package dynamo

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/fold"
)

// This file, with keystimeline.go and keysaccounts.go, is the only place that spells a key (README.md, "Entities"). A key begins with the
// workspace, whose name cannot hold a '#', so nothing crosses workspaces.

// Numbers of buckets. Those of contacts and claims are fixed for ever: another number would look for existing items in the
// wrong place and break uniqueness. The shards of an index may grow: readers first, then writers.
const (
	contactBuckets = 32
	claimBuckets   = 16
	indexShards    = 8
	chunkBuckets   = 16
	openBuckets    = 4
	labelBuckets   = 8
)

// sep stands between sort text and id. It sorts before every printable character, so "mona" comes before "mona adel";
// '#' would not, as a space sorts before it.
const sep = "\u0001"

// maxSortText keeps index keys under the 1,024 bytes that DynamoDB allows a sort key, id and separator included.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
const maxSortText = 900

// key is a table's primary key.
type key struct{ pk, sk string }

// bucket spreads a whole value over n partitions. Never hash a prefix: phones of one country share theirs.
func bucket(value string, n int) int {
	h := fnv.New32a()
	h.Write([]byte(value))
	return int(h.Sum32() % uint32(n)) //nolint:gosec // n is a small constant
}

// shardOf is the index shard of a contact; it is stored with the contact, so that the number of shards can grow.
func shardOf(contactID string) int { return bucket(contactID, indexShards) }

// contactPartition holds contacts and what is theirs, a contact's items side by side.
func contactPartition(workspace, id string) string {
	return bucketPartition(workspace, bucket(id, contactBuckets))
}

func bucketPartition(workspace string, b int) string { return fmt.Sprintf("%s#C#%d", workspace, b) }

// afterContact is a sort key after everything of a contact, and before that of the next; before everything without one.
func afterContact(id string) string {
	if id == "" {
		return "!"
	}
	return id + "#~"
}

func contactKey(workspace, id string) key {
	return key{contactPartition(workspace, id), id + "#A"}
}

// noteKey sorts a contact's notes by time of creation: their ids are UUIDs of version 7, which begin with it.
func noteKey(workspace, contactID, noteID string) key {
	return key{contactPartition(workspace, contactID), contactID + notePrefix + noteID}
}

const notePrefix = "#N#"

func beforeImageKey(workspace, contactID, importID string) key {
	return key{contactPartition(workspace, contactID), imagePrefix(contactID) + importID}
}

// imagePrefix begins the sort keys of a contact's before-images.
func imagePrefix(contactID string) string { return contactID + "#B#" }

// wordItemKey is of the nth word of a name, n from 2: the first is the name itself, the second lies on the contact.
func wordItemKey(workspace, contactID string, n int) key {
	return key{contactPartition(workspace, contactID), contactID + "#W#" + strconv.Itoa(n)}
}

// hangsOn reads a contact out of the key of what hangs on it: a note, a before-image, a kept answer.
func hangsOn(k key) (workspace, contactID string, ok bool) {
	workspace, rest, found := strings.Cut(k.pk, "#C#")
	id, kind, _ := strings.Cut(k.sk, "#")
	return workspace, id, found && !strings.Contains(rest, "#") && (strings.HasPrefix(kind, "N#") || strings.HasPrefix(kind, "B#") || strings.HasPrefix(kind, "K#"))
}

func isContact(it item) bool {
	k := it.key()
	return strings.HasSuffix(k.sk, "#A") && strings.Contains(k.pk, "#C#")
}

// isNoteOf says that an item is a note of a contact.
func isNoteOf(it item, contactID string) bool {
	return strings.HasPrefix(it.text(attrSK), contactID+notePrefix)
}

func isImport(it item) bool {
	return it.text("listedKey") != "" && strings.Contains(it.key().pk, "#import#")
}

func isExport(it item) bool {
	return it.text("listedKey") != "" && strings.Contains(it.key().pk, "#export#")
}

// isChunkOf says that a key of table jobs is of a chunk's record of an import.
func isChunkOf(k key, workspace, importID string) bool {
	return strings.HasPrefix(k.pk, fmt.Sprintf("%s#J#%s#", workspace, importID)) && strings.HasPrefix(k.sk, chunkPrefix)
}

// emailClaimKey takes the canonical e-mail (contact.EmailKey).
func emailClaimKey(workspace, email string) key {
	return key{emailPartition(workspace, bucket(email, claimBuckets)), email}
}

func emailPartition(workspace string, b int) string { return fmt.Sprintf("%s#E#%d", workspace, b) }

// phoneClaimKey takes an E.164 number and sorts it by its digits reversed, so that the last digits are a prefix.
func phoneClaimKey(workspace, phone string) key {
	digits := strings.TrimPrefix(phone, "+")
	return key{phonePartition(workspace, bucket(digits, claimBuckets)), reverse(digits)}
}

func phonePartition(workspace string, b int) string { return fmt.Sprintf("%s#P#%d", workspace, b) }

// identityClaimKey takes the parts as they are: the channel is a word, the account cannot hold a '#' once it is escaped, and what follows
// is the external id, whatever it holds.
func identityClaimKey(workspace string, i contact.IdentityKey) key {
	account := escapeHash.Replace(i.AccountID)
	if i.AccountID == contact.EveryAccount {
		account = "%*" // no escaped account
	}
	return key{fmt.Sprintf("%s#I#%s#%s#%s", workspace, i.Channel, account, i.ExternalID), "I"}
}

var escapeHash = strings.NewReplacer("%", "%25", "#", "%23")

// facetPartition holds the contacts of one label, company or channel in order of creation. The value is folded by
// contact.FacetKey; the shard comes last, so a '#' in a company's name is no ambiguity.
func facetPartition(workspace, kind, value string, shard int) string {
	return fmt.Sprintf("%s#F#%s#%s#%d", workspace, kind, value, shard)
}

// Index partitions, one a shard.
func createdShard(workspace string, s int) string { return fmt.Sprintf("%s#L#%d", workspace, s) }
func nameShard(workspace string, s int) string    { return fmt.Sprintf("%s#N#%d", workspace, s) }
func wordShard(workspace string, s int) string    { return fmt.Sprintf("%s#W#%d", workspace, s) }
func spokenShard(workspace string, s int) string  { return fmt.Sprintf("%s#T#%d", workspace, s) }

// timeSort is the sort key of lists by time: fixed-width RFC 3339 with milliseconds, then the id.
func timeSort(at, id string) string { return at + "#" + id }

// textSort is the sort key of lists by text.
func textSort(text, id string) string { return cut(text, maxSortText) + sep + id }

// idOfTimeSort and idOfTextSort read the id back.
func idOfTimeSort(sort string) string { return sort[strings.LastIndexByte(sort, '#')+1:] }
func idOfTextSort(sort string) string { return sort[strings.LastIndex(sort, sep)+1:] }

// textOfSort is a text sort key without its id.
func textOfSort(sort string) string {
	if end := strings.LastIndex(sort, sep); end >= 0 {
		return sort[:end]
	}
	return sort
}

// nameSort is the sort key of a name: the whole folded name.
func nameSort(c contact.Contact) string {
	return textSort(strings.Join(fold.Words(c.DisplayName()), " "), c.ID)
}

// searchSorts are the sort keys at which a search finds words. The name's own, and in the word index its searched words rotated to begin
// with the second, the third and so on. Of who has usernames all stand in the word index, each with the words of name and usernames.
func searchSorts(c contact.Contact) []string {
	if usernames := c.UsernameWords(); len(usernames) > 0 {
		return rotations(append(contact.NameWords(c.DisplayName()), usernames...), c.ID)
	}
	sorts := rotations(contact.NameWords(c.DisplayName()), c.ID)
	return append([]string{nameSort(c)}, sorts[min(1, len(sorts)):]...)
}

// wordSorts are those of searchSorts that stand in the word index.
func wordSorts(c contact.Contact) []string {
	if len(c.UsernameWords()) > 0 {
		return searchSorts(c)
	}
	return searchSorts(c)[1:]
}

// rotations are the sort keys of some words that begin with each of them in turn.
func rotations(words []string, id string) []string {
	sorts := make([]string, len(words))
	for i := range words {
		sorts[i] = textSort(strings.Join(slices.Concat(words[i:], words[:i]), " "), id)
	}
	return sorts
}

// Table jobs.

// waitingKey is of an event that waits for whom it is about.
func waitingKey(workspace, eventID string) key {
	return key{waitingPartition(bucket(eventID, openBuckets)), workspace + "#" + eventID}
}

func waitingPartition(b int) string { return fmt.Sprintf("waiting#%d", b) }

// tombstoneKey is of what a deleted contact leaves for each claim: mac names the claim (blindClaim).
func tombstoneKey(workspace, mac string) key { return key{workspace + "#G#" + mac, "A"} }

// seenEventKey is of an event that was applied, where nothing else tells a repetition.
func seenEventKey(workspace, eventID string) key { return key{workspace + "#S#" + eventID, "A"} }

func importKey(workspace, id string) key { return key{workspace + "#import#" + id, "A"} }

// importsListed is the partition of index "listed" that holds a workspace's imports by time.
func importsListed(workspace string) string { return workspace + "#imports" }

// chunkKey spreads the chunks of an import; its totals lie beside them, so that both move in one place.
func chunkKey(workspace, importID string, number int) key {
	return key{chunkPartition(workspace, importID, number%chunkBuckets), fmt.Sprintf("%s%06d", chunkPrefix, number)}
}

const chunkPrefix = "K#"

// chunkNumber reads the number back from a sort key.
func chunkNumber(sort string) int {
	number, _ := strconv.Atoi(strings.TrimPrefix(sort, chunkPrefix)) // we wrote it
	return number
}

func totalsKey(workspace, importID string, b int) key {
	return key{chunkPartition(workspace, importID, b), "T"}
}

func chunkPartition(workspace, importID string, b int) string {
	return fmt.Sprintf("%s#J#%s#%d", workspace, importID, b)
}

// openImportKey is of the entry that the sweep finds an unfinished import by.
func openImportKey(workspace, importID string) key {
	return key{openPartition(bucket(importID, openBuckets)), workspace + "#" + importID}
}

func openPartition(b int) string { return fmt.Sprintf("open#%d", b) }

// isOpenImport says that a key of table jobs is of such an entry. The whole partition is compared: "open" is a workspace's name too.
func isOpenImport(k key) bool { return inBucket(k, openPartition) }

func inBucket(k key, partition func(b int) string) bool {
	for b := range openBuckets {
		if k.pk == partition(b) {
			return true
		}
	}
	return false
}

func exportKey(workspace, id string) key { return key{workspace + "#export#" + id, "A"} }

// exportsListed is the partition of index "listed" that holds a workspace's exports by time.
func exportsListed(workspace string) string { return workspace + "#exports" }

// openExportKey is of the entry that the sweep finds an unfinished export by.
func openExportKey(workspace, exportID string) key {
	return key{openExportPartition(bucket(exportID, openBuckets)), workspace + "#" + exportID}
}

func openExportPartition(b int) string { return fmt.Sprintf("openexport#%d", b) }

// isOpenExport says that a key of table jobs is of such an entry.
func isOpenExport(k key) bool { return inBucket(k, openExportPartition) }

// scheduleKey is of an export schedule; scheduleCountKey of how many the workspace has.
func scheduleKey(workspace, id string) key { return key{workspace + "#schedule#" + id, "A"} }

func scheduleCountKey(workspace string) key { return key{workspace + "#schedule-count", "A"} }

// schedulesListed is the partition of index "listed" that holds a workspace's schedules by time.
func schedulesListed(workspace string) string { return workspace + "#schedules" }

// pendingScheduleKey is of the entry that the sweep finds a schedule by whose timer may be another than the schedule says.
func pendingScheduleKey(workspace, id string) key {
	return key{pendingSchedulePartition(bucket(id, openBuckets)), workspace + "#" + id}
}

func pendingSchedulePartition(b int) string { return fmt.Sprintf("schedules#%d", b) }

// labelKey is of the registry of a workspace's labels; value is folded by contact.FacetKey.
func labelKey(workspace, value string) key {
	return key{labelsPartition(workspace, bucket(value, labelBuckets)), value}
}

func labelsPartition(workspace string, b int) string {
	return fmt.Sprintf("%s#labels#%d", workspace, b)
}

// formerLabelKey is where entries lay that were made before the registry had buckets.
func formerLabelKey(workspace, value string) key { return key{formerLabelsPartition(workspace), value} }

func formerLabelsPartition(workspace string) string { return workspace + "#labels" }

// followUpKey is of the ticket of what found no room in a contact's transaction (fitted).
func followUpKey(workspace, writeID string) key {
	return key{followUpPartition(bucket(writeID, openBuckets)), workspace + "#" + writeID}
}

func followUpPartition(b int) string { return fmt.Sprintf("followup#%d", b) }

// isFollowUp reports whether a key of table jobs is of such a ticket.
func isFollowUp(k key) bool { return inBucket(k, followUpPartition) }

// cleanUpKey is of the ticket that says what is left to remove of a deleted contact.
func cleanUpKey(workspace, contactID string) key {
	return key{cleanUpPartition(bucket(contactID, openBuckets)), workspace + "#" + contactID}
}

func cleanUpPartition(b int) string { return fmt.Sprintf("cleanup#%d", b) }

func isTicket(k key) bool { return strings.HasPrefix(k.pk, "cleanup#") }

// onceKey is of the pointer of an idempotency key; keptKey of the answer that lies with a contact.
func onceKey(workspace string, once contact.Once) key {
	return key{workspace + "#once#" + onceHash(once), "A"}
}

func keptKey(workspace, contactID string, once contact.Once) key {
	return key{contactPartition(workspace, contactID), contactID + "#K#" + onceHash(once)}
}

func onceHash(once contact.Once) string {
	sum := sha256.Sum256([]byte(once.Route + sep + once.Key))
	return hex.EncodeToString(sum[:])
}

func settingsKey(workspace string) key { return key{workspace + "#settings", "A"} }

// workspaceKey is of the registry of workspaces, which scheduled work walks.
func workspaceKey(workspace string) key {
	return key{workspacePartition(bucket(workspace, openBuckets)), workspace}
}

func workspacePartition(b int) string { return fmt.Sprintf("workspaces#%d", b) }

// signingKeyKey is of the key of cursors.
func signingKeyKey() key { return key{"signing", "A"} }

// secretKey is of the secret that tombstones are hidden with, encrypted.
func secretKey() key { return key{"secret", "A"} }
