package e2e

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/occ/contacts/infra/local/stack"
)

// What is known of somebody who would be recognised anywhere.
const (
	firstName, lastName = "Zyxwvuta", "Ñuponmlkj"
	username            = "nupo.zyxwvuta_9"
	mailbox             = "wvutsrqp.nupo@zyxwvuta.example"
	dialled, redialled  = "201073194682", "201073194685" // WhatsApp, which the person changes
	shared              = "201073194688"                 // with Telegram
	businessID          = "EG.73194682773194"
	secondBusinessID    = "EG.73194685773194"
	subject             = "Jkihgfedcb parcel"
	comment             = "Fedcbazyxw kindness"
	text                = "Mlkjihgfed question"
)

// private is what no line may hold: every id of a person too, and of texts their first word.
var private = []string{
	firstName, lastName, username, mailbox, "wvutsrqp.nupo", "+" + dialled, dialled[2:], redialled[2:], shared[2:], businessID, secondBusinessID, scopedID, visitor,
	"Jkihgfedcb", "Fedcbazyxw", "Mlkjihgfed",
}

const (
	scopedID = "7319468200000017" // of Instagram, Messenger and Telegram
	visitor  = "visitor-qponmlkjih"
)

// spellings are the ways in which a value may stand in a line, but for upper case.
func spellings(value string) []string {
	quoted := strconv.QuoteToASCII(value)
	all := []string{value, url.QueryEscape(value), url.PathEscape(value), quoted[1 : len(quoted)-1], hex.EncodeToString([]byte(value))}
	for shift := range 3 { // base64 of a text that holds the value, without the signs that depend on what stands around it
		encoded := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", shift) + value + "xx"))
		all = append(all, encoded[(shift*8+5)/6:(shift+len(value))*8/6])
	}
	return all
}

// leaked are the private values that a line holds.
func leaked(line string) []string {
	var found []string
	for _, value := range private {
		if slices.ContainsFunc(spellings(value), func(s string) bool { return strings.Contains(strings.ToLower(line), strings.ToLower(s)) }) {
			found = append(found, value)
		}
	}
	return found
}

func TestALeakIsFound(t *testing.T) {
	for _, value := range private {
		for _, line := range []string{
			`{"error":"` + value + `"}`, `GET /v1/contacts?q=` + url.QueryEscape("a "+value), fmt.Sprintf("%+q", value), fmt.Sprintf("%x", "abc"+value+"d"), strings.ToUpper(value),
			"wamid." + base64.StdEncoding.EncodeToString([]byte(value)), base64.StdEncoding.EncodeToString([]byte("a" + value)), base64.StdEncoding.EncodeToString([]byte("ab" + value + "c")),
		} {
			if !slices.Contains(leaked(line), value) {
				t.Errorf("%q is not found in %s", value, line)
			}
		}
	}
	if found := leaked(`{"timestamp":"2026-11-26T01:33:56.123Z","message":"webhook","workspace":"t1795656836123456789","xRequestId":"0b5c1d2e-7319-4682-8000-d1f0c2e47f3b"}`); len(found) > 0 {
		t.Errorf("%v are found in a line of nobody", found)
	}
}

// logLine is a line of a function, as far as it tells which request or message it is of.
type logLine struct {
	raw                                    string
	Message, XRequestID, Reason, MessageID string
	Status, Batches, Messages, Waiting     int
}

// logged are the lines that a function wrote since a time, those of Lambda around them too.
func logged(t *testing.T, function string, since time.Time) []logLine {
	t.Helper()
	pages := cloudwatchlogs.NewFilterLogEventsPaginator(cloudwatchlogs.NewFromConfig(stack.Config(local.EmulatorURL)), &cloudwatchlogs.FilterLogEventsInput{
		LogGroupName: aws.String("/aws/lambda/" + stack.Name + "-" + function), StartTime: aws.Int64(since.UnixMilli()),
	})
	var lines []logLine
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatalf("the log of %s: %v", function, err)
		}
		for _, event := range page.Events {
			line := logLine{raw: aws.ToString(event.Message)}
			_ = json.Unmarshal([]byte(line.raw), &line) // Lambda's own are no JSON
			lines = append(lines, line)
		}
	}
	return lines
}

// TestLogsNameNobody has somebody unmistakable write, err, complain and leave, and reads every line that the functions wrote meanwhile. It waits for
// the functions' own lines of each of these requests and messages, so that it has read what there is.
func TestLogsNameNobody(t *testing.T) {
	began := time.Now()
	s := newScene(t)
	s.people()
	s.cases()
	before := len(s.calls["webhooks"])
	s.unusable()
	unusable := s.calls["webhooks"][before:]
	s.ignored()
	s.refused()
	eventually(t, "what was said is applied", func() bool { return s.answeredIn(began, unusable) && applied(t, began) })
	s.leave()
	eventually(t, "what was said again is applied", func() bool { return s.answeredIn(began, unusable) && applied(t, began) })
	spoiled := s.spoiled()
	sweep := &lambda.InvokeInput{FunctionName: aws.String(stack.Name + "-channel-events"), Payload: []byte(`{"action":"sweep"}`)}
	if swept, err := lambda.NewFromConfig(stack.Config(local.EmulatorURL)).Invoke(t.Context(), sweep); err != nil || swept.FunctionError != nil {
		t.Fatal(swept, err)
	}
	eventually(t, "the sweep and the messages that cannot be applied have their lines", func() bool { return failed(logged(t, "channel-events", began), spoiled) })

	for _, function := range []string{"webhooks", "channel-events", "api"} {
		for _, line := range logged(t, function, began) {
			if found := leaked(line.raw); len(found) > 0 {
				t.Errorf("%s says %q: %s", function, found, line.raw)
			}
		}
	}
}

// answeredIn says that each function wrote a line for every answer, with its status, and for every body that cannot be used why.
func (s *scene) answeredIn(since time.Time, unusable []answer) bool {
	for function, answers := range s.calls {
		lines := logged(s.t, function, since)
		for _, a := range answers {
			if !wrote(lines, func(line logLine) bool {
				return line.Status == a.status && line.XRequestID == a.header.Get("X-Request-Id")
			}) {
				return false
			}
		}
		why := func(a answer) bool {
			return wrote(lines, func(line logLine) bool {
				return line.Message == "an event cannot be used" && line.Reason != "" && line.XRequestID == a.header.Get("X-Request-Id")
			})
		}
		if function == "webhooks" && slices.ContainsFunc(unusable, func(a answer) bool { return !why(a) }) {
			return false
		}
	}
	return true
}

// applied says that channel-events wrote of as many messages as webhooks queued.
func applied(t *testing.T, since time.Time) bool {
	queued, taken := 0, 0
	for _, line := range logged(t, "webhooks", since) {
		queued += line.Batches
	}
	for _, line := range logged(t, "channel-events", since) {
		taken += line.Messages
	}
	return queued > 0 && taken >= queued
}

// failed says that there is a line for each message that cannot be applied, and one for the events that wait.
func failed(lines []logLine, messages []string) bool {
	for _, id := range messages {
		if !wrote(lines, func(line logLine) bool {
			return line.MessageID == id && (line.Message == "events could not be applied yet" || line.Message == "events cannot be applied")
		}) {
			return false
		}
	}
	return len(messages) > 0 && wrote(lines, func(line logLine) bool { return line.Waiting > 0 })
}

func wrote(lines []logLine, is func(logLine) bool) bool { return slices.ContainsFunc(lines, is) }
