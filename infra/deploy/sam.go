package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"github.com/occ/contacts/infra/local/checkout"
	"github.com/occ/contacts/infra/local/stack"
)

// buildDir is where sam build leaves what sam deploy uploads.
const buildDir = ".aws-sam/build"

// buildAndDeploy hands the same parameters to both: the architecture of the binaries is one of them.
func (p plan) buildAndDeploy(ctx context.Context, a account, yes bool) error {
	if err := p.sam(ctx, p.buildArguments(a)); err != nil {
		return fmt.Errorf("sam build: %w", err)
	}
	release, err := p.release(a)
	if err != nil {
		return err
	}
	if err := p.sam(ctx, p.deployArguments(a, release, yes)); err != nil {
		return fmt.Errorf("sam deploy: %w", err)
	}
	return nil
}

func (p plan) buildArguments(a account) []string {
	return append([]string{"build", "--region", a.region}, stack.Overrides(p.effective(a))...)
}

func (p plan) deployArguments(a account, release string, yes bool) []string {
	given := maps.Clone(p.given)
	given["Release"] = release
	arguments := []string{"deploy", "--config-env", p.stage, "--stack-name", p.stack, "--region", a.region}
	if a.first() || a.status == "CREATE_FAILED" {
		// What is made stays when something fails, and the next deployment goes on from there: tables that are
		// protected from
		// deletion could not be taken back.
		arguments = append(arguments, "--disable-rollback")
	}
	if yes {
		arguments = append(arguments, "--no-confirm-changeset")
	}
	return append(arguments, stack.Overrides(given)...)
}

// release differs when the functions or their parameters differ. A version of a function is made only when it does, and
// only a new
// version has new parameters. Without canaries nobody asks for versions.
func (p plan) release(a account) (string, error) {
	values := p.effective(a)
	if values["Canary"] != "true" {
		return "", nil
	}
	delete(values, "Release")
	sum := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(values)) {
		_, _ = fmt.Fprintf(sum, "%q %q\n", name, values[name])
	}
	for _, function := range []string{"ApiFunction", "WebhooksFunction"} {
		built := filepath.Join(p.root, buildDir, function, "bootstrap")
		binary, err := os.ReadFile(built) //nolint:gosec // what was built just now
		if err != nil {
			return "", err
		}
		_, _ = fmt.Fprintf(sum, "%x\n", sha256.Sum256(binary))
	}
	return hex.EncodeToString(sum.Sum(nil)[:16]), nil
}

// sam runs the SAM CLI in the foreground, as it asks before it deploys.
func (p plan) sam(ctx context.Context, arguments []string) error {
	binary, err := checkout.Tool(checkout.SAM)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, binary, arguments...) //nolint:gosec // our own tool
	cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = p.root, os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), "GOFLAGS="+stack.BuildFlags, "CGO_ENABLED=0", "SAM_CLI_TELEMETRY=0")
	return cmd.Run()
}
