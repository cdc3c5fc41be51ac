package main

import (
	_ "embed"
	"encoding/json"
)

// units are what pieces of work consume, measured by TestUnits.
type units struct {
	Create       consumed `json:"create"`       // a contact by the API: two-word name, e-mail, phone
	Edit         consumed `json:"edit"`         // its company
	Read         consumed `json:"read"`         // one contact
	Page         consumed `json:"page"`         // of 25, newest first
	ImportRow    consumed `json:"importRow"`    // a new contact by an import, chunks and records included
	FirstMessage consumed `json:"firstMessage"` // of somebody new on WhatsApp, with a phone and a name
	NextMessage  consumed `json:"nextMessage"`  // of the same person
	Webhook      consumed `json:"webhook"`      // what function webhooks reads of a message
	Sweeps       consumed `json:"sweeps"`       // all sweeps of a minute in which nothing is to be done
	ExportRow    consumed `json:"exportRow"`    // a contact that is exported
	Chunks       float64  `json:"chunks"`       // messages of the queue for 10,000 rows
	ItemBytes    float64  `json:"itemBytes"`    // of a contact in tables and indexes, as DynamoDB bills them
}

// consumed are units of DynamoDB for one piece of work.
type consumed struct {
	Reads  float64 `json:"reads"`
	Writes float64 `json:"writes"`
}

func (c consumed) use() use { return use{"read": c.Reads, "write": c.Writes} }

//go:embed units.json
var unitsJSON []byte

// readUnits reads what was measured.
func readUnits() (units, error) {
	var u units
	return u, json.Unmarshal(unitsJSON, &u)
}
