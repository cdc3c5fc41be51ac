package scheduler

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/google/go-cmp/cmp"

	"github.com/occ/contacts/pkg/exporting"
)

// service is an EventBridge Scheduler that notes what it is asked and answers as the real one does.
type service struct {
	names   map[string]bool // that exist
	fails   map[string]string
	message string // of faults
	calls   []string
	body    map[string]any // the last one
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/schedules/")
	s.calls = append(s.calls, r.Method)
	raw, _ := io.ReadAll(r.Body)
	s.body = map[string]any{"query": r.URL.Query().Get("groupName")}
	if len(raw) > 0 {
		s.body = nil
		_ = json.Unmarshal(raw, &s.body)
	}
	fault := s.fails[r.Method]
	switch {
	case fault != "":
	case r.Method == http.MethodPost && s.names[name]:
		fault = "ConflictException"
	case r.Method != http.MethodPost && !s.names[name]:
		fault = "ResourceNotFoundException"
	}
	if fault != "" {
		w.Header().Set("X-Amzn-ErrorType", fault)
		w.WriteHeader(map[string]int{"ConflictException": 409, "ResourceNotFoundException": 404}[fault] + map[string]int{"ValidationException": 400, "AccessDeniedException": 403}[fault])
		_, _ = io.WriteString(w, `{"Message":"`+s.message+`"}`)
		return
	}
	s.names[name] = r.Method != http.MethodDelete
	_, _ = io.WriteString(w, `{"ScheduleArn":"arn"}`)
}

func serve(t *testing.T) (*service, *Timers) {
	t.Helper()
	s := &service{names: map[string]bool{}, fails: map[string]string{}, message: "Invalid Schedule Expression rate(1 day)."}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	client := scheduler.New(scheduler.Options{
		BaseEndpoint: aws.String(server.URL), Region: "eu-central-1",
		Credentials: aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "a", SecretAccessKey: "b"}, ctx.Err()
		}),
	})
	return s, New(client, Target{Group: "exports", Function: "arn:aws:lambda:x:1:function:export", Role: "arn:aws:iam::1:role/r"})
}

var daily = exporting.Schedule{Workspace: "demo", ID: "s-1", Expression: "cron(0 2 * * ? *)", Enabled: true}

func TestPutTimer(t *testing.T) {
	s, timers := serve(t)
	if err := timers.PutTimer(t.Context(), daily); err != nil {
		t.Fatal(err)
	}
	token := s.body["ClientToken"]
	want := map[string]any{
		"ClientToken": token, "GroupName": "exports", "Description": "Export schedule s-1 of workspace demo",
		"ScheduleExpression": "cron(0 2 * * ? *)", "ScheduleExpressionTimezone": "UTC", "State": "ENABLED", "FlexibleTimeWindow": map[string]any{"Mode": "OFF"},
		"Target": map[string]any{
			"Arn": "arn:aws:lambda:x:1:function:export", "RoleArn": "arn:aws:iam::1:role/r", "RetryPolicy": map[string]any{"MaximumEventAgeInSeconds": 3600.0},
			"Input": `{"action":"scheduled","workspace":"demo","schedule":"s-1","time":"<aws.scheduler.scheduled-time>"}`,
		},
	}
	if diff := cmp.Diff(want, s.body); diff != "" {
		t.Error(diff)
	}
	changed := daily
	changed.Expression, changed.Enabled = "rate(1 day)", false
	if err := timers.PutTimer(t.Context(), changed); err != nil {
		t.Fatal(err)
	}
	want["ClientToken"], want["ScheduleExpression"], want["State"] = s.body["ClientToken"], "rate(1 day)", "DISABLED"
	if diff := cmp.Diff(want, s.body); diff != "" || strings.Join(s.calls, " ") != "POST POST PUT" || len(s.names) != 1 {
		t.Error(diff, s.calls, s.names)
	}
}

func TestRemoveTimer(t *testing.T) {
	s, timers := serve(t)
	if err := timers.PutTimer(t.Context(), daily); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := timers.RemoveTimer(t.Context(), daily.Ref()); err != nil || s.names[name(daily.Ref())] || s.body["query"] != "exports" {
			t.Errorf("%v, %v, %v", err, s.names, s.body)
		}
	}
}

func TestFaults(t *testing.T) {
	s, timers := serve(t)
	s.fails[http.MethodPost] = "ValidationException"
	if err := timers.PutTimer(t.Context(), daily); !errors.Is(err, exporting.ErrRefused) || !strings.Contains(err.Error(), "rate(1 day)") {
		t.Error(err)
	}
	s.fails[http.MethodPost], s.fails[http.MethodPut] = "ConflictException", "ResourceNotFoundException" // it went meanwhile
	if err := timers.PutTimer(t.Context(), daily); err == nil || errors.Is(err, exporting.ErrRefused) {
		t.Error(err)
	}
	s.fails[http.MethodPut] = "ValidationException"
	if err := timers.PutTimer(t.Context(), daily); !errors.Is(err, exporting.ErrRefused) {
		t.Error(err)
	}
	s.message = "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."
	if err := timers.PutTimer(t.Context(), daily); err == nil || errors.Is(err, exporting.ErrRefused) {
		t.Errorf("our own fault: %v", err)
	}
	s.fails[http.MethodPost], s.fails[http.MethodDelete] = "AccessDeniedException", "AccessDeniedException"
	if err := timers.PutTimer(t.Context(), daily); err == nil || errors.Is(err, exporting.ErrRefused) {
		t.Error(err)
	}
	if err := timers.RemoveTimer(t.Context(), daily.Ref()); err == nil {
		t.Error("a timer that is not removed passes as removed")
	}
}

func TestNames(t *testing.T) {
	allowed := regexp.MustCompile(`^[0-9a-zA-Z-_.]{1,64}$`)
	seen := map[string]bool{}
	for _, ref := range []exporting.Ref{{Workspace: "demo", ID: "s-1"}, {Workspace: "demo", ID: "s-2"}, {Workspace: "demos", ID: "-1"}, {Workspace: strings.Repeat("w", 63), ID: strings.Repeat("i", 36)}} {
		one := name(ref)
		if !allowed.MatchString(one) || seen[one] || one != name(ref) {
			t.Errorf("%v is %q", ref, one)
		}
		seen[one] = true
	}
}
