package main

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"strconv"
	"strings"

	"github.com/occ/contacts/infra/local/stack"
	"github.com/occ/contacts/infra/template"
)

// plan is what is to be deployed.
type plan struct {
	root, stage, stack string
	template           template.Template
	given              map[string]string // parameters of samconfig.toml and PARAMS
}

// account is what the plan meets there.
type account struct {
	region      string
	status      string            // of the stack; "" before it exists
	parameters  map[string]string // that the stack has
	concurrency int               // executions of functions that may run at once
	leftover    bool              // there is no stack, but its data
}

// first reports whether the stack does not exist yet, or was never whole.
func (a account) first() bool { return a.status == "" || a.status == "REVIEW_IN_PROGRESS" }

// effective are the parameters as they will be: those that are not given keep the value that the stack has.
func (p plan) effective(a account) map[string]string {
	values := map[string]string{}
	for name, value := range a.parameters {
		if _, still := p.template.Parameters[name]; still {
			values[name] = value
		}
	}
	maps.Copy(values, p.given)
	return p.template.Values(values)
}

// check says in sentences what keeps the plan from being deployed, and what only deserves a warning.
func (p plan) check(a account) (faults, warnings []string) {
	if a.region == "" {
		faults = append(faults, "No region is set. Set AWS_REGION, or a region in the AWS profile.")
		a.region = "eu-central-1" // for the lengths of names
	}
	values := p.effective(a)
	values["Release"] = "0" // set once the functions are built
	faults = append(faults, p.nameFaults(a.region, values["BucketPrefix"])...)
	faults = append(faults, p.template.Faults(values)...)
	if values["Target"] == "local" {
		faults = append(faults, "Target=local is for the local stack: on AWS it would leave data unprotected.")
	}
	if len(p.template.Faults(values)) == 0 { // all numbers are numbers
		faults = append(faults, numberFaults(values)...)
	}
	faults = append(faults, stateFaults(p.stack, a)...)
	if len(faults) == 0 {
		return concurrencyFaults(values, a.concurrency)
	}
	return faults, nil
}

// What the template makes of the stack's name, the longest of each kind, and what AWS takes.
const (
	maxBucketName   = 63 // https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
	maxFunctionName = 64 // https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
	maxRoleName     = 64 // https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
	accountDigits   = 12
)

var stackName = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

// nameFaults checks the stack's name before buckets and roles are named after it.
func (p plan) nameFaults(region, bucketPrefix string) []string {
	most := min(maxFunctionName-len("-channel-events"), maxRoleName-len("--schedules")-len(region))
	if bucketPrefix == "" {
		most = min(most, maxBucketName-len("-uploads--")-accountDigits-len(region))
	}
	switch {
	case p.stack == "":
		return []string{
			fmt.Sprintf("samconfig.toml has no stack for STAGE=%s. Give STACK, or a STAGE that it has.", p.stage),
		}
	case !stackName.MatchString(p.stack):
		return []string{
			fmt.Sprintf(
				"STACK=%s: buckets are named after it. Use lower-case letters, digits and hyphens, a letter first.",
				p.stack,
			),
		}
	case len(p.stack) > most && bucketPrefix == "":
		return []string{
			fmt.Sprintf(
				"STACK=%s is too long: with %s and the account at their end, names of buckets have room for %d characters of it. "+
					"Shorten it, or give a BucketPrefix.",
				p.stack,
				region,
				most,
			),
		}
	case len(p.stack) > most:
		return []string{
			fmt.Sprintf(
				"STACK=%s is too long: names of functions and roles have room for %d characters of it. Shorten it.",
				p.stack,
				most,
			),
		}
	}
	return nil
}

