package dynamo

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/plainjson"
)

// schema is the version of every item's layout. Readers accept the one before, so that code can be rolled out and back.
const schema = 1

// Attributes that every item has, or that are read apart from the rest.
const (
	attrPK        = "pk"
	attrSK        = "sk"
	attrSchema    = "schema"
	attrWriteID   = "writeId"
	attrVersion   = "version"
	attrContactID = "contactId"
	attrNameText  = "nameText"
	attrWorkspace = "workspace"

	attrOwnerShard = "ownerShard" // index "owner" of table timeline: whose
	attrOwnerKey   = "ownerKey"   // since when

	attrBecame = "became" // of a contact or conversation that was joined into another: the id of that

	attrJoinedAt = "joinedAt" // … when

	attrConversation = "conversationId"
	attrExpires      = "expiresAt" // Unix seconds; DynamoDB deletes up to some days later
)

// item is a stored item. The codecs are written by hand: they are the hot path of imports, and the reflecting ones link
// the client of DynamoDB Streams.
type item map[string]types.AttributeValue

// newItem begins an item with its key, its layout and the write that makes it.
func newItem(k key, writeID string, size int) item {
	it := make(item, size+4)
	it[attrPK], it[attrSK] = text(k.pk), text(k.sk)
	it[attrSchema], it[attrWriteID] = number(schema), text(writeID)
	return it
}

func (k key) attributes() item { return item{attrPK: text(k.pk), attrSK: text(k.sk)} }

func (it item) key() key { return key{it.text(attrPK), it.text(attrSK)} }

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func number(n int) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.Itoa(n)}
}

func flag(b bool) types.AttributeValue { return &types.AttributeValueMemberBOOL{Value: b} }

func texts(values []string) types.AttributeValue {
	list := make([]types.AttributeValue, len(values))
	for i, value := range values {
		list[i] = text(value)
	}
	return &types.AttributeValueMemberL{Value: list}
}

func mapOf(members item) types.AttributeValue { return &types.AttributeValueMemberM{Value: members} }

// setText leaves the attribute out when there is no text: absent and empty mean the same.
func (it item) setText(name, value string) {
	if value != "" {
		it[name] = text(value)
	}
}

func (it item) setNumber(name string, n int) {
	if n != 0 {
		it[name] = number(n)
	}
}

// setFlag leaves the attribute out when it does not hold.
func (it item) setFlag(name string, b bool) {
	if b {
		it[name] = flag(b)
	}
}

func (it item) setTexts(name string, values []string) {
	if len(values) > 0 {
		it[name] = texts(values)
	}
}

func (it item) setTime(name string, at time.Time) {
	if !at.IsZero() {
		it[name] = text(stamp(at))
	}
}

// setJSON keeps a structure as one JSON string: it comes back exactly as it was, and is never asked for in part.
func (it item) setJSON(name string, value any) error {
	body, err := plainjson.Marshal(value)
	if err != nil {
		return fmt.Errorf("dynamo: attribute %s: %w", name, err)
	}
	it[name] = text(string(body))
	return nil
}

func (it item) text(name string) string {
	if s, ok := it[name].(*types.AttributeValueMemberS); ok {
		return s.Value
	}
	return ""
}

func (it item) number(name string) int {
	if n, ok := it[name].(*types.AttributeValueMemberN); ok {
		value, _ := strconv.Atoi(n.Value) // we write integers only
		return value
	}
	return 0
}

func (it item) flag(name string) bool {
	b, ok := it[name].(*types.AttributeValueMemberBOOL)
	return ok && b.Value
}

func (it item) texts(name string) []string {
	list, ok := it[name].(*types.AttributeValueMemberL)
	if !ok {
		return nil
	}
	values := make([]string, 0, len(list.Value))
	for _, member := range list.Value {
		if s, ok := member.(*types.AttributeValueMemberS); ok {
			values = append(values, s.Value)
		}
	}
	return values
}

// members reads what mapOf wrote.
func (it item) members(name string) item {
	if m, ok := it[name].(*types.AttributeValueMemberM); ok {
		return m.Value
	}
	return nil
}

func (it item) time(name string) time.Time {
	at, err := time.Parse(time.RFC3339, it.text(name))
	if err != nil {
		return time.Time{}
	}
	return at.UTC()
}

// json reads what setJSON wrote into value; an absent attribute leaves it as it is.
func (it item) json(name string, value any) error {
	body := it.text(name)
	if body == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(body), value); err != nil {
		return fmt.Errorf("dynamo: attribute %s of %s: %w", name, it.text(attrSK), err)
	}
	return nil
}

// stamp writes a time with a fixed width, so that times sort as text.
func stamp(at time.Time) string { return contact.FormatTime(at) }

// size estimates what DynamoDB counts, in bytes: the limits are 400 KB an item and 4 MB a transaction.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
func (it item) size() int {
	total := 0
	for name, value := range it {
		total += len(name) + valueSize(value)
	}
	return total
}

func valueSize(value types.AttributeValue) int {
	switch v := value.(type) {
	case *types.AttributeValueMemberS:
		return len(v.Value)
	case *types.AttributeValueMemberN:
		return len(v.Value)/2 + 2
	case *types.AttributeValueMemberB:
		return len(v.Value)
	case *types.AttributeValueMemberL:
		total := 3
		for _, member := range v.Value {
			total += 1 + valueSize(member)
		}
		return total
	case *types.AttributeValueMemberM:
		return 3 + item(v.Value).size()
	default:
		return 1
	}
}
