// Command bench prints how fast the service is, each figure beside a floor measured in the same run: imports beside a bare
// program that writes the same contacts, parsing beside bare readers of the formats, exports beside reading the same items,
// webhooks beside the calls that they cannot do without, events of channels beside the same writes, start-up times beside an empty
// function; what the functions hold and weigh; what requests consume. It ends with an error that names the targets missed. Names of
// measures as arguments run those alone.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/occ/contacts/infra/local/stack"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1) //nolint:gocritic // stop was called
	}
}

// bench is one run.
type bench struct {
	root   string // of the checkout
	local  *stack.Stack
	home   string   // the folder of the stack's data, by which its processes are told from those of other stacks
	missed []string // targets
}

// measure is a part of a run.
type measure struct {
	name  string
	stack bool // it needs one
	run   func(ctx context.Context) error
}

// measures are all of them, in order.
func (b *bench) measures() []measure {
	return []measure{
		{"startup", false, b.startup}, {"parsing", false, b.parsing},
		{"imports", true, b.imports}, {"events", true, b.events}, {"exports", true, b.exports}, {"memory", true, b.parseMemory}, {"units", true, b.units}, {"drops", true, b.drops},
	}
}

func run(ctx context.Context, only []string) (err error) {
	b := &bench{}
	if b.root, err = stack.Root(); err != nil {
		return err
	}
	if b.home, err = os.MkdirTemp("", "contacts-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.home) //nolint:errcheck // temporary
	defer b.stop()
	for _, m := range b.measures() {
		if len(only) > 0 && !slices.Contains(only, m.name) {
			continue
		}
		if m.stack && b.local == nil {
			if b.local, err = stack.Start(ctx, stack.Options{DataDir: b.home, Log: os.Stderr}); err != nil {
				return err
			}
		}
		if err := m.run(ctx); err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
	}
	return b.verdict()
}

func (b *bench) stop() {
	if b.local != nil {
		b.local.Stop()
	}
}
