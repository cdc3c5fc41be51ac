package stack

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
)

// logGroup is where a function's lines lie.
const logGroup = "/aws/lambda/" + Name + "-"

// functions are those whose logs are followed.
var functions = []string{"api", "import-parse", "import-write"}

// followLogs shows the functions' lines as they come, until the context ends.
func (s *Stack) followLogs(ctx context.Context) {
	client := cloudwatchlogs.NewFromConfig(Config(s.EmulatorURL))
	since := map[string]int64{}
	seen := map[string]bool{}
	for name := range slices.Values(functions) {
		since[name] = time.Now().UnixMilli()
	}
	for {
		for _, name := range functions {
			s.showLogs(ctx, client, name, since, seen)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Second):
		}
	}
}

func (s *Stack) showLogs(ctx context.Context, client *cloudwatchlogs.Client, name string, since map[string]int64, seen map[string]bool) {
	answer, err := client.FilterLogEvents(ctx, &cloudwatchlogs.FilterLogEventsInput{
		LogGroupName: aws.String(logGroup + name), StartTime: aws.Int64(since[name]),
	})
	if err != nil {
		return // the group comes with the first line
	}
	for _, event := range answer.Events {
		// Events of the last millisecond come again with the next poll.
		id := fmt.Sprintf("%s %s %d %s", name, aws.ToString(event.EventId), aws.ToInt64(event.Timestamp), aws.ToString(event.Message))
		if seen[id] {
			continue
		}
		seen[id] = true
		since[name] = max(since[name], aws.ToInt64(event.Timestamp))
		if line := readable(aws.ToString(event.Message)); line != "" {
			s.progress("%-12s %s", name, line)
		}
	}
	if len(seen) > 10_000 {
		clear(seen)
	}
}

// readable turns a JSON line of a function into time, level, message and attributes; other lines stay, platform lines go.
func readable(line string) string {
	line = strings.TrimSpace(line)
	for _, platform := range []string{"START ", "END ", "REPORT ", "INIT_START"} {
		if strings.HasPrefix(line, platform) {
			return ""
		}
	}
	var fields map[string]any
	if json.Unmarshal([]byte(line), &fields) != nil || fields["msg"] == nil && fields["message"] == nil {
		return line
	}
	var out bytes.Buffer
	for _, name := range []string{"time", "timestamp", "level", "msg", "message"} {
		if value, ok := fields[name]; ok {
			text := fmt.Sprint(value)
			if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
				text = at.Local().Format("15:04:05.000")
			}
			fmt.Fprintf(&out, "%s ", text)
			delete(fields, name)
		}
	}
	for _, name := range slices.Sorted(keys(fields)) {
		fmt.Fprintf(&out, "%s=%v ", name, fields[name])
	}
	return strings.TrimSpace(out.String())
}

func keys(fields map[string]any) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for name := range fields {
			if !yield(name) {
				return
			}
		}
	}
}
