package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/occ/contacts/infra/local/checkout"
)

// TestThePageIsCurrent holds infra/COSTS.md against the program.
func TestThePageIsCurrent(t *testing.T) {
	root, err := checkout.Root()
	if err != nil {
		t.Fatal(err)
	}
	var printed strings.Builder
	if err := run(&printed); err != nil {
		t.Fatal(err)
	}
	written, err := os.ReadFile(filepath.Join(root, "infra/COSTS.md"))
	if err != nil {
		t.Fatal(err)
	}
	if string(written) != printed.String() {
		t.Error("infra/COSTS.md is not what the program prints; run: go run ./infra/costs > infra/COSTS.md")
	}
}

// TestGoals holds the months against what they may cost.
func TestGoals(t *testing.T) {
	root, err := checkout.Root()
	if err != nil {
		t.Fatal(err)
	}
	d, err := readDeployed(root)
	if err != nil {
		t.Fatal(err)
	}
	u, err := readUnits()
	if err != nil {
		t.Fatal(err)
	}
	goals := 0
	for _, m := range months(u, d) {
		if m.goal == 0 {
			continue
		}
		goals++
		if cost := m.use.cost(); cost >= m.goal {
			t.Errorf("a month in which %s costs %.2f $; less than %.2f was the goal. Of that: %s", m.name, cost, m.goal, largest(m.use))
		}
	}
	if goals != 3 {
		t.Errorf("%d months have a goal", goals)
	}
	if d.traced {
		t.Error("tracing is on by default, and not in the table")
	}
	if d.alarms == 0 || d.sweeps == 0 || d.mappings == 0 || d.keys == 0 {
		t.Errorf("the template was read as %+v", d)
	}
}
