// Package e2e tests the deployed service from outside: template.yaml on a local stack of its own, real function binaries, HTTP and
// S3 as clients use them.
package e2e

import (
	"context"
	"fmt"
	"io"
	"os"
	"testing"
	"time"

	"github.com/occ/contacts/infra/local/stack"
)

// local is the stack that all tests share, each in workspaces of its own.
var local *stack.Stack

// startPatience bounds the start: a first build compiles the AWS SDK.
const startPatience = 10 * time.Minute

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "contacts-e2e-")
	if err != nil {
		return fail(err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // temporary
	ctx, stop := context.WithTimeout(context.Background(), startPatience)
	defer stop()
	// With IAM enforced, a role that lacks a permission fails these tests.
	options := stack.Options{DataDir: dir, AuthEnforced: os.Getenv("CONTACTS_E2E_IAM") == "1", Params: map[string]string{"RetrySeconds": "20"}, Log: io.Discard}
	if os.Getenv("CONTACTS_E2E_LOG") != "" {
		options.Log = os.Stderr
	}
	if local, err = stack.Start(ctx, options); err != nil {
		return fail(err)
	}
	defer local.Stop()
	return m.Run()
}

func fail(err error) int {
	fmt.Fprintln(os.Stderr, "e2e: the stack cannot be started:", err)
	return 1
}
