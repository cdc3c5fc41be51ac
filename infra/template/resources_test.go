package template

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/occ/contacts/infra/local/checkout"
)

// source is the template's text.
func source(t *testing.T) []byte {
	t.Helper()
	root, err := checkout.Root()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, File))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// What holds data stays when the stack is deleted or would replace it, and goes when a first deployment is taken back:
// else the second
// one would find its names taken.
func TestDataIsRetained(t *testing.T) {
	holdData := []string{"AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::Cognito::UserPool", "AWS::KMS::Key"}
	retained := 0
	for name, resource := range read(t).Resources {
		if !slices.Contains(holdData, resource.Type) {
			if resource.DeletionPolicy != "" {
				t.Errorf("%s holds no data and is retained", name)
			}
			continue
		}
		retained++
		if resource.DeletionPolicy != "RetainExceptOnCreate" || resource.UpdateReplacePolicy != "Retain" {
			t.Errorf(
				"%s: DeletionPolicy %q, UpdateReplacePolicy %q",
				name,
				resource.DeletionPolicy,
				resource.UpdateReplacePolicy,
			)
		}
	}
	if retained != 7 {
		t.Errorf("%d resources hold data, want 7", retained)
	}
}

// IAM belongs to the account, not to a region.
func TestNamesOfRolesHoldTheRegion(t *testing.T) {
	for name, resource := range read(t).Resources {
		if given := resource.Properties["RoleName"]; given != nil &&
			!strings.Contains(fmt.Sprint(given), "${AWS::Region}") {
			t.Errorf("%s: the role's name %v is the same in every region", name, given)
		}
	}
}

// An alarm costs 0.10 $ a month for each metric that it reads, a metric filter with a default value 0.30 $ for its
// metric.
func TestWhatMonitoringCosts(t *testing.T) {
	metrics := map[bool]int{}
	for name, resource := range read(t).Resources {
		switch resource.Type {
		case "AWS::CloudWatch::Alarm":
			metrics[strings.HasPrefix(resource.Condition, "Monitors")] += resource.AlarmMetrics()
			if actions := fmt.Sprint(
				resource.Properties["AlarmActions"],
			); !strings.Contains(actions, "AlarmTopic") ||
				!strings.Contains(actions, "AlarmMails") {
				t.Errorf("%s tells nobody: %s", name, actions)
			}
			if said, _ := resource.Properties["AlarmDescription"].(string); !strings.Contains(
				said,
				"; see infra/README.md, \"",
			) {
				t.Errorf("%s does not say what to do: %q", name, said)
			}
		case "AWS::Logs::MetricFilter":
			t.Errorf("%s: the functions write metrics themselves", name)
		case "AWS::CloudWatch::Dashboard":
			if resource.Condition != "MonitorsFully" {
				t.Errorf("%s is made with Monitoring=core", name)
			}
		}
	}
	if metrics[false] != 4 || metrics[true] != 28 {
		t.Errorf(
			"alarms read %d metrics, and %d more with Monitoring=full; want 4 and 28, as template.yaml and infra/README.md say",
			metrics[false],
			metrics[true],
		)
	}
}

