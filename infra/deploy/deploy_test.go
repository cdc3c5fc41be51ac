package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/occ/contacts/infra/local/checkout"
	"github.com/occ/contacts/infra/local/stack"
	"github.com/occ/contacts/infra/template"
)

// planned is a plan with PARAMS, over what a first deployment needs.
func planned(t *testing.T, name, params string) plan {
	t.Helper()
	t.Setenv("PARAMS", strings.TrimSpace("AllowedOrigins=https://app.example.com "+params))
	p, err := flags{stage: "default", stack: name}.plan()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// fresh is an account without the stack.
var fresh = account{region: "eu-central-1", concurrency: 1000}

func TestWhatKeepsAStackFromBeingDeployed(t *testing.T) {
	with := func(change func(*account)) account {
		changed := fresh
		change(&changed)
		return changed
	}
	for _, c := range []struct {
		name, params string
		account      account
		want         string // empty: nothing
	}{
		{"", "", fresh, ""},
		{"contacts", "RetrySeconds=30", fresh, ""},
		{"Contacts", "", fresh, "STACK=Contacts: buckets are named after it"},
		{"my_contacts", "", fresh, "Use lower-case letters, digits and hyphens"},
		{"contacts-of-the-northern-regions", "", fresh, "have room for 29 characters"},
		{"contacts-of-the-northern-regions", "BucketPrefix=north", fresh, ""},
		{strings.Repeat("x", 45), "BucketPrefix=north", fresh, "names of functions and roles have room for 41 characters"},
		{"contacts", "", account{}, "No region is set"},
		{"contacts", "Target=local", fresh, "Target=local is for the local stack"},
		{"contacts", "Architecture=x86_64", fresh, ""},
		{"contacts", "RetrySeconds=29", fresh, "RetrySeconds=29: on AWS at least 30"},
		{"contacts", "WarmThroughputRead=12000 WarmThroughputWrite=100", fresh, "WarmThroughputWrite=100: a new table has 4000 already"},
		{"contacts", "WebhookThrottleRate=501", fresh, "WebhookThrottleRate=501 is more than ThrottleRate=500"},
		{"contacts", "MaxUploadRows=2000000", fresh, "MaxUploadRows=2000000 is more than MaxDropRows=1000000"},
		{"contacts", "JwtIssuer=https://issuer.example", fresh, "JwtIssuer and JwtAudience go together"},
		{"contacts", "NightlyBackupTime=02:00", fresh, "NightlyBackupTime=02:00: Write it as EventBridge Scheduler does"},
		{"contacts", "NightlyBackupTime='rate(1 day)'", fresh, ""},
		{"contacts", "Stage=prod", fresh, "need an AlarmEmail or an AlarmTopic"},
		{"contacts", "Canary=true", fresh, ""},
		{"contacts", "Nonsense=1", fresh, "has no parameter Nonsense"},
		{"contacts", "ExportConcurrency=950", fresh, "reserve 950 executions; of the account's 1000"},
		{"contacts", "Stage=prod AlarmEmail=a@b.example", with(func(a *account) { a.concurrency = 10 }), "The account lets 10 functions run at once"},
		{"contacts", "", with(func(a *account) { a.leftover = true }), "a deleted stack left its data. Take it over with `make adopt STACK=contacts`"},
		{"contacts", "", with(func(a *account) { a.status = "ROLLBACK_COMPLETE" }), "Delete it first"},
		{"contacts", "", with(func(a *account) { a.status = "UPDATE_ROLLBACK_FAILED" }), "Continue its roll-back first"},
		{"contacts", "", with(func(a *account) { a.status = "UPDATE_IN_PROGRESS" }), "Wait until that has ended"},
		{"contacts", "", with(func(a *account) { a.status = "CREATE_FAILED" }), ""},
		{"contacts", "", with(func(a *account) {
			a.status, a.parameters = "UPDATE_COMPLETE", map[string]string{"RetrySeconds": "5", "Gone": "1"}
		}),
			"RetrySeconds=5: on AWS at least 30"},
	} {
		faults, _ := planned(t, c.name, c.params).check(c.account)
		if said := strings.Join(faults, "\n"); c.want == "" && said != "" || !strings.Contains(said, c.want) {
			t.Errorf("%q %q: %q, want %q", c.name, c.params, said, c.want)
		}
		for _, fault := range faults {
			if !strings.HasSuffix(fault, ".") {
				t.Errorf("%q is no sentence", fault)
			}
		}
	}
}

func TestContradictionsAreToldWithoutAWS(t *testing.T) {
	silent := errors.New("no credentials")
	err := planned(t, "contacts", "JwtIssuer=https://issuer.example RetrySeconds=5").unanswered("", silent)
	for _, want := range []string{"JwtIssuer and JwtAudience go together", "No region is set", "no credentials"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
	if err := planned(t, "contacts", "").unanswered("eu-central-1", silent); !errors.Is(err, silent) || err.Error() != silent.Error() {
		t.Error(err)
	}
}

func TestASmallAccountIsWarned(t *testing.T) {
	small := fresh
	small.concurrency = 10
	faults, warnings := planned(t, "contacts", "").check(small)
	if len(faults) != 0 || len(warnings) != 1 || !strings.Contains(warnings[0], "Ask AWS for 1,000") {
		t.Errorf("%q %q", faults, warnings)
	}
}

func TestParametersThatContradictEachOther(t *testing.T) {
	for params, want := range map[string]string{
		"Stage=dev Stage=prod":   `PARAMS: Stage is given twice, as "dev" and as "prod"`,
		"Stage":                  "write Name=Value",
		"MailFrom='Contacts <a>": "never closed",
	} {
		t.Setenv("PARAMS", params)
		if _, err := (flags{stage: "default"}).plan(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", params, err, want)
		}
	}
	if _, err := (flags{stage: "moon"}).plan(); err == nil ||
		!strings.Contains(err.Error(), "no section [moon.deploy.parameters]") {
		t.Error(err)
	}
}

// The stages of samconfig.toml can be deployed with no more than the origins and an address.
func TestStages(t *testing.T) {
	for stage, want := range map[string]string{"default": "contacts", "dev": "contacts-dev", "prod": "contacts"} {
		t.Setenv("PARAMS", "AllowedOrigins=https://app.example.com AlarmEmail=on-call@example.com")
		p, err := flags{stage: stage}.plan()
		if err != nil {
			t.Fatal(err)
		}
		if faults, _ := p.check(fresh); p.stack != want || len(faults) > 0 {
			t.Errorf("%s: stack %s, %q", stage, p.stack, faults)
		}
		settings, err := readSettings(p.root, stage)
		if err != nil || settings["fail_on_empty_changeset"] != "false" ||
			stage != "default" && !strings.Contains(settings["tags"], "stage="+stage) {
			t.Errorf("%s: %v %v", stage, settings, err)
		}
	}
}

func TestBuildAndDeploymentGetTheSameParameters(t *testing.T) {
	p := planned(t, "contacts", "Architecture=x86_64")
	build, deployed := p.buildArguments(fresh), p.deployArguments(fresh, "", true)
	for _, arguments := range [][]string{build, deployed} {
		if !slices.Contains(arguments, `Architecture="x86_64"`) || !slices.Contains(arguments, "eu-central-1") {
			t.Errorf("%q", arguments)
		}
	}
	if !slices.Contains(deployed, "--disable-rollback") || !slices.Contains(deployed, "--no-confirm-changeset") {
		t.Errorf("a first deployment: %q", deployed)
	}
	later := fresh
	later.status, later.parameters = "UPDATE_COMPLETE", map[string]string{"Architecture": "x86_64"}
	p = planned(t, "contacts", "")
	if build, deployed = p.buildArguments(
		later,
	), p.deployArguments(
		later,
		"",
		false,
	); !slices.Contains(
		build,
		`Architecture="x86_64"`,
	) {
		t.Errorf("a later build forgets the stack's architecture: %q", build)
	}
	if slices.Contains(deployed, "--disable-rollback") || slices.Contains(deployed, "--no-confirm-changeset") ||
		slices.Contains(deployed, `Architecture="x86_64"`) {
		t.Errorf("a later deployment: %q", deployed)
	}
}

func TestAReleaseFollowsCodeAndParameters(t *testing.T) {
	release := func(params, code string) string {
		p := planned(t, "contacts", params)
		p.root = t.TempDir()
		for _, function := range []string{"ApiFunction", "WebhooksFunction"} {
			dir := filepath.Join(p.root, buildDir, function)
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "bootstrap"), []byte(code), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		made, err := p.release(fresh)
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	first := release("Canary=true", "one")
	if first == "" || first != release("Canary=true", "one") || first == release("Canary=true", "two") ||
		first == release("Canary=true LogLevel=DEBUG", "one") {
		t.Error("a release does not follow what is deployed")
	}
	if got := release("", "one"); got != "" {
		t.Errorf("a stack without canaries gets release %q", got)
	}
}

func TestAdoption(t *testing.T) {
	root, err := checkout.Root()
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(filepath.Join(root, template.File))
	if err != nil {
		t.Fatal(err)
	}
	p := planned(t, "contacts", "LogDays=7")
	left := leftover{
		stack: "contacts", region: "eu-central-1", account: "123456789012", pool: "eu-central-1_p", key: "k",
		values: p.effective(account{}), given: p.given,
	}
	dir := t.TempDir()
	commands, err := left.write(source, dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"--change-set-type IMPORT", "'ParameterKey=LogDays,ParameterValue=7'", "make deploy"} {
		if !strings.Contains(commands, want) {
			t.Errorf("the commands lack %s:\n%s", want, commands)
		}
	}
	var identifiers []toImport
	readJSON(t, filepath.Join(dir, "resources-to-import.json"), &identifiers)
	var named []string
	for _, one := range identifiers {
		named = append(named, fmt.Sprint(one.ResourceType, " ", one.ResourceIdentifier))
	}
	want := []string{
		"AWS::Cognito::UserPool map[UserPoolId:eu-central-1_p]",
		"AWS::DynamoDB::Table map[TableName:contacts-contacts]",
		"AWS::DynamoDB::Table map[TableName:contacts-jobs]",
		"AWS::DynamoDB::Table map[TableName:contacts-timeline]",
		"AWS::KMS::Key map[KeyId:k]",
		"AWS::S3::Bucket map[BucketName:contacts-exports-123456789012-eu-central-1]",
		"AWS::S3::Bucket map[BucketName:contacts-uploads-123456789012-eu-central-1]",
	}
	if slices.Sort(named); !slices.Equal(named, want) {
		t.Errorf("adopts %q, want %q", named, want)
	}
	var stateful map[string]any
	size := readJSON(t, filepath.Join(dir, "template.json"), &stateful)
	if size > 51_200 {
		t.Errorf("the template has %d bytes, more than CloudFormation takes", size)
	}
	resources, _ := stateful["Resources"].(map[string]any)
	parameters, _ := stateful["Parameters"].(map[string]any)
	if len(resources) != len(want) || stateful["Transform"] != nil {
		t.Errorf("the template holds %d resources, transform %v", len(resources), stateful["Transform"])
	}
	for _, name := range references(resources) {
		if resources[name] == nil && parameters[name] == nil && !strings.HasPrefix(name, "AWS::") {
			t.Errorf("the template refers to %s, which it lacks", name)
		}
	}

	left.pool, left.key = "", ""
	if _, err := left.write(
		source,
		dir,
	); err == nil || !strings.Contains(err.Error(), "Give POOL") ||
		!strings.Contains(err.Error(), "Give KEY") {
		t.Errorf("without ids: %v", err)
	}
	left.key, left.values["JwtIssuer"] = "k", "https://issuer.example"
	if _, err := left.write(source, dir); err != nil {
		t.Errorf("with another issuer there is no pool: %v", err)
	}
}

func readJSON(t *testing.T, path string, into any) int {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
	return len(text)
}

// references lists the names that Ref and Fn::GetAtt name.
func references(value any) []string {
	var names []string
	switch v := value.(type) {
	case []any:
		for _, member := range v {
			names = append(names, references(member)...)
		}
	case map[string]any:
		for key, member := range v {
			if name, ok := member.(string); ok && key == "Ref" {
				names = append(names, name)
			}
			if parts, ok := member.([]any); ok && key == "Fn::GetAtt" {
				names = append(names, fmt.Sprint(parts[0]))
			}
			names = append(names, references(member)...)
		}
	}
	return names
}

func TestSettings(t *testing.T) {
	sections, err := parseSettings("# a\nversion = 0.1\n[a.b]\nx = \"y = \\\"z\\\"\"\n\n[c]\nn = true\n")
	if err != nil || sections["a.b"]["x"] != `y = "z"` || sections["c"]["n"] != "true" {
		t.Errorf("%v %v", sections, err)
	}
	for _, text := range []string{"[a]\nx", "[a]\nx = [1,", "[a]\nx = 'y'", "[a]\nx = \"\"\"y"} {
		if _, err := parseSettings(text); err == nil {
			t.Errorf("%q is read", text)
		}
	}
	if got, err := merge("A=1 B=2", "B=3"); err != nil || got["A"] != "1" || got["B"] != "3" {
		t.Errorf("%v %v", got, err)
	}
	if _, err := stack.ParseParams("A=1 A=1"); err != nil {
		t.Error(err)
	}
}
