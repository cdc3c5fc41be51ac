package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
)

// startRounds is how often each binary is started; the median is reported.
const startRounds = 41

// startup measures each function from exec to its first request for an event, beside an empty function. The binaries take turns,
// so that whatever else the machine does meets all of them alike.
func (b *bench) startup(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "contacts-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // temporary
	packages := []string{"./infra/bench/empty", "./functions/api", "./functions/import-parse", "./functions/import-write", "./functions/export", "./functions/webhooks", "./functions/channel-events"}
	binaries := make([]string, len(packages))
	for i, pkg := range packages {
		binaries[i] = filepath.Join(dir, filepath.Base(pkg))
		if err := build(ctx, b.root, pkg, binaries[i]); err != nil {
			return err
		}
	}
	times := make([][]time.Duration, len(packages))
	for range startRounds {
		for i, binary := range binaries {
			took, err := startOnce(ctx, binary)
			if err != nil {
				return fmt.Errorf("start %s: %w", packages[i], err)
			}
			times[i] = append(times[i], took)
		}
	}
	empty := median(times[0])
	fmt.Printf("start-up to the first next call, median of %d: empty %.1f ms\n", startRounds, ms(empty))
	for i := 1; i < len(packages); i++ {
		name, more := filepath.Base(packages[i]), ms(median(times[i])-empty)
		figure := fmt.Sprintf("%.0f ms (no budget)", more)
		if budget, has := startBudget[name]; has {
			figure = b.atMost("start-up of "+name+" above an empty one", more, budget, "ms")
		}
		fmt.Printf("  %-14s %5.1f ms  empty + %s\n", name, ms(median(times[i])), figure)
	}
	return nil
}

// startBudget is what a function may cost above an empty one, in milliseconds; others have none.
var startBudget = map[string]float64{"api": 18, "import-write": 8}

// build makes a binary as template.yaml's build does, for this machine.
func build(ctx context.Context, root, pkg, out string) error {
	command := exec.CommandContext(ctx, "go", "build", "-trimpath", "-tags", "lambda.norpc", "-ldflags", "-s -w", "-o", out, pkg) //nolint:gosec // our own packages
	command.Dir = root
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	command.Stderr = os.Stderr
	return command.Run()
}

// startOnce starts a function and ends it once it has asked for its first event.
func startOnce(ctx context.Context, binary string) (time.Duration, error) {
	w, err := startWorker(ctx, binary, functionEnvironment())
	if err != nil {
		return 0, err
	}
	defer w.stop()
	select {
	case at := <-w.asked:
		return at.Sub(w.began), nil
	case <-w.ended:
		return 0, fmt.Errorf("ended before its first next call: %s: %s", w.command.ProcessState, w.said.String())
	case <-time.After(10 * time.Second):
		w.stop()
		return 0, fmt.Errorf("no next call within 10 s: %s", w.said.String())
	}
}

// functionEnvironment is what Lambda would set, with values that need to exist but are not used before the first event.
func functionEnvironment() []string {
	queue := "http://127.0.0.1:1/000000000000/queue"
	return []string{
		"AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_LAMBDA_FUNCTION_NAME=bench",
		"CONTACTS_TABLE=contacts", "TIMELINE_TABLE=timeline", "JOBS_TABLE=jobs", "LOG_LEVEL=info",
		"UPLOADS_BUCKET=uploads", "EXPORTS_BUCKET=exports", "PUBLIC_BASE_URL=", "RETRY_SECONDS=180", "MAX_RECEIVES=3",
		"MAX_UPLOAD_BYTES=5242880", "MAX_UPLOAD_ROWS=10000", "MAX_DROP_BYTES=104857600", "MAX_DROP_ROWS=1000000",
		"IMPORT_PARSE_FUNCTION=contacts-import-parse", "EXPORT_FUNCTION=contacts-export", "EXPORT_DAYS=90", "EXPORT_PATIENCE_SECONDS=20",
		"SCHEDULE_GROUP=default", "SCHEDULE_TARGET_ARN=arn:aws:lambda:us-east-1:000000000000:function:contacts-export",
		"SCHEDULE_ROLE_ARN=arn:aws:iam::000000000000:role/contacts-schedules", "SECRETS_KEY=arn:aws:kms:us-east-1:000000000000:key/k",
		"CHANNEL_EVENTS_QUEUE_URL=" + queue, "CHANNEL_EVENTS_DLQ_URL=" + queue,
		"IMPORT_WRITE_QUEUE_URL=" + queue, "IMPORT_PARSE_DLQ_URL=" + queue, "IMPORT_WRITE_DLQ_URL=" + queue, "IMPORT_WRITE_DLQ_ARN=arn:aws:sqs:us-east-1:000000000000:dlq",
	}
}

func median(times []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(times))
	return sorted[len(sorted)/2]
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