// numberFaults checks what the template's rules cannot compare.
func numberFaults(values map[string]string) []string {
	number := func(name string) int {
		n, _ := strconv.Atoi(values[name]) // checked before
		return n
	}
	var faults []string
	say := func(wrong bool, format string, arguments ...any) {
		if wrong {
			faults = append(faults, fmt.Sprintf(format, arguments...))
		}
	}
	say(
		number("RetrySeconds") < 30,
		"RetrySeconds=%d: on AWS at least 30, the time-out of the functions that read the queues; 180 is right.",
		number("RetrySeconds"),
	)
	for name, least := range map[string]int{"WarmThroughputRead": 12_000, "WarmThroughputWrite": 4_000} {
		say(
			number(name) > 0 && number(name) < least,
			"%s=%d: a new table has %d already. Give at least that, or 0 to leave it to DynamoDB.",
			name,
			number(name),
			least,
		)
	}
	for webhooks, all := range map[string]string{"WebhookThrottleRate": "ThrottleRate", "WebhookThrottleBurst": "ThrottleBurst"} {
		say(
			number(webhooks) > number(all),
			"%s=%d is more than %s=%d, of which it is a part.",
			webhooks,
			number(webhooks),
			all,
			number(all),
		)
	}
	say(
		number("MaxUploadBytes") > number("MaxDropBytes"),
		"MaxUploadBytes=%d is more than MaxDropBytes=%d: dropped files may be the larger ones.",
		number("MaxUploadBytes"),
		number("MaxDropBytes"),
	)
	say(
		number("MaxUploadRows") > number("MaxDropRows"),
		"MaxUploadRows=%d is more than MaxDropRows=%d: dropped files may be the larger ones.",
		number("MaxUploadRows"),
		number("MaxDropRows"),
	)
	return faults
}

// stateFaults checks what became of earlier deployments.
func stateFaults(name string, a account) []string {
	switch {
	case a.leftover:
		return []string{fmt.Sprintf("There is no stack %s, but the table %s-contacts: a deleted stack left its data. "+
			"Take it over with `make adopt STACK=%s`, or choose another name.", name, name, name)}
	case a.status == "ROLLBACK_COMPLETE" || a.status == "ROLLBACK_FAILED" || a.status == "DELETE_FAILED":
		return []string{
			fmt.Sprintf(
				"The stack %s is %s and cannot be updated. Delete it first: infra/README.md, \"The first deployment failed\".",
				name,
				a.status,
			),
		}
	case a.status == "UPDATE_ROLLBACK_FAILED":
		return []string{
			fmt.Sprintf(
				"The stack %s is %s. Continue its roll-back first: infra/README.md, \"Rolling back a deployment\".",
				name,
				a.status,
			),
		}
	case strings.HasSuffix(a.status, "_IN_PROGRESS") && !a.first():
		return []string{fmt.Sprintf("The stack %s is %s. Wait until that has ended.", name, a.status)}
	}
	return nil
}

// Concurrent executions that are always possible: those of mappings, and of the API and webhooks with some room.
const (
	unreserved     = 100 // that Lambda never lets anybody reserve
	otherMappings  = 5   // channel-events
	roomForAnswers = 20
)

// concurrencyFaults compares the account's limit with what the functions may use of it.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
func concurrencyFaults(values map[string]string, limit int) (faults, warnings []string) {
	total := 0
	for _, name := range []string{"ApiConcurrency", "ExportConcurrency", "ImportParseConcurrency"} {
		reserved, _ := strconv.Atoi(values[name])
		total += reserved
	}
	if total > 0 && total > limit-unreserved {
		faults = append(
			faults,
			fmt.Sprintf(
				"ApiConcurrency, ExportConcurrency and ImportParseConcurrency reserve %d executions; of the account's %d, "+
					"Lambda leaves 100 to all. Lower them, or ask AWS for a higher limit.",
				total,
				limit,
			),
		)
	}
	writers, _ := strconv.Atoi(values["ImportWriteConcurrency"])
	if need := total + writers + otherMappings + roomForAnswers; limit < need {
		said := fmt.Sprintf(
			"The account lets %d functions run at once, and this stack wants %d: an import would make the API answer 5xx. "+
				"Ask AWS for 1,000 (Service Quotas, Lambda, Concurrent executions), or lower ImportWriteConcurrency.",
			limit,
			need,
		)
		if values["Stage"] == "prod" {
			faults = append(faults, said)
		} else {
			warnings = append(warnings, said)
		}
	}
	return faults, warnings
}

// unanswered says what is wrong with the plan as far as that is known without AWS, which did not answer.
func (p plan) unanswered(region string, err error) error {
	faults, _ := p.check(account{region: region, concurrency: unlimited})
	err = stack.ExplainAWS(err)
	if len(faults) == 0 {
		return err
	}
	return fmt.Errorf("%w\n  %w", refusal(p.stack, faults), err)
}

// unlimited is a limit of concurrent executions that is not known.
const unlimited = 1_000_000

// refusal puts what is wrong into one error.
func refusal(name string, faults []string) error {
	return errors.New(name + " is not deployed, and nothing is changed:\n  " + strings.Join(faults, "\n  "))
}
