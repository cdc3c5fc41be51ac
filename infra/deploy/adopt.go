package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/occ/contacts/infra/local/stack"
	"github.com/occ/contacts/infra/template"
)

// adopt writes a template of nothing but the data that a deleted stack left, and says how CloudFormation imports it
// into a new stack:
// an import may hold nothing else, so the rest follows with the next deployment.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources-manually.html
func adopt(ctx context.Context, f flags) error {
	p, err := f.plan()
	if err != nil {
		return err
	}
	load := stack.AWSConfig
	if p.given["Target"] == "local" {
		// The local stack adopts too, to try it.
		load = func(ctx context.Context) (aws.Config, error) { return config.LoadDefaultConfig(ctx) }
	}
	cfg, err := load(ctx)
	if err != nil {
		return err
	}
	caller, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return stack.ExplainAWS(err)
	}
	text, err := os.ReadFile(filepath.Join(p.root, template.File))
	if err != nil {
		return err
	}
	left := leftover{
		stack: p.stack, region: cfg.Region, account: *caller.Account, pool: f.pool, key: f.key,
		values: p.effective(account{}), given: p.given,
	}
	written, err := left.write(text, f.dir)
	if err != nil {
		return err
	}
	fmt.Print(written)
	return nil
}

// leftover is what a deleted stack left.
type leftover struct {
	stack, region, account, pool, key string
	values                            map[string]string // of all parameters
	given                             map[string]string // that differ from the template's defaults
}

// toImport names one resource to CloudFormation.
type toImport struct {
	ResourceType       string
	LogicalResourceId  string // spelled as AWS spells it
	ResourceIdentifier map[string]string
}

// write leaves template and identifiers in a folder, and returns the commands that import them.
func (l leftover) write(source []byte, dir string) (commands string, err error) {
	stateful, err := l.template(source)
	if err != nil {
		return "", err
	}
	identifiers, err := l.identifiers(stateful)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // no secret
		return "", err
	}
	for name, content := range map[string]any{"template.json": stateful, "resources-to-import.json": identifiers} {
		encoded, err := json.Marshal(content) // CloudFormation takes 51,200 bytes
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(filepath.Join(dir, name), encoded, 0o644); err != nil { //nolint:gosec // no secret
			return "", err
		}
	}
	return l.commands(dir), nil
}

// template keeps of template.yaml what holds data, and what that needs.
func (l leftover) template(source []byte) (map[string]any, error) {
	whole, err := template.Document(source)
	if err != nil {
		return nil, err
	}
	resources := map[string]any{}
	all, _ := whole["Resources"].(map[string]any)
	for name, resource := range all {
		properties, _ := resource.(map[string]any)
		if properties["DeletionPolicy"] == nil ||
			properties["Type"] == "AWS::Cognito::UserPool" && l.values["JwtIssuer"] != "" {
			continue
		}
		resources[name] = resource
	}
	return map[string]any{
		"AWSTemplateFormatVersion": whole["AWSTemplateFormatVersion"],
		"Description":              "What a deleted stack left, to be imported.",
		"Parameters":               whole["Parameters"],
		"Conditions":               whole["Conditions"],
		"Resources":                resources,
	}, nil
}

// identifiers say which resource of the account is which of the template.
func (l leftover) identifiers(stateful map[string]any) ([]toImport, error) {
	end := fmt.Sprintf("-%s-%s", l.account, l.region)
	begin := l.stack
	if prefix := l.values["BucketPrefix"]; prefix != "" {
		begin, end = prefix, ""
	}
	known := map[string]struct{ key, value, missing string }{
		"ContactsTable": {"TableName", l.stack + "-contacts", ""},
		"TimelineTable": {"TableName", l.stack + "-timeline", ""},
		"JobsTable":     {"TableName", l.stack + "-jobs", ""},
		"UploadsBucket": {"BucketName", begin + "-uploads" + end, ""},
		"ExportsBucket": {"BucketName", begin + "-exports" + end, ""},
		"UserPool": {
			"UserPoolId",
			l.pool,
			"Give POOL, the id of the user pool: aws cognito-idp list-user-pools --max-results 60",
		},
		"SecretsKey": {
			"KeyId",
			l.key,
			"Give KEY, the id of the key of secrets, which the deleted stack had as output SecretsKeyArn; its description names the stack",
		},
	}
	resources, _ := stateful["Resources"].(map[string]any)
	var identifiers []toImport
	var missing []string
	for _, name := range slices.Sorted(maps.Keys(resources)) {
		found, ok := known[name]
		switch {
		case !ok:
			return nil, fmt.Errorf("%s: adopt does not know how %s is named", template.File, name)
		case found.value == "":
			missing = append(missing, found.missing)
		}
		resource, _ := resources[name].(map[string]any)
		kind, _ := resource["Type"].(string)
		identifiers = append(identifiers, toImport{kind, name, map[string]string{found.key: found.value}})
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("some names cannot be known:\n  %s", strings.Join(missing, "\n  "))
	}
	return identifiers, nil
}

// commands import, and then deploy the rest.
func (l leftover) commands(dir string) string {
	var parameters strings.Builder
	for _, name := range slices.Sorted(maps.Keys(l.given)) {
		value := strings.ReplaceAll(l.given[name], ",", `\,`)
		_, _ = fmt.Fprintf(&parameters, " 'ParameterKey=%s,ParameterValue=%s'", name, value)
	}
	given := parameters.String()
	if given != "" {
		given = " \\\n  --parameters" + given
	}
	return fmt.Sprintf(`# Look at %[1]s, then:
aws cloudformation create-change-set --stack-name %[2]s --change-set-name adopt --change-set-type IMPORT \
  --template-body file://%[1]s/template.json --resources-to-import file://%[1]s/resources-to-import.json%[3]s
aws cloudformation wait change-set-create-complete --stack-name %[2]s --change-set-name adopt
aws cloudformation execute-change-set --stack-name %[2]s --change-set-name adopt
aws cloudformation wait stack-import-complete --stack-name %[2]s
# Then make deploy with the same STAGE, STACK and PARAMS adds all the rest.
`, dir, l.stack, given)
}
