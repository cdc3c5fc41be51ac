package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/occ/contacts/infra/faults"
)

// parseMemory reports the most memory that import-parse holds while it reads a file of 5 MB.
func (b *bench) parseMemory(ctx context.Context) error {
	const rows, size, most = 9_900, 5 << 20, 64
	var file bytes.Buffer
	file.WriteString("name,email,phone,notes\n")
	for row := range rows {
		person := fmt.Sprintf("Person%04d Tester,person%d@example.com,+2010%08d,", row, row, row)
		file.WriteString(person + strings.Repeat("x", (size-64)/rows-len(person)-1) + "\n")
	}
	watched, stop := context.WithCancel(ctx)
	peak := make(chan float64, 1)
	go func() { peak <- b.watchPeak(watched, "contacts-import-parse") }()
	_, err := importFile(ctx, b.local, "memory", file.Bytes(), rows)
	stop()
	if err != nil {
		return err
	}
	fmt.Printf("import-parse of %.1f MB: %s\n", float64(file.Len())/(1<<20), b.atMost("import-parse of 5 MB", <-peak, most, "MB resident"))
	return nil
}

// watchPeak returns the highest VmHWM, in MB, of the processes that run a function.
func (b *bench) watchPeak(ctx context.Context, function string) float64 {
	for _, process := range faults.Processes(function, b.home) {
		_ = os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", process), []byte("5"), 0o600) // VmHWM counts anew; without, from its start
	}
	highest := 0
	for {
		for _, process := range faults.Processes(function, b.home) {
			highest = max(highest, highWater(process))
		}
		select {
		case <-ctx.Done():
			return float64(highest) / 1024
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// highWater is a process's VmHWM, in KiB.
func highWater(process int) int {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", process))
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	kilobytes, _ := strconv.Atoi(fields[0])
	return kilobytes
}
