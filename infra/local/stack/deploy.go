package stack

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/occ/contacts/infra/local/checkout"
)

// artifacts is the bucket that sam deploy puts the functions' zips into.
const artifacts = "contacts-artifacts"

// deployIfChanged builds and deploys, unless the emulator has the stack already as these sources and parameters make it.
func (s *Stack) deployIfChanged(ctx context.Context) error {
	root, err := Root()
	if err != nil {
		return err
	}
	params, err := s.parameters(root)
	if err != nil {
		return err
	}
	wanted, err := fingerprint(root, params)
	if err != nil {
		return err
	}
	record := s.options.path("deployed")
	if deployed, _ := os.ReadFile(record); string(deployed) == wanted { //nolint:gosec // our own file
		if outputs, err := ReadOutputs(ctx, Config(s.EmulatorURL), Name); err == nil && outputs != nil {
			s.progress("the stack is deployed and unchanged")
			return nil
		}
	}
	_ = os.Remove(record)
	s.progress("building the functions (sam build)")
	if err := s.sam(ctx, root, s.buildArguments(params)); err != nil {
		return fmt.Errorf("sam build: %w", err)
	}
	s.progress("deploying template.yaml (sam deploy)")
	if err := s.deploy(ctx, root, params); err != nil {
		return fmt.Errorf("sam deploy: %w", err)
	}
	// The emulator writes its state only when it is stopped cleanly; killed before, it would find buckets without a stack.
	s.progress("saving the emulator's state")
	if err := s.emulator.restart(); err != nil {
		return err
	}
	return os.WriteFile(record, []byte(wanted), 0o644) //nolint:gosec // no secret
}

// parameters are the template's, as this machine and the caller want them.
func (s *Stack) parameters(root string) (map[string]string, error) {
	template, err := os.ReadFile(filepath.Join(root, "template.yaml")) //nolint:gosec // our own file
	if err != nil {
		return nil, err
	}
	architecture := "x86_64"
	if runtime.GOARCH == "arm64" {
		architecture = "arm64"
	}
	params := map[string]string{"Target": "local", "Architecture": architecture, "PublicBaseUrl": s.APIURL}
	for name, value := range s.options.Params {
		if !bytes.Contains(template, []byte("\n  "+name+":\n    Type: ")) {
			s.progress("PARAMS: template.yaml has no parameter %s; it is left out", name)
			continue
		}
		params[name] = value
	}
	return params, nil
}

// fingerprint tells apart whatever would deploy differently.
func fingerprint(root string, params map[string]string) (string, error) {
	hash := sha256.New()
	fmt.Fprintln(hash, runtime.Version(), params)
	for _, place := range []string{"template.yaml", "go.mod", "go.sum", "functions", "pkg"} {
		err := filepath.WalkDir(filepath.Join(root, place), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, ".md") {
				return err
			}
			content, err := os.ReadFile(path) //nolint:gosec // below the root
			fmt.Fprintf(hash, "%s %x\n", path, sha256.Sum256(content))
			return err
		})
		if err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

func overrides(params map[string]string) []string {
	arguments := []string{"--parameter-overrides"}
	for _, name := range slices.Sorted(maps.Keys(params)) {
		arguments = append(arguments, fmt.Sprintf(`%s="%s"`, name, params[name]))
	}
	return arguments
}

func (s *Stack) buildArguments(params map[string]string) []string {
	return append([]string{"build", "--build-dir", s.buildDir(), "--region", Region}, overrides(params)...)
}

func (s *Stack) buildDir() string {
	dir, err := filepath.Abs(s.options.path("build"))
	if err != nil {
		return s.options.path("build")
	}
	return dir
}

func (s *Stack) deploy(ctx context.Context, root string, params map[string]string) error {
	client := s3.NewFromConfig(Config(s.EmulatorURL), func(o *s3.Options) { o.UsePathStyle = true })
	if _, err := client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String(artifacts)}); err != nil && !strings.Contains(err.Error(), "BucketAlready") {
		return err
	}
	arguments := []string{
		"deploy", "--template-file", filepath.Join(s.buildDir(), "template.yaml"), "--stack-name", Name, "--s3-bucket", artifacts, "--region", Region,
		"--capabilities", "CAPABILITY_IAM", "--no-confirm-changeset", "--no-fail-on-empty-changeset", "--no-progressbar",
	}
	return s.sam(ctx, root, append(arguments, overrides(params)...))
}

// sam runs the SAM CLI against the emulator; its output is shown only when it fails.
func (s *Stack) sam(ctx context.Context, root string, arguments []string) error {
	binary, err := checkout.Tool(checkout.SAM)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, binary, arguments...) //nolint:gosec // our own tool
	cmd.Dir = root
	cmd.Env = append(os.Environ(),
		"SAM_CLI_TELEMETRY=0", "GOFLAGS=-trimpath -tags=lambda.norpc -ldflags=-s -buildvcs=false", "CGO_ENABLED=0",
		"AWS_ENDPOINT_URL="+s.EmulatorURL, "AWS_ACCESS_KEY_ID="+accessKey, "AWS_SECRET_ACCESS_KEY="+accessKey, "AWS_DEFAULT_REGION="+Region, "AWS_REGION="+Region)
	output, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w\n%s", err, output)
	}
	return nil
}
