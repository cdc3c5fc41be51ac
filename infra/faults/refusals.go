package faults

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// The errors of DynamoDB that pass by themselves.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
const errorText = `{"__type":"com.amazonaws.dynamodb.v20120810#%s","message":"injected"}`

// refuse answers a request instead of the server; empty when it is to be passed on.
func (p *Proxy) refuse(odds Odds, action string, body []byte) string {
	switch {
	case p.happens("throttled", odds.Throttle):
		return fmt.Sprintf(errorText, "ProvisionedThroughputExceededException")
	case !writes(action):
		return ""
	case odds.Hot != "" && time.Now().Unix()%2 == 0 && bytes.Contains(body, []byte(`"`+odds.Hot+`Shard"`)) && p.happens("hot index", 0.2):
		return cancelled(action, body, "ThrottlingError", "ThrottlingException")
	case action != "BatchWriteItem" && p.happens("conflict", odds.Conflict):
		return cancelled(action, body, "TransactionConflict", "TransactionConflictException")
	}
	return ""
}

// cancelled is how a write is refused because of one of its items: a transaction names a reason for each.
func cancelled(action string, body []byte, reason, single string) string {
	if action != "TransactWriteItems" {
		return fmt.Sprintf(errorText, single)
	}
	var request struct{ TransactItems []json.RawMessage }
	_ = json.Unmarshal(body, &request) // it came from the SDK
	reasons := make([]string, len(request.TransactItems))
	for i := range reasons {
		reasons[i] = `{"Code":"None"}`
	}
	reasons[len(reasons)/2] = fmt.Sprintf(`{"Code":%q,"Message":"injected"}`, reason)
	return fmt.Sprintf(`{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","message":"injected","CancellationReasons":[%s]}`, strings.Join(reasons, ","))
}

// key is an item's primary key as it stands in requests and answers.
type key struct {
	PK struct{ S string } `json:"pk"`
	SK struct{ S string } `json:"sk"`
}

func (k key) text() string { return k.PK.S + "\x00" + k.SK.S }

// note remembers when items were written: their index entries are hidden for a while.
func (p *Proxy) note(body []byte) {
	type write struct {
		Item *key
		Key  *key
	}
	var request struct {
		write
		TransactItems []map[string]write
	}
	if json.Unmarshal(body, &request) != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	mark := func(w write) {
		for _, k := range []*key{w.Item, w.Key} {
			if k != nil {
				p.written[k.text()] = now
			}
		}
	}
	mark(request.write)
	for _, item := range request.TransactItems {
		for _, w := range item {
			mark(w)
		}
	}
}

// hide takes the entries of items that were written just now out of an index's answer.
func (p *Proxy) hide(lag time.Duration, request, answer []byte) []byte {
	var asked struct{ IndexName string }
	var found map[string]json.RawMessage
	var items []json.RawMessage
	if json.Unmarshal(request, &asked) != nil || asked.IndexName == "" || json.Unmarshal(answer, &found) != nil || json.Unmarshal(found["Items"], &items) != nil {
		return answer
	}
	kept := items[:0]
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, item := range items {
		var k key
		_ = json.Unmarshal(item, &k) // every entry has one
		if time.Since(p.written[k.text()]) < lag {
			p.injected["lagging index"]++
			continue
		}
		kept = append(kept, item)
	}
	found["Items"], _ = json.Marshal(kept) // they were read from JSON
	found["Count"] = json.RawMessage(fmt.Sprint(len(kept)))
	changed, _ := json.Marshal(found)
	return changed
}
