package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/occ/contacts/infra/local/checkout"
)

func main() {
	if err := run(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "costs:", err)
		os.Exit(1)
	}
}

// run prints the page.
func run(out io.Writer) error {
	root, err := checkout.Root()
	if err != nil {
		return err
	}
	u, err := readUnits()
	if err != nil {
		return err
	}
	d, err := readDeployed(root)
	if err != nil {
		return err
	}
	_, err = io.WriteString(out, page(u, d))
	return err
}

// page is infra/COSTS.md.
func page(u units, d deployed) string {
	var text strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&text, format+"\n", args...) }
	p("# What it costs\n")
	p("Written by `go run ./infra/costs`, from what `costs/units_test.go` measured, what `template.yaml` deploys, and the prices of us-east-1 in")
	p("November 2026, without any free tier. `costs/months.go` says what is assumed beside: how long functions run, how long log lines are.\n")
	p("| a month in which | $ | of that, $ | what it is |")
	p("|---|---|---|---|")
	for _, m := range months(u, d) {
		goal := ""
		if m.goal > 0 {
			goal = fmt.Sprintf(" (goal: below %s)", dollars(m.goal))
		}
		p("| %s | **%s**%s | %s | %s |", m.name, dollars(m.use.cost()), goal, largest(m.use), m.says)
	}
	p("\nAll but the first two are what comes on top of an idle month. Tracing is off by default: X-Ray would take 5 $ for each million calls that it samples.\n")
	p("## What was measured\n")
	p("| piece of work | read units | write units |")
	p("|---|---|---|")
	for _, row := range []struct {
		name string
		c    consumed
	}{
		{"a contact created by the API: two-word name, e-mail, phone", u.Create}, {"its company edited", u.Edit}, {"one contact read", u.Read},
		{"a page of 25", u.Page}, {"a row imported, chunks and records included", u.ImportRow}, {"a webhook, as it is taken", u.Webhook},
		{"a first message applied: WhatsApp, with number, user id and profile name", u.FirstMessage}, {"a further message applied", u.NextMessage},
		{"all sweeps of a minute with nothing to do", u.Sweeps}, {"a contact exported", u.ExportRow},
	} {
		p("| %s | %g | %g |", row.name, row.c.Reads, row.c.Writes)
	}
	p("\nA contact takes %g bytes of tables and indexes. 10,000 rows are %g messages. The template has %d alarm metrics (%d more with", u.ItemBytes, u.Chunks, d.alarms, d.alarmsFull)
	p("`Monitoring=full`), %d queues that Lambda polls, %d sweeps a minute and %d key.\n", d.mappings, d.sweeps, d.keys)
	p("## Prices\n")
	p("| what | $ | for |")
	p("|---|---|---|")
	for _, key := range slices.Sorted(maps.Keys(prices)) {
		price := prices[key]
		p("| [%s](%s) | %g | %s |", price.name, price.source, price.dollar, amount(price))
	}
	return text.String()
}

func amount(p price) string {
	if p.per == 1 {
		return "a " + p.unit
	}
	return fmt.Sprintf("%s %s", thousands(int(p.per)), p.unit)
}

func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}

// largest names what most of a use's cost is for.
func largest(u use) string {
	keys := slices.SortedFunc(maps.Keys(u), func(a, b string) int {
		return cmp.Or(cmp.Compare(use{b: u[b]}.cost(), use{a: u[a]}.cost()), cmp.Compare(a, b))
	})
	var parts []string
	for _, key := range keys[:min(4, len(keys))] {
		if cost := (use{key: u[key]}).cost(); cost >= 0.005 {
			parts = append(parts, prices[key].name+" "+dollars(cost))
		}
	}
	return strings.Join(parts, "; ")
}
