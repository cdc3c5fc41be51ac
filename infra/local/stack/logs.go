package stack

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
)

// logPoll is how often new lines are asked for.
const logPoll = 500 * time.Millisecond

// logOverlap is how far back each poll looks again: lines of invocations that end together may appear in another order than
// that of their times.
const logOverlap = 1_000 // milliseconds

// logTail follows the log of one function.
type logTail struct {
	function string
	latest   int64            // time of the newest line seen, in milliseconds
	seen     map[string]int64 // lines of the overlap, and their times
}

// functionNames are the folders of functions.
func functionNames(root string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(root, "functions"))
	var names []string
	for _, entry := range entries {
		if entry.IsDir() {
			names = append(names, entry.Name())
		}
	}
	return names, err
}

// followLogs shows the functions' lines as they come, until the context ends and once more.
func (s *Stack) followLogs(ctx context.Context, functions []string) {
	client := cloudwatchlogs.NewFromConfig(Config(s.EmulatorURL))
	tails := make([]*logTail, len(functions))
	for i, name := range functions {
		tails[i] = &logTail{function: name, latest: time.Now().UnixMilli() + logOverlap, seen: map[string]int64{}}
	}
	for last := false; !last; {
		select {
		case <-ctx.Done():
			last = true
		case <-time.After(logPoll):
		}
		for _, tail := range tails {
			s.showNew(context.WithoutCancel(ctx), client, tail)
		}
	}
}

// showNew shows what a function logged since the last call. The group appears with the first line, so an error means nothing yet.
func (s *Stack) showNew(ctx context.Context, client *cloudwatchlogs.Client, tail *logTail) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	pages := cloudwatchlogs.NewFilterLogEventsPaginator(client, &cloudwatchlogs.FilterLogEventsInput{
		LogGroupName: aws.String("/aws/lambda/" + Name + "-" + tail.function), StartTime: aws.Int64(tail.latest - logOverlap),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return
		}
		for _, event := range page.Events {
			line := aws.ToString(event.Message)
			if tail.isNew(aws.ToInt64(event.Timestamp), aws.ToString(event.EventId)+line) {
				if text := readable(line); text != "" {
					s.progress("%-12s %s", tail.function, text)
				}
			}
		}
	}
}

// isNew says that a line was not shown before.
func (t *logTail) isNew(at int64, id string) bool {
	key := fmt.Sprint(at, id)
	if _, shown := t.seen[key]; shown {
		return false
	}
	t.seen[key] = at
	if at > t.latest {
		t.latest = at
		maps.DeleteFunc(t.seen, func(_ string, at int64) bool { return at < t.latest-logOverlap })
	}
	return true
}
