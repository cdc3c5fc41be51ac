// Command deploy deploys the service to AWS. It checks first what CloudFormation would find out in the middle of a
// deployment, and
// takes over the data that a deleted stack left: see `make help`.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/occ/contacts/infra/local/checkout"
	"github.com/occ/contacts/infra/local/stack"
	"github.com/occ/contacts/infra/template"
)

// flags of both commands; each uses its own.
type flags struct {
	stage, stack, pool, key, dir string
	yes, checkOnly               bool
}

var commands = map[string]func(ctx context.Context, f flags) error{"deploy": deploy, "adopt": adopt}

func main() {
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: deploy deploy|adopt [flags]; see `make help`")
		os.Exit(2)
	}
	var f flags
	set := flag.NewFlagSet(os.Args[1], flag.ExitOnError)
	set.StringVar(&f.stage, "stage", "default", "section of samconfig.toml")
	set.StringVar(&f.stack, "stack", "", "name of the stack; empty takes samconfig.toml's")
	set.BoolVar(&f.yes, "yes", false, "deploy without asking")
	set.BoolVar(&f.checkOnly, "check", false, "check, and deploy nothing")
	set.StringVar(&f.pool, "pool", "", "id of the user pool to adopt")
	set.StringVar(&f.key, "key", "", "id of the key to adopt")
	set.StringVar(&f.dir, "dir", "build/adopt", "where to write what is imported")
	_ = set.Parse(os.Args[2:]) // exits by itself

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := commands[os.Args[1]](ctx, f)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// plan reads what is to be deployed from samconfig.toml, PARAMS and the template.
func (f flags) plan() (plan, error) {
	root, err := checkout.Root()
	if err != nil {
		return plan{}, err
	}
	read, err := template.Read(root)
	if err != nil {
		return plan{}, err
	}
	settings, err := readSettings(root, f.stage)
	if err != nil {
		return plan{}, err
	}
	p := plan{root: root, stage: f.stage, stack: f.stack, template: read}
	if p.stack == "" {
		p.stack = settings["stack_name"]
	}
	if p.given, err = merge(settings["parameter_overrides"], os.Getenv("PARAMS")); err != nil {
		return plan{}, err
	}
	return p, nil
}

// deploy checks, builds and deploys.
func deploy(ctx context.Context, f flags) error {
	p, err := f.plan()
	if err != nil {
		return err
	}
	cfg, err := stack.AWSConfig(ctx)
	if err != nil {
		return err
	}
	account, err := look(ctx, cfg, p.stack)
	if err != nil {
		// Without an answer, what is wrong with the plan itself can still be told.
		return p.unanswered(cfg.Region, err)
	}
	faults, warnings := p.check(account)
	for _, warning := range warnings {
		fmt.Fprintln(os.Stderr, "WARNING:", warning)
	}
	if len(faults) > 0 {
		return refusal(p.stack, faults)
	}
	if f.checkOnly {
		fmt.Fprintf(os.Stderr, "%s can be deployed\n", p.stack)
		return nil
	}
	if err := p.buildAndDeploy(ctx, account, f.yes); err != nil {
		return err
	}
	return protect(ctx, cfg, p.stack)
}

// look finds out what there is already.
func look(ctx context.Context, cfg aws.Config, name string) (account, error) {
	found := account{region: cfg.Region}
	if found.region == "" {
		return found, nil
	}
	described, err := stack.Describe(ctx, cfg, name)
	if err != nil {
		return found, fmt.Errorf("ask CloudFormation for %s: %w", name, err)
	}
	found.status, found.parameters = described.Status, described.Parameters
	limits, err := lambda.NewFromConfig(cfg).GetAccountSettings(ctx, &lambda.GetAccountSettingsInput{})
	if err != nil {
		return found, fmt.Errorf("ask Lambda for the account's limits: %w", err)
	}
	if limits.AccountLimit != nil {
		found.concurrency = int(limits.AccountLimit.ConcurrentExecutions)
	}
	if found.first() {
		_, err := dynamodb.NewFromConfig(cfg).
			DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: aws.String(name + "-contacts")})
		found.leftover = err == nil
	}
	return found, nil
}

// protect keeps the stack from being deleted by a slip.
func protect(ctx context.Context, cfg aws.Config, name string) error {
	_, err := cloudformation.NewFromConfig(cfg).
		UpdateTerminationProtection(ctx, &cloudformation.UpdateTerminationProtectionInput{
			StackName: &name, EnableTerminationProtection: aws.Bool(true),
		})
	if err != nil {
		return fmt.Errorf("%s is deployed; protect it from deletion: %w", name, err)
	}
	return nil
}
