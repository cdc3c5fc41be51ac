package template

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// onAWS is what a deployment to AWS has to be given.
var onAWS = map[string]string{"AllowedOrigins": "https://app.example.com"}

func TestParametersThatAreRefused(t *testing.T) {
	const (
		certificate = "arn:aws:acm:eu-central-1:123456789012:certificate/c"
		identity    = "arn:aws:ses:eu-central-1:123456789012:identity/example.com"
		topic       = "arn:aws:sns:eu-central-1:123456789012:alarms"
	)
	for given, want := range map[string]string{
		"":                                  "",
		"AllowedOrigins=":                   "AllowedOrigins is missing",
		"AllowedOrigins=*":                  "",
		"AllowedOrigins= Target=local":      "",
		"AllowedOrigins=https://a.example/": "Write origins as browsers send them",
		"AllowedOrigins=https://a.example,http://b": "",
		"AllowedOrigins=*,https://a.example":        "Give * alone for any origin",
		"AllowedOrigins=https://a.example,*":        "Give * alone for any origin",
		"NightlyBackupTime=02:00":                   "NightlyBackupTime=02:00: Write it as EventBridge Scheduler does",
		"Nonsense=1":                                "has no parameter Nonsense",
		"RetrySeconds=soon":                         "RetrySeconds=soon: It has to be a whole number.",
		"RetrySeconds=0":                            "RetrySeconds=0: It has to be at least 1.",
		"RetrySeconds=50000":                        "RetrySeconds=50000: It has to be at most 43200.",
		"LogDays=8":                                 "LogDays=8: Allowed values: 1, 3",
		"JwtIssuer=https://i.example":               "JwtIssuer and JwtAudience go together",
		"JwtAudience=a":                             "JwtIssuer and JwtAudience go together",
		"JwtIssuer=https://i.example JwtAudience=a": "",
		"DomainName=api.example.com":                "DomainName and CertificateArn go together",
		"CertificateArn=" + certificate:             "DomainName and CertificateArn go together",
		"CertificateArn=here DomainName=a.example":  "CertificateArn=here: It has to match",
		"DomainName=https://a.example":              "DomainName=https://a.example: It has to match",
		"DefaultEndpoint=DISABLED":                  "DefaultEndpoint=DISABLED needs a DomainName",
		"DefaultEndpoint=DISABLED DomainName=a.example CertificateArn=" + certificate: "",
		"MailFrom=a@b.example":                             "MailFrom and MailIdentityArn go together",
		"MailFrom=a@b.example MailIdentityArn=" + identity: "",
		"Stage=prod": "need an AlarmEmail or an AlarmTopic",
		"Stage=prod AlarmEmail=on-call@example.com": "",
		"Stage=prod AlarmTopic=" + topic:            "",
		"AlarmTopic=alarms":                         "AlarmTopic=alarms: It has to match",
		"Monitoring=full":                           "need an AlarmEmail or an AlarmTopic",
		"MonthlyBudget=50":                          "MonthlyBudget needs an AlarmEmail",
		"WarmThroughputRead=12000":                  "WarmThroughputRead and WarmThroughputWrite go together",
		"Canary=true":                               "Canary=true needs a Release",
		"Canary=true Release=0a1b":                  "",
	} {
		template := read(t)
		values := template.Values(onAWS)
		for pair := range strings.FieldsSeq(given) {
			name, value, _ := strings.Cut(pair, "=")
			values[name] = value
		}
		faults := template.Faults(values)
		if want == "" && len(faults) > 0 ||
			want != "" && !slices.ContainsFunc(faults, func(f string) bool { return strings.Contains(f, want) }) {
			t.Errorf("%q: %q, want %q", given, faults, want)
		}
	}
}

// EventBridge Scheduler takes three forms, all with spaces or parentheses.
func TestTimesOfTheNightlyBackup(t *testing.T) {
	template := read(t)
	for value, want := range map[string]bool{
		"cron(0 2 * * ? *)": true, "cron(15,45 0/6 ? 1-12 MON-FRI 2026)": true, "cron(0 2 L * ? *)": true,
		"rate(1 day)": true, "rate(12 hours)": true, "at(2026-01-31T02:00:00)": true,
		"": false, "02:00": false, "0 2 * * ? *": false, "cron(0 2 * * *)": false, "cron(0 2 * * ? * *)": false,
		"rate(0 days)": false, "rate(1 week)": false, "at(02:00)": false, "cron(0 2 * * ? *) ": false,
	} {
		values := template.Values(onAWS)
		values["NightlyBackupTime"] = value
		if faults := template.Faults(values); (len(faults) == 0) != want {
			t.Errorf("%q: %q", value, faults)
		}
	}
}

func TestEveryRuleSaysASentence(t *testing.T) {
	for name, rule := range read(t).Rules {
		for _, assertion := range rule.Assertions {
			if said := assertion.AssertDescription; !strings.HasSuffix(said, ".") || len(said) < 40 {
				t.Errorf("rule %s says %q", name, said)
			}
		}
	}
}

// CloudFormation has turned bare numbers into 1.0E8; the functions would refuse to start.
func TestDefaultsOfNumbersAreQuoted(t *testing.T) {
	if found := regexp.MustCompile(`(?m)^    Default: [0-9].*$`).FindAll(source(t), -1); len(found) > 0 {
		t.Errorf("bare numbers: %q", found)
	}
}