// The runbook has a section for each alarm, and for what each alarm says.
func TestTheRunbookKnowsEveryAlarm(t *testing.T) {
	root, err := checkout.Root()
	if err != nil {
		t.Fatal(err)
	}
	runbook, err := os.ReadFile(filepath.Join(root, "infra", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	section := regexp.MustCompile(`README[.]md, "(.*)"`)
	for name, resource := range read(t).Resources {
		if resource.Type != "AWS::CloudWatch::Alarm" {
			continue
		}
		said, _ := resource.Properties["AlarmDescription"].(string)
		if named := section.FindStringSubmatch(
			said,
		); named == nil ||
			!regexp.MustCompile(`(?m)^###? `+regexp.QuoteMeta(named[1])+`$`).Match(runbook) {
			t.Errorf("%s: infra/README.md lacks the section of %q", name, said)
		}
		if !strings.Contains(string(runbook), "`"+name+"`") {
			t.Errorf("infra/README.md does not name %s", name)
		}
	}
}

func TestTheDashboardIsJSON(t *testing.T) {
	body, _ := read(t).Resources["Dashboard"].Properties["DashboardBody"].(map[string]any)
	text, _ := body["Fn::Sub"].(string)
	var dashboard struct{ Widgets []struct{ Type string } }
	filled := regexp.MustCompile(`\$\{[^}]*\}`).ReplaceAllString(text, "x")
	if err := json.Unmarshal([]byte(filled), &dashboard); err != nil || len(dashboard.Widgets) < 10 {
		t.Errorf("%d widgets, %v", len(dashboard.Widgets), err)
	}
}

// The dashboard and the alarms show metrics that the functions write, as the runbook lists them.
func TestMetricsThatAreShownAreWritten(t *testing.T) {
	root, err := checkout.Root()
	if err != nil {
		t.Fatal(err)
	}
	runbook, err := os.ReadFile(filepath.Join(root, "infra", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	shown := regexp.MustCompile(`"Contacts", "(\w+)"|\{Contacts,[\w,]+\} MetricName=\\"(\w+)`)
	found := shown.FindAllStringSubmatch(string(source(t)), -1)
	if len(found) < 10 {
		t.Fatalf("only %d metrics are shown", len(found))
	}
	for _, names := range found {
		if name := names[1] + names[2]; !strings.Contains(string(runbook), "\n| `"+name+"` |") {
			t.Errorf("nobody writes the metric %s", name)
		}
	}
}

func TestWebhooksHaveAThrottleOfTheirOwn(t *testing.T) {
	template := read(t)
	settings, _ := template.Resources["ApiStage"].Properties["RouteSettings"].(map[string]any)
	known := routes(t)
	for key, setting := range settings {
		limits, _ := setting.(map[string]any)
		if known[key] == nil || fmt.Sprint(limits["ThrottlingRateLimit"]) != "map[Ref:WebhookThrottleRate]" {
			t.Errorf("%s: %v", key, setting)
		}
	}
	for key := range known {
		if strings.Contains(key, "/webhooks/") && settings[key] == nil {
			t.Errorf("%s shares its throttle with the agents", key)
		}
	}
}

// The emulator enforces neither.
func TestOnlyAdminsMakeUsersAndNobodyChoosesAWorkspace(t *testing.T) {
	template := read(t)
	writable, _ := template.Resources["UserPoolClient"].Properties["WriteAttributes"].([]any)
	if len(writable) == 0 || slices.Contains(writable, any("custom:workspace")) {
		t.Errorf("users may write %v", writable)
	}
	admins, _ := template.Resources["UserPool"].Properties["AdminCreateUserConfig"].(map[string]any)
	if admins["AllowAdminCreateUserOnly"] != true {
		t.Errorf("anybody may sign up: %v", admins)
	}
}

// A letter keeps the age of its message, so it needs a longer life than the message had.
func TestDeadLettersOutliveTheirQueue(t *testing.T) {
	for name, resource := range read(t).Resources {
		if resource.Type != "AWS::SQS::Queue" {
			continue
		}
		kept, _ := resource.Properties["MessageRetentionPeriod"].(int)
		days, isWork := kept/86400, resource.Properties["RedrivePolicy"] != nil
		if isWork && (days < 4 || days > 7) || !isWork && days != 14 {
			t.Errorf("%s keeps messages for %d days", name, days)
		}
	}
}

// The policy of whoever deploys names every service that the template uses.
func TestTheDeployerMayUseEveryService(t *testing.T) {
	root, err := checkout.Root()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "infra", "deployer-policy.json"))
	if err != nil {
		t.Fatal(err)
	}
	var policy struct {
		Statement []struct {
			Effect   string
			Action   []string
			Resource any
		}
	}
	if err := json.Unmarshal(text, &policy); err != nil {
		t.Fatal(err)
	}
	allowed := map[string]bool{}
	for _, statement := range policy.Statement {
		for _, action := range statement.Action {
			service, _, _ := strings.Cut(action, ":")
			allowed[service] = allowed[service] || statement.Effect == "Allow"
			if action == "*" || strings.HasSuffix(action, ":*") {
				t.Errorf("the deployer may do all of %s", service)
			}
		}
	}
	services := map[string]string{
		"ApiGatewayV2": "apigateway",
		"Budgets":      "budgets",
		"CloudWatch":   "cloudwatch",
		"Cognito":      "cognito-idp",
		"DynamoDB":     "dynamodb",
		"IAM":          "iam",
		"KMS":          "kms",
		"Lambda":       "lambda",
		"Logs":         "logs",
		"S3":           "s3",
		"SNS":          "sns",
		"SQS":          "sqs",
		"Scheduler":    "scheduler",
		"Serverless":   "codedeploy",
	}
	for name, resource := range read(t).Resources {
		if part := strings.Split(resource.Type, "::")[1]; !allowed[services[part]] {
			t.Errorf("%s: the deployer may not use %s", name, resource.Type)
		}
	}
	for _, service := range slices.Sorted(maps.Values(services)) {
		if !allowed[service] {
			t.Errorf("the deployer may not use %s", service)
		}
	}
}

// A sweep that waits is useless once the next one comes, and an export that calls itself is no mistake.
func TestAsynchronousCallsEnd(t *testing.T) {
	template := read(t)
	sweeps, _ := template.Resources["ChannelEventsFunction"].Properties["EventInvokeConfig"].(map[string]any)
	if sweeps["MaximumRetryAttempts"] != 0 || sweeps["MaximumEventAgeInSeconds"] != 60 {
		t.Errorf("sweeps of channel-events pile up: %v", sweeps)
	}
	parses, _ := template.Resources["ImportParseFunction"].Properties["EventInvokeConfig"].(map[string]any)
	if parses["MaximumEventAgeInSeconds"] != 3600 || parses["DestinationConfig"] == nil {
		t.Errorf("calls of import-parse: %v", parses)
	}
	if got := template.Resources["ExportFunction"].Properties["RecursiveLoop"]; got != "Allow" {
		t.Errorf("Lambda stops exports that call themselves: RecursiveLoop is %v", got)
	}
}
