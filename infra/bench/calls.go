package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/occ/contacts/infra/consumption"
	"github.com/occ/contacts/pkg/dynamo"
)

const (
	callRows = 10_000
	callMost = 120 // calls to DynamoDB for each 1,000 new rows
)

// calls prints how many requests to DynamoDB an import makes: parser and writer in this process, the chunks one after the other.
func (b *bench) calls(ctx context.Context, open func(*consumption.Meter) *dynamo.Store) error {
	m := &consumption.Meter{}
	var file strings.Builder
	file.WriteString("name,email,phone\n")
	for n := range callRows {
		fmt.Fprintf(&file, "%s,call%d@example.com,+2011%08d\n", nameOf(n), n, n)
	}
	if _, err := consumption.Import(ctx, open(m), "calls", file.String(), callRows); err != nil {
		return err
	}
	calls, all := m.Calls(), 0
	for _, n := range calls {
		all += n
	}
	_, writes := m.Units()
	fmt.Printf("import of %d new rows: %s:", callRows,
		b.atMost("import", float64(all)/(callRows/1000), callMost, "calls to DynamoDB for each 1,000"))
	for _, name := range slices.Sorted(maps.Keys(calls)) {
		fmt.Printf(" %s %d", name, calls[name])
	}
	fmt.Printf("; %.1f write units a row\n", writes/callRows)
	return nil
}
