package stack

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/occ/contacts/infra/local/checkout"
	"github.com/occ/contacts/infra/local/process"
)

// deployedRecord holds the fingerprint of what is deployed; without a fingerprint a deployment began and did not end.
const deployedRecord = "deployed"

// deployIfChanged builds and deploys, unless the emulator has the stack already as these sources and parameters make it.
func (s *Stack) deployIfChanged(ctx context.Context, root string) error {
	wanted, err := fingerprint(root, s.params)
	if err != nil {
		return err
	}
	record := s.options.path(deployedRecord)
	before, recordErr := os.ReadFile(record) //nolint:gosec // our own file
	found, err := Describe(ctx, Config(s.EmulatorURL), Name)
	if err != nil {
		return err
	}
	if found.complete() && string(before) == wanted {
		s.progress("the stack is deployed and unchanged")
		return nil
	}
	if !found.usable() {
		if err := s.forget(recordErr == nil); err != nil {
			return err
		}
	}
	if err := os.WriteFile(record, nil, 0o644); err != nil { //nolint:gosec // no secret
		return err
	}
	if err := s.buildAndDeploy(ctx, root); err != nil {
		return err
	}
	// The emulator writes its state only when it is stopped cleanly; killed before, it would find buckets without a stack.
	s.progress("saving the emulator's state")
	s.emulator.stop()
	if err := s.emulator.start(); err != nil {
		return err
	}
	return os.WriteFile(record, []byte(wanted), 0o644) //nolint:gosec // no secret
}

// forget takes away what the emulator kept without a stack: leftovers of a first deployment that was killed or failed, which would
// make the next one roll back. Objects of a stack that was there once are set aside.
func (s *Stack) forget(deployedBefore bool) error {
	if entries, _ := os.ReadDir(s.options.path("s3")); len(entries) == 0 {
		return nil
	}
	s.emulator.stop()
	objects := s.options.path("s3")
	if deployedBefore && holdsObjects(objects) {
		aside := fmt.Sprintf("%s.%d", objects, time.Now().Unix())
		s.progress("WARNING: the emulator has objects but no stack; they are set aside in %s", aside)
		if err := os.Rename(objects, aside); err != nil {
			return err
		}
	}
	for _, dir := range []string{objects, s.options.path("state")} {
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	return s.emulator.start()
}

// holdsObjects says that there are objects in the stack's own buckets, which lie in folders of their names below the account's.
func holdsObjects(dir string) bool {
	for _, bucket := range []string{"-uploads", "-exports"} {
		found, _ := filepath.Glob(filepath.Join(dir, "*", Name+bucket, "*"))
		if len(found) > 0 {
			return true
		}
	}
	return false
}

func (s *Stack) buildAndDeploy(ctx context.Context, root string) error {
	s.progress("building the functions (sam build; the first time takes a minute)")
	build := s.options.path("build")
	arguments := []string{"build", "--build-dir", build, "--template-file", filepath.Join(root, "template.yaml")}
	if err := s.sam(ctx, root, append(arguments, Overrides(s.params)...)); err != nil {
		return fmt.Errorf("sam build: %w", err)
	}
	s.progress("deploying template.yaml (sam deploy)")
	artifacts, err := s.makeArtifacts(ctx)
	if err != nil {
		return err
	}
	arguments = []string{
		"deploy", "--template-file", filepath.Join(build, "template.yaml"), "--stack-name", Name, "--s3-bucket", artifacts,
		"--capabilities", "CAPABILITY_NAMED_IAM", "--no-confirm-changeset", "--no-fail-on-empty-changeset", "--no-progressbar",
	}
	if err := s.sam(ctx, root, append(arguments, Overrides(s.params)...)); err != nil {
		return fmt.Errorf("sam deploy: %w", err)
	}
	return nil
}

// makeArtifacts makes the bucket that sam deploy puts the functions' zips into.
func (s *Stack) makeArtifacts(ctx context.Context) (string, error) {
	const artifacts = Name + "-artifacts"
	client := s3.NewFromConfig(Config(s.EmulatorURL), func(o *s3.Options) { o.UsePathStyle = true })
	_, err := client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String(artifacts)})
	if err != nil && !strings.Contains(err.Error(), "BucketAlready") {
		return "", err
	}
	return artifacts, nil
}

// sam runs the SAM CLI against the emulator; its output is shown only when it fails.
func (s *Stack) sam(ctx context.Context, root string, arguments []string) error {
	binary, err := checkout.Tool(checkout.SAM)
	if err != nil {
		return err
	}
	settings := s.options.path("samconfig.toml")                                     // instead of the checkout's, which is for AWS
	if err := os.WriteFile(settings, []byte("version = 0.1\n"), 0o644); err != nil { //nolint:gosec // no secret
		return err
	}
	var output bytes.Buffer
	cmd := exec.Command(binary, append(arguments, "--config-file", settings, "--region", Region)...) //nolint:gosec // our own tool
	cmd.Dir, cmd.Stdout, cmd.Stderr = root, &output, &output
	cmd.Env = childEnvironment(append(credentialsFor(s.EmulatorURL), "SAM_CLI_TELEMETRY=0", "GOFLAGS="+BuildFlags, "CGO_ENABLED=0")...)
	if err := process.Run(ctx, "sam", cmd); err != nil {
		return fmt.Errorf("%w\n%s", err, output.String())
	}
	return nil
}
