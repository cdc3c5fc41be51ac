// Command openapi tests the deployed service by its own OpenAPI document: it starts a local stack on free ports, and
// schemathesis calls every operation as an admin and as an agent. make test-openapi runs it.
package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/occ/contacts/infra/local/stack"
)

// startPatience bounds the start of the stack: a first build compiles the AWS SDK.
const startPatience = 10 * time.Minute

// run is one run of schemathesis.
type run struct {
	role     string
	phases   string
	examples int // of fuzzing and of chains of linked operations, for each operation
}

// runs are what is tested. An agent is refused half of the operations, and is served the others as an admin is: a few
// chains show that the document says so.
var runs = []run{
	{"admin", "examples,coverage,fuzzing,stateful", 8},
	{"agent", "examples,stateful", 4},
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := test(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "openapi:", err)
		os.Exit(1)
	}
}

func test(ctx context.Context) (err error) {
	root, err := stack.Root()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "contacts-openapi-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // temporary
	starting, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	local, err := stack.Start(starting, stack.Options{DataDir: dir})
	if err != nil {
		return fmt.Errorf("start the local stack: %w", err)
	}
	defer local.Stop()
	for _, r := range runs {
		token, err := local.Token(ctx, "openapi", r.role, "")
		if err != nil {
			return fmt.Errorf("token of %s: %w", r.role, err)
		}
		fmt.Printf("as %s\n", r.role)
		if err := r.start(ctx, root, local.APIURL, token).Run(); err != nil {
			return fmt.Errorf("as %s: schemathesis: %w", r.role, err)
		}
	}
	return nil
}

// start is the command of a run.
func (r run) start(ctx context.Context, root, api, token string) *exec.Cmd {
	tool := filepath.Join(root, ".tools", "schemathesis", "bin", "schemathesis")
	command := exec.CommandContext(ctx, tool, //nolint:gosec // our own tool and our own stack
		"--config-file", filepath.Join("infra", "openapi", "schemathesis.toml"), "run", api+"/v1/openapi.json", "--url", api,
		"--header", "Authorization: Bearer "+token, "--phases", r.phases, "--max-examples", strconv.Itoa(r.examples), "--no-color")
	command.Dir, command.Stdout, command.Stderr = root, os.Stdout, os.Stderr
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = 10 * time.Second
	return command
}
