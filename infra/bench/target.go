package main

import (
	"fmt"
	"strings"
)

// atLeast says a ratio to the floor with its target, as it stands in a line of figures, and notes a miss.
func (b *bench) atLeast(what string, ratio, least float64) string {
	return b.atLeastOf(what, "the floor", ratio, least)
}

// atLeastOf is atLeast for a ratio to something else.
func (b *bench) atLeastOf(what, other string, ratio, least float64) string {
	if ratio < least {
		b.missed = append(b.missed, fmt.Sprintf("%s: %.2f of %s, at least %.2f", what, ratio, other, least))
	}
	return fmt.Sprintf("%.2f of %s (at least %.2f)", ratio, other, least)
}

// atMost says a figure with its target, and notes a miss.
func (b *bench) atMost(what string, got, most float64, unit string) string {
	if got > most {
		b.missed = append(b.missed, fmt.Sprintf("%s: %.0f %s, at most %.0f", what, got, unit, most))
	}
	return fmt.Sprintf("%.0f %s (at most %.0f)", got, unit, most)
}

// verdict is an error that names the targets missed.
func (b *bench) verdict() error {
	if len(b.missed) == 0 {
		return nil
	}
	return fmt.Errorf("targets missed:\n  %s", strings.Join(b.missed, "\n  "))
}
