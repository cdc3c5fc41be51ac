// Command bench prints how fast the service is, each figure beside a floor measured in the same run: imports beside a bare
// program that writes the same contacts, start-up times beside an empty function; what the functions weigh; what requests consume.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/occ/contacts/infra/local/stack"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1) //nolint:gocritic // stop was called
	}
}

func run(ctx context.Context) error {
	root, err := stack.Root()
	if err != nil {
		return err
	}
	if err := startup(ctx, root); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "contacts-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // temporary
	local, err := stack.Start(ctx, stack.Options{DataDir: dir, Log: os.Stderr})
	if err != nil {
		return err
	}
	defer local.Stop()
	if err := imports(ctx, local); err != nil {
		return err
	}
	if err := parseMemory(ctx, local); err != nil {
		return err
	}
	return units(ctx, local)
}
